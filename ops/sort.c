/* The elements along an axis in rising order: y = x[place], a permutation of each lane.  Stable:
 * equal elements stay in the order of their places; NaN comes last.  dx[place] = g: at a tie each
 * element gets the cotangent of the place that it was put at. */
#define FALLING 0
#include "ops/order.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0];
    int axis = wg_axis(axis_of(c->attrs), x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axis_of(c->attrs),
                       x->rank);
    return infer_order(c, x->dim[axis]);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_axis_attrs, axis),
     .preset = -1, .doc = "the axis to sort along"},
    {.name = NULL},
};
static const struct wgi_axis_attrs first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "5", .attrs = &last},    {.shapes = "3,2", .attrs = &first},
    {.shapes = "2,3,2", .attrs = &middle}, {.shapes = "1", .attrs = &first},
    {.shapes = "0,2", .attrs = &first}, {.shapes = NULL},
};

const wg_gate wg_gate_sort = {
    .size = sizeof(wg_gate),
    .name = "sort",
    .formula = "y = x[place], rising",
    .derivative = "dx[place] = g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_axis_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "kinks at ties: equal elements keep the order of their places, each gets the "
              "cotangent of where it is put; NaN last",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_sort(wg_var x, int axis) {
    struct wgi_axis_attrs a = {axis};
    return wg_record(&wg_gate_sort, 1, &x, &a);
}
