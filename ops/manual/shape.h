/* shape.h: the manual of gates of shape. */
#ifndef WG_OPS_SHAPE_H
#define WG_OPS_SHAPE_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- shape ------------------------------------------------------------------------------------
 *
 * For every element type.  transpose, permute, slice, broadcast_to (gate.h) and, where the strides
 * allow it, reshape are views: they cost nothing and share x's memory. */

/* wg_broadcast_to(x, shape) is declared in gate.h: repeats, as a view */
/* wg_sum_to(x, shape) is declared in gate.h: its adjoint, sums over broadcast axes */
WG_API wg_var wg_transpose(wg_var x); /* the axes reversed */
/* Axis k of the result is x's axes.axis[k]; n = 0: reversed.  RANGE for a doubled axis. */
WG_API wg_var wg_permute(wg_var x, wg_axes axes);
/* The same elements in row-major order; one extent may be -1: what is left for it. */
WG_API wg_var wg_reshape(wg_var x, wg_shape shape);
/* Given as start or stop of wg_slice: left out, as in x[::step]. */
#define WG_OMIT ((int64_t)1 << 53)
/* x[start:stop:step] along one axis as in Python: negative bounds count from the end, bounds
 * outside are clipped, a negative step runs backwards; RANGE for a step of 0. */
WG_API wg_var wg_slice(wg_var x, int axis, int64_t start, int64_t stop, int64_t step);
/* Its adjoint: x at the places start, start + step, ... of an axis of `extent` zeros; RANGE where
 * they do not fit. */
WG_API wg_var wg_slice_grad(wg_var x, int axis, int64_t start, int64_t step, int64_t extent);
/* n >= 1 values one after the other along an axis; their other extents are equal. */
WG_API wg_var wg_concat(size_t n, const wg_var *xs, int axis);
/* Zeros around x: before.dim[i] in front of axis i and after.dim[i] behind; rank 0: none. */
WG_API wg_var wg_zero_pad(wg_var x, wg_shape before, wg_shape after);

/* More of them; expand_dims, squeeze and flip are views. */

/* A new axis of extent 1: axis `axis` of the result, negative from its end. */
WG_API wg_var wg_expand_dims(wg_var x, int axis);
/* Without the listed axes, of extent 1 (else SHAPE); n = 0: without all such axes. */
WG_API wg_var wg_squeeze(wg_var x, wg_axes axes);
WG_API wg_var wg_flip(wg_var x, wg_axes axes); /* order reversed along the axes; n = 0: all */
/* n >= 1 values of one shape, one after the other along a new axis. */
WG_API wg_var wg_stack(size_t n, const wg_var *xs, int axis);
/* y[i] = x[(i - shift) mod n] along the axis. */
WG_API wg_var wg_roll(wg_var x, int64_t shift, int axis);
/* Each place along the axis n times in a row; RANGE for n < 0. */
WG_API wg_var wg_repeat(wg_var x, int64_t n, int axis);
/* x laid side by side reps.dim[i] times along axis i; lists are aligned at the end, as NumPy's. */
WG_API wg_var wg_tile(wg_var x, wg_shape reps);
/* The lower (upper) triangle of the last two axes: zero where j - i > k (j - i < k). */
WG_API wg_var wg_tril(wg_var x, int64_t k);
WG_API wg_var wg_triu(wg_var x, int64_t k);
/* Of a vector the matrix with it on the diagonal j - i = k; of a matrix that diagonal, a view. */
WG_API wg_var wg_diag(wg_var x, int64_t k);
enum { WG_PAD_ZERO, WG_PAD_REFLECT, WG_PAD_REPLICATE };
/* x with before.dim[i] places in front of axis i and after.dim[i] behind: zeros, x mirrored at its
 * edge (without the edge itself; SHAPE where x is too short), or its edge; rank 0: none. */
WG_API wg_var wg_pad(wg_var x, wg_shape before, wg_shape after, int mode);
/* Part number `part` of n equal parts of the axis, a view. */
WG_API wg_var wg_split(wg_var x, int64_t parts, int64_t part, int axis);
/* n parts along an axis into out, views: sizes[k] places each, or with sizes NULL equal parts.
 * Returns the status of the tape, SHAPE where the sizes do not add up; out is then poison. */
WG_API wg_status wg_split_along(wg_var x, int axis, size_t n, const int64_t *sizes, wg_var *out);

#ifdef __cplusplus
}
#endif
#endif
