/* images.h: the manual of convolutions and of pooling. */
#ifndef WG_OPS_IMAGES_H
#define WG_OPS_IMAGES_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- convolution, pooling ----------------------------------------------------------------------
 *
 * Images are channels last, (N, H, W, C).  An option pointer may be NULL; a field that is 0 has its
 * default. */

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
    int64_t out[2];    /* default 0, else adaptive: so many windows, window i over n elements from
                          floor(i n/out) up to ceil((i + 1) n/out); the fields above are unused,
                          RANGE where stride, pad, ceil or exact are given */
    int include_pad;   /* of the average, 1: padding counts as zeros, but for what a window cut off
                          by ceil has beyond it */
    int64_t divisor;   /* of the average: what sums are divided by, default the number of
                          elements */
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
/* The mean of each window over the elements that lie in the image, or as include_pad and divisor
 * say. */
WG_API wg_var wg_avg_pool2d(wg_var x, const wg_pool2d_options *options);
/* Its gradient from g, for an image of the given height and width. */
WG_API wg_var wg_avg_pool2d_grad(wg_var g, int64_t height, int64_t width,
                                 const wg_pool2d_options *options);
/* sqrt(sum x^2) over the elements of each window that lie in the image; derivative 0 where they are
 * all 0. */
WG_API wg_var wg_l2_pool2d(wg_var x, const wg_pool2d_options *options);
/* Its gradient, the sum of g x/y over the windows of each element, none where y is 0: g and y
 * (N, OH, OW, C), x (N, H, W, C). */
WG_API wg_var wg_l2_pool2d_grad(wg_var g, wg_var x, wg_var y, const wg_pool2d_options *options);

/* The same pools with out[] = height, width. */
WG_API wg_var wg_adaptive_max_pool2d(wg_var x, int64_t height, int64_t width);
WG_API wg_var wg_adaptive_avg_pool2d(wg_var x, int64_t height, int64_t width);

typedef struct wg_pool1d_options { /* fields as of wg_pool2d_options */
    size_t size;                   /* sizeof(wg_pool1d_options), or 0 */
    int64_t window;                /* default 2 */
    int64_t stride;                /* default: the window */
    int64_t pad;
    int ceil, exact;
    int include_pad;
    int64_t divisor;
} wg_pool1d_options;
/* The same of sequences x (N, L, C), to (N, OL, C). */
WG_API wg_var wg_max_pool1d(wg_var x, const wg_pool1d_options *options);
WG_API wg_var wg_avg_pool1d(wg_var x, const wg_pool1d_options *options);
WG_API wg_var wg_l2_pool1d(wg_var x, const wg_pool1d_options *options);
WG_API wg_var wg_adaptive_max_pool1d(wg_var x, int64_t length);
WG_API wg_var wg_adaptive_avg_pool1d(wg_var x, int64_t length);

/* Over all places of x (N, ..., C), to (N, C): the largest, where winners that are equal share the
 * gradient (VALUE of no places), and the mean (of no places NaN). */
WG_API wg_var wg_global_max_pool(wg_var x);
WG_API wg_var wg_global_avg_pool(wg_var x);

/* ---- enlarging and shrinking images ---------------------------------------------------------- */

typedef enum { WG_UPSAMPLE_NEAREST, WG_UPSAMPLE_LINEAR } wg_upsample_mode;

/* x (N, H, W, C) at another size (N, height, width, C), any from 1 on.  Nearest: output p of P
 * takes x[floor(p n/P)].  Bilinear: what the lines between neighbours have at (p + 1/2) n/P - 1/2,
 * or 0 below it, and with align_corners (not for nearest, RANGE) at p (n - 1)/(P - 1).  Coordinates
 * are exact fractions. */
WG_API wg_var wg_upsample(wg_var x, int64_t height, int64_t width, wg_upsample_mode mode,
                          int align_corners);
/* The same by whole factors, to (N, tall H, wide W, C). */
WG_API wg_var wg_upsample_by(wg_var x, int64_t tall, int64_t wide, wg_upsample_mode mode,
                             int align_corners);
/* The adjoint: g (N, OH, OW, C) to an image of the given height and width. */
WG_API wg_var wg_upsample_grad(wg_var g, int64_t height, int64_t width, wg_upsample_mode mode,
                               int align_corners);
/* The same of x (N, L, C) to (N, length, C). */
WG_API wg_var wg_upsample1d(wg_var x, int64_t length, wg_upsample_mode mode, int align_corners);

#ifdef __cplusplus
}
#endif
#endif
