/* Elements picked along one axis: index has x's rank, y the index's shape, and for axis 0 of three
 *
 *     y[i, j, k] = x[index[i, j, k], j, k]
 *
 * (NumPy's take_along_axis).  At the other axes the index may be shorter than x, never longer.
 * Entries lie in [0, extent of the axis).  dx is g added up at the places picked: scatter_add. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/index.h"
#include "ops/ops.h"

#include <string.h>

enum { GRAIN = WGI_GRAIN_ELEMENTS };

struct wgi_gather {
    int axis;
};

static wg_status infer(wg_call *c) {
    const struct wgi_gather *a = c->attrs;
    const wg_value *index = c->x[1];
    wg_status s = wgi_check_along(c, c->x[0], index, a->axis);
    if (s != WG_OK) return s;
    c->y.rank = index->rank;
    for (int i = 0; i < index->rank; ++i) c->y.dim[i] = index->dim[i];
    return WG_OK;
}

typedef struct job {
    const wg_value *x, *index;
    char *y;
    int axis;
    size_t bytes;
} job;

static void rows(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    int64_t n = j->index->dim[j->index->rank - 1], stride = j->x->stride[j->axis], step;
    const char *x = j->x->data;
    for (int64_t r = begin; r < end; ++r) {
        const int64_t *index = (const int64_t *)j->index->data + r * n;
        int64_t at = wgi_row_along(j->x, j->index, j->axis, r, &step);
        char *y = j->y + (size_t)(r * n) * j->bytes;
        for (int64_t i = 0; i < n; ++i) {
            const char *from = x + (at + index[i] * stride + i * step) * (int64_t)j->bytes;
            if (j->bytes == 8) memcpy(y + i * 8, from, 8);
            else if (j->bytes == 4) memcpy(y + i * 4, from, 4);
            else y[i] = *from;
        }
    }
}

static wg_status forward(wg_call *c) {
    int axis = wg_axis(((const struct wgi_gather *)c->attrs)->axis, c->x[0]->rank);
    wg_status s = wgi_check_indices(c, 1, c->x[0]->dim[axis]);
    int64_t size = wg_value_size(c->x[1]);
    if (s != WG_OK || size == 0) return s;
    job j = {c->x[0], c->x[1], c->y.data, axis, wg_dtype_size(c->y.dtype)};
    int64_t n = c->x[1]->dim[c->x[1]->rank - 1];
    wgi_parallel_for(size / n, 1 + GRAIN / n, rows, &j);
    return WG_OK;
}

static void rule(wg_pull *p) {
    const struct wgi_gather *a = p->attrs;
    wg_var zero = wg_const(p->g.tape, wg_dtype_of(p->g), WG_RANK0, NULL);
    wg_var zeros = wg_broadcast_to(zero, wg_shape_of(p->x[0]));
    if (p->wanted[0]) p->dx[0] = wg_scatter_add(zeros, p->x[1], p->g, a->axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_gather, axis),
     .doc = "the axis of x that index picks from"},
    {.name = NULL},
};
static const struct wgi_gather first = {0}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "3|4", .attrs = &first, .limit = 3},
    {.shapes = "3,2|4,2", .attrs = &first, .limit = 3},
    {.shapes = "2,2,3|2,1,4", .attrs = &last, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_gather = {
    .size = sizeof(wg_gate),
    .name = "gather",
    .formula = "y[i, j] = x[index[i, j], j]",
    .derivative = "dx[index[i, j], j] += g[i, j]",
    .arity = 2,
    .operands = {"x", "index"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_gather),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (e...) -> (e...)",
    .domain = "0 <= index < the extent of the axis, else RANGE; what is picked twice adds "
              "both cotangents up",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_gather(wg_var x, wg_var index, int axis) {
    struct wgi_gather a = {axis};
    wg_var operands[2] = {x, index};
    return wg_record(&wg_gate_gather, 2, operands, &a);
}
