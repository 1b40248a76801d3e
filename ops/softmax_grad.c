/* The transposed Jacobian of softmax, applied: z = y (g - s) with s = sum y g along the axis.
 *
 * A zero factor is strong, 0 times NaN is 0: where the cotangents of a lane are all 0 so is z, even
 * of a lane of -inf alone, whose softmax is NaN: a mask behind it takes it out.
 *
 * Linear in g and, the Jacobian diag(y) - y y^T being symmetric, its own transpose there.  With h
 * the cotangent of z and t = sum y h:
 *
 *     dg = y (h - t)              dy = h (g - s) - g t */
#include "ops/soft_lanes.h"

static wg_status forward(wg_call *c) { return wgi_soft_forward(c, wgi_softmax_grad_lanes); }

static void rule(wg_pull *p) {
    int axis = ((const struct wgi_axis_attrs *)p->attrs)->axis;
    wg_var y = p->x[0], g = p->x[1], h = p->g;
    if (p->wanted[0]) {
        wg_var s = wg_sum_over(wg_mul(y, g), WG_AXES(axis), 1);
        wg_var t = wg_sum_over(wg_mul(y, h), WG_AXES(axis), 1);
        p->dx[0] = wg_sub(wg_mul(h, wg_sub(g, s)), wg_mul(g, t));
    }
    if (p->wanted[1]) p->dx[1] = wg_softmax_grad(y, h, axis);
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

const wg_gate wg_gate_softmax_grad = {
    .size = sizeof(wg_gate),
    .name = "softmax_grad",
    .formula = "z = y (g - sum(y g))",
    .derivative = "dy = h (g - sum(y g)) - g sum(y h), dg = y (h - sum(y h))",
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

wg_var wg_softmax_grad(wg_var y, wg_var g, int axis) {
    wg_var x[2] = {y, g};
    struct wgi_axis_attrs a = {axis};
    return wg_record(&wg_gate_softmax_grad, 2, x, &a);
}
