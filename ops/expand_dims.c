/* A new axis of extent 1: y's axis `axis`, counted in y, negative from its end.  A view; dx = g,
 * reshaped back. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_expand_dims {
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_expand_dims *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank + 1);
    if (x->rank == WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "the value has rank %d already", x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a result of rank %d", a->axis, x->rank + 1);
    c->y.rank = x->rank + 1;
    for (int i = 0; i < c->y.rank; ++i)
        c->y.dim[i] = i == axis ? 1 : x->dim[i > axis ? i - 1 : i];
    return WG_OK;
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    int axis = wg_axis(((const struct wgi_expand_dims *)c->attrs)->axis, c->y.rank);
    c->y.data = x->data;
    for (int i = 0; i < c->y.rank; ++i) /* of one element any stride would do: the dense one */
        c->y.stride[i] = i != axis ? x->stride[i > axis ? i - 1 : i]
                         : i < x->rank ? x->stride[i] * x->dim[i] : 1;
    return 1;
}

static void rule(wg_pull *p) { p->dx[0] = wg_reshape(p->g, wg_shape_of(p->x[0])); }

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_expand_dims, axis),
     .doc = "the place of the new axis in y"},
    {.name = NULL},
};
static const struct wgi_expand_dims first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &first}, {.shapes = "2,3", .attrs = &middle},
    {.shapes = "3", .attrs = &last},    {.shapes = "", .attrs = &first},
    {.shapes = "0", .attrs = &last},    {.shapes = NULL},
};

const wg_gate wg_gate_expand_dims = {
    .size = sizeof(wg_gate),
    .name = "expand_dims",
    .formula = "y = x with an axis of 1",
    .derivative = "dx = g without it",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_expand_dims),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .shape = "(a..., b...) -> (a..., 1, b...)",
};

wg_var wg_expand_dims(wg_var x, int axis) {
    struct wgi_expand_dims a = {axis};
    return wg_record(&wg_gate_expand_dims, 1, &x, &a);
}
