/* Batch normalisation with a rectifier behind it, as residual networks have it (K. He, X. Zhang, S.
 * Ren, J. Sun, CVPR 2016): with z = batch_norm(x, gamma, beta, mean, var) and a shortcut s of x's
 * shape, or none,
 *
 *     y = max(z + s, 0),    h = g [y > 0],    ds = h,    the others as batch_norm has them from h.
 *
 * One pass where batch_norm, add and relu take three, and one array where they keep three.  y > 0
 * exactly where z + s > 0, so the rule needs nothing but y. */
#include "ops/batch_norm.h"

#include "ops/choices.h"
#include "ops/elementwise.h"
#include "ops/ops.h"

static wg_status forward(wg_call *c) { return wgi_batch_norm_forward(c, 1); }

static void rule(wg_pull *p) {
    wg_var h = wg_mul(p->g, wg_step(p->y));
    if (p->wanted[5]) p->dx[5] = h;
    wgi_batch_norm_rule(p, h);
}

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return wgi_batch_norm_direct(c, g, into, 1);
}

/* The pieces that the z + s lie in, computed once more without the rectifier. */
static uint64_t signature(const wg_call *c) {
    wg_call again = *c;
    again.y.data = wg_scratch(c, (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype));
    again.saved = wg_scratch(c, (size_t)c->saved_count * wg_dtype_size(c->dtype));
    if (!again.y.data || !again.saved || wgi_batch_norm_forward(&again, 0) != WG_OK) return 0;
    return wgi_signs_hash(&again.y);
}

static const struct wgi_batch_norm small = {1e-5}, large = {0.1};
static const wg_sample samples[] = {
    {.shapes = "4,3|3|3|-|-|-", .attrs = &small},
    {.shapes = "2,2,3,2|2|2|-|-|2,2,3,2", .attrs = &large},
    {.shapes = "2,3,2|2|2|2|2|2,3,2", .attrs = &large, .lo = 0.5, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_batch_norm_relu = {
    .size = sizeof(wg_gate),
    .name = "batch_norm_relu",
    .formula = "y = max(gamma (x - mean)/sqrt(var + eps) + beta + shortcut, 0)",
    .derivative = "with h = g [y > 0]: dshortcut = h, the others as batch_norm from h",
    .arity = 6,
    .operands = {"x", "gamma", "beta", "mean", "var", "shortcut"},
    .optional = 8 | 16 | 32,
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_batch_norm),
    .attrs = wgi_batch_norm_attrs,
    .infer = wgi_batch_norm_infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .direct = direct,
    .samples = samples,
    .shape = "(d..., C) (C) (C) (C)? (C)? (d..., C)? -> (d..., C)",
    .domain = "kink where the sum is 0: derivative 0; eps >= 0, var + eps > 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_batch_norm_relu(wg_var x, wg_var gamma, wg_var beta, wg_var mean, wg_var var,
                          wg_var shortcut, double eps) {
    wg_var operands[6] = {x, gamma, beta, mean, var, shortcut};
    struct wgi_batch_norm a = {eps};
    return wg_record(&wg_gate_batch_norm_relu, 6, operands, &a);
}
