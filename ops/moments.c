/* Mean and variance together, what batch normalisation wants: over the n elements of the reduced
 * axes
 *
 *     y[0] = m = (1/n) sum x        y[1] = v = (1/n) sum (x - m)^2        (the biased one)
 *
 * stacked on a new first axis: x (N, H, W, C) over the axes 0, 1, 2 gives y (2, C), with keepdims
 * (2, 1, 1, 1, C).  Two passes, so that nothing is lost where m is much larger than the deviation.
 * Of no elements both are NaN.  wg_mean_and_var gives them apart.
 *
 * With g = (gm, gv):  dx = gm/n + 2 gv (x - m)/n; v's dependence on m adds nothing, since the
 * deviations from the mean sum to zero. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"

static wg_status infer(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask;
    wg_status s = wgi_axes_check(c, &a->axis, x->rank, &mask);
    c->y.dim[c->y.rank++] = 2;
    for (int i = 0; i < x->rank && s == WG_OK; ++i) {
        int reduced = mask >> i & 1;
        if (reduced && !a->keepdims) continue;
        if (c->y.rank == WG_MAX_RANK)
            return wg_fail(c, WG_ERR_SHAPE, "the result would have rank %d; %d is the most",
                           WG_MAX_RANK + 1, WG_MAX_RANK);
        c->y.dim[c->y.rank++] = reduced ? 1 : x->dim[i];
    }
    return s;
}

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&a->axis, x->rank);
    double n = (double)wgi_axes_count(wgi_shape(x), mask);
    size_t half = (size_t)wg_value_size(&c->y) / 2 * wg_dtype_size(x->dtype);
    char *mean = c->y.data;
    wg_status s = wgi_reduce(c, x, mask, &wgi_reduction_sum, n, NULL, mean);
    if (s != WG_OK) return s;
    return wgi_reduce(c, x, mask, &wgi_reduction_squares, n, mean, mean + half);
}

/* Half i of v, shaped as y, with extent 1 at the reduced axes. */
static wg_var half(wg_var v, int64_t i, wg_shape kept) {
    return wg_reshape(wg_slice(v, 0, i, i + 1, 1), kept);
}

static void rule(wg_pull *p) {
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    unsigned mask = wgi_axes_mask(&a->axis, x.rank);
    wg_shape kept = wgi_axes_kept(x, mask);
    int64_t count = wgi_axes_count(x, mask);
    double each = count ? 1 / (double)count : 0;
    wg_var gm = wg_scale(half(p->g, 0, kept), each), gv = wg_scale(half(p->g, 1, kept), 2 * each);
    wg_var deviation = wg_sub(p->x[0], half(p->y, 0, kept));
    p->dx[0] = wg_add(wg_mul(deviation, gv), gm);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_reduction_attrs, axis),
     .doc = "the axes to reduce; all when not given"},
    {.name = "keepdims", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_reduction_attrs, keepdims),
     .doc = "1 leaves reduced axes with extent 1"},
    {.name = NULL},
};
static const struct wgi_reduction_attrs over_all = {{0, {0}}, 0}, over_rows = {{1, {-1}}, 1},
                                        over_images = {{3, {0, 1, 2}}, 0};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &over_all},
    {.shapes = "3,4", .attrs = &over_rows},
    {.shapes = "2,2,3,2", .attrs = &over_images},
    {.shapes = NULL},
};

const wg_gate wg_gate_moments = {
    .size = sizeof(wg_gate),
    .name = "moments",
    .formula = "y = (mean x, mean (x - mean x)^2)",
    .derivative = "dx = (gm + 2 gv (x - m)) / n",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct wgi_reduction_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (2, d... - axis)",
    .domain = "of no elements NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_moments_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_moments, 1, &x, &a);
}
wg_var wg_moments(wg_var x, wg_axes axes) { return wg_moments_over(x, axes, 0); }
