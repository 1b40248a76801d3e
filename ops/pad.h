/* pad.h: padding, for gates that pad an operand within. */
#ifndef WGI_OPS_PAD_H
#define WGI_OPS_PAD_H

#include "autograd/gate.h"

struct wgi_pad {
    wg_shape before, after; /* counts, not extents; rank 0: all zero */
    int mode;
};

/* Writes x and what stands around it to y, dense, of the padded shape. */
void wgi_pad_copy(const struct wgi_pad *a, const wg_value *x, const wg_value *y);
/* The transpose: what g, of the padded shape, gives back to a value of shape x. */
wg_var wgi_pad_transpose(const struct wgi_pad *a, wg_var g, wg_shape x);

#endif
