/* The largest of k linear pieces (I. Goodfellow et al., arXiv:1302.4389): x (..., C k), y (..., C),
 *
 *     y[..., c] = max over i < k of x[..., c k + i],
 *
 * so that the pieces of a unit lie side by side: x reshaped to (..., C, k), max over the last axis.
 * Pieces that are equal and largest share the cotangent, as in max; a NaN is passed on. */
#include "autograd/tape.h"
#include "ops/floats.h"
#include "ops/ops.h"

struct wgi_maxout {
    int64_t pieces;
};

static wg_status infer(wg_call *c) {
    const struct wgi_maxout *a = c->attrs;
    const wg_value *x = c->x[0];
    int last = x->rank - 1;
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    if (last < 0) return wg_fail(c, WG_ERR_SHAPE, "x has rank 0; it is (..., C pieces)");
    if (x->rank == WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "x has rank %d; it is less than %d", x->rank, WG_MAX_RANK);
    if (a->pieces < 1)
        return wg_fail(c, WG_ERR_RANGE, "%lld pieces; there is at least 1", (long long)a->pieces);
    if (x->dim[last] % a->pieces)
        return wg_fail(c, WG_ERR_SHAPE, "an axis of %lld places does not fall into units of %lld",
                       (long long)x->dim[last], (long long)a->pieces);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->y.dim[last] /= a->pieces;
    return WG_OK;
}

/* The pieces go in front: rows along units are long, those of pieces are not. */
static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_maxout *a = attrs;
    wg_shape units = wg_shape_of(x[0]);
    wg_axes order = {units.rank + 1, {units.rank}};
    (void)n;
    for (int i = 0; i < units.rank; ++i) order.axis[i + 1] = i;
    units.dim[units.rank - 1] /= a->pieces;
    units.dim[units.rank++] = a->pieces;
    return wg_max_over(wg_permute(wg_reshape(x[0], units), order), WG_AXES(0), 0);
}

static const wg_attr attrs[] = {
    {.name = "pieces", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_maxout, pieces),
     .required = 1, .doc = "of a unit, side by side on the last axis"},
    {.name = NULL},
};
static const struct wgi_maxout two = {2}, three = {3}, one = {1};
static const wg_sample samples[] = {{.shapes = "2,6", .attrs = &two},
                                    {.shapes = "2,2,3", .attrs = &three},
                                    {.shapes = "4", .attrs = &two},
                                    {.shapes = "2,3", .attrs = &one},
                                    {.shapes = "0,4", .attrs = &two},
                                    {.shapes = "2,0", .attrs = &two},
                                    {.shapes = NULL}};

const wg_gate wg_gate_maxout = {
    .size = sizeof(wg_gate),
    .name = "maxout",
    .formula = "y[c] = max of x[c pieces + i] over i < pieces",
    .derivative = "dx = g at the largest piece, shared by equal ones",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_maxout),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(d..., C pieces) -> (d..., C)",
    .domain = "kinks where two pieces are the largest: they share; NaN wins",
};

wg_var wg_maxout(wg_var x, int64_t pieces) {
    struct wgi_maxout a = {pieces};
    return wg_record(&wg_gate_maxout, 1, &x, &a);
}
