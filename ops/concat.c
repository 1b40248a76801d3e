/* Values one after the other along an axis: x1 (.., n1, ..), x2 (.., n2, ..), ... give
 * y (.., n1 + n2 + ..., ..); the other extents are equal.  dxk is the part of g where xk stands. */
#include "autograd/tape.h"
#include "ops/into.h"
#include "ops/ops.h"

struct wgi_concat {
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_concat *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    char one[96], other[96];
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    for (size_t k = 1; k < c->n; ++k) {
        const wg_value *v = c->x[k];
        int same = v->rank == x->rank;
        for (int i = 0; i < x->rank && same; ++i) same = i == axis || v->dim[i] == x->dim[i];
        if (!same)
            return wg_fail(c, WG_ERR_SHAPE,
                           "x[%zu] is %s, x[0] %s; only axis %d may differ", k,
                           wgi_shape_text(other, sizeof other, v->rank, v->dim),
                           wgi_shape_text(one, sizeof one, x->rank, x->dim), axis);
        c->y.dim[axis] += v->dim[axis];
    }
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    int axis = wg_axis(((const struct wgi_concat *)c->attrs)->axis, c->y.rank);
    int64_t bytes = (int64_t)wg_dtype_size(c->y.dtype);
    wg_value part = c->y;
    for (size_t k = 0; k < c->n; ++k) {
        part.dim[axis] = c->x[k]->dim[axis];
        if (wg_value_size(c->x[k]) == 0) continue;
        wgi_value_copy(c->x[k], &part);
        part.data = (char *)part.data + part.dim[axis] * c->y.stride[axis] * bytes;
    }
    return WG_OK;
}

static void rule(wg_pull *p) {
    int axis = ((const struct wgi_concat *)p->attrs)->axis;
    int64_t at = 0;
    for (size_t k = 0; k < p->n; ++k) {
        wg_shape x = wg_shape_of(p->x[k]);
        int64_t n = x.dim[wg_axis(axis, x.rank)];
        if (p->wanted[k]) p->dx[k] = wg_slice(p->g, axis, at, at + n, 1);
        at += n;
    }
}

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    int axis = wg_axis(((const struct wgi_concat *)c->attrs)->axis, g->rank);
    int64_t at = 0;
    for (size_t k = 0; k < c->n; ++k) {
        int64_t n = c->x[k]->dim[axis];
        wg_value part = wgi_places_of(g, axis, at, 1, n);
        if (into[k].to) wgi_into_put(&into[k], into[k].to, &part);
        at += n;
    }
    return WG_OK;
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_concat, axis),
     .doc = "the axis along which they follow each other"},
    {.name = NULL},
};
static const struct wgi_concat first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "2,3|1,3", .attrs = &first},
    {.shapes = "2,1|2,3|2,2", .attrs = &last},
    {.shapes = "3", .attrs = &first},
    {.shapes = NULL},
};

const wg_gate wg_gate_concat = {
    .size = sizeof(wg_gate),
    .name = "concat",
    .formula = "y = x1, x2, ... along an axis",
    .derivative = "dxk = the part of g where xk stands",
    .arity = -1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_concat),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .direct = direct,
    .shape = "(a..., n_k, b...) ... -> (a..., sum n_k, b...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_concat(size_t n, const wg_var *xs, int axis) {
    struct wgi_concat a = {axis};
    return wg_record(&wg_gate_concat, n, xs, &a);
}
