/* A part of one axis: y[..., i, ...] = x[..., start + i step, ...], a view.  start and stop are
 * Python's: negative ones count from the end, what lies outside is clipped, a negative step runs
 * backwards; WG_OMIT stands for one left out.  dx is g at those places and zero elsewhere:
 * slice_grad. */
#include "autograd/tape.h"
#include "ops/into.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_slice {
    int axis;
    int64_t start, stop, step;
};

/* A bound as a place in [low, high]: where an axis of n elements may begin or end. */
static int64_t bound(int64_t at, int64_t n, int64_t low, int64_t high) {
    if (at < 0) at = at < -n ? -1 : at + n;
    return at < low ? low : at > high ? high : at;
}

/* The first place, and how many there are, on an axis of n elements. */
static int64_t resolve(const struct wgi_slice *a, int64_t n, int64_t *count) {
    int64_t low = a->step < 0 ? -1 : 0, high = a->step < 0 ? n - 1 : n;
    int64_t begin = a->step < 0 ? high : low, end = a->step < 0 ? low : high;
    if (a->start != WG_OMIT) begin = bound(a->start, n, low, high);
    if (a->stop != WG_OMIT) end = bound(a->stop, n, low, high);
    *count = 0;
    if (a->step > 0 && end > begin) *count = (end - begin - 1) / a->step + 1;
    if (a->step < 0 && end < begin) *count = (begin - end - 1) / -a->step + 1;
    return begin;
}

static wg_status infer(wg_call *c) {
    const struct wgi_slice *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    if (a->step == 0 || a->step == INT64_MIN)
        return wg_fail(c, WG_ERR_RANGE, "the step is %lld", (long long)a->step);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    resolve(a, x->dim[axis], &c->y.dim[axis]);
    return WG_OK;
}

static int view(wg_call *c) {
    const struct wgi_slice *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    int64_t count, start = resolve(a, x->dim[axis], &count);
    int64_t bytes = (int64_t)wg_dtype_size(x->dtype);
    for (int i = 0; i < x->rank; ++i) c->y.stride[i] = x->stride[i];
    c->y.data = x->data;
    if (wg_value_size(&c->y) == 0) return 1; /* points nowhere else */
    c->y.data = (char *)x->data + start * x->stride[axis] * bytes;
    c->y.stride[axis] = count > 1 ? a->step * x->stride[axis] : x->stride[axis];
    return 1;
}

static void rule(wg_pull *p) {
    const struct wgi_slice *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    int axis = wg_axis(a->axis, x.rank);
    int64_t count, start = resolve(a, x.dim[axis], &count);
    p->dx[0] = wg_slice_grad(p->g, axis, count ? start : 0, count > 1 ? a->step : 1, x.dim[axis]);
}

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    const struct wgi_slice *a = c->attrs;
    const wg_value *to = into->to;
    if (!to) return WG_OK;
    int axis = wg_axis(a->axis, to->rank);
    int64_t count, start = resolve(a, to->dim[axis], &count);
    wg_value part = wgi_places_of(to, axis, start, a->step, count);
    if (!into->add) memset(to->data, 0, (size_t)wg_value_size(to) * wg_dtype_size(to->dtype));
    if (wg_value_size(&part)) wgi_into_put(into, &part, g);
    return WG_OK;
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_slice, axis),
     .doc = "the axis to take a part of"},
    {.name = "start", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice, start),
     .preset = (double)WG_OMIT, .doc = "the first place; the near end when not given"},
    {.name = "stop", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice, stop),
     .preset = (double)WG_OMIT, .doc = "the place to stop before; the far end when not given"},
    {.name = "step", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_slice, step), .preset = 1,
     .doc = "from one place to the next; negative runs backwards"},
    {.name = NULL},
};
static const struct wgi_slice middle = {0, 1, 3, 1}, backwards = {-1, WG_OMIT, WG_OMIT, -2},
                              empty = {1, 2, 2, 1};
static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &middle},
    {.shapes = "2,5", .attrs = &backwards},
    {.shapes = "2,3", .attrs = &empty},
    {.shapes = NULL},
};

const wg_gate wg_gate_slice = {
    .size = sizeof(wg_gate),
    .name = "slice",
    .formula = "y[i] = x[start + i step]",
    .derivative = "dx[start + i step] = g[i], 0 elsewhere",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_slice),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .direct = direct,
    .shape = "(a..., n, b...) -> (a..., m, b...)",
};

wg_var wg_slice(wg_var x, int axis, int64_t start, int64_t stop, int64_t step) {
    struct wgi_slice a = {axis, start, stop, step};
    return wg_record(&wg_gate_slice, 1, &x, &a);
}
