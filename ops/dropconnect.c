/* A product whose weights are dropped (L. Wan et al., "Regularization of neural networks using
 * DropConnect", ICML 2013): with a mask m, each entry 1 with probability keep, else 0,
 *
 *     y = x (m w / keep) + b,    x (..., k), w (k, m), b (m), y (..., m).
 *
 * One mask for all rows of x; the paper draws one for each, which would take as many products.
 * Being divided by keep, the mean of y is x w + b, which is what evaluation computes. */
#include "ops/dropout.h"

struct wgi_dropconnect {
    wg_random random; /* stream 0: to be drawn */
    double keep;
};

static wg_status infer(wg_call *c) {
    const struct wgi_dropconnect *a = c->attrs;
    const wg_value *x = c->x[0], *w = c->x[1], *b = c->x[2];
    char left[96], right[96];
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    wgi_shape_text(left, sizeof left, x->rank, x->dim);
    wgi_shape_text(right, sizeof right, w->rank, w->dim);
    if (x->rank < 1) return wg_fail(c, WG_ERR_SHAPE, "x has rank 0; it is (..., k)");
    if (w->rank != 2)
        return wg_fail(c, WG_ERR_SHAPE, "w has shape %s; it is (k, m)", right);
    if (x->dim[x->rank - 1] != w->dim[0])
        return wg_fail(c, WG_ERR_SHAPE, "%s @ %s: the inner dimensions %lld and %lld differ", left,
                       right, (long long)x->dim[x->rank - 1], (long long)w->dim[0]);
    if (b && (b->rank != 1 || b->dim[0] != w->dim[1]))
        return wg_fail(c, WG_ERR_SHAPE, "b has shape %s; it is (%lld)",
                       wgi_shape_text(left, sizeof left, b->rank, b->dim), (long long)w->dim[1]);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->y.dim[x->rank - 1] = w->dim[1];
    return wgi_keep_check(c, a->keep);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_dropconnect *a = attrs;
    struct wgi_dropout weights = {.random = a->random, .keep = a->keep};
    (void)n;
    wg_var y = wg_matmul(x[0], wg_record(&wg_gate_dropout, 1, &x[1], &weights));
    return x[2].tape ? wg_add(y, x[2]) : y;
}

static const wg_attr attrs[] = {
    {.name = "keep", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_dropconnect, keep),
     .required = 1, .doc = "the probability of keeping a weight, in (0, 1]"},
    {.name = NULL},
};
static const struct wgi_dropconnect half = {{3, 5}, 0.5}, all = {{3, 6}, 1};
static const wg_sample samples[] = {{.shapes = "2,3|3,4|4", .attrs = &half},
                                    {.shapes = "2,3|3,2|-", .attrs = &half},
                                    {.shapes = "3|3,2|2", .attrs = &all},
                                    {.shapes = "2,2,3|3,2|2", .attrs = &half},
                                    {.shapes = "0,3|3,2|2", .attrs = &half},
                                    {.shapes = NULL}};

const wg_gate wg_gate_dropconnect = {
    .size = sizeof(wg_gate),
    .name = "dropconnect",
    .formula = "y = x (mask w / keep) + b, the mask 1 with probability keep, else 0",
    .derivative = "dx = g (mask w / keep)^T, dw = mask x^T g / keep, db = sum(g)",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .flags = WG_GATE_RANDOM,
    .attr_bytes = sizeof(struct wgi_dropconnect),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(d..., k) (k, m) (m)? -> (d..., m)",
    .domain = "keep in (0, 1]",
};

wg_var wg_dropconnect(wg_var x, wg_var w, wg_var b, double keep) {
    struct wgi_dropconnect a = {{0, 0}, keep};
    wg_var operands[3] = {x, w, b};
    return wg_record(&wg_gate_dropconnect, 3, operands, &a);
}
