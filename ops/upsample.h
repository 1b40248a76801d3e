/* upsample.h: where the elements of an image at another size come from, for upsample and its
 * adjoint. */
#ifndef WGI_UPSAMPLE_H
#define WGI_UPSAMPLE_H

#include "autograd/tape.h"
#include "ops/ops.h"

/* Index 0 of a pair is height, 1 is width. */
struct wgi_upsample_attrs {
    int64_t size[2], factor[2]; /* of upsample: one of them, the other 0 */
    int mode, align_corners;
    int64_t image[2]; /* of upsample_grad: the size of the result */
};

/* Along one axis: (1 - w) x[i] + w x[j]; where w = 0, x[i] alone. */
typedef struct wgi_tap {
    int64_t i, j;
    double w;
} wgi_tap;

/* An image of (h, w) pixels and one of (oh, ow), n of each with c channels; rows (oh) and cols (ow)
 * say where the latter's pixels come from. */
typedef struct wgi_upsample {
    int64_t n, h, w, oh, ow, c;
    wgi_tap *rows, *cols;
} wgi_upsample;

/* RANGE and SHAPE of what upsample and its adjoint share: the mode, and that both sizes, in and
 * out, lie in [1, 2^30]. */
wg_status wgi_upsample_check(const wg_call *c, const int64_t *in, const int64_t *out);
/* The taps of these sizes, in scratch memory. */
wg_status wgi_upsample_init(const wg_call *c, const int64_t *image, const int64_t *other,
                            wgi_upsample *s);
/* The pixels h w + w' of the image that make pixel (p, q) of the other: their number, 1, 2 or 4,
 * places and weights, none 0. */
int wgi_upsample_sources(const wgi_upsample *s, int64_t p, int64_t q, int64_t *place,
                         double *weight);

#define WGI_UPSAMPLE_ALIGN                                                                         \
    {.name = "align_corners", .kind = WG_ATTR_BOOL,                                                \
     .offset = offsetof(struct wgi_upsample_attrs, align_corners),                                 \
     .doc = "1: first and last elements stay where they are; 0: the edges of pixels do"}

extern const wg_gate wg_gate_upsample, wg_gate_upsample_grad;

#endif
