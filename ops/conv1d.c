/* Convolution over one axis, channels last: x (N, L, C), w (O, K, C/groups) and b (O) or absent
 * give y (N, OL, O),
 *
 *     y[n, p, o] = b[o] + sum_(u, c) x[n, p s + u d - pad, c] w[o, u, c],
 *
 * c over the channels of o's group, with stride, pad, dilation, groups and padding of conv2d: it is
 * the conv2d of images of height 1. */
#include "ops/conv2d.h"

struct wgi_conv1d {
    int64_t stride, pad, dilation, groups;
    int exact, padding;
};

static wg_status infer(wg_call *c) {
    const struct wgi_conv1d *a = c->attrs;
    const wg_value *x = c->x[0], *w = c->x[1];
    wgi_conv_places places = {0, 0, 0};
    wg_status s = wgi_conv_rank(c, "x", x, 3);
    if (s == WG_OK) s = wgi_conv_rank(c, "w", w, 3);
    if (s == WG_OK) s = wgi_conv_channels(c, x->dim[2], a->groups, 3, w->dim);
    if (s == WG_OK) s = wgi_conv_bias(c, c->x[2], w->dim[0]);
    if (s != WG_OK) return s;
    wgi_conv_axis axis = {x->dim[1],   w->dim[1],  a->stride, a->pad,
                          a->dilation, a->padding, a->exact};
    s = wgi_conv_count(c, &axis, &places);
    c->y.rank = 3;
    c->y.dim[0] = x->dim[0];
    c->y.dim[1] = places.out;
    c->y.dim[2] = w->dim[0];
    return s;
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_conv1d *a = attrs;
    struct wgi_conv2d_attrs flat = {{1, a->stride}, {0, a->pad}, {1, a->dilation}, a->groups,
                                    a->exact,       {0, 0},      a->padding};
    wg_var operands[3] = {wg_expand_dims(x[0], 1), wg_expand_dims(x[1], 1), x[2]};
    (void)n;
    return wg_squeeze(wg_record(&wg_gate_conv2d, 3, operands, &flat), WG_AXES(1));
}

static const wg_attr attrs[] = {
    {.name = "stride", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_conv1d, stride),
     .preset = 1, .doc = "step of the kernel"},
    {.name = "pad", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_conv1d, pad),
     .doc = "places added on each side"},
    {.name = "dilation", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_conv1d, dilation),
     .preset = 1, .doc = "distance of the kernel's elements"},
    WGI_CONV_GROUPS_ROW(struct wgi_conv1d),
    WGI_CONV_EXACT_ROW(struct wgi_conv1d),
    WGI_CONV_PADDING_ROW(struct wgi_conv1d),
    {.name = NULL},
};
static const struct wgi_conv1d plain = {1, 0, 1, 1, 0, WG_PADDING_ZERO},
                               depthwise = {2, 3, 2, 2, 0, WG_PADDING_ZERO},
                               same = {2, 0, 1, 1, 0, WG_PADDING_SAME},
                               mirrored = {1, 2, 1, 2, 0, WG_PADDING_REFLECT};
static const wg_sample samples[] = {
    {.shapes = "2,5,2|3,3,2|3", .attrs = &plain}, {.shapes = "1,4,2|4,3,1|4", .attrs = &depthwise},
    {.shapes = "1,5,2|2,4,2|-", .attrs = &same},  {.shapes = "2,3,2|2,3,1|2", .attrs = &mirrored},
    {.shapes = "0,4,1|2,3,1|2", .attrs = &plain}, {.shapes = "1,1,1|1,1,1|1", .attrs = &plain},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv1d = {
    .size = sizeof(wg_gate),
    .name = "conv1d",
    .formula = "y = x * w + b over one axis, channels last",
    .derivative = "that of conv2d with height 1",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_conv1d),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) (O, K, C/groups) (O)? -> (N, OL, O); OL = floor((L + 2 pad - dilation "
             "(K - 1) - 1)/stride) + 1 or ceil(L/stride) with padding same",
};

wg_var wg_conv1d(wg_var x, wg_var w, wg_var b, const wg_conv1d_options *options) {
    wg_var operands[3] = {x, w, b};
    wg_conv1d_options o;
    wgi_read_options(&o, sizeof o, options);
    struct wgi_conv1d a = {o.stride ? o.stride : 1, o.pad,        o.dilation ? o.dilation : 1,
                           o.groups ? o.groups : 1, o.exact != 0, o.padding};
    return wg_record(&wg_gate_conv1d, 3, operands, &a);
}
