/* The negative log-likelihood: log-probabilities x (..., C), labels (...), a class 0 .. C - 1 each,
 *
 *     l = -x[label],
 *
 * the mean over the rows, the sum, or each.  After log_softmax it is softmax_loss.  With g the
 * cotangent of l: dx = -g at the label, 0 elsewhere. */
#ifdef REAL

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const wg_value *scores = w->call->x[0];
    const REAL *x = scores->data;
    const int64_t *label = w->call->x[1]->data, n = scores->dim[scores->rank - 1];
    REAL *loss = w->loss;
    for (int64_t i = begin; i < end; ++i) loss[i] = -x[i * n + label[i]];
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_nll_loss *a = c->attrs;
    wg_status s = wgi_class_labels(c, WGI_NO_IGNORE);
    if (s != WG_OK) return s;
    return wgi_loss_run(c, a->reduction, wgi_class_rows(c->x[0]), wgi_class_grain(c->x[0]),
                        FN(rows));
}

#else
#include "ops/class_loss.h"

struct wgi_nll_loss {
    int reduction; /* wg_reduction */
};

#define KERNEL_PART "ops/nll_loss.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    return wgi_class_infer(c, ((const struct wgi_nll_loss *)c->attrs)->reduction);
}

static void rule(wg_pull *p) {
    const struct wgi_nll_loss *a = p->attrs;
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(p->x[1])));
    if (!p->wanted[0]) return;
    wg_var hot = wgi_class_one_hot(p->x[1], p->x[0], WGI_NO_IGNORE);
    p->dx[0] = wg_mul(hot, wg_neg(wgi_class_column(g, p->x[0])));
}

static const wg_attr attrs[] = {
    WGI_REDUCTION_ROW(struct wgi_nll_loss),
    {.name = NULL},
};
static const struct wgi_nll_loss mean = {WG_REDUCTION_MEAN}, sum = {WG_REDUCTION_SUM},
                                 each = {WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "3,4|3", .attrs = &mean, .limit = 4},
    {.shapes = "2,3|2", .attrs = &sum, .limit = 3},
    {.shapes = "2,2,3|2,2", .attrs = &each, .limit = 3},
    {.shapes = "3|", .attrs = &mean, .limit = 3},
    {.shapes = "0,3|0", .attrs = &each, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_nll_loss = {
    .size = sizeof(wg_gate),
    .name = "nll_loss",
    .formula = "l = -x[label]",
    .derivative = "dx = -g onehot(label)",
    .arity = 2,
    .operands = {"log_probabilities", "labels"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_nll_loss),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d...) -> () or (d...)",
    .domain = "0 <= label < C, else RANGE; the mean of no rows is NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_nll_loss(wg_var log_probabilities, wg_var labels, wg_reduction reduction) {
    wg_var x[2] = {log_probabilities, labels};
    struct wgi_nll_loss a = {(int)reduction};
    return wg_record(&wg_gate_nll_loss, 2, x, &a);
}
#endif
