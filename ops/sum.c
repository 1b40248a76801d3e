/* The sum over some axes, or all: y[kept] = sum over the reduced axes of x[kept, reduced]; of no
 * elements 0.  dx = g, repeated.  Blocked, see reduce.h. */
#include "ops/reduction.h"

static wg_status infer(wg_call *c) { return wgi_reduction_infer(c, 1); }

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    unsigned mask = wgi_axes_mask(&a->axis, c->x[0]->rank);
    return wgi_reduce(c, c->x[0], mask, &wgi_reduction_sum, 1, NULL, c->y.data);
}

static void rule(wg_pull *p) {
    p->dx[0] = wg_broadcast_to(wgi_reduction_keep(p, p->g), wg_shape_of(p->x[0]));
}

const wg_gate wg_gate_sum = {
    .size = sizeof(wg_gate),
    .name = "sum",
    .formula = "y = sum x",
    .derivative = "dx = g, repeated",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_reduction_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_sum_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_sum, 1, &x, &a);
}
wg_var wg_sum(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_sum_over(x, all, 0);
}
