/* Group normalisation (Y. Wu, K. He, arXiv:1803.08494), channels last: x (N, ..., C), the channels
 * divided in order into `groups` groups; for each n and each group, over the group's channels and
 * all axes between,
 *
 *     y = gamma (x - m) / sqrt(v + eps) + beta,   m = mean x,   v = mean (x - m)^2,
 *
 * gamma and beta (C), one a channel; absent, they are 1 and 0.  Where all elements are equal
 * y = beta; with eps = 0 that is 0/0, NaN.  The derivative is in normalise.h. */
#include "autograd/tape.h"
#include "ops/normalise.h"
#include "ops/ops.h"

struct wgi_group_norm {
    int64_t groups;
    double eps;
};

/* (N, S, groups, C / groups), normalised over S and the last axis. */
static wgi_normal plan(wg_shape x, const struct wgi_group_norm *a) {
    wgi_normal k = {WG_RANK0, 2 | 8, 1 | 2, 1, a->eps};
    wgi_normal_images(x, &k.view);
    k.view.rank = 4;
    k.view.dim[3] = k.view.dim[2] / a->groups;
    k.view.dim[2] = a->groups;
    return k;
}

static wg_status infer(wg_call *c) {
    const struct wgi_group_norm *a = c->attrs;
    wg_shape x = wgi_shape(c->x[0]), view;
    if (!wgi_normal_images(x, &view))
        return wg_fail(c, WG_ERR_SHAPE, "x has rank %d; it is (N, ..., C)", x.rank);
    if (a->groups < 1 || view.dim[2] % a->groups != 0)
        return wg_fail(c, WG_ERR_RANGE, "%lld channels are not divided by groups = %lld",
                       (long long)view.dim[2], (long long)a->groups);
    wgi_normal k = plan(x, a);
    return wgi_normal_infer(c, &k, WG_SHAPE(view.dim[2]));
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
    {.name = "groups", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_group_norm, groups),
     .required = 1, .doc = "parts into which the channels are divided"},
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_group_norm, eps),
     .preset = 1e-5, .doc = "added to the variance"},
    {.name = NULL},
};
static const struct wgi_group_norm two = {2, 1e-5}, one = {1, 0.1}, three = {3, 0.05};
static const wg_sample samples[] = {
    {.shapes = "2,4|4|4", .attrs = &two},      {.shapes = "2,1,2,4|4|4", .attrs = &two},
    {.shapes = "2,2,3|-|-", .attrs = &one},    {.shapes = "1,2,3|3|-", .attrs = &three},
    {.shapes = "0,2,2|2|2", .attrs = &two},    {.shapes = "2,0,2|2|2", .attrs = &two},
    {.shapes = NULL},
};

const wg_gate wg_gate_group_norm = {
    .size = sizeof(wg_gate),
    .name = "group_norm",
    .formula = "y = gamma (x - m)/sqrt(v + eps) + beta, m and v over the channels of a group",
    .derivative = "dx = r (h - mean(h) - z mean(h z)), h = gamma g, z = (x - m) r, "
                  "r = 1/sqrt(v + eps); dgamma = sum(g z), dbeta = sum(g)",
    .arity = 3,
    .operands = {"x", "gamma", "beta"},
    .optional = 2 | 4,
    .attr_bytes = sizeof(struct wgi_group_norm),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(N, d..., C) (C)? (C)? -> (N, d..., C)",
    .domain = "eps >= 0; where all elements of a group are equal y = beta, for eps = 0 NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_group_norm(wg_var x, wg_var gamma, wg_var beta, int64_t groups, double eps) {
    struct wgi_group_norm a = {groups, eps};
    wg_var operands[3] = {x, gamma, beta};
    return wg_record(&wg_gate_group_norm, 3, operands, &a);
}
