/* reductions.h: the manual of reductions and scans. */
#ifndef WG_OPS_REDUCTIONS_H
#define WG_OPS_REDUCTIONS_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reductions -------------------------------------------------------------------------------
 *
 * Over the axes of a list (n = 0: all), each given once, negative from the end; RANGE otherwise.
 * keepdims leaves reduced axes with extent 1.  float32 sums are as good as the type allows, and
 * every result has the same bits for any number of threads. */

WG_API wg_var wg_sum(wg_var x);  /* of no elements 0 */
WG_API wg_var wg_mean(wg_var x); /* of no elements NaN */
/* The largest and smallest element: NaN where there is one, VALUE of no elements.  Winners that
 * are equal share the gradient equally. */
WG_API wg_var wg_max(wg_var x);
WG_API wg_var wg_min(wg_var x);
WG_API wg_var wg_sum_over(wg_var x, wg_axes axes, int keepdims);
WG_API wg_var wg_mean_over(wg_var x, wg_axes axes, int keepdims);
WG_API wg_var wg_max_over(wg_var x, wg_axes axes, int keepdims);
WG_API wg_var wg_min_over(wg_var x, wg_axes axes, int keepdims);
/* Mean and biased variance (1/n) sum (x - mean)^2 in one value: for x (N, H, W, C) over the axes
 * 0, 1, 2 it is (2, C), the means first. */
WG_API wg_var wg_moments(wg_var x, wg_axes axes);
WG_API wg_var wg_moments_over(wg_var x, wg_axes axes, int keepdims);
/* The same as two values, each a view of one pass over x.  Returns the status of the tape; both are
 * poison where it is not OK. */
WG_API wg_status wg_mean_and_var(wg_var x, wg_axes axes, int keepdims, wg_var *mean, wg_var *var);
/* The place of the first largest element (or NaN) along an axis, int64; flat. */
WG_API wg_var wg_argmax(wg_var x, int axis);
/* 1 where x is y, NaN being NaN, else 0, as a float: the winners of max, y = max(x); flat. */
WG_API wg_var wg_winner(wg_var x, wg_var y);

/* More reductions, over axes as above. */

WG_API wg_var wg_prod(wg_var x); /* of no elements 1; gradients are right at zeros */
WG_API wg_var wg_prod_over(wg_var x, wg_axes axes, int keepdims);
/* sum (x - mean)^2 / (n - ddof); NaN unless n > ddof, RANGE for a negative ddof. */
WG_API wg_var wg_var_over(wg_var x, wg_axes axes, int keepdims, int64_t ddof);
/* Its square root; derivative 0 where all elements are equal. */
WG_API wg_var wg_std_over(wg_var x, wg_axes axes, int keepdims, int64_t ddof);
WG_API wg_var wg_logsumexp(wg_var x); /* ln sum e^x, without overflow; of no elements -inf */
WG_API wg_var wg_logsumexp_over(wg_var x, wg_axes axes, int keepdims);
/* sum |x|, sqrt(sum x^2) or max |x| for ord 1, 2 or INFINITY (else RANGE); the derivative at the
 * zero vector is 0, winners share. */
WG_API wg_var wg_norm_over(wg_var x, double ord, wg_axes axes, int keepdims);
/* The place of the first smallest element (or NaN) along an axis, int64; flat. */
WG_API wg_var wg_argmin(wg_var x, int axis);
WG_API wg_var wg_any(wg_var mask); /* some element is true; of none false; flat */
WG_API wg_var wg_all(wg_var mask); /* every element is true; of none true; flat */
WG_API wg_var wg_any_over(wg_var mask, wg_axes axes, int keepdims);
WG_API wg_var wg_all_over(wg_var mask, wg_axes axes, int keepdims);

/* ---- scans ---------------------------------------------------------------------------------- */

WG_API wg_var wg_cumsum(wg_var x, int axis);  /* x[0] + ... + x[i] along the axis */
WG_API wg_var wg_cumprod(wg_var x, int axis); /* x[0] ... x[i]; gradients are right at zeros */
/* y[i] = a[i] y[i-1] + b[i] along the axis, y[0] = b[0]; reverse = 1 runs from the end.  a and b
 * have one shape. */
WG_API wg_var wg_linear_scan(wg_var a, wg_var b, int axis, int reverse);

#ifdef __cplusplus
}
#endif
#endif
