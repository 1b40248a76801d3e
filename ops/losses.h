/* losses.h: what softmax_loss, svm_loss and their gradients share: scores (N, C), labels (N). */
#ifndef WGI_LOSSES_H
#define WGI_LOSSES_H

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

/* Rows that are worth a thread of their own. */
static inline int64_t wgi_row_grain(const wg_value *scores) {
    return 1 + WGI_GRAIN_ELEMENTS / 8 / (scores->dim[1] + 1);
}

/* Scores of rank 2, one label a row; a cotangent, where there is one, of rank 0. */
static inline wg_status wgi_scores_check(wg_call *c) {
    char a[96], b[96];
    const wg_value *s = c->x[0], *l = c->x[1];
    if (s->rank != 2 || l->rank != 1 || s->dim[0] != l->dim[0])
        return wg_fail(c, WG_ERR_SHAPE, "%s %s with labels %s; they are (N, C) and (N)",
                       c->gate->operands[0], wgi_shape_text(a, sizeof a, s->rank, s->dim),
                       wgi_shape_text(b, sizeof b, l->rank, l->dim));
    if (c->n > 2 && c->x[2]->rank != 0)
        return wg_fail(c, WG_ERR_SHAPE, "g has shape %s; it is of rank 0",
                       wgi_shape_text(a, sizeof a, c->x[2]->rank, c->x[2]->dim));
    return WG_OK;
}

static inline wg_status wgi_loss_grad_infer(wg_call *c) {
    wg_status s = wgi_scores_check(c);
    c->y.rank = 2;
    c->y.dim[0] = c->x[0]->dim[0];
    c->y.dim[1] = c->x[0]->dim[1];
    return s;
}

/* Every label is a class. */
static inline wg_status wgi_labels_check(const wg_call *c) {
    const int64_t *label = c->x[1]->data, classes = c->x[0]->dim[1];
    for (int64_t i = 0; i < c->x[1]->dim[0]; ++i)
        if (label[i] < 0 || label[i] >= classes)
            return wg_fail(c, WG_ERR_RANGE,
                           "label %lld of row %lld; with %lld classes it is 0 to %lld",
                           (long long)label[i], (long long)i, (long long)classes,
                           (long long)classes - 1);
    return WG_OK;
}

/* The mean of n losses, one a row, always added in the same order; NaN for none. */
static inline double wgi_mean_loss(int64_t n, const double *loss) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += loss[i];
    return sum / (double)n;
}

struct wgi_loss_job {
    const wg_call *call;
    double *loss; /* (N) */
};

/* Runs rows over all rows, then y = the mean of what they put into job->loss. */
static inline wg_status wgi_loss_rows(wg_call *c, void (*rows)(int64_t, int64_t, void *),
                                      double *mean) {
    int64_t n = c->x[0]->dim[0];
    wg_status s = wgi_labels_check(c);
    if (s != WG_OK) return s;
    struct wgi_loss_job job = {c, wg_scratch(c, (size_t)n * sizeof(double))};
    if (!job.loss) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wgi_parallel_for(n, wgi_row_grain(c->x[0]), rows, &job);
    *mean = wgi_mean_loss(n, job.loss);
    return WG_OK;
}

#endif
