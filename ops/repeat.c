/* Each place along an axis n times in a row: y[i] = x[i / n], rounded down.  dx[i] is the sum of g
 * over its n copies. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_repeat {
    int64_t n;
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_repeat *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    if (a->n < 0) return wg_fail(c, WG_ERR_RANGE, "n is %lld; it is not negative", (long long)a->n);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    if (__builtin_mul_overflow(x->dim[axis], a->n, &c->y.dim[axis]))
        return wg_fail(c, WG_ERR_MEMORY, "n is %lld: the result would have too many elements",
                       (long long)a->n);
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const struct wgi_repeat *a = c->attrs;
    int axis = wg_axis(a->axis, c->y.rank);
    wg_value copy = c->y; /* the k-th copies of all places */
    if (wg_value_size(&c->y) == 0) return WG_OK;
    copy.dim[axis] = c->x[0]->dim[axis];
    copy.stride[axis] = c->y.stride[axis] * a->n;
    for (int64_t k = 0; k < a->n; ++k) {
        wgi_value_copy(c->x[0], &copy);
        copy.data = (char *)copy.data +
                    c->y.stride[axis] * (int64_t)wg_dtype_size(c->y.dtype);
    }
    return WG_OK;
}

/* g (outer, d, n, inner), summed over the copies. */
static void rule(wg_pull *p) {
    const struct wgi_repeat *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]), parts = {4, {1, 1, a->n, 1}};
    int axis = wg_axis(a->axis, x.rank);
    for (int i = 0; i < x.rank; ++i) parts.dim[i < axis ? 0 : i == axis ? 1 : 3] *= x.dim[i];
    wg_axes copies = {1, {2}};
    p->dx[0] = wg_reshape(wg_sum_over(wg_reshape(p->g, parts), copies, 0), x);
}

static const wg_attr attrs[] = {
    {.name = "n", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_repeat, n), .required = 1,
     .doc = "how often each place comes"},
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_repeat, axis),
     .doc = "the axis that grows"},
    {.name = NULL},
};
static const struct wgi_repeat twice = {2, 0}, thrice = {3, -1}, never = {0, 0};
static const wg_sample samples[] = {
    {.shapes = "3", .attrs = &twice},    {.shapes = "2,2", .attrs = &thrice},
    {.shapes = "2,2,2", .attrs = &twice}, {.shapes = "2,2", .attrs = &never},
    {.shapes = "0,2", .attrs = &thrice}, {.shapes = NULL},
};

const wg_gate wg_gate_repeat = {
    .size = sizeof(wg_gate),
    .name = "repeat",
    .formula = "y[i] = x[i / n]",
    .derivative = "dx[i] = g[i n] + ... + g[i n + n - 1]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_repeat),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(a..., m, b...) -> (a..., n m, b...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_repeat(wg_var x, int64_t n, int axis) {
    struct wgi_repeat a = {n, axis};
    return wg_record(&wg_gate_repeat, 1, &x, &a);
}
