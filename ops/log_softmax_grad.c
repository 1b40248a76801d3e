/* The transposed Jacobian of log_softmax, applied: z = g - e^y s with s = sum g along the axis, y
 * being the output of log_softmax; s = 0 is a strong zero, as in softmax_grad.  With h the
 * cotangent of z:
 *
 *     dg = h - sum e^y h          dy = -h e^y s */
#include "ops/soft_lanes.h"

static wg_status forward(wg_call *c) { return wgi_soft_forward(c, wgi_log_softmax_grad_lanes); }

static void rule(wg_pull *p) {
    int axis = ((const struct wgi_axis_attrs *)p->attrs)->axis;
    wg_var e = wg_exp(p->x[0]), g = p->x[1], h = p->g;
    if (p->wanted[0])
        p->dx[0] = wg_neg(wg_mul(wg_mul(h, e), wg_sum_over(g, WG_AXES(axis), 1)));
    if (p->wanted[1]) p->dx[1] = wg_sub(h, wg_sum_over(wg_mul(e, h), WG_AXES(axis), 1));
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_axis_attrs, axis),
     .preset = -1, .doc = "of the softmax"},
    {.name = NULL},
};
static const struct wgi_axis_attrs first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &last},
    {.shapes = "2,3,2|2,3,2", .attrs = &first},
    {.shapes = NULL},
};

const wg_gate wg_gate_log_softmax_grad = {
    .size = sizeof(wg_gate),
    .name = "log_softmax_grad",
    .formula = "z = g - e^y sum(g)",
    .derivative = "dy = -h e^y sum(g), dg = h - sum(e^y h)",
    .arity = 2,
    .operands = {"y", "g"},
    .attr_bytes = sizeof(struct wgi_axis_attrs),
    .attrs = attrs,
    .infer = wgi_lanes_infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_log_softmax_grad(wg_var y, wg_var g, int axis) {
    wg_var x[2] = {y, g};
    struct wgi_axis_attrs a = {axis};
    return wg_record(&wg_gate_log_softmax_grad, 2, x, &a);
}
