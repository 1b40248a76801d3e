/* indices.h: the manual of gates that take or give places. */
#ifndef WG_OPS_INDICES_H
#define WG_OPS_INDICES_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- indices ----------------------------------------------------------------------------------
 *
 * An index is int64, or floats that are whole (else VALUE).  One outside its range, negative ones
 * included, is a RANGE error that names its place and value. */

/* y[i, j] = x[index[i, j], j] for axis 0 of two: index has x's rank, y its shape; at the other axes
 * it may be shorter than x (NumPy's take_along_axis). */
WG_API wg_var wg_gather(wg_var x, wg_var index, int axis);
/* Its adjoint: y = x, then y[index[i, j], j] += src[i, j]; src has the index's shape. */
WG_API wg_var wg_scatter_add(wg_var x, wg_var index, wg_var src, int axis);
/* 1 at the index, 0 elsewhere, on a new last axis of `classes`, as float32 or float64; flat. */
WG_API wg_var wg_one_hot(wg_var index, int64_t classes, wg_dtype dtype);

/* y[.., k, ..] = x[.., index[k], ..]: the axis is replaced by the index's axes, any number. */
WG_API wg_var wg_index_select(wg_var x, wg_var index, int axis);
/* Its adjoint: y = x, then y[.., index[k], ..] += src[.., k, ..]. */
WG_API wg_var wg_index_add(wg_var x, wg_var index, wg_var src, int axis);
/* Rows of table (V, D) by an index of any shape (...): to (..., D). */
WG_API wg_var wg_embedding(wg_var table, wg_var index);
/* The elements along an axis in rising order, NaN last; equal ones keep their order. */
WG_API wg_var wg_sort(wg_var x, int axis);
/* The k largest elements along an axis, falling, NaN first; of equal ones the first counts as
 * larger.  RANGE unless 0 <= k <= its extent. */
WG_API wg_var wg_topk(wg_var x, int64_t k, int axis);

#ifdef __cplusplus
}
#endif
#endif
