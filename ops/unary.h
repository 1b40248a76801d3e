/* unary.h: an elementwise gate of one operand, made from VALUE and PARTIAL; see elementwise.h */
#ifdef ATTRS
#define LOCAL_ATTRS                                                                                \
    ATTRS local = *(const ATTRS *)attrs; /* in registers, whatever is stored */                    \
    const ATTRS *a = &local;
#else
#define ATTRS void
#define LOCAL_ATTRS const void *a = attrs;
#endif

/* The scalar path, and what RARE operands are given to, on the C library. */
#define REAL double
#define M(function) function
#define FN(name) name##_scalar
#include "ops/unary_math.h"
#undef REAL
#undef M
#undef FN

#define REAL double
#define M(function) wgi_vm_##function##_f64
#define FN(name) name##_f64
#include "ops/unary_part.h"
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) wgi_vm_##function##_f32
#define FN(name) name##_f32
#include "ops/unary_part.h"
#undef REAL
#undef M
#undef FN

static inline double math(double x, const void *attrs, double *dx) {
    double y = value_scalar(x, attrs);
    *dx = partial_scalar(x, y, attrs);
    return y;
}

static double scalar(const double *x, const void *attrs, double *partial) {
    return math(x[0], attrs, &partial[0]);
}

#ifdef BRANCH
static int branch(const double *operands, const void *attrs) {
    double x = operands[0];
    const ATTRS *a = attrs;
    (void)a;
    return BRANCH;
}
static uint64_t branches(int64_t n, const double *const *operands, const void *attrs) {
    uint64_t lane[4] = {1, 2, 3, 4};
    const double *at = operands[0];
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; ++k) lane[k] = wgi_lane(lane[k], branch(at + i + k, attrs));
    for (; i < n; ++i) lane[0] = wgi_lane(lane[0], branch(at + i, attrs));
    return wgi_lanes_end(lane);
}
#else
#define branch NULL
#define branches NULL
#endif

static const wg_elementwise elementwise = {
    scalar, {forward_f32, forward_f64}, {{pull_f32}, {pull_f64}}, branch, branches, math, NULL};
