/* The logarithm of softmax along an axis: y = (x - m) - ln sum e^(x - m) with m the largest x.
 *
 * Taking the logarithm here keeps what ln(softmax(x)) loses where a probability underflows: scores
 * of +-10000 still give finite results.  dx = g - e^y sum g, the gate log_softmax_grad. */
#ifdef REAL

static void FN(lane)(int64_t n, int64_t step, const REAL *x, REAL *y) {
    REAL m = n > 0 ? x[0] : 0, sum = 0;
    for (int64_t i = 1; i < n; ++i) m = x[i * step] > m ? x[i * step] : m;
    for (int64_t i = 0; i < n; ++i) sum += M(exp)(x[i * step] - m);
    REAL log_sum = M(log)(sum);
    for (int64_t i = 0; i < n; ++i) y[i * step] = (x[i * step] - m) - log_sum;
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

#define KERNEL_PART "ops/log_softmax.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_log_softmax_grad(p->y, p->g, ((const struct wgi_axis_attrs *)p->attrs)->axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_axis_attrs, axis),
     .preset = -1, .doc = "along which e^y sums to 1"},
    {.name = NULL},
};
static const struct wgi_axis_attrs first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &last},
    {.shapes = "2,3,2", .attrs = &first},
    {.shapes = "4", .attrs = &first},
    {.shapes = NULL},
};

const wg_gate wg_gate_log_softmax = {
    .size = sizeof(wg_gate),
    .name = "log_softmax",
    .formula = "y = x - ln sum e^x along the axis",
    .derivative = "dx = g - e^y sum(g)",
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

wg_var wg_log_softmax(wg_var x, int axis) {
    struct wgi_axis_attrs a = {axis};
    return wg_record(&wg_gate_log_softmax, 1, &x, &a);
}
#endif
