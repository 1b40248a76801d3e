/* conv.c: which kernel a convolution goes to. */
#include "backend/conv.h"

size_t wgi_conv2d_scratch(const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element) {
    return wgi_conv2d_portable_scratch(s, pass, element);
}

void wgi_conv2d_forward_f32(const wgi_conv2d *s, const float *x, const float *w, const float *b,
                            float *y, void *scratch) {
    wgi_conv2d_forward_portable_f32(s, x, w, b, y, scratch);
}

void wgi_conv2d_grad_input_f32(const wgi_conv2d *s, const float *g, const float *w, float *dx,
                               void *scratch) {
    wgi_conv2d_grad_input_portable_f32(s, g, w, dx, scratch);
}

void wgi_conv2d_grad_weight_f32(const wgi_conv2d *s, const float *x, const float *g, float *dw,
                                float *db, void *scratch) {
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
