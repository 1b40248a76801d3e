/* compare_part.h: included by compare.h once per dtype. */

#define SET_PART "ops/compare_loops.h"
#include "backend/each_set.h"

static void FN(row)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                    const void *attrs) {
    static const wgi_loops loops = {2, {1, sizeof(REAL), sizeof(REAL)}, FN(WGI_LOOPS)(compare)};
    wgi_loop_row(&loops, n, operands, s, out, attrs);
}

static wg_status FN(forward)(wg_call *c) {
    wgi_rows(FN(row), &c->y, c->n, c->x, NULL);
    return WG_OK;
}

/* 0 less, 1 equal, 2 greater, 3 unordered */
static inline void FN(order)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                             const void *attrs) {
    const REAL *a = operands[0], *b = operands[1];
    unsigned char *v = out;
    (void)attrs;
    for (int64_t i = 0; i < n; ++i) {
        REAL x = a[i * s[0]], y = b[i * s[1]];
        v[i] = x < y ? 0 : x == y ? 1 : x > y ? 2 : 3;
    }
}
