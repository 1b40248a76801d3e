/* The transposed convolution over one axis: x (N, L, C), w (C, K, O/groups) and b (O) or absent
 * give y (N, OL, O), OL = (L - 1) s - 2 pad + d (K - 1) + output_pad + 1,
 *
 *     y[n, i, o] = b[o] + sum of x[n, p, c] w[c, u, o] over the p, u with i = p s + u d - pad,
 *
 * c and o in the same group: conv_transpose2d of images of height 1. */
#include "ops/conv_transpose2d.h"

struct wgi_conv_transpose1d {
    int64_t stride, pad, output_pad, dilation, groups;
};

static wg_status infer(wg_call *c) {
    const struct wgi_conv_transpose1d *a = c->attrs;
    const wg_value *x = c->x[0], *w = c->x[1];
    c->y.rank = 3;
    wg_status s = wgi_conv_rank(c, "x", x, 3);
    if (s == WG_OK) s = wgi_conv_rank(c, "w", w, 3);
    if (s == WG_OK) s = wgi_transpose_channels(c, x->dim[2], a->groups, 3, w->dim, &c->y.dim[2]);
    if (s == WG_OK) s = wgi_conv_bias(c, c->x[2], c->y.dim[2]);
    if (s != WG_OK) return s;
    wgi_transpose_axis axis = {x->dim[1], w->dim[1],     a->stride,
                               a->pad,    a->output_pad, a->dilation};
    c->y.dim[0] = x->dim[0];
    return wgi_transpose_count(c, &axis, &c->y.dim[1]);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_conv_transpose1d *a = attrs;
    struct wgi_conv_transpose2d flat = {
        {1, a->stride}, {0, a->pad}, {0, a->output_pad}, {1, a->dilation}, a->groups};
    wg_var operands[3] = {wg_expand_dims(x[0], 1), wg_expand_dims(x[1], 1), x[2]};
    (void)n;
    return wg_squeeze(wg_record(&wg_gate_conv_transpose2d, 3, operands, &flat), WG_AXES(1));
}

static const wg_attr attrs[] = {
    {.name = "stride", .kind = WG_ATTR_INT, .preset = 1,
     .offset = offsetof(struct wgi_conv_transpose1d, stride), .doc = "distance of x's places in y"},
    {.name = "pad", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_conv_transpose1d, pad),
     .doc = "places cut off on each side"},
    {.name = "output_pad", .kind = WG_ATTR_INT,
     .offset = offsetof(struct wgi_conv_transpose1d, output_pad),
     .doc = "places more at the end"},
    {.name = "dilation", .kind = WG_ATTR_INT, .preset = 1,
     .offset = offsetof(struct wgi_conv_transpose1d, dilation),
     .doc = "distance of the kernel's elements"},
    WGI_CONV_GROUPS_ROW(struct wgi_conv_transpose1d),
    {.name = NULL},
};
static const struct wgi_conv_transpose1d plain = {1, 0, 0, 1, 1}, strided = {3, 2, 1, 2, 1},
                                         grouped = {2, 1, 1, 1, 2}, further = {1, 1, 2, 3, 1};
static const wg_sample samples[] = {
    {.shapes = "2,3,2|2,3,3|3", .attrs = &plain},
    {.shapes = "1,3,2|2,3,2|-", .attrs = &strided},
    {.shapes = "2,3,4|4,2,1|2", .attrs = &grouped},
    {.shapes = "1,2,1|1,2,2|2", .attrs = &further},
    {.shapes = "0,2,1|1,2,2|2", .attrs = &plain},
    {.shapes = "1,1,1|1,1,1|1", .attrs = &plain},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv_transpose1d = {
    .size = sizeof(wg_gate),
    .name = "conv_transpose1d",
    .formula = "y = the gradient of conv1d to its input at x, plus b",
    .derivative = "that of conv_transpose2d with height 1",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_conv_transpose1d),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) (C, K, O/groups) (O)? -> (N, OL, O); OL = (L - 1) stride - 2 pad + "
             "dilation (K - 1) + output_pad + 1",
};

wg_var wg_conv_transpose1d(wg_var x, wg_var w, wg_var b,
                           const wg_conv_transpose1d_options *options) {
    wg_var operands[3] = {x, w, b};
    wg_conv_transpose1d_options o;
    wgi_read_options(&o, sizeof o, options);
    struct wgi_conv_transpose1d a = {o.stride ? o.stride : 1, o.pad, o.output_pad,
                                     o.dilation ? o.dilation : 1, o.groups ? o.groups : 1};
    return wg_record(&wg_gate_conv_transpose1d, 3, operands, &a);
}
