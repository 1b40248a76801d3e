/* Instance normalisation (D. Ulyanov, A. Vedaldi, V. Lempitsky, arXiv:1607.08022), channels last:
 * x (N, ..., C); for each n and each channel, over all axes between,
 *
 *     y = gamma (x - m) / sqrt(v + eps) + beta,   m = mean x,   v = mean (x - m)^2,
 *
 * gamma and beta (C), one a channel; absent, they are 1 and 0.  Where all elements are equal
 * y = beta; with eps = 0 that is 0/0, NaN.  The derivative is in normalise.h. */
#include "autograd/tape.h"
#include "ops/normalise.h"
#include "ops/ops.h"

struct wgi_instance_norm {
    double eps;
};

/* (N, S, C), normalised over S. */
static wgi_normal plan(wg_shape x, const struct wgi_instance_norm *a) {
    wgi_normal k = {WG_RANK0, 2, 1 | 2, 1, a->eps};
    wgi_normal_images(x, &k.view);
    return k;
}

static wg_status infer(wg_call *c) {
    wg_shape x = wgi_shape(c->x[0]);
    if (x.rank < 2) return wg_fail(c, WG_ERR_SHAPE, "x has rank %d; it is (N, ..., C)", x.rank);
    wgi_normal k = plan(x, c->attrs);
    return wgi_normal_infer(c, &k, WG_SHAPE(x.dim[x.rank - 1]));
}

static wg_status forward(wg_call *c) {
    wgi_normal k = plan(wgi_shape(c->x[0]), c->attrs);
    return wgi_normal_forward(c, &k);
}

static void rule(wg_pull *p) {
    wgi_normal k = plan(wg_shape_of(p->x[0]), p->attrs);
    wgi_normal_rule(p, &k);
}

static const wg_attr attrs[] = {
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_instance_norm, eps),
     .preset = 1e-5, .doc = "added to the variance"},
    {.name = NULL},
};
static const struct wgi_instance_norm small = {1e-5}, large = {0.1};
static const wg_sample samples[] = {
    {.shapes = "2,3,2|2|2", .attrs = &small}, {.shapes = "1,2,2,2|2|-", .attrs = &large},
    {.shapes = "2,3,1|-|-", .attrs = &large}, {.shapes = "3,2|2|2", .attrs = &small},
    {.shapes = "2,0,2|2|2", .attrs = &small}, {.shapes = NULL},
};

const wg_gate wg_gate_instance_norm = {
    .size = sizeof(wg_gate),
    .name = "instance_norm",
    .formula = "y = gamma (x - m)/sqrt(v + eps) + beta, m and v over the places of a channel",
    .derivative = "dx = r (h - mean(h) - z mean(h z)), h = gamma g, z = (x - m) r, "
                  "r = 1/sqrt(v + eps); dgamma = sum(g z), dbeta = sum(g)",
    .arity = 3,
    .operands = {"x", "gamma", "beta"},
    .optional = 2 | 4,
    .attr_bytes = sizeof(struct wgi_instance_norm),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(N, d..., C) (C)? (C)? -> (N, d..., C)",
    .domain = "eps >= 0; where all elements of a group are equal y = beta, for eps = 0 NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_instance_norm(wg_var x, wg_var gamma, wg_var beta, double eps) {
    struct wgi_instance_norm a = {eps};
    wg_var operands[3] = {x, gamma, beta};
    return wg_record(&wg_gate_instance_norm, 3, operands, &a);
}
