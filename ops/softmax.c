/* Probabilities from scores along an axis: y = e^(x - m) / sum e^(x - m) with m the largest x.
 *
 * Shifting by m changes nothing but the range: the largest exponent is 0, so nothing overflows and
 * the sum is at least 1.  The Jacobian of a lane is diag(y) - y y^T, so dx = y (g - sum y g), which
 * is the gate softmax_grad.  A lane with a NaN or an infinite maximum is NaN throughout. */
#include "ops/soft_lanes.h"

static wg_status forward(wg_call *c) { return wgi_soft_forward(c, wgi_softmax_lanes); }

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
    .forward = {forward, forward},
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
