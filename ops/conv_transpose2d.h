/* conv_transpose2d.h: for conv_transpose1d, which is made of it. */
#ifndef WGI_OPS_CONV_TRANSPOSE2D_H
#define WGI_OPS_CONV_TRANSPOSE2D_H

#include "ops/conv_axes.h"

/* Index 0 of a pair is height, 1 is width. */
struct wgi_conv_transpose2d {
    int64_t stride[2], pad[2], output_pad[2], dilation[2];
    int64_t groups;
};

extern const wg_gate wg_gate_conv_transpose2d;

#endif
