/* binary_part.h: included by binary.h once per float type: the loops, once for each instruction
 * set, and the row kernels made of them. */
#include "ops/binary_math.h"

#define SIZE sizeof(REAL)
#define SET_PART "ops/binary_loops.h"
#include "backend/each_set.h"

static void FN(forward)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                        const void *attrs) {
    static const wgi_loops loops = {2, {SIZE, SIZE, SIZE}, FN(WGI_LOOPS)(forward)};
    wgi_loop_row(&loops, n, operands, s, out, attrs);
}

/* out = g dv/dx; strides of g, v, x, y */
static void FN(pull_x)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    static const wgi_loops loops = {4, {SIZE, SIZE, SIZE, SIZE, SIZE}, FN(WGI_LOOPS)(pull_x)};
    const void *const in[4] = {cotangent, value, operands[0], operands[1]};
    wgi_loop_row(&loops, n, in, s, out, attrs);
}

static void FN(pull_y)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    static const wgi_loops loops = {4, {SIZE, SIZE, SIZE, SIZE, SIZE}, FN(WGI_LOOPS)(pull_y)};
    const void *const in[4] = {cotangent, value, operands[0], operands[1]};
    wgi_loop_row(&loops, n, in, s, out, attrs);
}
#undef SIZE
