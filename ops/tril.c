/* The lower triangle of the matrices in the last two axes: y[i, j] = x[i, j] where j - i <= k, else
 * 0, whatever x holds there.  dx is g in the same way. */
#define KEPT d <= k
#include "ops/triangle.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_tril(p->g, ((const struct wgi_triangle *)p->attrs)->k);
}

const wg_gate wg_gate_tril = {
    .size = sizeof(wg_gate),
    .name = "tril",
    .formula = "y[i, j] = x[i, j] where j - i <= k, else 0",
    .derivative = "dx[i, j] = g[i, j] where j - i <= k, else 0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_triangle),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(..., n, m) -> (..., n, m)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_tril(wg_var x, int64_t k) {
    struct wgi_triangle a = {k};
    return wg_record(&wg_gate_tril, 1, &x, &a);
}
