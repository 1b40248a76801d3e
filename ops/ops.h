/* ops.h: the manual of gates. */
#ifndef WG_OPS_H
#define WG_OPS_H

#include "autograd/autograd.h"
#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif


/* ---- elementwise ------------------------------------------------------------------------------
 *
 * Two operands broadcast as NumPy does.  float32 and float64.  NaN is data and flows; what a gate
 * does at a kink, a tie or the edge of its domain stands at the head of its file. */

/* Two operands. */

WG_API wg_var wg_sub(wg_var x, wg_var y);     /* x - y (wg_add: gate.h) */
WG_API wg_var wg_mul(wg_var x, wg_var y);     /* x y */
WG_API wg_var wg_div(wg_var x, wg_var y);     /* x / y */
WG_API wg_var wg_pow(wg_var x, wg_var y);     /* x^y; below 0 for whole y */
WG_API wg_var wg_maximum(wg_var x, wg_var y); /* the larger; a tie shares the gradient */
WG_API wg_var wg_minimum(wg_var x, wg_var y); /* the smaller; a tie shares the gradient */
WG_API wg_var wg_share(wg_var x, wg_var y);   /* 1 where x > y, 0 where x < y, else 1/2; flat */

/* One operand. */
WG_API wg_var wg_neg(wg_var x);             /* -x */
WG_API wg_var wg_abs(wg_var x);             /* |x|; derivative 0 at 0 */
WG_API wg_var wg_sign(wg_var x);            /* -1, 0 or 1; flat */
WG_API wg_var wg_step(wg_var x);            /* 1 where x > 0, else 0; flat */
WG_API wg_var wg_square(wg_var x);          /* x^2 */
WG_API wg_var wg_sqrt(wg_var x);            /* the square root; NaN below 0 */
WG_API wg_var wg_exp(wg_var x);             /* e^x */
WG_API wg_var wg_log(wg_var x);             /* ln x */
WG_API wg_var wg_sin(wg_var x);             /* sin x, radians */
WG_API wg_var wg_cos(wg_var x);             /* cos x, radians */
WG_API wg_var wg_tanh(wg_var x);            /* tanh x */
WG_API wg_var wg_scale(wg_var x, double c); /* c x */
WG_API wg_var wg_shift(wg_var x, double c); /* x + c */
WG_API wg_var wg_sigmoid(wg_var x);         /* 1 / (1 + e^-x) */
WG_API wg_var wg_relu(wg_var x);            /* max(x, 0); derivative 0 at 0 */
/* x where x > 0, else slope x; derivative `slope` at 0. */
WG_API wg_var wg_leaky_relu(wg_var x, double slope);
/* x where x > 0, else alpha (e^x - 1); derivative alpha at 0 (arXiv:1511.07289). */
WG_API wg_var wg_elu(wg_var x, double alpha);
/* ln(1 + e^(beta x)) / beta; RANGE unless beta is positive and finite. */
WG_API wg_var wg_softplus(wg_var x, double beta);

/* More of one operand. */
WG_API wg_var wg_rsqrt(wg_var x);      /* 1 / sqrt x; NaN below 0 */
WG_API wg_var wg_reciprocal(wg_var x); /* 1 / x */
WG_API wg_var wg_cbrt(wg_var x);       /* the cube root, odd */
WG_API wg_var wg_exp2(wg_var x);       /* 2^x */
WG_API wg_var wg_expm1(wg_var x);      /* e^x - 1, exact near 0 */
WG_API wg_var wg_log2(wg_var x);       /* to base 2 */
WG_API wg_var wg_log10(wg_var x);      /* to base 10 */
WG_API wg_var wg_log1p(wg_var x);      /* ln(1 + x), exact near 0 */
WG_API wg_var wg_tan(wg_var x);        /* tan x, radians */
WG_API wg_var wg_asin(wg_var x);       /* in [-pi/2, pi/2]; NaN outside [-1, 1] */
WG_API wg_var wg_acos(wg_var x);       /* in [0, pi]; NaN outside [-1, 1] */
WG_API wg_var wg_atan(wg_var x);       /* in [-pi/2, pi/2] */
WG_API wg_var wg_sinh(wg_var x);       /* sinh x */
WG_API wg_var wg_cosh(wg_var x);       /* cosh x */
WG_API wg_var wg_asinh(wg_var x);      /* the inverse of sinh */
WG_API wg_var wg_acosh(wg_var x);      /* the inverse of cosh, >= 0; NaN below 1 */
WG_API wg_var wg_atanh(wg_var x);      /* the inverse of tanh; NaN outside [-1, 1] */
WG_API wg_var wg_erf(wg_var x);        /* 2/sqrt(pi) times the integral of e^(-t^2), 0 to x */
WG_API wg_var wg_erfc(wg_var x);       /* 1 - erf x, exact in its right tail */
WG_API wg_var wg_lgamma(wg_var x);     /* ln |gamma(x)| */
WG_API wg_var wg_digamma(wg_var x);    /* the derivative of lgamma */
/* The n-th derivative of digamma, n = 0 to 100, else RANGE. */
WG_API wg_var wg_polygamma(wg_var x, int64_t n);
WG_API wg_var wg_floor(wg_var x); /* the whole number below; not differentiable: derivative 0 */
WG_API wg_var wg_ceil(wg_var x);  /* the whole number above; not differentiable: derivative 0 */
WG_API wg_var wg_round(wg_var x); /* the nearest, halves to even; not differentiable: 0 */
WG_API wg_var wg_log_sigmoid(wg_var x); /* -ln(1 + e^-x) */
WG_API wg_var wg_relu6(wg_var x);       /* min(max(x, 0), 6); derivative 0 at both kinks */
WG_API wg_var wg_hardtanh(wg_var x);    /* min(max(x, -1), 1); derivative 0 at both kinks */
WG_API wg_var wg_hardsigmoid(wg_var x); /* min(max(x + 3, 0), 6)/6; 0 at both kinks */
WG_API wg_var wg_hardswish(wg_var x);   /* x hardsigmoid(x); derivative 0 at -3 and 1 at 3 */
WG_API wg_var wg_softsign(wg_var x);    /* x / (1 + |x|) */
WG_API wg_var wg_silu(wg_var x);        /* x / (1 + e^-x) (arXiv:1702.03118) */
WG_API wg_var wg_mish(wg_var x);        /* x tanh(ln(1 + e^x)) (arXiv:1908.08681) */
/* s x where x > 0, else s a (e^x - 1), a = 1.6733, s = 1.0507 (arXiv:1706.02515). */
WG_API wg_var wg_selu(wg_var x);
/* x where x > 0, else alpha (e^(x/alpha) - 1) (arXiv:1704.07483); RANGE unless alpha is positive
 * and finite. */
WG_API wg_var wg_celu(wg_var x, double alpha);
typedef enum { WG_GELU_NONE, WG_GELU_TANH } wg_gelu_form;
/* x times the normal distribution function, itself or approximated by tanh (arXiv:1606.08415). */
WG_API wg_var wg_gelu(wg_var x, wg_gelu_form approximate);
/* min(max(x, lo), hi), derivative 1 at the borders; RANGE unless lo <= hi; either may be
 * infinite. */
WG_API wg_var wg_clamp(wg_var x, double lo, double hi);

/* More of two operands. */
/* x where x > 0, else slope x, the slope being learnt; the derivative at 0 is the slope
 * (arXiv:1502.01852). */
WG_API wg_var wg_prelu(wg_var x, wg_var slope);
WG_API wg_var wg_atan2(wg_var y, wg_var x); /* the angle of (x, y), in [-pi, pi] */
WG_API wg_var wg_hypot(wg_var x, wg_var y); /* sqrt(x^2 + y^2); derivatives 0 at (0, 0) */

/* Masks of masks (bool, or numbers that are 0 or 1); bool, flat. */
WG_API wg_var wg_logical_and(wg_var x, wg_var y); /* both */
WG_API wg_var wg_logical_or(wg_var x, wg_var y);  /* one at least */
WG_API wg_var wg_logical_xor(wg_var x, wg_var y); /* just one */
WG_API wg_var wg_logical_not(wg_var x);           /* not x */

/* Comparisons: masks (bool), of any dtype; false where an operand is NaN, but for not_equal. */
WG_API wg_var wg_equal(wg_var x, wg_var y);         /* x = y */
WG_API wg_var wg_not_equal(wg_var x, wg_var y);     /* x != y */
WG_API wg_var wg_less(wg_var x, wg_var y);          /* x < y */
WG_API wg_var wg_less_equal(wg_var x, wg_var y);    /* x <= y */
WG_API wg_var wg_greater(wg_var x, wg_var y);       /* x > y */
WG_API wg_var wg_greater_equal(wg_var x, wg_var y); /* x >= y */
/* x where the mask (bool, or floats that are 0 or 1) is true, else y, of any dtype.  The branch not
 * taken gets the cotangent 0, whatever it holds.  A gate further down whose derivative is infinite
 * there makes NaN of it (0 * inf): choose its operand first, wg_sqrt(wg_where(mask, x, one)). */
WG_API wg_var wg_where(wg_var mask, wg_var x, wg_var y);

/* ---- element types --------------------------------------------------------------------------- */

/* x in another element type.  Floats round to nearest; a float becomes int64 by dropping its
 * fraction, as in C (VALUE for NaN and what int64 cannot hold), and bool by x != 0.  The gradient
 * passes between floats only. */
WG_API wg_var wg_cast(wg_var x, wg_dtype dtype);

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
WG_API wg_var wg_cumsum(wg_var x, int axis);  /* x[0] + ... + x[i] along the axis */
WG_API wg_var wg_cumprod(wg_var x, int axis); /* x[0] ... x[i]; gradients are right at zeros */
/* y[i] = a[i] y[i-1] + b[i] along the axis, y[0] = b[0]; reverse = 1 runs from the end.  a and b
 * have one shape. */
WG_API wg_var wg_linear_scan(wg_var a, wg_var b, int axis, int reverse);

/* ---- shape ------------------------------------------------------------------------------------
 *
 * For every element type.  transpose, permute, slice, broadcast_to (gate.h) and, where the strides
 * allow it, reshape are views: they cost nothing and share x's memory. */

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

/* ---- products, networks ------------------------------------------------------------------------
 *
 * Images are channels last, (N, H, W, C).  An option pointer may be NULL; a field that is 0 has its
 * default. */

/* x @ y, NumPy's: (..., n, k) (..., k, m) to (..., n, m), batch axes broadcast; a vector is a row
 * on the left and a column on the right.  Transposed views are read in place.  SHAPE where the
 * inner dimensions differ. */
WG_API wg_var wg_matmul(wg_var x, wg_var y);

WG_API wg_var wg_dot(wg_var x, wg_var y);   /* sum x y of two vectors of one length */
WG_API wg_var wg_outer(wg_var x, wg_var y); /* x[i] y[j] of two vectors: (n) (m) to (n, m) */

/* e^x / sum e^x along the axis; finite for any finite scores. */
WG_API wg_var wg_softmax(wg_var x, int axis);
/* y (g - sum y g): the gradient of softmax from its output y. */
WG_API wg_var wg_softmax_grad(wg_var y, wg_var g, int axis);
/* ln softmax(x), exact where probabilities underflow. */
WG_API wg_var wg_log_softmax(wg_var x, int axis);
/* g - e^y sum g: the gradient of log_softmax from its output y. */
WG_API wg_var wg_log_softmax_grad(wg_var y, wg_var g, int axis);

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

/* Index 0 of a pair is height, 1 is width; a stride or dilation whose width is 0 has the
 * height's. */
typedef struct wg_conv2d_options {
    size_t size;         /* sizeof(wg_conv2d_options), or 0 */
    int64_t stride[2];   /* default 1 */
    int64_t pad[2];      /* zeros on each side, default 0 */
    int64_t dilation[2]; /* distance of the kernel's elements, default 1 */
    int64_t groups;      /* parts into which the channels are divided, default 1 */
    int exact;           /* 1: a stride that does not fit is a SHAPE error, not the floor */
} wg_conv2d_options;
/* Correlation of x (N, H, W, C) with w (O, KH, KW, C/groups), plus b (O) or WG_NONE, to
 * (N, OH, OW, O), OH = floor((H - ((KH - 1) dilation + 1) + 2 pad)/stride) + 1. */
WG_API wg_var wg_conv2d(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);
/* Its gradient with respect to x, of the given height and width, from g (N, OH, OW, O): the
 * transposed convolution. */
WG_API wg_var wg_conv2d_grad_input(wg_var g, wg_var w, int64_t height, int64_t width,
                                   const wg_conv2d_options *options);
/* Its gradient with respect to w, of the given height and width. */
WG_API wg_var wg_conv2d_grad_weight(wg_var x, wg_var g, int64_t height, int64_t width,
                                    const wg_conv2d_options *options);

typedef struct wg_pool2d_options {
    size_t size;       /* sizeof(wg_pool2d_options), or 0 */
    int64_t window[2]; /* default 2; a width of 0 is the height's, in strides too */
    int64_t stride[2]; /* default: the window */
    int64_t pad[2];    /* how far windows reach over each side, less than the window; default 0 */
    int ceil;          /* 1: a last window that is cut off counts */
    int exact;         /* 1: a stride that does not fit is a SHAPE error */
} wg_pool2d_options;
/* The largest element of each window of x (N, H, W, C); at a tie the gradient goes to the first in
 * row-major order.  Padding holds no elements; NaN is passed on. */
WG_API wg_var wg_max_pool2d(wg_var x, const wg_pool2d_options *options);
/* Its gradient from g (N, OH, OW, C) and the winners, places h W + w in the image of the given
 * height and width. */
WG_API wg_var wg_max_pool2d_grad(wg_var g, wg_var winners, int64_t height, int64_t width,
                                 const wg_pool2d_options *options);
/* x at the winners: (N, OH, OW, C). */
WG_API wg_var wg_max_pool2d_pick(wg_var x, wg_var winners, const wg_pool2d_options *options);
/* The mean of each window over the elements that lie in the image. */
WG_API wg_var wg_avg_pool2d(wg_var x, const wg_pool2d_options *options);
/* Its gradient from g, for an image of the given height and width. */
WG_API wg_var wg_avg_pool2d_grad(wg_var g, int64_t height, int64_t width,
                                 const wg_pool2d_options *options);

/* gamma (x - mean)/sqrt(var + eps) + beta over all axes but the last: x (..., C), the others (C).
 * mean and var both WG_NONE: those of x, the biased variance; else the given ones
 * (arXiv:1502.03167). */
WG_API wg_var wg_batch_norm(wg_var x, wg_var gamma, wg_var beta, wg_var mean, wg_var var,
                            double eps);
/* (sum g, sum g (x - mean)) by channel: g, x (..., C), mean (C) to (2, C). */
WG_API wg_var wg_batch_norm_sums(wg_var g, wg_var x, wg_var mean);
/* a g + b (x - mean) + c by channel: g, x (..., C), the others (C). */
WG_API wg_var wg_batch_norm_grad(wg_var g, wg_var x, wg_var mean, wg_var a, wg_var b, wg_var c);

/* ---- normalisation ----------------------------------------------------------------------------
 *
 * y = gamma (x - m)/sqrt(v + eps) + beta with mean m and biased variance v.  gamma and beta may be
 * WG_NONE: 1 and 0.  eps is finite and not negative (RANGE).  Channels are last. */

/* Over the axes of the list (n = 0: all); gamma and beta have x's extents there, in x's order
 * (arXiv:1607.06450). */
WG_API wg_var wg_layer_norm(wg_var x, wg_var gamma, wg_var beta, wg_axes axes, double eps);
/* gamma x/sqrt(mean x^2 + eps) over the axes of the list, gamma alike (arXiv:1910.07467). */
WG_API wg_var wg_rms_norm(wg_var x, wg_var gamma, wg_axes axes, double eps);
/* x (N, ..., C), for each n over all places and the C/groups channels of a group; gamma and beta
 * (C); RANGE unless groups divides C (arXiv:1803.08494). */
WG_API wg_var wg_group_norm(wg_var x, wg_var gamma, wg_var beta, int64_t groups, double eps);
/* x (N, ..., C), for each n and channel over all places; gamma and beta (C) (arXiv:1607.08022). */
WG_API wg_var wg_instance_norm(wg_var x, wg_var gamma, wg_var beta, double eps);

/* x_i/s_i^beta, s_i = k + alpha sum of x_j^2 over `size` channels around i; x (..., C).  AlexNet
 * has size 5, alpha 1e-4, beta 0.75, k 2 (A. Krizhevsky et al., NIPS 2012). */
WG_API wg_var wg_local_response_norm(wg_var x, int64_t size, double alpha, double beta, double k);

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

/* x / keep with probability keep in (0, 1], else 0.  Draws from the tape's generator (wg_tape_seed)
 * when recorded; replay and the gradient repeat the mask. */
WG_API wg_var wg_dropout(wg_var x, double keep);

#ifdef __cplusplus
}
#endif

#ifndef WG_NO_SITES
#include "ops/sites.h"
#endif
#endif
