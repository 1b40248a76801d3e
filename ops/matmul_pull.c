/* matmul_pull.c: the operands of a reverse step of matmul as matrices; see matmul_plan.h. */
#include "ops/matmul_plan.h"

#include <string.h>

/* Puts an axis of extent 1 before axis `at`. */
static void insert_axis(wg_value *v, int at) {
    for (int i = v->rank; i > at; --i) {
        v->dim[i] = v->dim[i - 1];
        v->stride[i] = v->stride[i - 1];
    }
    v->dim[at] = 1;
    v->stride[at] = 0;
    ++v->rank;
}

static void swap_last(wg_value *v) {
    int i = v->rank - 2, j = v->rank - 1;
    int64_t dim = v->dim[i], stride = v->stride[i];
    v->dim[i] = v->dim[j];
    v->stride[i] = v->stride[j];
    v->dim[j] = dim;
    v->stride[j] = stride;
}

/* (..., n, k) as (N, k); packed where its rows do not follow each other evenly. */
static wg_status flatten(const wg_call *c, wg_value *v) {
    int rows = v->rank - 2, even = 1;
    for (int i = 0; i < rows; ++i) even &= v->stride[i] == v->stride[i + 1] * v->dim[i + 1];
    if (v->rank == 2) return WG_OK;
    if (!even) {
        wg_status s = wgi_pack(c, v);
        if (s != WG_OK) return s;
    }
    int64_t n = 1;
    for (int i = 0; i <= rows; ++i) n *= v->dim[i];
    v->dim[0] = n;
    v->stride[0] = v->stride[rows];
    v->dim[1] = v->dim[rows + 1];
    v->stride[1] = v->stride[rows + 1];
    v->rank = 2;
    return WG_OK;
}

/* 1 if v has the batch axes of g. */
static int same_batch(const wg_value *v, const wg_value *g) {
    return v->rank == g->rank &&
           memcmp(v->dim, g->dim, (size_t)(g->rank - 2) * sizeof *g->dim) == 0;
}

wg_status wgi_matmul_pull_make(const wg_call *c, const wg_value *g, const wg_into *into,
                               wgi_matmul_pull *p) {
    wg_value x = *c->x[0], y = *c->x[1];
    const int row = x.rank == 1, column = y.rank == 1;
    p->g = *g;
    p->dx = into[0];
    p->dy = into[1];
    if (row) insert_axis(&x, 0);
    if (row) insert_axis(&p->g, p->g.rank - !column);
    if (column) insert_axis(&y, 1);
    if (column) insert_axis(&p->g, p->g.rank);
    const int tall = y.rank == 2;
    if (into[0].to && !same_batch(&x, &p->g)) return WG_ERR_UNSUPPORTED;
    if (into[1].to && !tall && !same_batch(&y, &p->g)) return WG_ERR_UNSUPPORTED;
    if (into[1].to && tall && !same_batch(&x, &p->g)) return WG_ERR_UNSUPPORTED;
    p->g_flat = p->g;
    p->x_t = x;
    p->y_t = y;
    swap_last(&p->y_t);
    if (into[0].to) {
        p->dx_room = *into[0].to;
        if (row) insert_axis(&p->dx_room, 0);
        p->dx.to = &p->dx_room;
    }
    if (!into[1].to) return WG_OK;
    p->dy_room = *into[1].to;
    if (column) insert_axis(&p->dy_room, 1);
    p->dy.to = &p->dy_room;
    wg_status s = tall ? flatten(c, &p->x_t) : WG_OK;
    if (s == WG_OK && tall) s = flatten(c, &p->g_flat);
    swap_last(&p->x_t);
    return s;
}
