/* The transposed convolution (V. Dumoulin, F. Visin, arXiv:1603.07285): x (N, H, W, C),
 * w (C, KH, KW, O/groups) and b (O) or absent give y (N, OH, OW, O),
 *
 *     y[n, i, j, o] = b[o] + sum of x[n, p, q, c] w[c, u, v, o] over the p, q, u, v with
 *                     i = p s0 + u d0 - p0,  j = q s1 + v d1 - p1,
 *     OH = (H - 1) s0 - 2 p0 + d0 (KH - 1) + output_pad0 + 1,  OW alike,
 *
 * c and o in the same group.  It is the gradient to its input of the conv2d whose weight w is: that
 * takes O channels to C, and so w has C in front.  Where a stride is larger than 1 several sizes of
 * y lead to the same x; output_pad chooses among them. */
#include "ops/conv_transpose2d.h"

#include "ops/conv2d.h"

static wgi_transpose_axis axis_of(const struct wgi_conv_transpose2d *a, int i, int64_t in,
                                  int64_t k) {
    wgi_transpose_axis axis = {in,           k, a->stride[i], a->pad[i], a->output_pad[i],
                               a->dilation[i]};
    return axis;
}

static wg_status infer(wg_call *c) {
    const struct wgi_conv_transpose2d *a = c->attrs;
    const wg_value *x = c->x[0], *w = c->x[1];
    c->y.rank = 4;
    wg_status s = wgi_conv_rank(c, "x", x, 4);
    if (s == WG_OK) s = wgi_conv_rank(c, "w", w, 4);
    if (s == WG_OK) s = wgi_transpose_channels(c, x->dim[3], a->groups, 4, w->dim, &c->y.dim[3]);
    if (s == WG_OK) s = wgi_conv_bias(c, c->x[2], c->y.dim[3]);
    for (int i = 0; i < 2 && s == WG_OK; ++i) {
        wgi_transpose_axis axis = axis_of(a, i, x->dim[1 + i], w->dim[1 + i]);
        s = wgi_transpose_count(c, &axis, &c->y.dim[1 + i]);
    }
    c->y.dim[0] = x->dim[0];
    return s;
}

/* An output_pad of the stride or more is not of one conv2d: it says where the uncut result is cut
 * off, with zeros where that ends before.  `out` is the extent wanted. */
static wg_var cut(wg_var whole, int axis, int64_t pad, int64_t out) {
    wg_shape shape = wg_shape_of(whole), none = {4, {0}}, behind = {4, {0}};
    int64_t end = shape.dim[axis], first = pad < end ? pad : end;
    int64_t last = pad + out < end ? pad + out : end;
    wg_var part = wg_slice(whole, axis, first, last, 1);
    behind.dim[axis] = out - (last - first);
    return behind.dim[axis] ? wg_zero_pad(part, none, behind) : part;
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_conv_transpose2d *a = attrs;
    wg_shape in = wg_shape_of(x[0]), kernel = wg_shape_of(x[1]);
    struct wgi_conv2d_attrs of = {.groups = a->groups};
    int64_t out[2] = {0, 0};
    int fits = a->output_pad[0] < a->stride[0] && a->output_pad[1] < a->stride[1];
    for (int i = 0; i < 2; ++i) {
        wgi_transpose_axis axis = axis_of(a, i, in.dim[1 + i], kernel.dim[1 + i]);
        wgi_transpose_count(NULL, &axis, &out[i]); /* checked by infer */
        of.stride[i] = a->stride[i];
        of.dilation[i] = a->dilation[i];
        of.pad[i] = fits ? a->pad[i] : 0;
        of.size[i] = fits ? out[i] : out[i] + 2 * a->pad[i] - a->output_pad[i];
    }
    wg_var y = wgi_conv2d_record(&wg_gate_conv2d_grad_input, x[0], x[1], &of);
    for (int i = 0; i < 2 && !fits && y.index; ++i) y = cut(y, 1 + i, a->pad[i], out[i]);
    (void)n;
    return x[2].tape ? wg_add(y, x[2]) : y;
}

#define PAIR(field) .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_conv_transpose2d, field)
static const wg_attr attrs[] = {
    {.name = "stride", PAIR(stride), .preset = 1, .doc = "distance of x's pixels in y"},
    {.name = "pad", PAIR(pad), .doc = "rows and columns cut off on each side"},
    {.name = "output_pad", PAIR(output_pad), .doc = "rows and columns more at the end"},
    {.name = "dilation", PAIR(dilation), .preset = 1, .doc = "distance of the kernel's elements"},
    WGI_CONV_GROUPS_ROW(struct wgi_conv_transpose2d),
    {.name = NULL},
};
static const struct wgi_conv_transpose2d
    plain = {{1, 1}, {0, 0}, {0, 0}, {1, 1}, 1},
    strided = {{2, 3}, {1, 0}, {1, 2}, {1, 2}, 1},
    grouped = {{2, 1}, {0, 1}, {0, 0}, {2, 1}, 2},
    further = {{1, 2}, {1, 1}, {2, 0}, {3, 1}, 1};
static const wg_sample samples[] = {
    {.shapes = "2,2,3,2|2,2,3,3|3", .attrs = &plain},
    {.shapes = "1,2,3,2|2,3,2,1|1", .attrs = &strided},
    {.shapes = "1,2,2,4|4,2,3,1|-", .attrs = &grouped},
    {.shapes = "1,3,2,1|1,2,2,2|2", .attrs = &further},
    {.shapes = "0,2,2,1|1,2,2,2|2", .attrs = &plain},
    {.shapes = "1,1,1,1|1,1,1,1|1", .attrs = &plain},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv_transpose2d = {
    .size = sizeof(wg_gate),
    .name = "conv_transpose2d",
    .formula = "y = conv2d_grad_input(x, w) + b",
    .derivative = "dx = conv2d(g, w), dw = conv2d_grad_weight(g, x), db = sum(g)",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_conv_transpose2d),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, H, W, C) (C, KH, KW, O/groups) (O)? -> (N, OH, OW, O); OH = (H - 1) stride[0] - "
             "2 pad[0] + dilation[0] (KH - 1) + output_pad[0] + 1, OW alike",
};

wg_var wg_conv_transpose2d(wg_var x, wg_var w, wg_var b,
                           const wg_conv_transpose2d_options *options) {
    wg_var operands[3] = {x, w, b};
    wg_conv_transpose2d_options o;
    struct wgi_conv_transpose2d a = {.groups = 1};
    wgi_read_options(&o, sizeof o, options);
    if (o.groups) a.groups = o.groups;
    for (int i = 0; i < 2; ++i) {
        a.stride[i] = o.stride[i] ? o.stride[i] : i ? a.stride[0] : 1;
        a.dilation[i] = o.dilation[i] ? o.dilation[i] : i ? a.dilation[0] : 1;
        a.pad[i] = o.pad[i];
        a.output_pad[i] = o.output_pad[i];
    }
    return wg_record(&wg_gate_conv_transpose2d, 3, operands, &a);
}
