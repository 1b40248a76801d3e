/* The hinge loss with its margin, its square, and one class against all others: scores s (..., C),
 * labels l (...), for each row
 *
 *     sum over j != l of  h(s_j - s_l + margin)      (J. Weston, C. Watkins, ESANN 1999), or
 *     sum over all j of   h(margin - t_j s_j),  t_j = 1 for j = l, else -1      (against_all),
 *
 * h(u) = max(0, u) or its square; the mean over the rows, the sum, or each.  svm_loss is margin 1
 * and the mean.  With g the cotangent of a row's loss and q_j = h'(u_j), where h'(0) = 0:
 *
 *     ds_j = g q_j, ds_l = -g sum of q_j over j != l;      against_all: ds_j = -g t_j q_j. */
#ifdef REAL

static REAL FN(hinge)(REAL u, int squared) {
    if (u <= 0) return 0; /* a NaN is not, and is passed on */
    return squared ? u * u : u;
}

static REAL FN(row)(const struct wgi_svm_loss_with *a, int64_t n, const REAL *s, int64_t label) {
    REAL sum = 0, margin = (REAL)a->margin;
    for (int64_t j = 0; j < n; ++j) {
        if (a->against_all) sum += FN(hinge)(margin + (j == label ? -s[j] : s[j]), a->squared);
        else if (j != label) sum += FN(hinge)(s[j] - s[label] + margin, a->squared);
    }
    return sum;
}

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const wg_value *scores = w->call->x[0];
    const REAL *s = scores->data;
    const int64_t *label = w->call->x[1]->data, n = scores->dim[scores->rank - 1];
    REAL *loss = w->loss;
    for (int64_t i = begin; i < end; ++i)
        loss[i] = FN(row)(w->call->attrs, n, s + i * n, label[i]);
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_svm_loss_with *a = c->attrs;
    wg_status s = wgi_class_labels(c, WGI_NO_IGNORE);
    if (s != WG_OK) return s;
    return wgi_loss_run(c, a->reduction, wgi_class_rows(c->x[0]), wgi_class_grain(c->x[0]),
                        FN(rows));
}

#else
#include "ops/choices.h"
#include "ops/class_loss.h"

#include <math.h>

struct wgi_svm_loss_with {
    double margin;
    int squared, against_all, reduction;
};

#define KERNEL_PART "ops/svm_loss_with.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_svm_loss_with *a = c->attrs;
    wg_status s = wgi_loss_check(c, "margin", a->margin, 1);
    return s == WG_OK ? wgi_class_infer(c, a->reduction) : s;
}

/* On which side of its kink each hinge lies. */
static uint64_t signature(const wg_call *c) {
    const struct wgi_svm_loss_with *a = c->attrs;
    int64_t n = c->x[0]->dim[c->x[0]->rank - 1], rows = wgi_class_rows(c->x[0]);
    uint64_t hash = 0;
    for (int64_t i = 0; i < rows; ++i) {
        int64_t at = 0, rest = i;
        for (int k = c->x[1]->rank - 1; k >= 0; --k) {
            at += rest % c->x[1]->dim[k] * c->x[1]->stride[k];
            rest /= c->x[1]->dim[k];
        }
        int64_t label = ((const int64_t *)c->x[1]->data)[at];
        double right = wgi_element(c->x[0], i * n + label);
        for (int64_t j = 0; j < n; ++j) {
            double s = wgi_element(c->x[0], i * n + j);
            double u = a->against_all ? a->margin + (j == label ? -s : s) : s - right + a->margin;
            int piece = u > 0 ? 1 : u < 0 ? 2 : u == 0 ? 3 : 4;
            hash = wgi_hash(hash, j == label && !a->against_all ? 0 : (uint64_t)piece);
        }
    }
    return hash;
}

/* h'(u) */
static wg_var slope(wg_var u, int squared) {
    return squared ? wg_scale(wg_relu(u), 2) : wg_step(u);
}

static void rule(wg_pull *p) {
    const struct wgi_svm_loss_with *a = p->attrs;
    wg_var s = p->x[0], labels = p->x[1];
    if (!p->wanted[0]) return;
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(labels)));
    wg_var hot = wgi_class_one_hot(labels, s, WGI_NO_IGNORE), q;
    g = wgi_class_column(g, s);
    if (a->against_all) {
        wg_var sign = wg_shift(wg_scale(hot, -2), 1); /* -t */
        q = wg_mul(sign, slope(wg_shift(wg_mul(sign, s), a->margin), a->squared));
    } else {
        wg_var right = wg_gather(s, wgi_class_column(labels, s), -1);
        q = slope(wg_shift(wg_sub(s, right), a->margin), a->squared);
        q = wg_mul(q, wg_shift(wg_neg(hot), 1));
        q = wg_sub(q, wg_mul(hot, wg_sum_over(q, WG_AXES(-1), 1)));
    }
    p->dx[0] = wg_mul(q, g);
}

static const wg_attr attrs[] = {
    {.name = "margin", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_svm_loss_with, margin),
     .preset = 1, .doc = "by which the right score is to lead, not negative"},
    {.name = "squared", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_svm_loss_with, squared),
     .doc = "1 squares each hinge"},
    {.name = "against_all", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_svm_loss_with, against_all),
     .doc = "1 holds each score against the margin, not against the right score"},
    WGI_REDUCTION_ROW(struct wgi_svm_loss_with),
    {.name = NULL},
};
static const struct wgi_svm_loss_with plain = {1, 0, 0, WG_REDUCTION_MEAN},
                                      wide = {2, 1, 0, WG_REDUCTION_SUM},
                                      all = {0.5, 0, 1, WG_REDUCTION_NONE},
                                      all_squared = {1, 1, 1, WG_REDUCTION_MEAN};
static const wg_sample samples[] = {
    {.shapes = "3,4|3", .attrs = &plain, .limit = 4},
    {.shapes = "2,3|2", .attrs = &wide, .limit = 3},
    {.shapes = "2,2,3|2,2", .attrs = &all, .limit = 3},
    {.shapes = "3|", .attrs = &all_squared, .limit = 3},
    {.shapes = "0,3|0", .attrs = &all, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_svm_loss_with = {
    .size = sizeof(wg_gate),
    .name = "svm_loss_with",
    .formula = "l = sum_(j != label) h(s_j - s_label + margin), h(u) = max(0, u) or max(0, u)^2",
    .derivative = "ds_j = g h'(s_j - s_label + margin), ds_label = -sum of the others",
    .arity = 2,
    .operands = {"scores", "labels"},
    .indices = 2,
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_svm_loss_with),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d...) -> () or (d...)",
    .domain = "0 <= label < C, else RANGE; margin >= 0; kinks where u = 0: h'(0) = 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_svm_loss_with(wg_var scores, wg_var labels, const wg_svm_loss_options *options) {
    static const wg_svm_loss_options presets;
    const wg_svm_loss_options *o = options ? options : &presets;
    struct wgi_svm_loss_with a = {o->margin == 0 ? 1 : o->margin, o->squared, o->against_all,
                                  (int)o->reduction};
    wg_var x[2] = {scores, labels};
    return wg_record(&wg_gate_svm_loss_with, 2, x, &a);
}
#endif
