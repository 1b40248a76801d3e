/* The same elements, in row-major order, under another shape of the same size.  One extent may be
 * -1: what is left for it.  A view where x's strides allow it, else a copy.  dx = g, reshaped back.
 *
 * When they allow it: x's axes and y's are parted, from the front, into the smallest groups of
 * equal size.  Within a group x's axes must lie in one line, stride[i] = stride[i+1] dim[i+1]; then
 * y's axes of the group are cut out of that line. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_reshape {
    wg_shape shape;
};

/* Says what is wrong: the extent at `bad`; else what is `open` stays so; else the number. */
static wg_status refuse(const wg_call *c, int bad, int open) {
    const wg_shape *to = &((const struct wgi_reshape *)c->attrs)->shape;
    const wg_value *x = c->x[0];
    char have[96], want[96];
    wgi_shape_text(want, sizeof want, to->rank, to->dim);
    if (bad >= 0 && to->dim[bad] < -1)
        return wg_fail(c, WG_ERR_SHAPE, "%s has the extent %lld", want, (long long)to->dim[bad]);
    if (bad >= 0) return wg_fail(c, WG_ERR_SHAPE, "%s has two extents of -1", want);
    if (open >= 0) return wg_fail(c, WG_ERR_SHAPE, "%s leaves the extent -1 undetermined", want);
    return wg_fail(c, WG_ERR_SHAPE, "%s has another number of elements than %s", want,
                   wgi_shape_text(have, sizeof have, x->rank, x->dim));
}

static wg_status infer(wg_call *c) {
    wg_shape to = ((const struct wgi_reshape *)c->attrs)->shape;
    const wg_value *x = c->x[0];
    int64_t size = wg_value_size(x);
    int open = -1;
    if (to.rank < 0 || to.rank > WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "a shape of rank %d; it is 0 to %d", to.rank, WG_MAX_RANK);
    for (int i = 0; i < to.rank; ++i) {
        if (to.dim[i] < -1 || (to.dim[i] == -1 && open >= 0)) return refuse(c, i, open);
        if (to.dim[i] != -1) continue;
        open = i;
        to.dim[i] = 1;
    }
    int64_t rest = wg_shape_size(to);
    if (open >= 0 && rest == 0) return refuse(c, -1, open);
    if (open >= 0 && rest > 0 && size % rest == 0) to.dim[open] = size / rest;
    if (wg_shape_size(to) != size) return refuse(c, -1, -1);
    c->y.rank = to.rank;
    for (int i = 0; i < to.rank; ++i) c->y.dim[i] = to.dim[i];
    return WG_OK;
}

/* Drops the axes of one element: x's extents and strides into dim and stride; returns the rank. */
static int squeeze(const wg_value *x, int64_t *dim, int64_t *stride) {
    int rank = 0;
    for (int i = 0; i < x->rank; ++i) {
        if (x->dim[i] == 1) continue;
        dim[rank] = x->dim[i];
        stride[rank++] = x->stride[i];
    }
    return rank;
}

static int in_line(const int64_t *dim, const int64_t *stride, int from, int to) {
    for (int i = from; i + 1 < to; ++i)
        if (stride[i] != stride[i + 1] * dim[i + 1]) return 0;
    return 1;
}

/* Sets y's strides for x's memory; 0 where no strides would do. */
static int fit_strides(const wg_value *x, wg_value *y) {
    int64_t dim[WG_MAX_RANK], stride[WG_MAX_RANK];
    int rank = squeeze(x, dim, stride), i = 0, k = 0;
    while (i < rank) {
        int i0 = i, k0 = k;
        int64_t a = dim[i++], b = y->dim[k++];
        while (a != b) {
            if (a < b) a *= dim[i++];
            else b *= y->dim[k++];
        }
        if (!in_line(dim, stride, i0, i)) return 0;
        int64_t step = stride[i - 1];
        for (int j = k - 1; j >= k0; --j) {
            y->stride[j] = step;
            step *= y->dim[j];
        }
    }
    for (; k < y->rank; ++k) y->stride[k] = 1; /* extents of 1 */
    return 1;
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    if (wg_value_dense(x)) wg_value_set_dense(&c->y);
    else if (!fit_strides(x, &c->y)) {
        wg_value_set_dense(&c->y);
        return 0;
    }
    c->y.data = x->data;
    return 1;
}

static wg_status forward(wg_call *c) {
    wg_value y = wgi_value_make(c->x[0]->dtype, wgi_shape(c->x[0]), c->y.data);
    wgi_value_copy(c->x[0], &y);
    return WG_OK;
}

static void rule(wg_pull *p) { p->dx[0] = wg_reshape(p->g, wg_shape_of(p->x[0])); }

static const wg_attr attrs[] = {
    {.name = "shape", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_reshape, shape),
     .required = 1, .doc = "the shape of y; one extent may be -1"},
    {.name = NULL},
};
static const struct wgi_reshape to_32 = {{2, {3, 2}}}, to_open = {{3, {2, -1, 2}}},
                                to_rank0 = {{0, {0}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &to_32},
    {.shapes = "4,3", .attrs = &to_open},
    {.shapes = "1,1", .attrs = &to_rank0},
    {.shapes = NULL},
};

const wg_gate wg_gate_reshape = {
    .size = sizeof(wg_gate),
    .name = "reshape",
    .formula = "y = x under another shape",
    .derivative = "dx = g, reshaped back",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_reshape),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (shape...)",
};

wg_var wg_reshape(wg_var x, wg_shape shape) {
    struct wgi_reshape a = {shape};
    return wg_record(&wg_gate_reshape, 1, &x, &a);
}
