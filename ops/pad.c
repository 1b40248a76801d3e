/* More places around x: axis i grows by before[i] in front and after[i] behind; an empty list means
 * none.  What stands there, by `mode`, for an axis of n elements and j places beyond its edge:
 *
 *     zero        0
 *     reflect     x[j] in front, x[n-1-j] behind: mirrored, the edge itself not repeated; needs
 *                 n > before, after
 *     replicate   x[0] in front, x[n-1] behind; needs n > 0 where there is something to fill
 *
 * Corners are padded axis by axis.  dx is the part of g where x stands plus, at the place that each
 * was taken from, what g has around it. */
#include "ops/pad.h"

#include "autograd/tape.h"
#include "ops/ops.h"

#include <string.h>

static wg_status check(const wg_call *c, const wg_shape *list, const char *name) {
    const wg_value *x = c->x[0];
    int mode = ((const struct wgi_pad *)c->attrs)->mode;
    if (list->rank != 0 && list->rank != x->rank)
        return wg_fail(c, WG_ERR_SHAPE, "%s has %d entries for a value of rank %d", name,
                       list->rank, x->rank);
    for (int i = 0; i < list->rank; ++i) {
        int64_t n = list->dim[i], least = mode == WG_PAD_REFLECT ? n + 1 : 1;
        if (n < 0)
            return wg_fail(c, WG_ERR_RANGE, "%s is %lld at axis %d; it is not negative", name,
                           (long long)n, i);
        if (mode != WG_PAD_ZERO && n && x->dim[i] < least)
            return wg_fail(c, WG_ERR_SHAPE,
                           "%s is %lld at axis %d, which has %lld elements; %s wants %lld", name,
                           (long long)n, i, (long long)x->dim[i],
                           mode == WG_PAD_REFLECT ? "reflect" : "replicate", (long long)least);
    }
    return WG_OK;
}

static int64_t count(const wg_shape *list, int axis) { return list->rank ? list->dim[axis] : 0; }

static wg_status infer(wg_call *c) {
    const struct wgi_pad *a = c->attrs;
    const wg_value *x = c->x[0];
    if (a->mode < WG_PAD_ZERO || a->mode > WG_PAD_REPLICATE)
        return wg_fail(c, WG_ERR_RANGE, "mode is %d; 0 is zero, 1 reflect, 2 replicate", a->mode);
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

/* Fills the `n` places at the edge of `done`, the part of y that is written, which has them beyond
 * its front (side -1) or its end (1), from places within it; `done` does not grow yet. */
static void fill(const wg_value *done, int axis, int64_t n, int side, int mode) {
    int64_t bytes = done->stride[axis] * (int64_t)wg_dtype_size(done->dtype);
    char *edge = (char *)done->data + (side < 0 ? 0 : (done->dim[axis] - 1) * bytes);
    wg_value from = *done, to = *done;
    from.dim[axis] = to.dim[axis] = 1;
    for (int64_t j = 1; j <= n; ++j) {
        from.data = edge - (mode == WG_PAD_REFLECT ? side * j * bytes : 0);
        to.data = edge + side * j * bytes;
        wgi_value_copy(&from, &to);
    }
}

void wgi_pad_copy(const struct wgi_pad *a, const wg_value *x, const wg_value *y) {
    wg_value done = *y; /* at first where x stands in y */
    int64_t bytes = (int64_t)wg_dtype_size(y->dtype), at = 0;
    if (wg_value_size(y) == 0) return;
    if (a->mode == WG_PAD_ZERO) memset(y->data, 0, (size_t)(wg_value_size(y) * bytes));
    for (int i = 0; i < x->rank; ++i) {
        done.dim[i] = x->dim[i];
        at += count(&a->before, i) * y->stride[i];
    }
    done.data = (char *)y->data + at * bytes;
    if (wg_value_size(x)) wgi_value_copy(x, &done);
    for (int i = 0; i < x->rank && a->mode != WG_PAD_ZERO; ++i) {
        fill(&done, i, count(&a->before, i), -1, a->mode);
        fill(&done, i, count(&a->after, i), 1, a->mode);
        done.data = (char *)done.data - count(&a->before, i) * done.stride[i] * bytes;
        done.dim[i] = y->dim[i];
    }
}

static wg_status forward(wg_call *c) {
    wgi_pad_copy(c->attrs, c->x[0], &c->y);
    return WG_OK;
}

/* What the places beyond one edge of an axis of n give back to it: g's places there, [from, from +
 * count), mirrored or added up, in an axis of n. */
static wg_var give_back(wg_var g, int axis, int64_t from, int64_t count, int64_t n, int front,
                        int mode) {
    wg_axes along = {1, {axis}};
    wg_var part = wg_slice(g, axis, from, from + count, 1);
    if (mode == WG_PAD_REPLICATE)
        return wg_slice_grad(wg_sum_over(part, along, 1), axis, front ? 0 : n - 1, 1, n);
    return wg_slice_grad(wg_flip(part, along), axis, front ? 1 : n - 1 - count, 1, n);
}

/* The last axis padded is the first given back. */
wg_var wgi_pad_transpose(const struct wgi_pad *a, wg_var g, wg_shape x) {
    for (int i = x.rank - 1; i >= 0; --i) {
        int64_t first = count(&a->before, i), behind = count(&a->after, i), n = x.dim[i];
        wg_var part = g;
        if (first || behind) part = wg_slice(g, i, first, first + n, 1);
        if (first && a->mode != WG_PAD_ZERO)
            part = wg_add(part, give_back(g, i, 0, first, n, 1, a->mode));
        if (behind && a->mode != WG_PAD_ZERO)
            part = wg_add(part, give_back(g, i, first + n, behind, n, 0, a->mode));
        g = part;
    }
    return g;
}

static void rule(wg_pull *p) {
    p->dx[0] = wgi_pad_transpose(p->attrs, p->g, wg_shape_of(p->x[0]));
}

static const char *const words[] = {"zero", "reflect", "replicate", NULL}; /* as WG_PAD_* */
static const wg_attr attrs[] = {
    {.name = "before", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_pad, before),
     .doc = "places in front, an entry an axis"},
    {.name = "after", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_pad, after),
     .doc = "places behind, an entry an axis"},
    {.name = "mode", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_pad, mode),
     .preset = WG_PAD_ZERO, .doc = "what stands there", .words = words},
    {.name = NULL},
};
static const struct wgi_pad zeros = {{2, {0, 1}}, {2, {2, 1}}, WG_PAD_ZERO},
                            mirrored = {{2, {2, 1}}, {2, {1, 2}}, WG_PAD_REFLECT},
                            edges = {{2, {1, 0}}, {2, {3, 2}}, WG_PAD_REPLICATE},
                            in_front = {{1, {2}}, {0, {0}}, WG_PAD_REFLECT},
                            none = {{0, {0}}, {0, {0}}, WG_PAD_REPLICATE};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &zeros},    {.shapes = "3,3", .attrs = &mirrored},
    {.shapes = "2,3", .attrs = &edges},    {.shapes = "3", .attrs = &in_front},
    {.shapes = "", .attrs = &none},        {.shapes = "0,2", .attrs = &zeros},
    {.shapes = "1,1", .attrs = &edges},    {.shapes = NULL},
};

const wg_gate wg_gate_pad = {
    .size = sizeof(wg_gate),
    .name = "pad",
    .formula = "y = x with zeros, its mirror image or its edge around it",
    .derivative = "dx = g where x stands, plus what g has around it where that was taken from",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pad),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... + before + after)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_pad(wg_var x, wg_shape before, wg_shape after, int mode) {
    struct wgi_pad a = {before, after, mode};
    return wg_record(&wg_gate_pad, 1, &x, &a);
}
