/* Places picked along one axis: y[.., k, ..] = x[.., index[k], ..].  The axis is replaced by those
 * of the index, which has any rank (NumPy's take); entries lie in [0, extent).  dx is g added up at
 * the places picked: index_add. */
#include "ops/select.h"

static wg_status infer(wg_call *c) {
    wg_shape y = {0, {0}};
    wg_status s = wgi_select_shape(c, ((const struct wgi_index_select *)c->attrs)->axis, &y);
    c->y.rank = y.rank;
    for (int i = 0; i < y.rank; ++i) c->y.dim[i] = y.dim[i];
    return s;
}

static wg_status forward(wg_call *c) {
    return wgi_select(c, ((const struct wgi_index_select *)c->attrs)->axis);
}

static void rule(wg_pull *p) {
    wgi_select_pull(p, ((const struct wgi_index_select *)p->attrs)->axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_index_select, axis),
     .doc = "the axis of x that index picks from"},
    {.name = NULL},
};
static const struct wgi_index_select first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "3,2|4", .attrs = &first, .limit = 3},
    {.shapes = "2,3,2|2,2", .attrs = &middle, .limit = 3},
    {.shapes = "2,3|", .attrs = &last, .limit = 3},
    {.shapes = "3|0", .attrs = &first, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_index_select = {
    .size = sizeof(wg_gate),
    .name = "index_select",
    .formula = "y[.., k, ..] = x[.., index[k], ..]",
    .derivative = "dx[.., index[k], ..] += g[.., k, ..]",
    .arity = 2,
    .operands = {"x", "index"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_index_select),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(a..., n, b...) (e...) -> (a..., e..., b...)",
    .domain = "0 <= index < the extent of the axis, else RANGE; what is picked twice adds "
              "both cotangents up",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_index_select(wg_var x, wg_var index, int axis) {
    struct wgi_index_select a = {axis};
    wg_var operands[2] = {x, index};
    return wg_record(&wg_gate_index_select, 2, operands, &a);
}
