/* order.h: what sort and topk share: lanes put in order, the places they came from kept in the
 * saved block (int64, y's shape).  FALLING is 1 for the largest first.  NaN counts as larger than
 * every number; equal elements stay in the order of their places.  The cotangents go back to those
 * places: scatter_add. */
#include "ops/lanes.h"
#include "ops/signature.h"

#include <string.h>

typedef struct job {
    wgi_lanes in, out;
    const void *x;
    void *y;
    int64_t *saved, *room;
} job;

#define KERNEL_PART "ops/order_part.h"
#include "ops/both_types.h"

static int axis_of(const void *attrs) { return ((const struct wgi_axis_attrs *)attrs)->axis; }

static wg_status infer_order(wg_call *c, int64_t k) {
    const wg_value *x = c->x[0];
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->y.dim[wg_axis(axis_of(c->attrs), x->rank)] = k;
    c->saved_dtype = WG_I64;
    c->saved_count = wg_value_size(&c->y);
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const wg_value *x = c->x[0];
    int axis = axis_of(c->attrs);
    job j = {wgi_lanes_of(x, axis), wgi_lanes_of(&c->y, axis), x->data, c->y.data, c->saved, NULL};
    if (wg_value_size(&c->y) == 0) return WG_OK;
    j.room = wg_scratch(c, 2 * (size_t)wg_value_size(x) * sizeof *j.room);
    if (!j.room) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wgi_parallel_for(j.in.count, wgi_lane_grain(&j.in), x->dtype == WG_F32 ? lanes_f32 : lanes_f64,
                     &j);
    return WG_OK;
}

static uint64_t signature(const wg_call *c) {
    wg_value x = *c->x[0];
    int axis = axis_of(c->attrs);
    size_t size = (size_t)wg_value_size(&x);
    x.data = wg_scratch(c, size * wg_dtype_size(x.dtype) + 1);
    job j = {wgi_lanes_of(&x, axis), wgi_lanes_of(&c->y, axis), x.data, NULL, NULL, NULL};
    j.room = wg_scratch(c, 2 * (size_t)j.in.n * sizeof *j.room + 1);
    if (!x.data || !j.room || size == 0) return 0;
    wg_value_set_dense(&x);
    wgi_value_copy(c->x[0], &x);
    return x.dtype == WG_F32 ? hash_f32(&j) : hash_f64(&j);
}

static void rule(wg_pull *p) {
    wg_var zero = wg_const(p->g.tape, wg_dtype_of(p->g), WG_RANK0, NULL);
    wg_var zeros = wg_broadcast_to(zero, wg_shape_of(p->x[0]));
    if (wg_shape_size(wg_shape_of(p->y)) == 0) return;
    wg_var places = wg_pull_saved(p, wg_shape_of(p->y), 0);
    p->dx[0] = wg_scatter_add(zeros, places, p->g, axis_of(p->attrs));
}
