/* losses.h: the manual of losses. */
#ifndef WG_OPS_LOSSES_H
#define WG_OPS_LOSSES_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses of scores and labels ------------------------------------------------------------ */

/* The mean over N of -ln softmax(scores)[label]: scores (N, C), labels (N) whole numbers in 0 to
 * C - 1 (RANGE names the row), the result of rank 0.  C equal scores give ln C. */
WG_API wg_var wg_softmax_loss(wg_var scores, wg_var labels);
/* (p - onehot(labels)) g / N: the gradient of softmax_loss from the probabilities p (N, C), g of
 * rank 0. */
WG_API wg_var wg_softmax_loss_grad(wg_var p, wg_var labels, wg_var g);
/* The mean over N of sum max(0, s_j - s_label + 1) over j != label, shapes as for softmax_loss; the
 * derivative exactly at the margin is 0. */
WG_API wg_var wg_svm_loss(wg_var scores, wg_var labels);
/* Its gradient with respect to the scores, g of rank 0. */
WG_API wg_var wg_svm_loss_grad(wg_var scores, wg_var labels, wg_var g);

/* ---- losses -----------------------------------------------------------------------------------
 *
 * l is the loss of one element or row; the result is the mean of the l (of none NaN), their sum, or
 * all of them.  A loss never broadcasts: SHAPE where shapes differ.  Targets may want a gradient
 * too. */

typedef enum { WG_REDUCTION_MEAN, WG_REDUCTION_SUM, WG_REDUCTION_NONE } wg_reduction;

WG_API wg_var wg_mse_loss(wg_var x, wg_var y, wg_reduction reduction); /* l = (x - y)^2 */
/* l = |x - y|; derivative 0 where x = y */
WG_API wg_var wg_l1_loss(wg_var x, wg_var y, wg_reduction reduction);
/* l = d^2/2 where |d| <= delta, else delta (|d| - delta/2), d = x - y; RANGE unless delta is
 * positive and finite (P. J. Huber, 1964). */
WG_API wg_var wg_huber_loss(wg_var x, wg_var y, double delta, wg_reduction reduction);
/* l = d^2/(2 beta) where |d| < beta, else |d| - beta/2; beta = 0 is l1_loss (arXiv:1504.08083). */
WG_API wg_var wg_smooth_l1_loss(wg_var x, wg_var y, double beta, wg_reduction reduction);
/* l = -t ln s - (1 - t) ln(1 - s) for targets t in [0, 1], s = sigmoid(logit), right at any
 * logit. */
WG_API wg_var wg_bce_with_logits(wg_var logits, wg_var targets, wg_reduction reduction);
/* l = t (ln t - x) for log-probabilities x and probabilities t, 0 where t = 0; the mean is over all
 * elements. */
WG_API wg_var wg_kl_div(wg_var log_probabilities, wg_var targets, wg_reduction reduction);

/* l = -x[label] for log-probabilities x (..., C), labels (...) whole numbers in 0 to C - 1. */
WG_API wg_var wg_nll_loss(wg_var log_probabilities, wg_var labels, wg_reduction reduction);

#define WG_IGNORE_LABEL (-100) /* no class: the label that is ignored where none is given */
typedef struct wg_softmax_loss_options {
    size_t size;            /* sizeof(wg_softmax_loss_options), or 0 */
    wg_var weights;         /* (C), one a class; WG_NONE: 1 */
    double smoothing;       /* the part of a target spread over all classes, in [0, 1] */
    int ignores;            /* 1: rows with the label `ignore` do not count */
    int64_t ignore;
    wg_reduction reduction;
} wg_softmax_loss_options;
/* l = -sum_j w_j T_j ln softmax(scores)_j, T = (1 - smoothing) onehot(label) + smoothing/C, scores
 * (..., C), labels (...).  The mean is sum l / sum w_label over the rows that count. */
WG_API wg_var wg_softmax_loss_with(wg_var scores, wg_var labels,
                                   const wg_softmax_loss_options *options);
/* The same with T = (1 - smoothing) targets + smoothing/C, targets as scores; the mean is over the
 * rows.  `ignore` is not used. */
WG_API wg_var wg_softmax_loss_soft(wg_var scores, wg_var targets,
                                   const wg_softmax_loss_options *options);

typedef struct wg_svm_loss_options {
    size_t size;            /* sizeof(wg_svm_loss_options), or 0 */
    double margin;          /* default 1; RANGE where negative */
    int squared;            /* 1: the square of each hinge */
    int against_all;        /* 1: sum_j h(margin - t_j s_j), t = 1 for the label, else -1 */
    wg_reduction reduction;
} wg_svm_loss_options;
/* l = sum h(s_j - s_label + margin) over j != label, h(u) = max(0, u); scores (..., C), labels
 * (...). */
WG_API wg_var wg_svm_loss_with(wg_var scores, wg_var labels, const wg_svm_loss_options *options);

/* x . y / (max(|x|, eps) max(|y|, eps)) along an axis, which goes; one shape, no reduction. */
WG_API wg_var wg_cosine_similarity(wg_var x, wg_var y, int axis, double eps);
/* l = 1 - c where the mask `alike` (...) is 1, else max(0, c - margin), c the cosine of the rows x,
 * y (..., D); RANGE unless margin lies in [-1, 1]. */
WG_API wg_var wg_cosine_embedding_loss(wg_var x, wg_var y, wg_var alike, double margin, double eps,
                                       wg_reduction reduction);
/* l = max(0, |anchor - positive| - |anchor - negative| + margin) of rows (..., D); squared: of
 * squared distances (arXiv:1503.03832).  A distance of 0 has derivative 0. */
WG_API wg_var wg_triplet_loss(wg_var anchor, wg_var positive, wg_var negative, double margin,
                              int squared, wg_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
