/* unary_part.h: included by unary.h once per float type: the loops, once for each instruction set,
 * and the row kernels made of them. */
#include "ops/unary_math.h"

#ifdef RARE
/* The loops where some x is RARE: those elements as the scalar path has them. */
static void FN(careful_forward)(int64_t n, const REAL *x, REAL *y, const ATTRS *a) {
    for (int64_t i = 0; i < n; ++i)
        y[i] = RARE(x[i]) ? (REAL)value_scalar((double)x[i], a) : FN(value)(x[i], a);
}
static void FN(careful_pull)(int64_t n, const REAL *g, const REAL *y, const REAL *x, REAL *dx,
                             const ATTRS *a) {
    for (int64_t i = 0; i < n; ++i)
        dx[i] = FN(wgi_chain)(g[i], RARE(x[i]) ? (REAL)partial_scalar((double)x[i], (double)y[i], a)
                                               : FN(partial)(x[i], y[i], a));
}
#endif

#define SIZE sizeof(REAL)
#define SET_PART "ops/unary_loops.h"
#include "backend/each_set.h"

static void FN(forward)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                        const void *attrs) {
    static const wgi_loops loops = {1, {SIZE, SIZE}, FN(WGI_LOOPS)(forward)};
    wgi_loop_row(&loops, n, operands, s, out, attrs);
}

/* out = g dy/dx; strides of g, y, x */
static void FN(pull)(int64_t n, const void *cotangent, const void *value,
                     const void *const *operands, const int64_t *s, void *out, const void *attrs) {
    static const wgi_loops loops = {3, {SIZE, SIZE, SIZE, SIZE}, FN(WGI_LOOPS)(pull)};
    const void *const in[3] = {cotangent, value, operands[0]};
    wgi_loop_row(&loops, n, in, s, out, attrs);
}
#undef SIZE
