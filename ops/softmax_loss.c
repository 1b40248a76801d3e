/* The cross-entropy of softmax: scores s (N, C), labels l (N), y of rank 0,
 *
 *     y = 1/N sum_i (ln sum_j e^(s_ij) - s_(i, l_i)).
 *
 * The logarithms are natural, so C equal scores cost ln C.  Each row is shifted by its largest
 * score, which keeps scores of +-10000 finite.  Its gradient is (softmax(s) - onehot(l)) g / N: the
 * probabilities are kept for the reverse pass, and are recorded anew, as softmax of the scores,
 * where the gradient is to be differentiated again.  N = 0 gives NaN, an empty mean. */
#ifdef REAL

/* Some rows of C scores at a time: their probabilities, their losses ln sum - (s_label - m). */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_loss_job *j = arg;
    const REAL *s = j->call->x[0]->data;
    const int64_t *label = j->call->x[1]->data, classes = j->call->x[0]->dim[1];
    const wgi_lanes lanes = {end, classes, 1};
    REAL *p = j->call->saved, m[WGI_LANE_BLOCK], sum[WGI_LANE_BLOCK];
    for (int64_t i = begin; i < end;) {
        const wgi_lane_block b = wgi_lane_block_at(&lanes, i, end);
        wgi_soft_rows[j->call->dtype][wgi_isa_chosen()](&b, s + b.at, p + b.at, m, sum);
        for (int64_t r = 0; r < b.count; ++r) {
            const REAL right = s[b.at + r * classes + label[i + r]];
            j->loss[i + r] = (double)(M(log)(sum[r]) - (right - m[r]));
        }
        i += b.count;
    }
}

static wg_status FN(forward)(wg_call *c) {
    double mean = 0;
    wg_status s = wgi_loss_rows(c, FN(rows), &mean);
    *(REAL *)c->y.data = (REAL)mean;
    return s;
}

#else
#include "ops/losses.h"
#include "ops/soft_lanes.h"

#include <math.h>

#define KERNEL_PART "ops/softmax_loss.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_scores_check(c);
    if (s == WG_OK) c->saved_count = wg_value_size(c->x[0]); /* the probabilities */
    return s;
}

static void rule(wg_pull *p) {
    wg_var prob = p->recording ? wg_softmax(p->x[0], 1)
                               : wg_pull_saved(p, wg_shape_of(p->x[0]), 0);
    p->dx[0] = wg_softmax_loss_grad(prob, p->x[1], p->g);
}

static const wg_sample samples[] = {
    {.shapes = "3,4|3", .limit = 4},
    {.shapes = "1,2|1", .limit = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_softmax_loss = {
    .size = sizeof(wg_gate),
    .name = "softmax_loss",
    .formula = "y = mean of ln sum_j e^(s_j) - s_label",
    .derivative = "ds = g (softmax(s) - onehot(label)) / N",
    .arity = 2,
    .operands = {"scores", "labels"},
    .indices = 2,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, C) (N) -> ()",
    .domain = "0 <= label < C, else RANGE; the mean of no rows is NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_softmax_loss(wg_var scores, wg_var labels) {
    wg_var x[2] = {scores, labels};
    return wg_record(&wg_gate_softmax_loss, 2, x, NULL);
}
#endif
