/* The k largest elements along an axis, the largest first: y = x[place].  NaN counts as larger than
 * every number; of equal elements the one with the lower place comes first, and where there is room
 * for some of them only, it is the one taken.  dx[place] = g, zero at the elements left out. */
#define FALLING 1
#include "ops/order.h"

struct wgi_topk {
    struct wgi_axis_attrs along;
    int64_t k;
};

static wg_status infer(wg_call *c) {
    const struct wgi_topk *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->along.axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->along.axis, x->rank);
    if (a->k < 0 || a->k > x->dim[axis])
        return wg_fail(c, WG_ERR_RANGE, "k is %lld, the axis has %lld elements", (long long)a->k,
                       (long long)x->dim[axis]);
    return infer_order(c, a->k);
}

static const wg_attr attrs[] = {
    {.name = "k", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_topk, k), .required = 1,
     .doc = "how many elements"},
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_topk, along.axis),
     .preset = -1, .doc = "the axis to search"},
    {.name = NULL},
};
static const struct wgi_topk three = {{-1}, 3}, one = {{0}, 1}, two = {{1}, 2}, none = {{0}, 0};
static const wg_sample samples[] = {
    {.shapes = "5", .attrs = &three},   {.shapes = "3,2", .attrs = &one},
    {.shapes = "2,3,2", .attrs = &two}, {.shapes = "2", .attrs = &none},
    {.shapes = NULL},
};

const wg_gate wg_gate_topk = {
    .size = sizeof(wg_gate),
    .name = "topk",
    .formula = "y = x[place], the k largest, falling",
    .derivative = "dx[place] = g, 0 elsewhere",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_topk),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(a..., n, b...) -> (a..., k, b...)",
    .domain = "0 <= k <= n; kinks at ties: of equal elements the first counts as larger; NaN first",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_topk(wg_var x, int64_t k, int axis) {
    struct wgi_topk a = {{axis}, k};
    return wg_record(&wg_gate_topk, 1, &x, &a);
}
