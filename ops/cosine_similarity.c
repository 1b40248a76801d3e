/* The cosine of the angle between x and y along an axis, which leaves the result:
 *
 *     c = x . y / (max(|x|, eps) max(|y|, eps)).
 *
 * A vector shorter than eps is divided by eps: the zero vector has cosine 0 with all others, and
 * with eps = 0 NaN.  x and y have one shape.  The derivative is in cosine.h. */
#ifdef REAL

#include "ops/cosine_part.h"

static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_lane_job *j = arg;
    const struct wgi_cosine_similarity *a = j->call->attrs;
    const REAL *x = j->call->x[0]->data, *y = j->call->x[1]->data;
    REAL *c = j->call->y.data;
    for (int64_t i = begin; i < end; ++i) {
        int64_t at = wgi_lane_start(&j->lanes, i);
        c[i] = (REAL)FN(cosine)(j->lanes.n, j->lanes.step, x + at, y + at, a->eps).c;
    }
}

static uint64_t FN(pieces)(const wg_call *c, const wgi_lanes *l, double eps) {
    const REAL *x = c->x[0]->data, *y = c->x[1]->data;
    uint64_t hash = 0;
    for (int64_t i = 0; i < l->count; ++i) {
        int64_t at = wgi_lane_start(l, i);
        wgi_cosine v = FN(cosine)(l->n, l->step, x + at, y + at, eps);
        hash = wgi_hash(hash, (uint64_t)wgi_cosine_piece(v.x, eps));
        hash = wgi_hash(hash, (uint64_t)wgi_cosine_piece(v.y, eps));
    }
    return hash;
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_cosine_similarity *a = c->attrs;
    struct wgi_lane_job job = {wgi_lanes_of(c->x[0], a->axis), c};
    wgi_parallel_for(job.lanes.count, wgi_lane_grain(&job.lanes), FN(lanes), &job);
    return WG_OK;
}

#else
#include "ops/choices.h"
#include "ops/cosine.h"
#include "ops/lanes.h"

struct wgi_cosine_similarity {
    int axis;
    double eps;
};

#define KERNEL_PART "ops/cosine_similarity.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_cosine_similarity *a = c->attrs;
    const wg_value *x = c->x[0], *y = c->x[1];
    int axis = wg_axis(a->axis, x->rank);
    char have[96], other[96];
    if (!(a->eps >= 0 && isfinite(a->eps)))
        return wg_fail(c, WG_ERR_RANGE, "eps = %g; it is finite and not negative", a->eps);
    if (!wgi_same_shape(x, y))
        return wg_fail(c, WG_ERR_SHAPE, "x %s and y %s; they have one shape",
                       wgi_shape_text(have, sizeof have, x->rank, x->dim),
                       wgi_shape_text(other, sizeof other, y->rank, y->dim));
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    c->y.rank = 0;
    for (int i = 0; i < x->rank; ++i)
        if (i != axis) c->y.dim[c->y.rank++] = x->dim[i];
    return WG_OK;
}

/* Which vectors are shorter than eps. */
static uint64_t signature(const wg_call *c) {
    const struct wgi_cosine_similarity *a = c->attrs;
    wgi_lanes l = wgi_lanes_of(c->x[0], a->axis);
    return c->dtype == WG_F32 ? pieces_f32(c, &l, a->eps) : pieces_f64(c, &l, a->eps);
}

static void rule(wg_pull *p) {
    const struct wgi_cosine_similarity *a = p->attrs;
    wg_shape kept = wg_shape_of(p->x[0]);
    kept.dim[wg_axis(a->axis, kept.rank)] = 1;
    wgi_cosine_pull(p, wg_reshape(p->g, kept), a->axis, a->eps);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_cosine_similarity, axis),
     .preset = -1, .doc = "along which the vectors lie"},
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_cosine_similarity, eps),
     .preset = 1e-8, .doc = "the least length that is divided by"},
    {.name = NULL},
};
static const struct wgi_cosine_similarity last = {-1, 1e-8}, first = {0, 0}, wide = {1, 1.9};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &last}, {.shapes = "3,2,2|3,2,2", .attrs = &first},
    {.shapes = "3,2|3,2", .attrs = &wide}, {.shapes = "4|4", .attrs = &last},
    {.shapes = "0,3|0,3", .attrs = &last}, {.shapes = NULL},
};

const wg_gate wg_gate_cosine_similarity = {
    .size = sizeof(wg_gate),
    .name = "cosine_similarity",
    .formula = "c = x . y / (max(|x|, eps) max(|y|, eps)) along the axis",
    .derivative = "dx = g (y/(|x| |y|) - c x/|x|^2), dy alike; "
                  "without the second term for |x| < eps",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_cosine_similarity),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> (d... - axis)",
    .domain = "eps >= 0; a zero vector has cosine 0, for eps = 0 NaN; kink where a length is "
              "eps: the derivative of the shorter side",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_cosine_similarity(wg_var x, wg_var y, int axis, double eps) {
    struct wgi_cosine_similarity a = {axis, eps};
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_cosine_similarity, 2, operands, &a);
}
#endif
