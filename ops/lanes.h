/* lanes.h: gates that work along one axis of a dense array: softmax and its relatives.
 *
 * A lane is the n elements along the axis with all other indices fixed; its elements lie `step`
 * apart.  Lanes are independent, so they are what threads divide. */
#ifndef WGI_LANES_H
#define WGI_LANES_H

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

struct wgi_axis_attrs {
    int axis; /* negative counts from the end */
};

typedef struct wgi_lanes {
    int64_t count, n, step;
} wgi_lanes;

static inline wgi_lanes wgi_lanes_of(const wg_value *v, int axis) {
    wgi_lanes l = {1, 1, 1};
    int at = wg_axis(axis, v->rank);
    for (int i = 0; i < v->rank; ++i) {
        if (i == at) l.n = v->dim[i];
        else l.count *= v->dim[i];
        if (i > at) l.step *= v->dim[i];
    }
    return l;
}

/* Where lane i begins: i counts the outer indices, then the inner ones. */
static inline int64_t wgi_lane_start(const wgi_lanes *l, int64_t i) {
    return i / l->step * l->step * l->n + i % l->step;
}

/* Lanes that are worth a thread of their own. */
static inline int64_t wgi_lane_grain(const wgi_lanes *l) {
    return 1 + WGI_GRAIN_ELEMENTS / 8 / (l->n + 1);
}

/* y has the shape of the operands, which all have one shape, and the axis exists. */
static inline wg_status wgi_lanes_infer(wg_call *c) {
    int axis = ((const struct wgi_axis_attrs *)c->attrs)->axis;
    const wg_value *x = c->x[0];
    if (wg_axis(axis, x->rank) < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axis, x->rank);
    for (size_t i = 1; i < c->n; ++i) {
        char a[96], b[96];
        if (!wgi_same_shape(x, c->x[i]))
            return wg_fail(c, WG_ERR_SHAPE, "shapes differ: %s and %s",
                           wgi_shape_text(a, sizeof a, x->rank, x->dim),
                           wgi_shape_text(b, sizeof b, c->x[i]->rank, c->x[i]->dim));
    }
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

/* What the body of wgi_parallel_for over lanes is given. */
struct wgi_lane_job {
    wgi_lanes lanes;
    const wg_call *call;
};

/* Calls body for parts of the call's lanes. */
static inline wg_status wgi_for_lanes(wg_call *c, void (*body)(int64_t, int64_t, void *)) {
    struct wgi_lane_job job = {
        wgi_lanes_of(&c->y, ((const struct wgi_axis_attrs *)c->attrs)->axis), c};
    wgi_parallel_for(job.lanes.count, wgi_lane_grain(&job.lanes), body, &job);
    return WG_OK;
}

#endif
