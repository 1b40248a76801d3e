/* images.h: the manual of convolutions and of pooling. */
#ifndef WG_OPS_IMAGES_H
#define WG_OPS_IMAGES_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- convolution -------------------------------------------------------------------------------
 *
 * Images are channels last, (N, H, W, C).  An option pointer may be NULL; a field that is 0 has its
 * default. */

/* What stands around the input of a convolution. */
enum {
    WG_PADDING_ZERO,   /* `pad` zeros on each side */
    WG_PADDING_SAME,   /* zeros so that the output has ceil(input/stride) places, the odd one
                          behind; pad is 0 */
    WG_PADDING_REFLECT /* on each side `pad` places that mirror the input, as wg_pad has it */
};

/* Index 0 of a pair is height, 1 is width; a stride or dilation whose width is 0 has the
 * height's. */
typedef struct wg_conv2d_options {
    size_t size;         /* sizeof(wg_conv2d_options), or 0 */
    int64_t stride[2];   /* default 1 */
    int64_t pad[2];      /* places on each side, default 0 */
    int64_t dilation[2]; /* distance of the kernel's elements, default 1 */
    int64_t groups;      /* parts into which the channels are divided, default 1 */
    int exact;           /* 1: a stride that does not fit is a SHAPE error, not the floor */
    int64_t padding;     /* WG_PADDING_*: what stands around x; default zeros.  (An int would end
                            where a struct without it ended, and could not be told from none.) */
} wg_conv2d_options;
/* Correlation of x (N, H, W, C) with w (O, KH, KW, C/groups), plus b (O) or WG_NONE, to
 * (N, OH, OW, O), OH = floor((H - ((KH - 1) dilation + 1) + 2 pad)/stride) + 1. */
WG_API wg_var wg_conv2d(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);
/* max(wg_conv2d(...), 0) as one value: half the memory and fewer passes. */
WG_API wg_var wg_conv2d_relu(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);
/* The gradient of wg_conv2d with respect to x, of the given height and width, from g (N, OH, OW,
 * O): the transposed convolution. */
WG_API wg_var wg_conv2d_grad_input(wg_var g, wg_var w, int64_t height, int64_t width,
                                   const wg_conv2d_options *options);
/* Its gradient with respect to w, of the given height and width. */
WG_API wg_var wg_conv2d_grad_weight(wg_var x, wg_var g, int64_t height, int64_t width,
                                    const wg_conv2d_options *options);

/* The same over one axis. */
typedef struct wg_conv1d_options {
    size_t size;      /* sizeof(wg_conv1d_options), or 0 */
    int64_t stride;   /* default 1 */
    int64_t pad;      /* places on each side, default 0 */
    int64_t dilation; /* default 1 */
    int64_t groups;   /* default 1 */
    int exact, padding;
} wg_conv1d_options;
/* Correlation of x (N, L, C) with w (O, K, C/groups), plus b (O) or WG_NONE, to (N, OL, O), in all
 * as wg_conv2d has it. */
WG_API wg_var wg_conv1d(wg_var x, wg_var w, wg_var b, const wg_conv1d_options *options);

/* And over three: depth, height, width; a stride or dilation that is 0 has the axis before it. */
typedef struct wg_conv3d_options {
    size_t size;         /* sizeof(wg_conv3d_options), or 0 */
    int64_t stride[3];   /* default 1 */
    int64_t pad[3];      /* places on each side, default 0 */
    int64_t dilation[3]; /* default 1 */
    int64_t groups;      /* default 1 */
    int exact, padding;
} wg_conv3d_options;
/* Correlation of x (N, D, H, W, C) with w (O, KD, KH, KW, C/groups), plus b (O) or WG_NONE, to
 * (N, OD, OH, OW, O). */
WG_API wg_var wg_conv3d(wg_var x, wg_var w, wg_var b, const wg_conv3d_options *options);

typedef struct wg_conv_transpose2d_options {
    size_t size;           /* sizeof(wg_conv_transpose2d_options), or 0 */
    int64_t stride[2];     /* default 1 */
    int64_t pad[2];        /* rows and columns cut off on each side, default 0 */
    int64_t output_pad[2]; /* rows and columns more at the end; less than stride or dilation */
    int64_t dilation[2];   /* default 1 */
    int64_t groups;        /* default 1 */
} wg_conv_transpose2d_options;
/* The transpose of the convolution with w (C, KH, KW, O/groups), which takes O channels to C: of
 * x (N, H, W, C), plus b (O) or WG_NONE, to (N, OH, OW, O),
 * OH = (H - 1) stride - 2 pad + dilation (KH - 1) + output_pad + 1 (arXiv:1603.07285). */
WG_API wg_var wg_conv_transpose2d(wg_var x, wg_var w, wg_var b,
                                  const wg_conv_transpose2d_options *options);

typedef struct wg_conv_transpose1d_options {
    size_t size; /* sizeof(wg_conv_transpose1d_options), or 0 */
    int64_t stride, pad, output_pad, dilation, groups;
} wg_conv_transpose1d_options;
/* The same over one axis: x (N, L, C), w (C, K, O/groups), to (N, OL, O). */
WG_API wg_var wg_conv_transpose1d(wg_var x, wg_var w, wg_var b,
                                  const wg_conv_transpose1d_options *options);

typedef struct wg_unfold_options {
    size_t size;         /* sizeof(wg_unfold_options), or 0 */
    int64_t kernel[2];   /* height and width of a window; a width of 0 is the height's */
    int64_t stride[2];   /* default 1 */
    int64_t pad[2];      /* rows and columns of zeros on each side, default 0 */
    int64_t dilation[2]; /* distance of a window's elements, default 1 */
} wg_unfold_options;
/* The windows of x (N, H, W, C) as rows (im2col): (N, OH OW, KH KW C), OH and OW as wg_conv2d has
 * them, a row in the order of the kernel's rows, its columns, the channels. */
WG_API wg_var wg_unfold(wg_var x, const wg_unfold_options *options);
/* Its adjoint (col2im): an image (N, height, width, C) from windows x, where they overlap their
 * sum. */
WG_API wg_var wg_fold(wg_var x, int64_t height, int64_t width, const wg_unfold_options *options);

/* ---- pooling -------------------------------------------------------------------------------- */

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
