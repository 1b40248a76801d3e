/* select.h: places picked along one axis by an index of any rank: x (outer, d, inner), the index
 * (n), y (outer, n, inner). */
#ifndef WGI_SELECT_H
#define WGI_SELECT_H

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/index.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_index_select {
    int axis;
};

/* x's extents with the index's in place of the axis. */
static inline wg_status wgi_select_shape(const wg_call *c, int axis, wg_shape *y) {
    const wg_value *x = c->x[0], *index = c->x[1];
    int at = wg_axis(axis, x->rank);
    if (at < 0) return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axis, x->rank);
    if (x->rank - 1 + index->rank > WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "the result would have rank %d",
                       x->rank - 1 + index->rank);
    y->rank = 0;
    for (int i = 0; i < at; ++i) y->dim[y->rank++] = x->dim[i];
    for (int i = 0; i < index->rank; ++i) y->dim[y->rank++] = index->dim[i];
    for (int i = at + 1; i < x->rank; ++i) y->dim[y->rank++] = x->dim[i];
    return WG_OK;
}

typedef struct wgi_select_job {
    const char *x;
    char *y;
    const int64_t *index;
    int64_t d, n, inner; /* inner in bytes */
} wgi_select_job;

/* Rows [begin, end) of y, counted over outer and n. */
static inline void wgi_select_rows(int64_t begin, int64_t end, void *arg) {
    const wgi_select_job *j = arg;
    for (int64_t r = begin; r < end; ++r) {
        int64_t from = r / j->n * j->d + j->index[r % j->n];
        memcpy(j->y + r * j->inner, j->x + from * j->inner, (size_t)j->inner);
    }
}

static inline wg_status wgi_select(wg_call *c, int axis) {
    const wg_value *x = c->x[0];
    int at = wg_axis(axis, x->rank);
    wg_status s = wgi_check_indices(c, 1, x->dim[at]);
    if (s != WG_OK || wg_value_size(&c->y) == 0) return s;
    wgi_select_job j = {x->data, c->y.data, c->x[1]->data, x->dim[at], wg_value_size(c->x[1]),
                        (int64_t)wg_dtype_size(x->dtype)};
    int64_t outer = 1;
    for (int i = 0; i < at; ++i) outer *= x->dim[i];
    for (int i = at + 1; i < x->rank; ++i) j.inner *= x->dim[i];
    wgi_parallel_for(outer * j.n, 1 + 8 * WGI_GRAIN_ELEMENTS / j.inner, wgi_select_rows, &j);
    return WG_OK;
}

/* The rule: g added up at the places picked. */
static inline void wgi_select_pull(wg_pull *p, int axis) {
    wg_var zero = wg_const(p->g.tape, wg_dtype_of(p->g), WG_RANK0, NULL);
    wg_var zeros = wg_broadcast_to(zero, wg_shape_of(p->x[0]));
    if (p->wanted[0]) p->dx[0] = wg_index_add(zeros, p->x[1], p->g, axis);
}

#endif
