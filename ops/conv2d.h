/* conv2d.h: the geometry that conv2d and its two gradients share.
 *
 * The three are one trilinear form: with y = conv2d(x, w), <g, y> = <x, dx> = <w, dw> for
 * dx = conv2d_grad_input(g, w) and dw = conv2d_grad_weight(x, g).  So each one's derivatives are
 * the other two, with the same strides, pads, dilations and groups.  A mirrored border is not part
 * of the form: conv2d with it is that of the padded image, and so are its derivatives. */
#ifndef WGI_OPS_CONV2D_H
#define WGI_OPS_CONV2D_H

#include "autograd/tape.h"
#include "backend/conv.h"
#include "ops/conv_axes.h"
#include "ops/ops.h"
#include "ops/windows.h"

/* Index 0 of a pair is height, 1 is width. */
struct wgi_conv2d_attrs {
    int64_t stride[2], pad[2], dilation[2];
    int64_t groups;
    int exact;       /* refuse a stride that does not fit */
    int64_t size[2]; /* of x for the gradient of x, of the kernel for that of w; else unused */
    int padding;     /* WG_PADDING_*; of the gradients never reflect */
};

#define WGI_CONV2D_ROWS                                                                            \
    {.name = "stride", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_conv2d_attrs, stride),  \
     .preset = 1, .doc = "step of the kernel, height and width"},                                  \
    {.name = "pad", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_conv2d_attrs, pad),        \
     .doc = "rows and columns added on each side"},                                             \
    {.name = "dilation", .kind = WG_ATTR_PAIR,                                                     \
     .offset = offsetof(struct wgi_conv2d_attrs, dilation), .preset = 1,                           \
     .doc = "distance of the kernel's elements"},                                                  \
    WGI_CONV_GROUPS_ROW(struct wgi_conv2d_attrs)

/* Of the gradients, for zero and same alone. */
#define WGI_CONV2D_GRAD_PADDING_ROW                                                                \
    {.name = "padding", .kind = WG_ATTR_WORD,                                                      \
     .offset = offsetof(struct wgi_conv2d_attrs, padding), .preset = WG_PADDING_ZERO,              \
     .words = wgi_conv2d_grad_paddings, .doc = "of the convolution: pad zeros, or same"}
extern const char *const wgi_conv2d_grad_paddings[];
/* RANGE for reflect. */
wg_status wgi_conv2d_grad_padding(const wg_call *c);

/* The geometry from the shapes of x (n, h, w, c) and w (o, kh, kw, c / groups), checked; the error
 * is the call's. */
wg_status wgi_conv2d_geometry(const wg_call *c, const int64_t *x, const int64_t *w, wgi_conv2d *s);
/* wg_gate.nudge of conv2d: float64, not with a mirrored border. */
int wgi_conv2d_nudge(wg_call *call, size_t k, const int64_t *at, double delta);
/* The attributes that options, NULL allowed, stand for. */
struct wgi_conv2d_attrs wgi_conv2d_resolve(const wg_conv2d_options *options);

extern const wg_gate wg_gate_conv2d, wg_gate_conv2d_grad_input, wg_gate_conv2d_grad_weight;
/* Records one of the two gradients with all its attributes. */
static inline wg_var wgi_conv2d_record(const wg_gate *gate, wg_var x, wg_var y,
                                       const struct wgi_conv2d_attrs *a) {
    wg_var operands[2] = {x, y};
    return wg_record(gate, 2, operands, a);
}
/* The convolution without bias, and with its gradients' attributes. */
static inline wg_var wgi_conv2d_plain(wg_var x, wg_var w, const struct wgi_conv2d_attrs *a) {
    wg_var operands[3] = {x, w, WG_NONE};
    return wg_record(&wg_gate_conv2d, 3, operands, a);
}
/* Operations of one pass: g of the convolution's result, w (or its gradient) of its weights. */
static inline double wgi_conv2d_work(const wg_value *g, const wg_value *w) {
    double out = w->dim[0] ? (double)w->dim[0] : 1;
    return 2 * (double)wg_value_size(g) * (double)wg_value_size(w) / out;
}
/* What conv2d shares with conv2d_relu.  Its rows of attributes; a mirrored border; infer, forward
 * and work; the rule and the direct reverse kernel from h, the cotangent of the convolution: given,
 * or with relu that of y where the rectifier let it through. */
extern const wg_attr wgi_conv2d_all_attrs[];
int wgi_conv2d_mirrored(const struct wgi_conv2d_attrs *a);
wg_status wgi_conv2d_infer(wg_call *c);
wg_status wgi_conv2d_forward(wg_call *c);
double wgi_conv2d_work_of(const wg_call *c, int k);
void wgi_conv2d_rule(wg_pull *p, wg_var h);
wg_status wgi_conv2d_direct(const wg_call *c, const wg_value *g, const wg_into *into, int relu);
/* Scratch for one pass over elements of the given size; *failed is set where there is none. */
void *wgi_conv2d_room(const wg_call *c, const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element,
                      wg_status *failed);

#endif
