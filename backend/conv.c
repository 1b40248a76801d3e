/* conv.c: which kernel a convolution goes to. */
#include "backend/conv.h"

#if defined(WG_HAVE_DNNL)
#include "backend/dnnl.h"
#endif

/* oneDNN may decline at the last moment, so there is always room for the portable kernel. */
size_t wgi_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element) {
    size_t bytes = wgi_conv2d_portable_scratch(s, pass, element);
#if defined(WG_HAVE_DNNL)
    if (element == sizeof(float)) {
        const size_t library = wgi_dnnl_conv2d_scratch(s, pass);
        if (library > bytes) bytes = library;
    }
#endif
    return bytes;
}

/* 1 when a library did it.  The pass says which of the arrays are only read. */
static int done_by_library(const wgi_conv2d *s, wgi_conv2d_pass pass, const float *x,
                           const float *w, const float *b, const float *y, void *scratch) {
#if defined(WG_HAVE_DNNL)
    return wgi_dnnl_conv2d(s, pass, (float *)x, (float *)w, (float *)b, (float *)y, scratch);
#else
    (void)s, (void)pass, (void)x, (void)w, (void)b, (void)y, (void)scratch;
    return 0;
#endif
}

void wgi_conv2d_forward_f32(const wgi_conv2d *s, const float *x, const float *w, const float *b,
                            float *y, void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_FORWARD, x, w, b, y, scratch))
        wgi_conv2d_forward_portable_f32(s, x, w, b, y, scratch);
}

void wgi_conv2d_grad_input_f32(const wgi_conv2d *s, const float *g, const float *w, float *dx,
                               void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_GRAD_INPUT, dx, w, NULL, g, scratch))
        wgi_conv2d_grad_input_portable_f32(s, g, w, dx, scratch);
}

void wgi_conv2d_grad_weight_f32(const wgi_conv2d *s, const float *x, const float *g, float *dw,
                                float *db, void *scratch) {
    if (!done_by_library(s, WGI_CONV2D_GRAD_WEIGHT, x, dw, db, g, scratch))
        wgi_conv2d_grad_weight_portable_f32(s, x, g, dw, db, scratch);
}

void wgi_conv2d_forward_f64(const wgi_conv2d *s, const double *x, const double *w, const double *b,
                            double *y, void *scratch) {
    wgi_conv2d_forward_portable_f64(s, x, w, b, y, scratch);
}

void wgi_conv2d_grad_input_f64(const wgi_conv2d *s, const double *g, const double *w, double *dx,
                               void *scratch) {
    wgi_conv2d_grad_input_portable_f64(s, g, w, dx, scratch);
}

void wgi_conv2d_grad_weight_f64(const wgi_conv2d *s, const double *x, const double *g, double *dw,
                                double *db, void *scratch) {
    wgi_conv2d_grad_weight_portable_f64(s, x, g, dw, db, scratch);
}
