/* One of n equal parts of an axis: for an axis of n m places
 *
 *     y[..., i, ...] = x[..., part m + i, ...],    0 <= i < m
 *
 * a slice, and so a view.  wg_split_along makes all the parts at once, of any sizes. */
#include "ops/ops.h"

struct wgi_split {
    int64_t parts, part;
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_split *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    if (a->parts < 1)
        return wg_fail(c, WG_ERR_RANGE, "parts is %lld; it is at least 1", (long long)a->parts);
    if (a->part < 0 || a->part >= a->parts)
        return wg_fail(c, WG_ERR_RANGE, "part is %lld; of %lld parts it is 0 to %lld",
                       (long long)a->part, (long long)a->parts, (long long)a->parts - 1);
    if (x->dim[axis] % a->parts)
        return wg_fail(c, WG_ERR_SHAPE,
                       "an axis of %lld places does not fall into %lld equal parts",
                       (long long)x->dim[axis], (long long)a->parts);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->y.dim[axis] /= a->parts;
    return WG_OK;
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_split *a = attrs;
    wg_shape shape = wg_shape_of(x[0]);
    int64_t size = shape.dim[wg_axis(a->axis, shape.rank)] / a->parts;
    (void)n;
    return wg_slice(x[0], a->axis, a->part * size, (a->part + 1) * size, 1);
}

static const wg_attr attrs[] = {
    {.name = "parts", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_split, parts),
     .required = 1, .doc = "into how many equal parts"},
    {.name = "part", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_split, part),
     .required = 1, .doc = "which of them, from 0"},
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_split, axis),
     .doc = "the axis to cut"},
    {.name = NULL},
};
static const struct wgi_split second = {3, 1, 0}, last = {2, 1, -1};
static const wg_sample samples[] = {{.shapes = "6", .attrs = &second},
                                    {.shapes = "3,4", .attrs = &last},
                                    {.shapes = "0,2", .attrs = &second},
                                    {.shapes = NULL}};

const wg_gate wg_gate_split = {
    .size = sizeof(wg_gate),
    .name = "split",
    .formula = "y[i] = x[part m + i], m places in each part",
    .derivative = "dx = g at the part, 0 elsewhere",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_split),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(..., parts m, ...) -> (..., m, ...)",
};

wg_var wg_split(wg_var x, int64_t parts, int64_t part, int axis) {
    struct wgi_split a = {parts, part, axis};
    return wg_record(&wg_gate_split, 1, &x, &a);
}
