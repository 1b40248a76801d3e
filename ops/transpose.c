/* A permutation of the axes: y[i, j, ...] has as its k-th axis x's axis axes[k]; an empty list
 * reverses them.  A view.  dx = g under the inverse permutation. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_transpose {
    wg_axes axes; /* n = 0: reversed */
};

/* order[k] is the axis of x that y's axis k shows. */
static wg_status resolve(const wg_call *c, int *order) {
    const wg_axes *axes = &((const struct wgi_transpose *)c->attrs)->axes;
    int rank = c->x[0]->rank;
    unsigned seen = 0;
    if (axes->n != 0 && axes->n != rank)
        return wg_fail(c, WG_ERR_SHAPE, "%d axes for a value of rank %d", axes->n, rank);
    for (int k = 0; k < rank; ++k) {
        order[k] = axes->n ? wg_axis(axes->axis[k], rank) : rank - 1 - k;
        if (order[k] < 0)
            return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axes->axis[k], rank);
        if (seen >> order[k] & 1)
            return wg_fail(c, WG_ERR_RANGE, "axis %d is given twice", axes->axis[k]);
        seen |= 1u << order[k];
    }
    return WG_OK;
}

static wg_status infer(wg_call *c) {
    int order[WG_MAX_RANK];
    wg_status s = resolve(c, order);
    if (s != WG_OK) return s;
    c->y.rank = c->x[0]->rank;
    for (int k = 0; k < c->y.rank; ++k) c->y.dim[k] = c->x[0]->dim[order[k]];
    return WG_OK;
}

static int view(wg_call *c) {
    int order[WG_MAX_RANK];
    if (resolve(c, order) != WG_OK) return 0;
    c->y.data = c->x[0]->data;
    for (int k = 0; k < c->y.rank; ++k) c->y.stride[k] = c->x[0]->stride[order[k]];
    return 1;
}

static void rule(wg_pull *p) {
    const wg_axes *axes = &((const struct wgi_transpose *)p->attrs)->axes;
    wg_axes inverse = {axes->n, {0}};
    for (int k = 0; k < axes->n; ++k) inverse.axis[wg_axis(axes->axis[k], axes->n)] = k;
    p->dx[0] = wg_permute(p->g, inverse);
}

static const wg_attr attrs[] = {
    {.name = "axes", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_transpose, axes),
     .doc = "for each axis of y, the axis of x; reversed when not given"},
    {.name = NULL},
};
static const struct wgi_transpose reversed = {{0, {0}}}, cycled = {{3, {1, -1, 0}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &reversed},
    {.shapes = "", .attrs = &reversed},
    {.shapes = "2,3,4", .attrs = &cycled},
    {.shapes = NULL},
};

const wg_gate wg_gate_transpose = {
    .size = sizeof(wg_gate),
    .name = "transpose",
    .formula = "y = x with its axes permuted",
    .derivative = "dx = g, permuted back",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_transpose),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... permuted)",
};

wg_var wg_permute(wg_var x, wg_axes axes) {
    struct wgi_transpose a = {axes};
    return wg_record(&wg_gate_transpose, 1, &x, &a);
}
wg_var wg_transpose(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_permute(x, all);
}
