/* pool1d.h: pools of sequences (N, L, C): those of images (N, 1, L, C), composed. */
#ifndef WGI_OPS_POOL1D_H
#define WGI_OPS_POOL1D_H

#include "ops/pool2d.h"

struct wgi_pool1d_attrs {
    int64_t size, stride, pad; /* stride 0: the size */
    int ceil, exact;
    int64_t out;     /* not 0: as of wgi_pool2d_attrs */
    int include_pad; /* of the average, as the next */
    int64_t divisor;
};

#define WGI_POOL1D_ROWS                                                                            \
    {.name = "size", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_pool1d_attrs, size),       \
     .preset = 2, .doc = "of the window"},                                                         \
    {.name = "stride", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_pool1d_attrs, stride),   \
     .doc = "step of the window; 0: its size"},                                                    \
    {.name = "pad", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_pool1d_attrs, pad),         \
     .doc = "how far windows reach over each end, less than their size"},                          \
    {.name = "ceil", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_pool1d_attrs, ceil),      \
     .doc = "1: a last window that is cut off counts"},                                            \
    {.name = "exact", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_pool1d_attrs, exact),    \
     .doc = "1: a stride that does not fit is an error"}

/* infer of a composition: y (N, OL, C). */
wg_status wgi_pool1d_infer(wg_call *c);
/* What `pool`, a gate of images, makes of x (N, L, C) with attributes struct wgi_pool1d_attrs. */
wg_var wgi_pool1d_compose(const wg_gate *pool, wg_var x, const void *attrs);
/* The attributes that options, NULL allowed, stand for. */
struct wgi_pool1d_attrs wgi_pool1d_resolve(const wg_pool1d_options *options);

#endif
