/* What is added at places of one axis, the adjoint of index_select: y = x, then
 *
 *     y[.., index[k], ..] += src[.., k, ..]        for all k in order.
 *
 * src has x's shape with the index's axes in place of the axis.  dx = g; dsrc is g at the places
 * added to: index_select. */
#ifdef REAL

/* Columns [begin, end) of (outer, inner): no two meet, and each adds in the order of k. */
static void FN(columns)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    int64_t outer = j->outer;
    for (int64_t o = 0; o < outer; ++o)
        for (int64_t k = 0; k < j->n; ++k) {
            REAL *y = (REAL *)j->y + (o * j->d + j->index[k]) * j->inner;
            const REAL *src = (const REAL *)j->src + (o * j->n + k) * j->inner;
            for (int64_t i = begin; i < end; ++i) y[i] += src[i];
        }
}

static wg_status FN(forward)(wg_call *c) {
    job j;
    wg_status s = prepare(c, &j);
    if (s != WG_OK || wg_value_size(c->x[2]) == 0) return s;
    wgi_parallel_for(j.inner, 1 + WGI_GRAIN_ELEMENTS / (j.outer * j.n), FN(columns), &j);
    return WG_OK;
}

#else
#include "ops/select.h"

typedef struct job {
    void *y;
    const void *src;
    const int64_t *index;
    int64_t outer, d, n, inner;
} job;

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0], *src = c->x[2];
    wg_shape want = {0, {0}};
    char a[96], b[96];
    wg_status s = wgi_select_shape(c, ((const struct wgi_index_select *)c->attrs)->axis, &want);
    if (s != WG_OK) return s;
    int same = src->rank == want.rank;
    for (int i = 0; i < want.rank && same; ++i) same = src->dim[i] == want.dim[i];
    if (!same)
        return wg_fail(c, WG_ERR_SHAPE, "src is %s, not %s",
                       wgi_shape_text(a, sizeof a, src->rank, src->dim),
                       wgi_shape_text(b, sizeof b, want.rank, want.dim));
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

static wg_status prepare(wg_call *c, job *j) {
    int axis = wg_axis(((const struct wgi_index_select *)c->attrs)->axis, c->y.rank);
    wg_status s = wgi_check_indices(c, 1, c->y.dim[axis]);
    j->y = c->y.data;
    j->src = c->x[2]->data;
    j->index = c->x[1]->data;
    j->d = c->y.dim[axis];
    j->n = wg_value_size(c->x[1]);
    j->outer = j->inner = 1;
    for (int i = 0; i < axis; ++i) j->outer *= c->y.dim[i];
    for (int i = axis + 1; i < c->y.rank; ++i) j->inner *= c->y.dim[i];
    if (s == WG_OK && wg_value_size(&c->y)) wgi_value_copy(c->x[0], &c->y);
    return s;
}

#define KERNEL_PART "ops/index_add.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    int axis = ((const struct wgi_index_select *)p->attrs)->axis;
    if (p->wanted[0]) p->dx[0] = p->g;
    if (p->wanted[2]) p->dx[2] = wg_index_select(p->g, p->x[1], axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_index_select, axis),
     .doc = "the axis of x that index points into"},
    {.name = NULL},
};
static const struct wgi_index_select first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "3,2|4|4,2", .attrs = &first, .limit = 3},
    {.shapes = "2,3,2|2,2|2,2,2,2", .attrs = &middle, .limit = 3},
    {.shapes = "2,3||2", .attrs = &last, .limit = 3},
    {.shapes = "3|0|0", .attrs = &first, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_index_add = {
    .size = sizeof(wg_gate),
    .name = "index_add",
    .formula = "y = x; y[.., index[k], ..] += src[.., k, ..]",
    .derivative = "dx = g, dsrc[.., k, ..] = g[.., index[k], ..]",
    .arity = 3,
    .operands = {"x", "index", "src"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_index_select),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(a..., n, b...) (e...) (a..., e..., b...) -> (a..., n, b...)",
    .domain = "0 <= index < the extent of the axis, else RANGE; what meets at one place is "
              "added up",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_index_add(wg_var x, wg_var index, wg_var src, int axis) {
    struct wgi_index_select a = {axis};
    wg_var operands[3] = {x, index, src};
    return wg_record(&wg_gate_index_add, 3, operands, &a);
}
#endif
