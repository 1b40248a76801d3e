/* softmax_terms.c: see softmax_terms.h. */
#ifdef REAL

/* One row: label < 0 where there are targets t; w may be NULL. */
static REAL FN(row)(double smoothing, int64_t n, const REAL *s, int64_t label, const REAL *t,
                    const REAL *w) {
    REAL m = n ? s[0] : 0, sum = 0, loss = 0;
    const REAL keep = (REAL)(1 - smoothing), share = (REAL)(smoothing / (double)n);
    for (int64_t j = 1; j < n; ++j) m = s[j] > m ? s[j] : m;
    for (int64_t j = 0; j < n; ++j) sum += M(exp)(s[j] - m);
    REAL log_sum = M(log)(sum);
    for (int64_t j = 0; j < n; ++j) {
        REAL weight = keep * (t ? t[j] : j == label ? R(1) : R(0)) + share;
        if (w) weight *= w[j];
        if (weight != 0) loss += weight * (log_sum - (s[j] - m));
    }
    return loss;
}

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *work = arg;
    const wg_call *c = work->call;
    const struct wgi_softmax_terms *a = c->attrs;
    const int64_t n = c->x[0]->dim[c->x[0]->rank - 1];
    const int64_t *label = c->gate->indices ? c->x[1]->data : NULL;
    const REAL *s = c->x[0]->data, *t = label ? NULL : c->x[1]->data;
    const REAL *w = c->x[2] ? c->x[2]->data : NULL;
    REAL *loss = work->loss;
    for (int64_t i = begin; i < end; ++i) {
        int ignored = label && label[i] == a->ignore;
        loss[i] = ignored ? 0
                          : FN(row)(a->smoothing, n, s + i * n, label ? label[i] : -1,
                                    t ? t + i * n : NULL, w);
    }
}

/* What the mean divides by: the sum of w_label. */
static double FN(divisor)(const wg_call *c) {
    const struct wgi_softmax_terms *a = c->attrs;
    const int64_t *label = c->x[1]->data, n = wgi_class_rows(c->x[0]);
    const REAL *w = c->x[2] ? c->x[2]->data : NULL;
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
        if (label[i] != a->ignore) sum += w ? (double)w[label[i]] : 1;
    return sum;
}

static wg_status FN(forward)(wg_call *c, int hard) {
    int reduction = ((const struct wgi_softmax_terms *)c->attrs)->reduction;
    int weighted = hard && reduction == WG_REDUCTION_MEAN;
    wg_status s = wgi_loss_run(c, weighted ? WG_REDUCTION_SUM : reduction,
                               wgi_class_rows(c->x[0]), wgi_class_grain(c->x[0]), FN(rows));
    if (s == WG_OK && weighted)
        *(REAL *)c->y.data = (REAL)((double)*(REAL *)c->y.data / FN(divisor)(c));
    return s;
}

#else
#include "ops/softmax_terms.h"

#include <math.h>

#define KERNEL_PART "ops/softmax_terms.c"
#include "ops/both_types.h"

wg_status wgi_softmax_terms_infer(wg_call *c) {
    double smoothing = ((const struct wgi_softmax_terms *)c->attrs)->smoothing;
    const wg_value *w = c->x[2];
    int64_t classes = c->x[0]->dim[c->x[0]->rank - 1];
    char text[96];
    if (!(smoothing >= 0 && smoothing <= 1))
        return wg_fail(c, WG_ERR_RANGE, "smoothing = %g; it lies in [0, 1]", smoothing);
    if (w && (w->rank != 1 || w->dim[0] != classes))
        return wg_fail(c, WG_ERR_SHAPE, "weights have shape %s; they are (%lld), one a class",
                       wgi_shape_text(text, sizeof text, w->rank, w->dim), (long long)classes);
    return WG_OK;
}

wg_status wgi_softmax_terms_forward(wg_call *c, int hard) {
    wg_status s = WG_OK;
    if (hard) s = wgi_class_labels(c, ((const struct wgi_softmax_terms *)c->attrs)->ignore);
    if (s != WG_OK) return s;
    return c->dtype == WG_F32 ? forward_f32(c, hard) : forward_f64(c, hard);
}

/* ---- the rule ------------------------------------------------------------------------------- */

/* The rows of labels that count, 1 or 0, as (..., 1). */
static wg_var counted(const wg_pull *p, int64_t ignore) {
    wg_var none = wg_const(p->g.tape, WG_I64, WG_RANK0, &ignore);
    wg_var keep = wg_cast(wg_not_equal(p->x[1], none), wg_dtype_of(p->x[0]));
    return wgi_class_column(keep, p->x[0]);
}

/* T, of a row that is ignored 0; *right: w without its weights, 1 at each label that counts. */
static wg_var distribution(const wg_pull *p, int hard, wg_var *right) {
    const struct wgi_softmax_terms *a = p->attrs;
    wg_shape s = wg_shape_of(p->x[0]);
    double classes = (double)s.dim[s.rank - 1], share = classes > 0 ? a->smoothing / classes : 0;
    if (!hard) return wg_shift(wg_scale(p->x[1], 1 - a->smoothing), share);
    wg_var keep = counted(p, a->ignore);
    *right = wg_mul(wgi_class_one_hot(p->x[1], p->x[0], a->ignore), keep);
    return wg_add(wg_scale(*right, 1 - a->smoothing), wg_scale(keep, share));
}

void wgi_softmax_terms_rule(wg_pull *p, int hard) {
    const struct wgi_softmax_terms *a = p->attrs;
    wg_var s = p->x[0], w = p->x[2], right = WG_NONE, t = distribution(p, hard, &right);
    wg_var g = p->g, count = WG_NONE;
    int rank = wg_shape_of(s).rank, weighted = hard && a->reduction == WG_REDUCTION_MEAN;
    int64_t rows = 1;
    for (int i = 0; i < rank - 1; ++i) rows *= wg_shape_of(s).dim[i];
    if (weighted) {
        count = wg_sum(w.tape ? wg_mul(right, w) : right);
        g = wg_div(g, count);
    } else {
        g = wgi_loss_cotangent(p, a->reduction, rows);
    }
    wg_var lp = wg_log_softmax(s, -1), column = wg_neg(wgi_class_column(g, s));
    wg_var tw = w.tape ? wg_mul(t, w) : t;
    if (p->wanted[0]) p->dx[0] = wg_log_softmax_grad(lp, wg_mul(tw, column), -1);
    if (!hard && p->wanted[1]) {
        wg_var each = wg_scale(wg_mul(lp, column), 1 - a->smoothing);
        p->dx[1] = w.tape ? wg_mul(each, w) : each;
    }
    if (p->wanted[2]) {
        wg_var each = wg_mul(wg_mul(lp, t), column);
        p->dx[2] = weighted ? wg_sub(each, wg_mul(right, wg_mul(g, p->y))) : each;
    }
}

#endif
