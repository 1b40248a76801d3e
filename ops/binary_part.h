/* binary_part.h: included by binary.h once per float type: the loops, once for each instruction
 * set, and the row kernels made of them. */
#include "ops/binary_math.h"

#define IN(name) FN(name##_base)
#include "ops/binary_loops.h"
#undef IN
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) FN(name##_avx2)
#include "ops/binary_loops.h"
#undef IN
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) FN(name##_avx512)
#include "ops/binary_loops.h"
#undef IN
WGI_TARGET_END
#endif

static void FN(forward)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                        const void *attrs) {
    static wgi_loop *const loops[WGI_ISA_COUNT] = WGI_LOOPS(FN, forward);
    wgi_loop_row(loops, sizeof(REAL), n, 2, operands, s, out, attrs);
}

/* out = g dv/dx; strides of g, v, x, y */
static void FN(pull_x)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    static wgi_loop *const loops[WGI_ISA_COUNT] = WGI_LOOPS(FN, pull_x);
    const void *const in[4] = {cotangent, value, operands[0], operands[1]};
    wgi_loop_row(loops, sizeof(REAL), n, 4, in, s, out, attrs);
}

static void FN(pull_y)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    static wgi_loop *const loops[WGI_ISA_COUNT] = WGI_LOOPS(FN, pull_y);
    const void *const in[4] = {cotangent, value, operands[0], operands[1]};
    wgi_loop_row(loops, sizeof(REAL), n, 4, in, s, out, attrs);
}
