/* The mean over some axes, or all: y[kept] = (1/n) sum over the n reduced elements of
 * x[kept, reduced]; of no elements NaN.  dx = g / n, repeated. */
#include "ops/reduction.h"

static wg_status infer(wg_call *c) { return wgi_reduction_infer(c, 1); }

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    unsigned mask = wgi_axes_mask(&a->axis, c->x[0]->rank);
    double count = (double)wgi_axes_count(wgi_shape(c->x[0]), mask);
    return wgi_reduce(c, c->x[0], mask, &wgi_reduction_sum, count, NULL, c->y.data);
}

static void rule(wg_pull *p) {
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    int64_t n = wgi_axes_count(x, wgi_axes_mask(&a->axis, x.rank));
    wg_var g = wg_scale(wgi_reduction_keep(p, p->g), n ? 1 / (double)n : 0);
    p->dx[0] = wg_broadcast_to(g, x);
}

const wg_gate wg_gate_mean = {
    .size = sizeof(wg_gate),
    .name = "mean",
    .formula = "y = (sum x) / n",
    .derivative = "dx = g / n, repeated",
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
    .domain = "of no elements NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_mean_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_mean, 1, &x, &a);
}
wg_var wg_mean(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_mean_over(x, all, 0);
}
