/* The logarithm of softmax along an axis: y = (x - m) - ln sum e^(x - m) with m the largest x.
 *
 * Taking the logarithm here keeps what ln(softmax(x)) loses where a probability underflows: scores
 * of +-10000 still give finite results.  dx = g - e^y sum g, the gate log_softmax_grad. */
#include "ops/soft_lanes.h"

static wg_status forward(wg_call *c) { return wgi_soft_forward(c, wgi_log_softmax_lanes); }

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
    .forward = {forward, forward},
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
