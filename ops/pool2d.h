/* pool2d.h: the geometry that the pools and their transposes share. */
#ifndef WGI_OPS_POOL2D_H
#define WGI_OPS_POOL2D_H

#include "backend/pool.h"
#include "ops/ops.h"
#include "ops/windows.h"

/* Index 0 of a pair is height, 1 is width. */
struct wgi_pool2d_attrs {
    int64_t size[2], stride[2], pad[2]; /* stride 0: the size */
    int ceil, exact;
    int64_t image[2]; /* height and width of x, for the gates that give x's shape; else unused */
    int64_t out[2];   /* 0: as the windows fit; else so many, of the sizes that this takes */
    int include_pad;  /* of the average: padding counts as zeros */
    int64_t divisor;  /* of the average; 0: the number of elements */
};

#define WGI_POOL2D_ROWS                                                                            \
    {.name = "size", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, size),      \
     .preset = 2, .doc = "of the window, height and width"},                                       \
    {.name = "stride", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, stride),  \
     .doc = "step of the window; 0: its size"},                                                    \
    {.name = "pad", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, pad),        \
     .doc = "how far windows reach over each side, less than their size"},                         \
    {.name = "ceil", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_pool2d_attrs, ceil),      \
     .doc = "1: a last window that is cut off counts"}
#define WGI_POOL2D_OUT                                                                             \
    {.name = "out", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, out),        \
     .doc = "0, or how many windows; window i over n elements is then floor(i n/out) to "          \
            "ceil((i + 1) n/out), and size says nothing"}
#define WGI_POOL2D_EXACT                                                                           \
    {.name = "exact", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_pool2d_attrs, exact),    \
     .doc = "1: a stride that does not fit is an error"}
#define WGI_POOL2D_DIVISOR                                                                         \
    {.name = "include_pad", .kind = WG_ATTR_BOOL,                                                  \
     .offset = offsetof(struct wgi_pool2d_attrs, include_pad),                                     \
     .doc = "1: padding counts as zeros; 0: it holds no elements"},                                \
    {.name = "divisor", .kind = WG_ATTR_INT,                                                       \
     .offset = offsetof(struct wgi_pool2d_attrs, divisor),                                         \
     .doc = "what sums are divided by; 0: the number of elements"}
#define WGI_POOL2D_IMAGE                                                                           \
    {.name = "image", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, image),    \
     .required = 1, .doc = "height and width of the result"}

/* The geometry for x of extents (n, h, w, c), checked. */
wg_status wgi_pool2d_geometry(const wg_call *c, const int64_t *x, wgi_pool2d *s);
/* infer of a pool: y (n, oh, ow, c) from operand 0. */
wg_status wgi_pool2d_infer(wg_call *c);
/* infer of a transpose: y (n, image, c) from operand 0, g. */
wg_status wgi_pool2d_grad_infer(wg_call *c);
/* The attributes that options, NULL allowed, stand for. */
struct wgi_pool2d_attrs wgi_pool2d_resolve(const wg_pool2d_options *options);
/* The call's attributes for the transpose of a pool over x: x's height and width, not exact. */
struct wgi_pool2d_attrs wgi_pool2d_of(const wg_pull *p, wg_var x);

extern const wg_gate wg_gate_max_pool2d, wg_gate_max_pool2d_grad, wg_gate_max_pool2d_pick,
    wg_gate_avg_pool2d, wg_gate_avg_pool2d_grad, wg_gate_l2_pool2d, wg_gate_l2_pool2d_grad;

#endif
