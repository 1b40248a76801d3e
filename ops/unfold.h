/* unfold.h: the geometry that unfold and fold share.  Each is the other's transpose, with the same
 * attributes. */
#ifndef WGI_OPS_UNFOLD_H
#define WGI_OPS_UNFOLD_H

#include "backend/conv.h"
#include "ops/conv_axes.h"

/* Index 0 of a pair is height, 1 is width. */
struct wgi_unfold {
    int64_t kernel[2], stride[2], pad[2], dilation[2];
    int64_t image[2]; /* height and width of the image, for fold; else unused */
};

#define WGI_UNFOLD_ROWS                                                                            \
    {.name = "kernel", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_unfold, kernel),        \
     .required = 1, .doc = "height and width of a window"},                                        \
    {.name = "stride", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_unfold, stride),        \
     .preset = 1, .doc = "step of the windows, height and width"},                                 \
    {.name = "pad", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_unfold, pad),              \
     .doc = "rows and columns of zeros on each side"},                                             \
    {.name = "dilation", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_unfold, dilation),    \
     .preset = 1, .doc = "distance of a window's elements"}

/* The geometry of images (n, h, w, c), checked: a convolution without output channels. */
wg_status wgi_unfold_geometry(const wg_call *c, const int64_t *image, wgi_conv2d *s);
/* The attributes that options stand for. */
struct wgi_unfold wgi_unfold_resolve(const wg_unfold_options *options);

extern const wg_gate wg_gate_unfold, wg_gate_fold;

#endif
