/* softmax_terms.h: what softmax_loss_with (labels) and softmax_loss_soft (rows of targets) share.
 *
 * Scores s (..., C), class weights w (C) or 1, smoothing e, and for each row a distribution T over
 * the classes, (1 - e) onehot(label) + e/C or (1 - e) targets + e/C; with p = softmax(s),
 *
 *     l = -sum_j w_j T_j ln p_j.
 *
 * A term whose w_j T_j is 0 counts 0, even where p_j is 0.  A row whose label is `ignore` counts 0.
 * The mean divides by the number of rows or, with labels, by the sum of w_label over the rows that
 * are not ignored. */
#ifndef WGI_SOFTMAX_TERMS_H
#define WGI_SOFTMAX_TERMS_H

#include "ops/class_loss.h"

struct wgi_softmax_terms {
    double smoothing;
    int64_t ignore; /* of labels only */
    int reduction;
};

/* smoothing lies in [0, 1], weights, operand 2 where given, are (C). */
wg_status wgi_softmax_terms_infer(wg_call *c);
/* hard: operand 1 holds labels, else targets. */
wg_status wgi_softmax_terms_forward(wg_call *c, int hard);
void wgi_softmax_terms_rule(wg_pull *p, int hard);

#endif
