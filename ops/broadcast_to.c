/* Repetition: y[..., i, j] = x[i or 0, j or 0] as NumPy broadcasts.  x's shape (d1, ..., dk) stands
 * at the right of y's; an extent of 1 is repeated, missing extents are new.  A view: the repeated
 * axes have stride 0.  Its adjoint sums over what was repeated, which the engine does itself with a
 * cotangent of y's shape: dx = g. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"

struct wgi_broadcast_to {
    wg_shape shape;
};

static wg_status infer(wg_call *c) {
    const wg_shape *to = &((const struct wgi_broadcast_to *)c->attrs)->shape;
    const wg_value *x = c->x[0];
    char have[96], want[96];
    wg_status s = wgi_shape_check(c, to);
    if (s != WG_OK) return s;
    int fits = to->rank >= x->rank;
    for (int i = 0; i < x->rank && fits; ++i) {
        int64_t d = to->dim[i + to->rank - x->rank];
        fits = x->dim[i] == d || x->dim[i] == 1;
    }
    if (!fits)
        return wg_fail(c, WG_ERR_SHAPE, "%s cannot be repeated to %s",
                       wgi_shape_text(have, sizeof have, x->rank, x->dim),
                       wgi_shape_text(want, sizeof want, to->rank, to->dim));
    c->y.rank = to->rank;
    for (int i = 0; i < to->rank; ++i) c->y.dim[i] = to->dim[i];
    return WG_OK;
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    int added = c->y.rank - x->rank;
    c->y.data = x->data;
    for (int i = 0; i < c->y.rank; ++i) {
        int repeated = i < added || x->dim[i - added] != c->y.dim[i];
        c->y.stride[i] = repeated ? 0 : x->stride[i - added];
    }
    return 1;
}

static void rule(wg_pull *p) { p->dx[0] = p->g; }

static const wg_attr attrs[] = {
    {.name = "shape", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_broadcast_to, shape),
     .required = 1, .doc = "the shape of y"},
    {.name = NULL},
};
static const struct wgi_broadcast_to to_23 = {{2, {2, 3}}}, to_423 = {{3, {4, 2, 3}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &to_23},  {.shapes = "3", .attrs = &to_23},
    {.shapes = "2,1", .attrs = &to_423}, {.shapes = "", .attrs = &to_23},
    {.shapes = NULL},
};

const wg_gate wg_gate_broadcast_to = {
    .size = sizeof(wg_gate),
    .name = "broadcast_to",
    .formula = "y = x, repeated to a shape",
    .derivative = "dx = g, summed over what was repeated",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_broadcast_to),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (shape...)",
};

wg_var wg_broadcast_to(wg_var x, wg_shape shape) {
    struct wgi_broadcast_to a = {shape};
    return wg_record(&wg_gate_broadcast_to, 1, &x, &a);
}
