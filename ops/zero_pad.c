/* Zeros around x: axis i grows by before[i] at the front and after[i] at the end; an empty list
 * means none.  dx is the part of g where x stands. */
#include "autograd/tape.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_zero_pad {
    wg_shape before, after; /* counts, not extents; rank 0: all zero */
};

static wg_status check(const wg_call *c, const wg_shape *list, const char *name) {
    int rank = c->x[0]->rank;
    if (list->rank != 0 && list->rank != rank)
        return wg_fail(c, WG_ERR_SHAPE, "%s has %d entries for a value of rank %d", name,
                       list->rank, rank);
    for (int i = 0; i < list->rank; ++i)
        if (list->dim[i] < 0)
            return wg_fail(c, WG_ERR_RANGE, "%s is %lld at axis %d; it is not negative", name,
                           (long long)list->dim[i], i);
    return WG_OK;
}

static int64_t count(const wg_shape *list, int axis) { return list->rank ? list->dim[axis] : 0; }

static wg_status infer(wg_call *c) {
    const struct wgi_zero_pad *a = c->attrs;
    const wg_value *x = c->x[0];
    wg_status s = check(c, &a->before, "before");
    if (s == WG_OK) s = check(c, &a->after, "after");
    if (s != WG_OK) return s;
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) {
        int64_t *d = &c->y.dim[i];
        if (__builtin_add_overflow(count(&a->before, i), count(&a->after, i), d) ||
            __builtin_add_overflow(*d, x->dim[i], d))
            return wg_fail(c, WG_ERR_MEMORY, "the result would have too many elements at axis %d: "
                           "%lld before, %lld after", i, (long long)count(&a->before, i),
                           (long long)count(&a->after, i));
    }
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const struct wgi_zero_pad *a = c->attrs;
    const wg_value *x = c->x[0];
    wg_value inner = c->y; /* where x stands in y */
    int64_t bytes = (int64_t)wg_dtype_size(c->y.dtype), at = 0;
    if (wg_value_size(&c->y) == 0) return WG_OK;
    memset(c->y.data, 0, (size_t)(wg_value_size(&c->y) * bytes));
    for (int i = 0; i < x->rank; ++i) {
        inner.dim[i] = x->dim[i];
        at += count(&a->before, i) * c->y.stride[i];
    }
    inner.data = (char *)c->y.data + at * bytes;
    if (wg_value_size(x)) wgi_value_copy(x, &inner);
    return WG_OK;
}

static void rule(wg_pull *p) {
    const struct wgi_zero_pad *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    wg_var part = p->g;
    for (int i = 0; i < x.rank; ++i) {
        int64_t first = count(&a->before, i);
        if (first || count(&a->after, i)) part = wg_slice(part, i, first, first + x.dim[i], 1);
    }
    p->dx[0] = part;
}

static const wg_attr attrs[] = {
    {.name = "before", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_zero_pad, before),
     .doc = "zeros in front, an entry an axis"},
    {.name = "after", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_zero_pad, after),
     .doc = "zeros behind, an entry an axis"},
    {.name = NULL},
};
static const struct wgi_zero_pad around = {{2, {0, 1}}, {2, {2, 1}}},
                                 in_front = {{1, {2}}, {0, {0}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &around}, {.shapes = "3", .attrs = &in_front}, {.shapes = NULL}};

const wg_gate wg_gate_zero_pad = {
    .size = sizeof(wg_gate),
    .name = "zero_pad",
    .formula = "y = x with zeros around it",
    .derivative = "dx = the part of g where x stands",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_zero_pad),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... + before + after)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_zero_pad(wg_var x, wg_shape before, wg_shape after) {
    struct wgi_zero_pad a = {before, after};
    return wg_record(&wg_gate_zero_pad, 1, &x, &a);
}
