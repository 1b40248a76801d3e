/* class_loss.h: losses of scores (..., C) against one label, or one row of targets, for each row:
 * checks, and the pieces that their rules are written with. */
#ifndef WGI_CLASS_LOSS_H
#define WGI_CLASS_LOSS_H

#include "ops/reduced_loss.h"

#define WGI_NO_IGNORE INT64_MIN /* no label is ignored; -1 may be one that is */

/* Rows, and what one is worth to threads. */
int64_t wgi_class_rows(const wg_value *scores);
int64_t wgi_class_grain(const wg_value *scores);
/* Scores (..., C) with labels (...); sets y's shape. */
wg_status wgi_class_infer(wg_call *c, int reduction);
/* RANGE naming the first label of operand 1 that is neither a class nor `ignore`. */
wg_status wgi_class_labels(const wg_call *c, int64_t ignore);
/* v, one number a row, as (..., 1), to go with the scores x; rank 0 stays. */
wg_var wgi_class_column(wg_var v, wg_var x);
/* 1 at the label, else 0, in the shape of the scores; labels that are `ignore` count as class 0. */
wg_var wgi_class_one_hot(wg_var labels, wg_var scores, int64_t ignore);

#endif
