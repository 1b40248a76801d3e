/* Convolution over three axes, channels last: x (N, D, H, W, C), w (O, KD, KH, KW, C/groups) and
 * b (O) or absent give y (N, OD, OH, OW, O),
 *
 *     y[n, r, p, q, o] = b[o] + sum_(t, u, v, c) x[n, r s0 + t d0 - p0, i(p, u), j(q, v), c]
 *                                                w[o, t, u, v, c],
 *
 * c over the channels of o's group, with stride, pad, dilation, groups and padding of conv2d.
 *
 * It is one conv2d: the KD planes that y's plane r is made of lie side by side as channels,
 *
 *     X (N OD, H, W, groups KD C/groups),  X[n OD + r, i, j, (k, t, c)]
 *                                              = x[n, r s0 + t d0 - p0, i, j, (k, c)],
 *     W (O, KH, KW, KD C/groups),          W[o, u, v, (t, c)] = w[o, t, u, v, c],
 *
 * for the group k.  The planes are the windows of unfold, with H W C as the channels of a line;
 * X has KD times x's elements. */
#include "ops/conv2d.h"

struct wgi_conv3d {
    wg_shape stride, pad, dilation; /* rank 0: the preset; 1: the same for all axes; 3 */
    int64_t groups;
    int exact, padding;
};

/* ---- the axes ------------------------------------------------------------------------------- */

static wg_status check_list(const wg_call *c, const char *name, const wg_shape *list) {
    if (list->rank == 0 || list->rank == 1 || list->rank == 3) return WG_OK;
    return wg_fail(c, WG_ERR_RANGE, "%s is a number or three, not %d", name, list->rank);
}

static int64_t entry(const wg_shape *list, int i, int64_t preset) {
    return list->rank == 0 ? preset : list->dim[list->rank == 1 ? 0 : i];
}

/* Axis i of depth, height, width. */
static wgi_conv_axis axis_of(const struct wgi_conv3d *a, int i, int64_t in, int64_t k) {
    wgi_conv_axis axis = {in, k, entry(&a->stride, i, 1), entry(&a->pad, i, 0),
                          entry(&a->dilation, i, 1), a->padding, a->exact};
    return axis;
}

/* The extents of the array X must not overflow where x holds nothing. */
static wg_status check_size(const wg_call *c, int64_t planes) {
    const int64_t *x = c->x[0]->dim;
    int64_t channels, rows;
    if (!__builtin_mul_overflow(x[2], x[3], &channels) &&
        !__builtin_mul_overflow(channels, x[4], &channels) &&
        !__builtin_mul_overflow(channels, c->x[1]->dim[1], &channels) &&
        !__builtin_mul_overflow(x[0], planes, &rows))
        return WG_OK;
    return wg_fail(c, WG_ERR_MEMORY, "the result would have too many elements");
}

static wg_status infer(wg_call *c) {
    const struct wgi_conv3d *a = c->attrs;
    const wg_value *x = c->x[0], *w = c->x[1];
    wgi_conv_places places = {0, 0, 0};
    wg_status s = wgi_conv_rank(c, "x", x, 5);
    if (s == WG_OK) s = wgi_conv_rank(c, "w", w, 5);
    if (s == WG_OK) s = check_list(c, "stride", &a->stride);
    if (s == WG_OK) s = check_list(c, "pad", &a->pad);
    if (s == WG_OK) s = check_list(c, "dilation", &a->dilation);
    if (s == WG_OK) s = wgi_conv_channels(c, x->dim[4], a->groups, 5, w->dim);
    if (s == WG_OK) s = wgi_conv_bias(c, c->x[2], w->dim[0]);
    for (int i = 0; i < 3 && s == WG_OK; ++i) {
        wgi_conv_axis axis = axis_of(a, i, x->dim[1 + i], w->dim[1 + i]);
        s = wgi_conv_count(c, &axis, &places);
        c->y.dim[1 + i] = places.out;
    }
    if (s != WG_OK) return s;
    c->y.rank = 5;
    c->y.dim[0] = x->dim[0];
    c->y.dim[4] = w->dim[0];
    return check_size(c, c->y.dim[1]);
}

/* ---- by conv2d ------------------------------------------------------------------------------ */

/* x with what stands in front of its planes and behind them. */
static wg_var surround(wg_var x, const wgi_conv_places *depth, int padding) {
    wg_shape before = {5, {0, depth->before}}, after = {5, {0, depth->after}};
    int mode = padding == WG_PADDING_REFLECT ? WG_PAD_REFLECT : WG_PAD_ZERO;
    return depth->before || depth->after ? wg_pad(x, before, after, mode) : x;
}

/* X of x with its border: kd planes, `groups` groups. */
static wg_var planes_side_by_side(wg_var x, const wgi_conv_axis *depth, int64_t out,
                                  int64_t groups) {
    const wg_shape s = wg_shape_of(x);
    const int64_t h = s.dim[2], w = s.dim[3], c = s.dim[4], kd = depth->k, images = s.dim[0] * out;
    wg_unfold_options o = {.size = sizeof o,
                           .kernel = {kd, 1},
                           .stride = {depth->stride, 1},
                           .dilation = {depth->dilation, 1}};
    if (out == 0 || (kd == 1 && depth->stride == 1)) /* no planes, or x's own, one by one */
        return wg_reshape(x, WG_SHAPE(images, h, w, kd * c));
    wg_var lines = wg_reshape(x, WG_SHAPE(s.dim[0], s.dim[1], 1, h * w * c));
    wg_var taken = wg_unfold(lines, &o);
    taken = wg_reshape(taken, WG_SHAPE(images, kd, h, w, groups, c / groups));
    taken = wg_permute(taken, WG_AXES(0, 2, 3, 4, 1, 5));
    return wg_reshape(taken, WG_SHAPE(images, h, w, kd * c));
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_conv3d *a = attrs;
    const wg_shape in = wg_shape_of(x[0]), k = wg_shape_of(x[1]);
    struct wgi_conv2d_attrs flat = {.groups = a->groups, .exact = a->exact, .padding = a->padding};
    wgi_conv_axis axis[3];
    wgi_conv_places places[3];
    for (int i = 0; i < 3; ++i) {
        axis[i] = axis_of(a, i, in.dim[1 + i], k.dim[1 + i]);
        wgi_conv_count(NULL, &axis[i], &places[i]); /* checked by infer */
        if (i == 0) continue;
        flat.stride[i - 1] = axis[i].stride;
        flat.pad[i - 1] = axis[i].pad;
        flat.dilation[i - 1] = axis[i].dilation;
    }
    wg_var w = wg_permute(x[1], WG_AXES(0, 2, 3, 1, 4));
    wg_var operands[3] = {
        planes_side_by_side(surround(x[0], &places[0], a->padding), &axis[0], places[0].out,
                            a->groups),
        wg_reshape(w, WG_SHAPE(k.dim[0], k.dim[2], k.dim[3], k.dim[1] * k.dim[4])), x[2]};
    wg_var y = wg_record(&wg_gate_conv2d, 3, operands, &flat);
    (void)n;
    return wg_reshape(y, WG_SHAPE(in.dim[0], places[0].out, places[1].out, places[2].out,
                                  k.dim[0]));
}

/* ---- the gate ------------------------------------------------------------------------------- */

static const wg_attr attrs[] = {
    {.name = "stride", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_conv3d, stride),
     .preset = 1, .doc = "step of the kernel, a number or depth, height and width"},
    {.name = "pad", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_conv3d, pad),
     .doc = "places added on each side, a number or three"},
    {.name = "dilation", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_conv3d, dilation),
     .preset = 1, .doc = "distance of the kernel's elements, a number or three"},
    WGI_CONV_GROUPS_ROW(struct wgi_conv3d),
    WGI_CONV_EXACT_ROW(struct wgi_conv3d),
    WGI_CONV_PADDING_ROW(struct wgi_conv3d),
    {.name = NULL},
};
static const struct wgi_conv3d
    plain = {{0, {0}}, {0, {0}}, {0, {0}}, 1, 0, WG_PADDING_ZERO},
    strided = {{3, {2, 1, 2}}, {1, {1}}, {1, {1}}, 1, 0, WG_PADDING_ZERO},
    grouped = {{1, {1}}, {3, {0, 1, 0}}, {3, {2, 1, 1}}, 2, 0, WG_PADDING_ZERO},
    same = {{1, {2}}, {0, {0}}, {1, {1}}, 1, 0, WG_PADDING_SAME},
    mirrored = {{1, {1}}, {3, {2, 0, 1}}, {1, {1}}, 1, 0, WG_PADDING_REFLECT};
static const wg_sample samples[] = {
    {.shapes = "1,3,2,3,2|2,2,2,2,2|2", .attrs = &plain},
    {.shapes = "2,2,2,3,1|1,3,2,2,1|-", .attrs = &strided},
    {.shapes = "1,3,1,2,4|2,2,2,1,2|2", .attrs = &grouped},
    {.shapes = "1,3,2,2,1|1,2,2,3,1|1", .attrs = &same},
    {.shapes = "1,3,2,2,1|1,2,1,2,1|-", .attrs = &mirrored},
    {.shapes = "1,2,2,2,1|1,1,2,1,1|1", .attrs = &plain},
    {.shapes = "0,2,2,2,1|1,2,2,1,1|1", .attrs = &plain},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv3d = {
    .size = sizeof(wg_gate),
    .name = "conv3d",
    .formula = "y = x * w + b over three axes, channels last",
    .derivative = "that of conv2d over the planes as channels",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_conv3d),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, D, H, W, C) (O, KD, KH, KW, C/groups) (O)? -> (N, OD, OH, OW, O); OD = floor((D "
             "+ 2 pad[0] - dilation[0] (KD - 1) - 1)/stride[0]) + 1, with padding same "
             "ceil(D/stride[0]), OH and OW alike",
};

wg_var wg_conv3d(wg_var x, wg_var w, wg_var b, const wg_conv3d_options *options) {
    wg_var operands[3] = {x, w, b};
    wg_conv3d_options o;
    struct wgi_conv3d a = {{3, {1, 1, 1}}, {3, {0}}, {3, {1, 1, 1}}, 1, 0, 0};
    wgi_read_options(&o, sizeof o, options);
    for (int i = 0; i < 3; ++i) {
        a.stride.dim[i] = o.stride[i] ? o.stride[i] : i ? a.stride.dim[i - 1] : 1;
        a.dilation.dim[i] = o.dilation[i] ? o.dilation[i] : i ? a.dilation.dim[i - 1] : 1;
        a.pad.dim[i] = o.pad[i];
    }
    if (o.groups) a.groups = o.groups;
    a.exact = o.exact != 0;
    a.padding = o.padding;
    return wg_record(&wg_gate_conv3d, 3, operands, &a);
}
