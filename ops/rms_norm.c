/* Root mean square normalisation (B. Zhang, R. Sennrich, arXiv:1910.07467): over the axes of a
 * list, for every index of the others,
 *
 *     y = gamma x / sqrt(mean x^2 + eps),
 *
 * gamma having x's extents at those axes, in their order; absent, it is 1.  Zeros stay zeros; with
 * eps = 0 they are 0/0, NaN.  The derivative is in normalise.h. */
#include "ops/axes.h"
#include "autograd/tape.h"
#include "ops/normalise.h"
#include "ops/ops.h"

struct wgi_rms_norm {
    wg_axes axis;
    double eps;
};

static wgi_normal plan(wg_shape x, const struct wgi_rms_norm *a) {
    unsigned over = wgi_axes_mask(&a->axis, x.rank), all = (1u << x.rank) - 1;
    return (wgi_normal){x, over, all & ~over, 0, a->eps};
}

static wg_status infer(wg_call *c) {
    const struct wgi_rms_norm *a = c->attrs;
    wg_shape x = wgi_shape(c->x[0]), affine = WG_RANK0;
    unsigned over;
    wg_status s = wgi_axes_check(c, &a->axis, x.rank, &over);
    if (s != WG_OK) return s;
    for (int i = 0; i < x.rank; ++i)
        if (over >> i & 1) affine.dim[affine.rank++] = x.dim[i];
    wgi_normal k = plan(x, a);
    return wgi_normal_infer(c, &k, affine);
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
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_rms_norm, axis),
     .preset = -1, .doc = "the axes that are normalised together; [] is all of them"},
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_rms_norm, eps),
     .preset = 1e-5, .doc = "added to the mean square"},
    {.name = NULL},
};
static const struct wgi_rms_norm last = {{1, {-1}}, 1e-5}, outer = {{2, {2, 0}}, 0.1},
                                 all = {{0, {0}}, 0.01};
static const wg_sample samples[] = {
    {.shapes = "2,4|4", .attrs = &last}, {.shapes = "2,2,3|2,3", .attrs = &outer},
    {.shapes = "2,3|-", .attrs = &all},  {.shapes = "0,3|3", .attrs = &last},
    {.shapes = "|", .attrs = &all},      {.shapes = NULL},
};

const wg_gate wg_gate_rms_norm = {
    .size = sizeof(wg_gate),
    .name = "rms_norm",
    .formula = "y = gamma x/sqrt(mean x^2 + eps), the mean over the axes",
    .derivative = "dx = r (h - z mean(h z)), h = gamma g, z = x r, r = 1/sqrt(mean x^2 + eps); "
                  "dgamma = sum(g z)",
    .arity = 2,
    .operands = {"x", "gamma"},
    .optional = 2,
    .attr_bytes = sizeof(struct wgi_rms_norm),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d... at axis)? -> (d...)",
    .domain = "eps >= 0; zeros stay zeros, for eps = 0 NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_rms_norm(wg_var x, wg_var gamma, wg_axes axes, double eps) {
    struct wgi_rms_norm a = {axes, eps};
    wg_var operands[2] = {x, gamma};
    return wg_record(&wg_gate_rms_norm, 2, operands, &a);
}
