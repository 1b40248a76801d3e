/* Probabilities from scores along an axis: y = e^(x - m) / sum e^(x - m) with m the largest x.
 *
 * Shifting by m changes nothing but the range: the largest exponent is 0, so nothing overflows and
 * the sum is at least 1.  The Jacobian of a lane is diag(y) - y y^T, so dx = y (g - sum y g), which
 * is the gate softmax_grad.  A lane with a NaN or an infinite maximum is NaN throughout. */
#ifdef REAL

/* Lane x to lane y, n elements `step` apart. */
static void FN(lane)(int64_t n, int64_t step, const REAL *x, REAL *y) {
    REAL m = n > 0 ? x[0] : 0, sum = 0;
    for (int64_t i = 1; i < n; ++i) m = x[i * step] > m ? x[i * step] : m;
    for (int64_t i = 0; i < n; ++i) {
        y[i * step] = M(exp)(x[i * step] - m);
        sum += y[i * step];
    }
    for (int64_t i = 0; i < n; ++i) y[i * step] /= sum;
}

static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_lane_job *j = arg;
    const REAL *x = j->call->x[0]->data;
    REAL *y = j->call->y.data;
    for (int64_t i = begin; i < end; ++i) {
        int64_t at = wgi_lane_start(&j->lanes, i);
        FN(lane)(j->lanes.n, j->lanes.step, x + at, y + at);
    }
}

static wg_status FN(forward)(wg_call *c) { return wgi_for_lanes(c, FN(lanes)); }

#else
#include "ops/lanes.h"

#include <math.h>

#define KERNEL_PART "ops/softmax.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_softmax_grad(p->y, p->g, ((const struct wgi_axis_attrs *)p->attrs)->axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_axis_attrs, axis),
     .preset = -1, .doc = "along which the result sums to 1"},
    {.name = NULL},
};
static const struct wgi_axis_attrs first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &last},
    {.shapes = "2,3,2", .attrs = &first},
    {.shapes = "4", .attrs = &first},
    {.shapes = NULL},
};

const wg_gate wg_gate_softmax = {
    .size = sizeof(wg_gate),
    .name = "softmax",
    .formula = "y = e^x / sum e^x along the axis",
    .derivative = "dx = y (g - sum(y g))",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_axis_attrs),
    .attrs = attrs,
    .infer = wgi_lanes_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "a NaN or inf makes all of its lane NaN, and so does a lane of nothing but -inf",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_softmax(wg_var x, int axis) {
    struct wgi_axis_attrs a = {axis};
    return wg_record(&wg_gate_softmax, 1, &x, &a);
}
#endif
