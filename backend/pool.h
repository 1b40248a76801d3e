/* pool.h: maximum, average and root of the sum of squares over windows of an image, channels last.
 *
 * Padding widens where windows may lie, it holds no elements: the maximum ignores it and the
 * average divides by the number of elements of the image in the window, unless told otherwise.  A
 * window with none of them has maximum -infinity, average NaN, root 0 and no gradient. */
#ifndef WGI_POOL_H
#define WGI_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Index 0 of a pair is height, 1 is width.  wgi_conv2d_extent gives oh and ow; windows may reach
 * past the bottom and right as far as oh and ow say. */
typedef struct wgi_pool2d {
    int64_t n, h, w, c; /* x: (n, h, w, c) */
    int64_t size[2], stride[2];
    int64_t before[2]; /* padding at the top and the left */
    int64_t oh, ow;    /* y: (n, oh, ow, c) */
    /* 1: window p of P over n elements is [floor(p n/P), ceil((p + 1) n/P)); then size, stride and
     * before say nothing. */
    int adaptive;
    int64_t counted[2]; /* of the padding on each side, so much counts for the average as zeros */
    int64_t divisor;    /* of the average; 0: the number of elements */
} wgi_pool2d;

/* Window p along an axis, 0 height and 1 width, as far as it lies on the image widened by `margin`
 * on both sides: [*from, *to), empty where they are equal. */
void wgi_pool2d_span(const wgi_pool2d *s, int axis, int64_t p, int64_t margin, int64_t *from,
                     int64_t *to);

/* y = the largest of each window, the first NaN where there is one.  winners, unless NULL, gets its
 * place ih * w + iw in the image, the first of equals, -1 for a window without elements; like y
 * (n, oh, ow, c). */
void wgi_max_pool2d_f32(const wgi_pool2d *s, const float *x, float *y, int64_t *winners);
void wgi_max_pool2d_f64(const wgi_pool2d *s, const double *x, double *y, int64_t *winners);
/* dx from the cotangent g of y: each g goes to its winner.  Overwrites dx. */
void wgi_max_pool2d_grad_f32(const wgi_pool2d *s, const float *g, const int64_t *winners,
                             float *dx);
void wgi_max_pool2d_grad_f64(const wgi_pool2d *s, const double *g, const int64_t *winners,
                             double *dx);
/* y = x at the winners, 0 where there is none: the transpose of the gradient above. */
void wgi_max_pool2d_pick_f32(const wgi_pool2d *s, const float *x, const int64_t *winners, float *y);
void wgi_max_pool2d_pick_f64(const wgi_pool2d *s, const double *x, const int64_t *winners,
                             double *y);

/* y = the sum over each window divided by `divisor` or the number of elements; its gradient
 * overwrites dx. */
void wgi_avg_pool2d_f32(const wgi_pool2d *s, const float *x, float *y);
void wgi_avg_pool2d_f64(const wgi_pool2d *s, const double *x, double *y);
void wgi_avg_pool2d_grad_f32(const wgi_pool2d *s, const float *g, float *dx);
void wgi_avg_pool2d_grad_f64(const wgi_pool2d *s, const double *g, double *dx);

/* y = the root of the sum of squares of each window, without overflow.  Its gradient from g, x and
 * y, the sum of g x / y over the windows of an element, where windows with y = 0 give nothing;
 * overwrites dx. */
void wgi_l2_pool2d_f32(const wgi_pool2d *s, const float *x, float *y);
void wgi_l2_pool2d_f64(const wgi_pool2d *s, const double *x, double *y);
void wgi_l2_pool2d_grad_f32(const wgi_pool2d *s, const float *g, const float *x, const float *y,
                            float *dx);
void wgi_l2_pool2d_grad_f64(const wgi_pool2d *s, const double *g, const double *x, const double *y,
                            double *dx);

#endif
