/* normalise.c: see normalise.h.  The saved block is m and then r, for each group of elements. */
#ifdef REAL

/* m and r of every group into the saved block. */
static wg_status FN(statistics)(wg_call *c, const wgi_normal *k, const wg_value *x) {
    int64_t groups = c->saved_count / 2;
    double count = (double)wgi_axes_count(k->view, k->over);
    REAL *m = c->saved, *r = m + groups;
    wg_status s = WG_OK;
    for (int64_t i = 0; i < groups; ++i) m[i] = 0;
    if (k->centred) s = wgi_reduce(c, x, k->over, &wgi_reduction_sum, count, NULL, m);
    if (s == WG_OK) s = wgi_spread(c, x, k->over, count, m, k->eps, r);
    for (int64_t i = 0; i < groups; ++i) r[i] = (REAL)(1 / hypot((double)r[i], sqrt(k->eps)));
    return s;
}

static wg_status FN(forward)(wg_call *c, const wgi_normal *k) {
    static const REAL one = 1, zero = 0;
    wg_value x = dense_as(c->x[0], k->view, c->x[0]->data), y = dense_as(&x, k->view, c->y.data);
    wg_shape kept = wgi_axes_kept(k->view, k->over);
    wg_value m = dense_as(&x, kept, c->saved);
    wg_value r = dense_as(&x, kept, (REAL *)c->saved + c->saved_count / 2);
    wg_status s = FN(statistics)(c, k, &x);
    if (s != WG_OK) return s;
    const wg_value *standard[3] = {&x, &m, &r};
    wgi_rows(FN(standard_row), &y, 3, standard, NULL);
    if (!given(c, 1) && !given(c, 2)) return WG_OK;
    wg_shape along = wgi_axes_kept(k->view, k->along);
    const REAL *gamma_data = given(c, 1) ? c->x[1]->data : &one;
    const REAL *beta_data = given(c, 2) ? c->x[2]->data : &zero;
    wg_value gamma = shown(&x, given(c, 1) ? along : WG_RANK0, gamma_data);
    wg_value beta = shown(&x, given(c, 2) ? along : WG_RANK0, beta_data);
    const wg_value *affine[3] = {&y, &gamma, &beta};
    wgi_rows(FN(affine_row), &y, 3, affine, NULL);
    return WG_OK;
}

#else
#include "ops/normalise.h"

#include "autograd/rows.h"
#include "autograd/tape.h"
#include "backend/loops.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/spread.h"

#include <math.h>

/* A dense array of x's type in that shape. */
static wg_value dense_as(const wg_value *x, wg_shape shape, void *data) {
    return wgi_value_make(x->dtype, shape, data);
}

/* The same of numbers that are only read. */
static wg_value shown(const wg_value *x, wg_shape shape, const void *data) {
    return wgi_value_make(x->dtype, shape, (void *)(uintptr_t)data);
}

static int given(const wg_call *c, size_t i) { return i < c->n && c->x[i]; }

#define KERNEL_PART "ops/normalise_part.h"
#include "backend/each_isa.h"

#define LOOPS(name, REAL, type)                                                                    \
    {3, {sizeof(REAL), sizeof(REAL), sizeof(REAL), sizeof(REAL)}, WGI_BY_ISA(name, type)}
#define ROW(name, REAL, type)                                                                      \
    static void name##_row_##type(int64_t n, const void *const *operands, const int64_t *s,        \
                                  void *out, const void *attrs) {                                  \
        static const wgi_loops loops = LOOPS(name, REAL, type);                                    \
        wgi_loop_row(&loops, n, operands, s, out, attrs);                                          \
    }
ROW(standard, float, f32)
ROW(standard, double, f64)
ROW(affine, float, f32)
ROW(affine, double, f64)
#undef ROW

#define KERNEL_PART "ops/normalise.c"
#include "ops/both_types.h"

wg_status wgi_normal_forward(wg_call *c, const wgi_normal *k) {
    return c->dtype == WG_F32 ? forward_f32(c, k) : forward_f64(c, k);
}

wg_status wgi_normal_infer(wg_call *c, const wgi_normal *k, wg_shape affine) {
    const wg_value *x = c->x[0];
    char have[96], want[96];
    if (!(k->eps >= 0 && isfinite(k->eps)))
        return wg_fail(c, WG_ERR_RANGE, "eps = %g; it is finite and not negative", k->eps);
    for (size_t i = 1; i < c->n; ++i) {
        const wg_value *v = c->x[i];
        int fits = !v || v->rank == affine.rank;
        for (int d = 0; v && d < affine.rank && fits; ++d) fits = v->dim[d] == affine.dim[d];
        if (!fits)
            return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it is %s", c->gate->operands[i],
                           wgi_shape_text(have, sizeof have, v->rank, v->dim),
                           wgi_shape_text(want, sizeof want, affine.rank, affine.dim));
    }
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    c->saved_count = 2 * wg_shape_size(wgi_axes_kept(k->view, k->over));
    return WG_OK;
}

/* ---- the rule ------------------------------------------------------------------------------- */

static wg_axes axes_of(unsigned mask) {
    wg_axes axes = {0, {0}};
    for (int i = 0; i < WG_MAX_RANK; ++i)
        if (mask >> i & 1) axes.axis[axes.n++] = i;
    return axes;
}

/* An empty list would mean all axes. */
static wg_var mean_over(wg_var v, unsigned mask) {
    return mask ? wg_mean_over(v, axes_of(mask), 1) : v;
}
static wg_var sum_over(wg_var v, unsigned mask) {
    return mask ? wg_sum_over(v, axes_of(mask), 1) : v;
}

/* 1 if some 1/r is so large or small that its square is no number: then r is recorded without
 * squares, through norm, which has no second derivative where all d are 0. */
static int extreme(const wg_pull *p, int64_t groups) {
    wg_value room;
    const wg_value *y = wgi_value_of(wgi_node_at(p->y.tape, p->y.index), &room);
    const float *r32 = (const float *)y->saved + groups;
    const double *r64 = (const double *)y->saved + groups;
    double most = y->dtype == WG_F32 ? 1e14 : 1e140;
    for (int64_t i = 0; i < groups; ++i) {
        double r = y->dtype == WG_F32 ? (double)r32[i] : r64[i];
        if (isfinite(r) && (r > most || r < 1 / most)) return 1;
    }
    return 0;
}

/* x - m and r: from the saved block or, to be differentiated again, as functions of x. */
static wg_var deviation(const wg_pull *p, const wgi_normal *k, wg_var x, wg_var *r) {
    wg_shape kept = wgi_axes_kept(k->view, k->over);
    if (!p->recording) {
        *r = wg_pull_saved(p, kept, wg_shape_size(kept));
        return k->centred ? wg_sub(x, wg_pull_saved(p, kept, 0)) : x;
    }
    wg_var d = k->centred ? wg_sub(x, mean_over(x, k->over)) : x;
    wg_var length = wg_sqrt(wg_shift(mean_over(wg_square(d), k->over), k->eps));
    if (k->over && extreme(p, wg_shape_size(kept))) {
        double count = (double)wgi_axes_count(k->view, k->over);
        wg_var rms = wg_scale(wg_norm_over(d, 2, axes_of(k->over), 1), 1 / sqrt(count));
        length = wg_hypot(rms, wg_number(x.tape, sqrt(k->eps)));
    }
    *r = wg_div(wg_number(x.tape, 1), length);
    return d;
}

void wgi_normal_rule(wg_pull *p, const wgi_normal *k) {
    wg_var g = wg_reshape(p->g, k->view), x = wg_reshape(p->x[0], k->view), r, h = g;
    wg_var z = deviation(p, k, x, &r);
    z = wg_mul(z, r);
    if (p->x[1].tape)
        h = wg_mul(g, wg_reshape(p->x[1], wgi_axes_kept(k->view, k->along)));
    if (p->wanted[0]) {
        wg_var dx = wg_sub(h, wg_mul(z, mean_over(wg_mul(h, z), k->over)));
        if (k->centred) dx = wg_sub(dx, mean_over(h, k->over));
        p->dx[0] = wg_reshape(wg_mul(dx, r), wg_shape_of(p->x[0]));
    }
    if (p->wanted[1])
        p->dx[1] = wg_reshape(sum_over(wg_mul(g, z), k->along), wg_shape_of(p->x[1]));
    if (p->n > 2 && p->wanted[2])
        p->dx[2] = wg_reshape(sum_over(g, k->along), wg_shape_of(p->x[2]));
}

#endif
