/* binary.h: an elementwise gate of two operands, made from VALUE, PARTIAL_X and PARTIAL_Y; see
 * elementwise.h */

/* The scalar path, on the C library. */
#define REAL double
#define M(function) function
#define FN(name) name##_scalar
#include "ops/binary_math.h"
#undef REAL
#undef M
#undef FN

#define REAL double
#define M(function) wgi_vm_##function##_f64
#define FN(name) name##_f64
#include "ops/binary_part.h"
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) wgi_vm_##function##_f32
#define FN(name) name##_f32
#include "ops/binary_part.h"
#undef REAL
#undef M
#undef FN

static inline double math(double x, double y, double *dx, double *dy) {
    double v = value_scalar(x, y);
    *dx = partial_x_scalar(x, y, v);
    *dy = partial_y_scalar(x, y, v);
    return v;
}

static double scalar(const double *x, const void *attrs, double *partial) {
    (void)attrs;
    return math(x[0], x[1], &partial[0], &partial[1]);
}

#ifdef BRANCH
static int branch(const double *operands, const void *attrs) {
    double x = operands[0], y = operands[1];
    (void)attrs;
    return BRANCH;
}
static uint64_t branches(int64_t n, const double *const *operands, const void *attrs) {
    uint64_t lane[4] = {1, 2, 3, 4};
    const double *x = operands[0], *y = operands[1];
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; ++k)
            lane[k] = wgi_lane(lane[k], branch((const double[2]){x[i + k], y[i + k]}, attrs));
    for (; i < n; ++i) lane[0] = wgi_lane(lane[0], branch((const double[2]){x[i], y[i]}, attrs));
    return wgi_lanes_end(lane);
}
#else
#define branch NULL
#define branches NULL
#endif

static const wg_elementwise elementwise = {scalar,
                                           {forward_f32, forward_f64},
                                           {{pull_x_f32, pull_y_f32}, {pull_x_f64, pull_y_f64}},
                                           branch,
                                           branches,
                                           NULL,
                                           math};
