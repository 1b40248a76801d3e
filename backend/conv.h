/* conv.h: two-dimensional convolution (correlation, as networks have it), channels last.
 *
 *     y[i, p, q, o] = b[o] + sum over u, v, j of x[i, r(p, u), s(q, v), j] w[o, u, v, j],
 *     r(p, u) = p stride0 + u dilation0 - before0,  s(q, v) = q stride1 + v dilation1 - before1,
 *
 * with x = 0 outside; j runs over the input channels of o's group.  float32 goes through oneDNN
 * where the build has it, everything else through portable C, which gives the same bits for any
 * number of threads. */
#ifndef WGI_CONV_H
#define WGI_CONV_H

#include <stddef.h>
#include <stdint.h>

/* Index 0 of a pair is height, 1 is width.  Any extent of an array may be 0; groups divides c and
 * o; stride and dilation are at least 1, pads at least 0. */
typedef struct wgi_conv2d {
    int64_t n, h, w, c; /* x: (n, h, w, c) */
    int64_t o, kh, kw;  /* w: (o, kh, kw, c / groups), b: (o) */
    int64_t groups;
    int64_t stride[2], dilation[2];
    int64_t before[2], after[2]; /* zero padding: top and left, bottom and right */
    int64_t oh, ow;              /* y: (n, oh, ow, o) */
    int64_t add;                 /* 1: the gradient to the input is added to dx */
} wgi_conv2d;

/* floor((in + before + after - (dilation (size - 1) + 1)) / stride) + 1, the outputs along one
 * axis; 0 where the kernel does not fit.  Pools use it too. */
int64_t wgi_conv2d_extent(int64_t in, int64_t size, int64_t stride, int64_t dilation,
                          int64_t before, int64_t after);

typedef enum wgi_conv2d_pass {
    WGI_CONV2D_FORWARD,
    WGI_CONV2D_GRAD_INPUT,
    WGI_CONV2D_GRAD_WEIGHT
} wgi_conv2d_pass;

/* 1 where `add` costs less than a pass of its own. */
int wgi_conv2d_adds(const wgi_conv2d *s, size_t element);

/* Bytes of scratch for one pass; element is sizeof(float) or sizeof(double).  They hold as long as
 * wg_threads() stays as it is. */
size_t wgi_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element);

/* y = x * w + b; b may be NULL.  Every function overwrites its outputs (but see `add`); scratch is
 * aligned to 64 and holds wgi_conv2d_scratch bytes (NULL where that is 0); outputs overlap
 * nothing. */
void wgi_conv2d_forward_f32(const wgi_conv2d *s, const float *x, const float *w, const float *b,
                            float *y, void *scratch);
void wgi_conv2d_forward_f64(const wgi_conv2d *s, const double *x, const double *w, const double *b,
                            double *y, void *scratch);
/* dx from the cotangent g of y. */
void wgi_conv2d_grad_input_f32(const wgi_conv2d *s, const float *g, const float *w, float *dx,
                               void *scratch);
void wgi_conv2d_grad_input_f64(const wgi_conv2d *s, const double *g, const double *w, double *dx,
                               void *scratch);
/* dw, and db (the sum of g over images and places) unless db is NULL. */
void wgi_conv2d_grad_weight_f32(const wgi_conv2d *s, const float *x, const float *g, float *dw,
                                float *db, void *scratch);
void wgi_conv2d_grad_weight_f64(const wgi_conv2d *s, const double *x, const double *g, double *dw,
                                double *db, void *scratch);

/* The portable kernels, where no library does it; same contract. */
size_t wgi_conv2d_portable_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element);
void wgi_conv2d_forward_portable_f32(const wgi_conv2d *s, const float *x, const float *w,
                                     const float *b, float *y, void *scratch);
void wgi_conv2d_grad_input_portable_f32(const wgi_conv2d *s, const float *g, const float *w,
                                        float *dx, void *scratch);
void wgi_conv2d_grad_weight_portable_f32(const wgi_conv2d *s, const float *x, const float *g,
                                         float *dw, float *db, void *scratch);
void wgi_conv2d_forward_portable_f64(const wgi_conv2d *s, const double *x, const double *w,
                                     const double *b, double *y, void *scratch);
void wgi_conv2d_grad_input_portable_f64(const wgi_conv2d *s, const double *g, const double *w,
                                        double *dx, void *scratch);
void wgi_conv2d_grad_weight_portable_f64(const wgi_conv2d *s, const double *x, const double *g,
                                         double *dw, double *db, void *scratch);

#endif
