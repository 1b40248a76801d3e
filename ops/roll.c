/* A rotation along an axis: y[i] = x[(i - shift) mod n]; what leaves at one end enters at the
 * other. dx is g, rolled back. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_roll {
    int64_t shift;
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_roll *a = c->attrs;
    const wg_value *x = c->x[0];
    if (wg_axis(a->axis, x->rank) < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    if (a->shift == INT64_MIN)
        return wg_fail(c, WG_ERR_RANGE, "shift is %lld, which has no opposite",
                       (long long)a->shift);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

/* Copies `count` places of the axis, from place `from` of x to place `to` of y. */
static void move(const wg_call *c, int axis, int64_t count, int64_t from, int64_t to) {
    wg_value x = *c->x[0], y = c->y;
    int64_t bytes = (int64_t)wg_dtype_size(y.dtype);
    x.dim[axis] = y.dim[axis] = count;
    x.data = (char *)x.data + from * x.stride[axis] * bytes;
    y.data = (char *)y.data + to * y.stride[axis] * bytes;
    if (count) wgi_value_copy(&x, &y);
}

static wg_status forward(wg_call *c) {
    const struct wgi_roll *a = c->attrs;
    int axis = wg_axis(a->axis, c->y.rank);
    int64_t n = c->y.dim[axis];
    if (wg_value_size(&c->y) == 0) return WG_OK;
    int64_t by = (a->shift % n + n) % n;
    move(c, axis, n - by, 0, by);
    move(c, axis, by, n - by, 0);
    return WG_OK;
}

static void rule(wg_pull *p) {
    const struct wgi_roll *a = p->attrs;
    p->dx[0] = wg_roll(p->g, -a->shift, a->axis);
}

static const wg_attr attrs[] = {
    {.name = "shift", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_roll, shift),
     .required = 1, .doc = "by how many places; negative towards the front"},
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_roll, axis),
     .doc = "the axis to roll along"},
    {.name = NULL},
};
static const struct wgi_roll on = {1, 0}, back = {-7, -1};
static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &on},    {.shapes = "3,2", .attrs = &on},
    {.shapes = "2,3", .attrs = &back}, {.shapes = "0,2", .attrs = &on},
    {.shapes = "1", .attrs = &back},  {.shapes = NULL},
};

const wg_gate wg_gate_roll = {
    .size = sizeof(wg_gate),
    .name = "roll",
    .formula = "y[i] = x[(i - shift) mod n]",
    .derivative = "dx[i] = g[(i + shift) mod n]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_roll),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_roll(wg_var x, int64_t shift, int axis) {
    struct wgi_roll a = {shift, axis};
    return wg_record(&wg_gate_roll, 1, &x, &a);
}
