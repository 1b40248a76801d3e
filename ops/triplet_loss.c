/* The triplet loss (F. Schroff, D. Kalenichenko, J. Philbin, arXiv:1503.03832) of an anchor, a
 * positive and a negative, rows x, y, z (..., D) of one shape:
 *
 *     l = max(0, d(x, y) - d(x, z) + margin),
 *
 * d being the Euclidean distance or, `squared` as in the paper, its square; the mean over the rows,
 * the sum, or each; d is scaled, so that 1e300 and 1e-300 are legal.  With g the cotangent of l
 * where it is positive (0 where it is 0, at the margin too) and u(v) = v/|v|, squared 2 v, u(0) =
 * 0:
 *
 *     dx = g (u(x - y) - u(x - z)),  dy = -g u(x - y),  dz = g u(x - z). */
#ifdef REAL

#include "ops/length_part.h"

/* The hinge and its distances d(x, y) and d(x, z); NaN is passed on. */
static double FN(row)(const struct wgi_triplet_loss *a, int64_t n, const REAL *x, const REAL *y,
                      const REAL *z, double *near, double *far) {
    if (a->squared) {
        *near = *far = 0;
        for (int64_t j = 0; j < n; ++j) {
            *near += ((double)x[j] - (double)y[j]) * ((double)x[j] - (double)y[j]);
            *far += ((double)x[j] - (double)z[j]) * ((double)x[j] - (double)z[j]);
        }
    } else {
        *near = FN(length)(n, 1, x, y);
        *far = FN(length)(n, 1, x, z);
    }
    return *near - *far + a->margin;
}

/* The sign of each hinge, and which distances are 0. */
static uint64_t FN(pieces)(const wg_call *c, const struct wgi_triplet_loss *a) {
    const int64_t n = c->x[0]->dim[c->x[0]->rank - 1], rows = wgi_class_rows(c->x[0]);
    const REAL *x = c->x[0]->data, *y = c->x[1]->data, *z = c->x[2]->data;
    uint64_t hash = 0;
    for (int64_t i = 0; i < rows; ++i) {
        double near, far, l = FN(row)(a, n, x + i * n, y + i * n, z + i * n, &near, &far);
        hash = wgi_hash(hash, l > 0 ? 1 : l < 0 ? 2 : l == 0 ? 3 : 4);
        if (!a->squared) hash = wgi_hash(hash, (near == 0 ? 1u : 0u) + (far == 0 ? 2u : 0u));
    }
    return hash;
}

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const wg_call *c = w->call;
    const int64_t n = c->x[0]->dim[c->x[0]->rank - 1];
    const REAL *x = c->x[0]->data, *y = c->x[1]->data, *z = c->x[2]->data;
    REAL *loss = w->loss;
    for (int64_t i = begin; i < end; ++i) {
        double near, far, l = FN(row)(c->attrs, n, x + i * n, y + i * n, z + i * n, &near, &far);
        loss[i] = l <= 0 ? 0 : (REAL)l;
    }
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_triplet_loss *a = c->attrs;
    return wgi_loss_run(c, a->reduction, wgi_class_rows(c->x[0]), wgi_class_grain(c->x[0]),
                        FN(rows));
}

#else
#include "ops/choices.h"
#include "ops/class_loss.h"

#include <math.h>

struct wgi_triplet_loss {
    double margin;
    int squared, reduction;
};

#define KERNEL_PART "ops/triplet_loss.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_triplet_loss *a = c->attrs;
    wg_shape each = wgi_shape(c->x[0]);
    wg_status s = wgi_loss_check(c, "margin", a->margin, 1);
    if (s == WG_OK) s = wgi_loss_same_shape(c);
    if (s == WG_OK && each.rank == 0)
        s = wg_fail(c, WG_ERR_SHAPE, "anchor has rank 0; it is (..., D)");
    --each.rank;
    return s == WG_OK ? wgi_loss_shape(c, a->reduction, each) : s;
}

static uint64_t signature(const wg_call *c) {
    return c->dtype == WG_F32 ? pieces_f32(c, c->attrs) : pieces_f64(c, c->attrs);
}

/* d along the last axis, kept, and u(v). */
static wg_var distance(wg_var v, int squared, wg_var *u) {
    if (squared) {
        *u = wg_scale(v, 2);
        return wg_sum_over(wg_square(v), WG_AXES(-1), 1);
    }
    /* of a zero vector 1 is taken for the length: its u is 0, and no infinity comes near it */
    wg_var d = wg_norm_over(v, 2, WG_AXES(-1), 1), zero = wg_number(v.tape, 0);
    *u = wg_div(v, wg_where(wg_not_equal(d, zero), d, wg_number(v.tape, 1)));
    return d;
}

static void rule(wg_pull *p) {
    const struct wgi_triplet_loss *a = p->attrs;
    wg_shape s = wg_shape_of(p->x[0]);
    int64_t rows = 1;
    for (int i = 0; i < s.rank - 1; ++i) rows *= s.dim[i];
    wg_var g = wgi_class_column(wgi_loss_cotangent(p, a->reduction, rows), p->x[0]), uy, uz;
    wg_var near = distance(wg_sub(p->x[0], p->x[1]), a->squared, &uy);
    wg_var far = distance(wg_sub(p->x[0], p->x[2]), a->squared, &uz);
    g = wg_mul(wg_step(wg_shift(wg_sub(near, far), a->margin)), g);
    if (p->wanted[0]) p->dx[0] = wg_mul(g, wg_sub(uy, uz));
    if (p->wanted[1]) p->dx[1] = wg_neg(wg_mul(g, uy));
    if (p->wanted[2]) p->dx[2] = wg_mul(g, uz);
}

static const wg_attr attrs[] = {
    {.name = "margin", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_triplet_loss, margin),
     .preset = 1, .doc = "by which the negative is to be further away, not negative"},
    {.name = "squared", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_triplet_loss, squared),
     .doc = "1 compares squared distances"},
    WGI_REDUCTION_ROW(struct wgi_triplet_loss),
    {.name = NULL},
};
static const struct wgi_triplet_loss plain = {1, 0, WG_REDUCTION_MEAN},
                                     squares = {4, 1, WG_REDUCTION_SUM},
                                     each = {2, 0, WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "3,2|3,2|3,2", .attrs = &plain},  {.shapes = "2,3|2,3|2,3", .attrs = &squares},
    {.shapes = "2,2|2,2|2,2", .attrs = &each},   {.shapes = "3|3|3", .attrs = &squares},
    {.shapes = "0,2|0,2|0,2", .attrs = &each},   {.shapes = NULL},
};

const wg_gate wg_gate_triplet_loss = {
    .size = sizeof(wg_gate),
    .name = "triplet_loss",
    .formula = "l = max(0, |x - y| - |x - z| + margin)",
    .derivative = "dx = g (u(x - y) - u(x - z)), dy = -g u(x - y), dz = g u(x - z), u(v) = v/|v|, "
                  "where l > 0",
    .arity = 3,
    .operands = {"anchor", "positive", "negative"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_triplet_loss),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d..., D) (d..., D) (d..., D) -> () or (d...)",
    .domain = "kinks where l = 0, derivative 0, and at a distance of 0, whose derivative is 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_triplet_loss(wg_var anchor, wg_var positive, wg_var negative, double margin, int squared,
                       wg_reduction reduction) {
    struct wgi_triplet_loss a = {margin, squared, (int)reduction};
    wg_var x[3] = {anchor, positive, negative};
    return wg_record(&wg_gate_triplet_loss, 3, x, &a);
}
#endif
