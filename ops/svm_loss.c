/* The multiclass hinge loss: scores s (N, C), labels l (N), y of rank 0,
 *
 *     y = 1/N sum_i sum_(j != l_i) max(0, s_ij - s_(i, l_i) + 1).
 *
 * A term whose margin s_ij - s_(i, l_i) + 1 is positive sends g/N to s_ij and -g/N to the right
 * score.  Exactly at the margin the derivative is taken as 0.  N = 0 gives NaN, an empty mean. */
#ifdef REAL

/* A NaN is not <= 0: it is added and passed on. */
static double FN(row)(int64_t classes, const REAL *s, int64_t label) {
    REAL sum = 0;
    for (int64_t j = 0; j < classes; ++j) {
        REAL margin = s[j] - s[label] + 1;
        if (j != label && !(margin <= 0)) sum += margin;
    }
    return (double)sum;
}

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_loss_job *j = arg;
    const REAL *s = j->call->x[0]->data;
    const int64_t *label = j->call->x[1]->data, classes = j->call->x[0]->dim[1];
    for (int64_t i = begin; i < end; ++i)
        j->loss[i] = FN(row)(classes, s + i * classes, label[i]);
}

static wg_status FN(forward)(wg_call *c) {
    double mean = 0;
    wg_status s = wgi_loss_rows(c, FN(rows), &mean);
    *(REAL *)c->y.data = (REAL)mean;
    return s;
}

#else
#include "ops/svm_loss.h"

#define KERNEL_PART "ops/svm_loss.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) { return wgi_scores_check(c); }

static void rule(wg_pull *p) { p->dx[0] = wg_svm_loss_grad(p->x[0], p->x[1], p->g); }

static const wg_sample samples[] = {
    {.shapes = "3,4|3", .limit = 4},
    {.shapes = "1,2|1", .limit = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_svm_loss = {
    .size = sizeof(wg_gate),
    .name = "svm_loss",
    .formula = "y = mean of sum_(j != label) max(0, s_j - s_label + 1)",
    .derivative = "ds_j = g [s_j - s_label + 1 > 0] / N, ds_label = -sum of the others",
    .arity = 2,
    .operands = {"scores", "labels"},
    .indices = 2,
    .flags = WG_GATE_KINKED,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = wgi_svm_signature,
    .rule = rule,
    .samples = samples,
    .shape = "(N, C) (N) -> ()",
    .domain = "0 <= label < C, else RANGE; kinks where s_j - s_label + 1 = 0: derivative 0; "
              "the mean of no rows is NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_svm_loss(wg_var scores, wg_var labels) {
    wg_var x[2] = {scores, labels};
    return wg_record(&wg_gate_svm_loss, 2, x, NULL);
}
#endif
