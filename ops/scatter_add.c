/* Elements added along one axis, the adjoint of gather: src has the index's shape, y x's, and for
 * axis 0 of three
 *
 *     y = x, then y[index[i, j, k], j, k] += src[i, j, k] for all i, j, k in row-major order.
 *
 * dx = g; dsrc is g at the places added to: gather. */
#ifdef REAL

/* Columns [begin, end) of all rows: what two threads add to never meets, and each element is added
 * to in the order of the rows. */
static void FN(columns)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    int64_t n = j->index->dim[j->index->rank - 1], stride = j->y->stride[j->axis], step;
    for (int64_t r = 0; r < j->rows; ++r) {
        const int64_t *index = (const int64_t *)j->index->data + r * n;
        const REAL *src = (const REAL *)j->src + r * n;
        REAL *y = (REAL *)j->y->data + wgi_row_along(j->y, j->index, j->axis, r, &step);
        for (int64_t i = begin; i < end; ++i) y[index[i] * stride + i * step] += src[i];
    }
}

/* Rows [begin, end), where the axis is the last one: rows do not meet. */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    int64_t n = j->index->dim[j->index->rank - 1], step;
    for (int64_t r = begin; r < end; ++r) {
        const int64_t *index = (const int64_t *)j->index->data + r * n;
        const REAL *src = (const REAL *)j->src + r * n;
        REAL *y = (REAL *)j->y->data + wgi_row_along(j->y, j->index, j->axis, r, &step);
        for (int64_t i = 0; i < n; ++i) y[index[i]] += src[i];
    }
}

static wg_status FN(forward)(wg_call *c) {
    job j;
    wg_status s = prepare(c, &j);
    if (s != WG_OK || wg_value_size(c->x[1]) == 0) return s;
    int64_t n = c->x[1]->dim[c->x[1]->rank - 1];
    if (j.axis == c->y.rank - 1) wgi_parallel_for(j.rows, 1 + GRAIN / n, FN(rows), &j);
    else wgi_parallel_for(n, 1 + GRAIN / j.rows, FN(columns), &j);
    return WG_OK;
}

#else

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/index.h"
#include "ops/ops.h"

enum { GRAIN = WGI_GRAIN_ELEMENTS };

struct wgi_scatter_add {
    int axis;
};

typedef struct job {
    const wg_value *y, *index;
    const void *src;
    int axis;
    int64_t rows;
} job;

static wg_status infer(wg_call *c) {
    const struct wgi_scatter_add *a = c->attrs;
    const wg_value *x = c->x[0], *index = c->x[1], *src = c->x[2];
    char have[96], want[96];
    wg_status s = wgi_check_along(c, x, index, a->axis);
    if (s != WG_OK) return s;
    if (!wgi_same_shape(index, src))
        return wg_fail(c, WG_ERR_SHAPE, "src %s has another shape than index %s",
                       wgi_shape_text(have, sizeof have, src->rank, src->dim),
                       wgi_shape_text(want, sizeof want, index->rank, index->dim));
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

static wg_status prepare(wg_call *c, job *j) {
    int axis = wg_axis(((const struct wgi_scatter_add *)c->attrs)->axis, c->y.rank);
    int64_t size = wg_value_size(c->x[1]), n = c->x[1]->dim[c->x[1]->rank - 1];
    j->y = &c->y;
    j->index = c->x[1];
    j->src = c->x[2]->data;
    j->axis = axis;
    j->rows = n ? size / n : 0;
    wg_status s = wgi_check_indices(c, 1, c->y.dim[axis]);
    if (s == WG_OK && wg_value_size(&c->y)) wgi_value_copy(c->x[0], &c->y);
    return s;
}

#define KERNEL_PART "ops/scatter_add.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    int axis = ((const struct wgi_scatter_add *)p->attrs)->axis;
    if (p->wanted[0]) p->dx[0] = p->g;
    if (p->wanted[2]) p->dx[2] = wg_gather(p->g, p->x[1], axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_scatter_add, axis),
     .doc = "the axis of x that index points into"},
    {.name = NULL},
};
static const struct wgi_scatter_add first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "3|4|4", .attrs = &first, .limit = 3},
    {.shapes = "3,2|4,2|4,2", .attrs = &first, .limit = 3},
    {.shapes = "2,2,3|2,1,4|2,1,4", .attrs = &last, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_scatter_add = {
    .size = sizeof(wg_gate),
    .name = "scatter_add",
    .formula = "y = x; y[index[i, j], j] += src[i, j]",
    .derivative = "dx = g, dsrc[i, j] = g[index[i, j], j]",
    .arity = 3,
    .operands = {"x", "index", "src"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_scatter_add),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (e...) (e...) -> (d...)",
    .domain = "0 <= index < the extent of the axis, else RANGE; what meets at one place is "
              "added up",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_scatter_add(wg_var x, wg_var index, wg_var src, int axis) {
    struct wgi_scatter_add a = {axis};
    wg_var operands[3] = {x, index, src};
    return wg_record(&wg_gate_scatter_add, 3, operands, &a);
}

#endif
