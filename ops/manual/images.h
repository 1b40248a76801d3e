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

#ifdef __cplusplus
}
#endif
#endif
