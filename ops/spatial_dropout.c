/* Dropout of whole channels: for each n and c, x[n, ..., c] is divided by keep at all places, with
 * probability keep, else all 0 (J. Tompson et al., arXiv:1411.4280).  Neighbouring places of a
 * convolution's output are alike, so that dropping single ones takes little away. */
#include "ops/dropout.h"

struct wgi_spatial_dropout {
    wg_random random; /* stream 0: to be drawn */
    double keep;
};

static wg_status infer(wg_call *c) {
    const struct wgi_spatial_dropout *a = c->attrs;
    const wg_value *x = c->x[0];
    char text[96];
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    if (x->rank < 2)
        return wg_fail(c, WG_ERR_SHAPE, "x has shape %s; it is (N, ..., C)",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    return wgi_keep_check(c, a->keep);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_spatial_dropout *a = attrs;
    struct wgi_dropout channels = {.random = a->random, .keep = a->keep, .spatial = 1};
    (void)n;
    return wg_record(&wg_gate_dropout, 1, x, &channels);
}

static const wg_attr attrs[] = {
    {.name = "keep", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_spatial_dropout, keep),
     .required = 1, .doc = "the probability of keeping a channel, in (0, 1]"},
    {.name = NULL},
};
static const struct wgi_spatial_dropout half = {{3, 5}, 0.5}, all = {{3, 6}, 1};
static const wg_sample samples[] = {{.shapes = "2,3,2,3", .attrs = &half},
                                    {.shapes = "3,4", .attrs = &half},
                                    {.shapes = "2,2,3", .attrs = &all},
                                    {.shapes = "0,2,3", .attrs = &half},
                                    {.shapes = NULL}};

const wg_gate wg_gate_spatial_dropout = {
    .size = sizeof(wg_gate),
    .name = "spatial_dropout",
    .formula = "y = x/keep for a whole channel with probability keep, else 0",
    .derivative = "dx = g/keep in channels that were kept, else 0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_RANDOM | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_spatial_dropout),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, d..., C) -> (N, d..., C)",
    .domain = "keep in (0, 1]",
};

wg_var wg_spatial_dropout(wg_var x, double keep) {
    struct wgi_spatial_dropout a = {{0, 0}, keep};
    return wg_record(&wg_gate_spatial_dropout, 1, &x, &a);
}
