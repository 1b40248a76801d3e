/* Batch normalisation (S. Ioffe, C. Szegedy, arXiv:1502.03167) over all axes but the last: x
 * (..., C), gamma and beta (C), M = size / C elements a channel,
 *
 *     y = a (x - m) + beta,   a = gamma r,   r = 1/sqrt(v + eps),
 *
 * m and v being the given mean and variance or, where both are absent, those of x itself:
 * m = 1/M sum x and v = 1/M sum (x - m)^2, the biased one.  With s0 = sum g and
 * s1 = sum g (x - m), over all but the last axis (the gate batch_norm_sums):
 *
 *     dgamma = r s1           dbeta = s0
 *     dm = -a s0              dv = -a r^2 s1 / 2              dx = a g
 *
 * and where m and v are those of x, dx = a g - (a r^2 s1 / M) (x - m) - a s0 / M, the gate
 * batch_norm_grad.  m (C), r (C) and v (C) are kept in the saved block: m and r for the reverse
 * pass, m and v for layers that track running statistics.  Where the gradient is to be
 * differentiated again they are recorded as functions of x, and the same formulas hold. */
#ifdef REAL

/* m, r and v of the batch into stats (3, C), scaled on the way: for squares that have no double. */
static wg_status FN(scaled_stats)(wg_call *c, REAL *stats) {
    const wg_value *x = c->x[0];
    int64_t channels = wgi_channels(x);
    double rows = (double)wgi_channel_rows(x);
    double eps = ((const struct wgi_batch_norm *)c->attrs)->eps;
    unsigned axes = (1u << (x->rank - 1)) - 1;
    REAL *m = stats, *r = stats + channels, *v = r + channels;
    wg_status s = wgi_reduce(c, x, axes, &wgi_reduction_sum, rows, NULL, m);
    if (s == WG_OK) s = wgi_reduce(c, x, axes, &wgi_reduction_squares, rows, m, v);
    if (s == WG_OK) s = wgi_spread_of(c, x, axes, rows, m, eps, v, r);
    for (int64_t j = 0; j < channels; ++j) r[j] = (REAL)(1 / hypot((double)r[j], sqrt(eps)));
    return s;
}

/* m, r and v of the batch into stats (3, C). */
static wg_status FN(batch_stats)(wg_call *c, REAL *stats) {
    int64_t n = wgi_channels(c->x[0]), rows = wgi_channel_rows(c->x[0]);
    double eps = ((const struct wgi_batch_norm *)c->attrs)->eps;
    if (n == 0 || rows == 0) return WG_OK;
    double *mean = wg_scratch(c, 2 * (size_t)n * sizeof *mean);
    void *room = wg_scratch(c, wgi_norm_scratch(rows, n));
    if (!mean || !room) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    double *squares = mean + n;
    FN(wgi_norm_moments)(rows, n, c->x[0]->data, mean, squares, room);
    for (int64_t j = 0; j < n; ++j) {
        double v = squares[j] / (double)rows;
        if (!(v <= LARGE) || (v < SMALL && eps < SMALL)) return FN(scaled_stats)(c, stats);
        stats[j] = (REAL)mean[j];
        stats[n + j] = (REAL)(1 / sqrt(v + eps));
        stats[2 * n + j] = (REAL)v;
    }
    return WG_OK;
}

/* Given mean and variance as m and r. */
static void FN(given_stats)(const wg_call *c, REAL *stats) {
    int64_t channels = wgi_channels(c->x[0]);
    const REAL *m = c->x[3]->data, *v = c->x[4]->data;
    double eps = ((const struct wgi_batch_norm *)c->attrs)->eps;
    for (int64_t j = 0; j < channels; ++j) {
        stats[j] = m[j];
        stats[channels + j] = (REAL)(1 / sqrt((double)v[j] + eps));
    }
}

static wg_status FN(forward)(wg_call *c, int relu) {
    int64_t n = wgi_channels(c->x[0]);
    REAL *stats = c->saved, *a = wg_scratch(c, (size_t)n * sizeof *a);
    wg_status s = WG_OK;
    if (c->x[3]) stats = wg_scratch(c, 2 * (size_t)n * sizeof *stats);
    if (!a || (!stats && n > 0)) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    if (c->x[3]) FN(given_stats)(c, stats);
    else s = FN(batch_stats)(c, stats);
    for (int64_t j = 0; j < n && wg_value_size(&c->y); ++j)
        a[j] = stats[n + j] * ((const REAL *)c->x[1]->data)[j];
    wgi_norm_affine k = {.rows = wgi_channel_rows(&c->y), .n = n, .x = c->x[0]->data, .m = stats,
                         .a = a, .b = c->x[2]->data, .relu = relu, .y = c->y.data};
    if (c->n > 5 && c->x[5]) k.s = c->x[5]->data;
    if (s == WG_OK) FN(wgi_norm_affine)(&k);
    return s;
}

/* a, b and c of dx = a h + b (x - m) + c. */
static void FN(factors)(const wg_call *c, int64_t rows, const double *sum, const double *dot,
                        REAL *a) {
    int64_t n = wgi_channels(c->x[0]);
    const REAL *r = (const REAL *)c->saved + n, *gamma = c->x[1]->data;
    for (int64_t j = 0; j < n; ++j) {
        double slope = (double)gamma[j] * (double)r[j], each = slope / (double)rows;
        a[j] = (REAL)slope;
        a[n + j] = (REAL)(-each * (double)r[j] * (double)r[j] * dot[j]);
        a[2 * n + j] = (REAL)(-each * sum[j]);
    }
}

static void FN(add_channels)(const wg_into *into, int64_t n, const double *share,
                             const REAL *factor) {
    REAL *to = into->to ? into->to->data : NULL;
    for (int64_t j = 0; to && j < n; ++j) {
        REAL v = (REAL)(factor ? (double)factor[j] * share[j] : share[j]);
        to[j] = into->add ? to[j] + v : v;
    }
}

static wg_status FN(direct)(const wg_call *c, const wg_value *g, const wg_into *into, int relu) {
    int64_t n = wgi_channels(c->x[0]), rows = wgi_channel_rows(c->x[0]);
    const wg_into *ds = c->n > 5 ? &into[5] : NULL;
    wgi_norm_pull k = {.rows = rows, .n = n, .g = g->data, .x = c->x[0]->data,
                       .y = relu ? c->y.data : NULL, .m = c->saved};
    double *sum = wg_scratch(c, 2 * (size_t)n * sizeof *sum);
    void *room = wg_scratch(c, wgi_norm_scratch(rows, n));
    REAL *a = wg_scratch(c, 3 * (size_t)n * sizeof *a);
    if (!sum || !room || !a) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    double *dot = sum + n;
    FN(wgi_norm_sums)(&k, sum, dot, room);
    FN(factors)(c, rows, sum, dot, a);
    k.a = a, k.b = a + n, k.c = a + 2 * n;
    if (into[0].to) k.dx = into[0].to->data, k.add_dx = into[0].add;
    if (ds && ds->to) k.ds = ds->to->data, k.add_ds = ds->add;
    if (k.dx || k.ds) FN(wgi_norm_pull)(&k);
    FN(add_channels)(&into[1], n, dot, (const REAL *)c->saved + n);
    FN(add_channels)(&into[2], n, sum, NULL);
    return WG_OK;
}

#else
#include "ops/batch_norm.h"

#include "backend/norm.h"
#include "ops/channels.h"
#include "ops/reduce.h"
#include "ops/spread.h"

#include <math.h>

/* Where the squares may have lost something; eps below SMALL does not hide it. */
#define LARGE 1e300
#define SMALL 1e-250

#define KERNEL_PART "ops/batch_norm.c"
#include "ops/both_types.h"

wg_status wgi_batch_norm_forward(wg_call *c, int relu) {
    return c->dtype == WG_F32 ? forward_f32(c, relu) : forward_f64(c, relu);
}

/* Given statistics are left to the rule; so is an array without elements, and one of rank 1, whose
 * shortcut may be the scale or the shift itself: then they share a gradient. */
wg_status wgi_batch_norm_direct(const wg_call *c, const wg_value *g, const wg_into *into,
                                int relu) {
    if (c->x[3] || wg_value_size(&c->y) == 0 || c->y.rank == 1) return WG_ERR_UNSUPPORTED;
    return c->dtype == WG_F32 ? direct_f32(c, g, into, relu) : direct_f64(c, g, into, relu);
}

wg_status wgi_batch_norm_infer(wg_call *c) {
    const wg_value *x = c->x[0];
    char have[96], want[96];
    double eps = ((const struct wgi_batch_norm *)c->attrs)->eps;
    if (x->rank == 0) return wg_fail(c, WG_ERR_SHAPE, "x has rank 0; its last axis is channels");
    if (!c->x[3] != !c->x[4])
        return wg_fail(c, WG_ERR_STATE, "%s is given without %s", c->x[3] ? "mean" : "var",
                       c->x[3] ? "var" : "mean");
    if (!(eps >= 0 && isfinite(eps)))
        return wg_fail(c, WG_ERR_RANGE, "eps = %g; it is finite and not negative", eps);
    wg_status s = wgi_channels_check(c, wgi_channels(x), 1, 5);
    const wg_value *shortcut = c->n > 5 ? c->x[5] : NULL;
    if (s == WG_OK && shortcut && !wgi_same_shape(shortcut, x))
        return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it is that of x, %s",
                       c->gate->operands[5],
                       wgi_shape_text(have, sizeof have, shortcut->rank, shortcut->dim),
                       wgi_shape_text(want, sizeof want, x->rank, x->dim));
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->saved_count = c->x[3] ? 0 : 3 * wgi_channels(x);
    return s;
}

/* ---- the rule ------------------------------------------------------------------------------- */

/* 1/sqrt(v + eps) */
static wg_var deviation(const wg_pull *p, wg_var v) {
    wg_var one = wg_number(p->g.tape, 1);
    return wg_div(one, wg_sqrt(wg_shift(v, ((const struct wgi_batch_norm *)p->attrs)->eps)));
}

/* m and r as values: given, kept, or recorded as functions of x. */
static void statistics(const wg_pull *p, int64_t channels, wg_var *m, wg_var *r) {
    wg_axes axes = {wg_shape_of(p->x[0]).rank - 1, {0, 1, 2, 3, 4, 5, 6}};
    if (p->x[3].tape) {
        *m = p->x[3];
        *r = deviation(p, p->x[4]);
    } else if (!p->recording) {
        *m = wg_pull_saved(p, WG_SHAPE(channels), 0);
        *r = wg_pull_saved(p, WG_SHAPE(channels), channels);
    } else if (axes.n == 0) { /* one element a channel: the mean, variance 0 */
        *m = p->x[0];
        *r = deviation(p, wg_const(p->g.tape, wg_dtype_of(p->x[0]), WG_SHAPE(channels), NULL));
    } else {
        wg_var moments = wg_moments(p->x[0], axes);
        *m = wgi_channel_row(moments, 0);
        *r = deviation(p, wgi_channel_row(moments, 1));
    }
}

void wgi_batch_norm_rule(wg_pull *p, wg_var h) {
    wg_shape shape = wg_shape_of(p->x[0]);
    int64_t channels = shape.dim[shape.rank - 1], size = wg_shape_size(shape);
    wg_var x = p->x[0], m, r;
    if (size == 0) return; /* no element depends on anything */
    statistics(p, channels, &m, &r);
    wg_var sums = wg_batch_norm_sums(h, x, m);
    wg_var s0 = wgi_channel_row(sums, 0), s1 = wgi_channel_row(sums, 1);
    wg_var a = wg_mul(p->x[1], r), slope = wg_mul(wg_mul(a, wg_square(r)), s1);
    if (p->wanted[0] && p->x[3].tape) p->dx[0] = wg_mul(h, a);
    if (p->wanted[0] && !p->x[3].tape) {
        double each = -(double)channels / (double)size;
        p->dx[0] = wg_batch_norm_grad(h, x, m, a, wg_scale(slope, each),
                                      wg_scale(wg_mul(a, s0), each));
    }
    if (p->wanted[1]) p->dx[1] = wg_mul(r, s1);
    if (p->wanted[2]) p->dx[2] = s0;
    if (p->wanted[3]) p->dx[3] = wg_neg(wg_mul(a, s0));
    if (p->wanted[4]) p->dx[4] = wg_scale(slope, -0.5);
}

const wg_attr wgi_batch_norm_attrs[] = {
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_batch_norm, eps),
     .preset = 1e-5, .doc = "added to the variance"},
    {.name = NULL},
};

/* ---- the gate ------------------------------------------------------------------------------- */

static wg_status forward(wg_call *c) { return wgi_batch_norm_forward(c, 0); }
static void rule(wg_pull *p) { wgi_batch_norm_rule(p, p->g); }
static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return wgi_batch_norm_direct(c, g, into, 0);
}

static const struct wgi_batch_norm small = {1e-5}, large = {0.1};
static const wg_sample samples[] = {
    {.shapes = "4,3|3|3|-|-", .attrs = &small},
    {.shapes = "3,19|19|19|-|-", .attrs = &large},
    {.shapes = "2,2,3,2|2|2|-|-", .attrs = &large},
    {.shapes = "2,3,2|2|2|2|2", .attrs = &large, .lo = 0.5, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_batch_norm = {
    .size = sizeof(wg_gate),
    .name = "batch_norm",
    .formula = "y = gamma (x - mean)/sqrt(var + eps) + beta",
    .derivative = "dgamma = sum(g (x - mean))/sqrt(var + eps), dbeta = sum(g), dx: see the manual",
    .arity = 5,
    .operands = {"x", "gamma", "beta", "mean", "var"},
    .optional = 8 | 16,
    .attr_bytes = sizeof(struct wgi_batch_norm),
    .attrs = wgi_batch_norm_attrs,
    .infer = wgi_batch_norm_infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (C) (C) (C)? (C)? -> (d..., C)",
    .domain = "eps >= 0, var + eps > 0; where all elements of a channel are equal y = beta, "
              "for eps = 0 NaN",
    .kernel = WG_KERNEL_THREADS,
    .direct = direct,
};

wg_var wg_batch_norm(wg_var x, wg_var gamma, wg_var beta, wg_var mean, wg_var var, double eps) {
    wg_var operands[5] = {x, gamma, beta, mean, var};
    struct wgi_batch_norm a = {eps};
    return wg_record(&wg_gate_batch_norm, 5, operands, &a);
}
#endif
