/* The adjoint of slice: x is put at the places start, start + step, ... of an axis of `extent`
 * elements, zeros stand elsewhere: y[..., start + i step, ...] = x[..., i, ...].  dx takes the same
 * places out of g: a slice. */
#include "autograd/tape.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_slice_grad {
    int axis;
    int64_t start, step, extent;
};

/* 1 if n places from start on, step apart, lie in [0, extent). */
static int fits(int64_t start, int64_t step, int64_t n, int64_t extent) {
    int64_t last;
    if (n == 0) return extent >= 0;
    if (__builtin_mul_overflow(step, n - 1, &last) || __builtin_add_overflow(last, start, &last))
        return 0;
    return start >= 0 && start < extent && last >= 0 && last < extent;
}

static wg_status infer(wg_call *c) {
    const struct wgi_slice_grad *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    if (a->step == 0) return wg_fail(c, WG_ERR_RANGE, "the step is 0");
    if (!fits(a->start, a->step, x->dim[axis], a->extent))
        return wg_fail(c, WG_ERR_RANGE, "%lld places from %lld by %lld do not fit into %lld",
                       (long long)x->dim[axis], (long long)a->start, (long long)a->step,
                       (long long)a->extent);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = i == axis ? a->extent : x->dim[i];
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const struct wgi_slice_grad *a = c->attrs;
    const wg_value *x = c->x[0];
    wg_value places = c->y; /* x's shape within y */
    int axis = wg_axis(a->axis, x->rank);
    int64_t bytes = (int64_t)wg_dtype_size(x->dtype);
    if (wg_value_size(&c->y) == 0) return WG_OK;
    memset(c->y.data, 0, (size_t)(wg_value_size(&c->y) * bytes));
    if (wg_value_size(x) == 0) return WG_OK;
    places.dim[axis] = x->dim[axis];
    places.data = (char *)c->y.data + a->start * c->y.stride[axis] * bytes;
    if (x->dim[axis] > 1) places.stride[axis] = c->y.stride[axis] * a->step;
    wgi_value_copy(x, &places);
    return WG_OK;
}

static void rule(wg_pull *p) {
    const struct wgi_slice_grad *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    int axis = wg_axis(a->axis, x.rank);
    int64_t n = x.dim[axis], last = n ? a->start + (n - 1) * a->step : 0;
    /* the place behind the last one; before the front there is none but "left out" */
    int64_t stop = a->step > 0 ? last + 1 : last > 0 ? last - 1 : WG_OMIT;
    p->dx[0] = n ? wg_slice(p->g, axis, a->start, stop, a->step) : wg_slice(p->g, axis, 0, 0, 1);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_slice_grad, axis),
     .doc = "the axis that grows"},
    {.name = "start", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice_grad, start),
     .doc = "the place of x's first element"},
    {.name = "step", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice_grad, step),
     .preset = 1, .doc = "from one place to the next"},
    {.name = "extent", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice_grad, extent),
     .required = 1, .doc = "the extent of the axis in y"},
    {.name = NULL},
};
static const struct wgi_slice_grad middle = {0, 1, 1, 4}, backwards = {-1, 4, -2, 5};
static const wg_sample samples[] = {
    {.shapes = "2", .attrs = &middle}, {.shapes = "2,3", .attrs = &backwards}, {.shapes = NULL}};

const wg_gate wg_gate_slice_grad = {
    .size = sizeof(wg_gate),
    .name = "slice_grad",
    .formula = "y[start + i step] = x[i], 0 elsewhere",
    .derivative = "dx[i] = g[start + i step]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_slice_grad),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(a..., n, b...) -> (a..., extent, b...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_slice_grad(wg_var x, int axis, int64_t start, int64_t step, int64_t extent) {
    struct wgi_slice_grad a = {axis, start, step, extent};
    return wg_record(&wg_gate_slice_grad, 1, &x, &a);
}
