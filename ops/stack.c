/* Values of one shape, one after the other along a new axis: for axis 0 y[k, i, j] = xk[i, j].  dxk
 * is part k of g. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_stack {
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_stack *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank + 1);
    char one[96], other[96];
    if (x->rank == WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "the values have rank %d already", x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a result of rank %d", a->axis, x->rank + 1);
    for (size_t k = 1; k < c->n; ++k)
        if (!wgi_same_shape(x, c->x[k]))
            return wg_fail(c, WG_ERR_SHAPE, "x[%zu] is %s, x[0] %s; they have one shape", k,
                           wgi_shape_text(other, sizeof other, c->x[k]->rank, c->x[k]->dim),
                           wgi_shape_text(one, sizeof one, x->rank, x->dim));
    c->y.rank = x->rank + 1;
    for (int i = 0; i < c->y.rank; ++i)
        c->y.dim[i] = i == axis ? (int64_t)c->n : x->dim[i > axis ? i - 1 : i];
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    int axis = wg_axis(((const struct wgi_stack *)c->attrs)->axis, c->y.rank);
    int64_t bytes = (int64_t)wg_dtype_size(c->y.dtype);
    wg_value part = *c->x[0]; /* where one operand stands in y */
    if (wg_value_size(&part) == 0) return WG_OK;
    for (int i = 0; i < part.rank; ++i) part.stride[i] = c->y.stride[i >= axis ? i + 1 : i];
    for (size_t k = 0; k < c->n; ++k) {
        part.data = (char *)c->y.data + (int64_t)k * c->y.stride[axis] * bytes;
        wgi_value_copy(c->x[k], &part);
    }
    return WG_OK;
}

static void rule(wg_pull *p) {
    wg_shape y = wg_shape_of(p->y);
    int axis = wg_axis(((const struct wgi_stack *)p->attrs)->axis, y.rank);
    for (size_t k = 0; k < p->n; ++k) {
        int64_t at = (int64_t)k;
        if (!p->wanted[k]) continue;
        p->dx[k] = wg_reshape(wg_slice(p->g, axis, at, at + 1, 1), wg_shape_of(p->x[k]));
    }
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_stack, axis),
     .doc = "the place of the new axis in y"},
    {.name = NULL},
};
static const struct wgi_stack first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &first}, {.shapes = "2,3|2,3|2,3", .attrs = &last},
    {.shapes = "|", .attrs = &first},       {.shapes = "3", .attrs = &last},
    {.shapes = "0,2|0,2", .attrs = &first}, {.shapes = NULL},
};

const wg_gate wg_gate_stack = {
    .size = sizeof(wg_gate),
    .name = "stack",
    .formula = "y[k] = xk",
    .derivative = "dxk = g[k]",
    .arity = -1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_stack),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(a..., b...) ... -> (a..., operands, b...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_stack(size_t n, const wg_var *xs, int axis) {
    struct wgi_stack a = {axis};
    return wg_record(&wg_gate_stack, n, xs, &a);
}
