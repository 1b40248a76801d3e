/* The variance over some axes, or all: y = sum (x - m)^2 / (n - ddof), m the mean; NaN unless
 * n > ddof.  dx = 2 g (x - m) / (n - ddof): m's own dependence on x adds nothing, since the
 * deviations sum to zero.  See variance.h. */
#include "ops/variance.h"

static wg_status forward(wg_call *c) { return variance(c, 0); }

static void rule(wg_pull *p) {
    p->dx[0] = wg_mul(wgi_reduction_keep(p, p->g), wg_scale(deviation(p), 2));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &over_all},   {.shapes = "", .attrs = &over_all},
    {.shapes = "2,3", .attrs = &unbiased},   {.shapes = "2,3,2", .attrs = &over_two},
    {.shapes = "0,3", .attrs = &unbiased},   {.shapes = NULL},
};

const wg_gate wg_gate_var = {
    .size = sizeof(wg_gate),
    .name = "var",
    .formula = "y = sum (x - mean)^2 / (n - ddof)",
    .derivative = "dx = 2 g (x - mean) / (n - ddof)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct wgi_variance_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "ddof >= 0; NaN unless n > ddof",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_var_over(wg_var x, wg_axes axes, int keepdims, int64_t ddof) {
    struct wgi_variance_attrs a = {{axes, keepdims}, ddof};
    return wg_record(&wg_gate_var, 1, &x, &a);
}
