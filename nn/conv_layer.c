/* The convolution layer, CONV3x32s1p1: x (N, H, W, in), w (out, size, size, in), b (out). */
#include "nn/layer.h"

#include "autograd/tape.h"
#include "ops/ops.h"

wg_status wg_conv_layer_init_bare(wg_conv_layer *l, wg_params *p, const char *name,
                                  wg_dtype dtype, int64_t size, int64_t in, int64_t out,
                                  int64_t stride, int64_t pad) {
    l->stride = stride;
    l->pad = pad;
    l->w = wgi_layer_param(p, name, "w", dtype, WG_SHAPE(out, size, size, in), 1);
    l->b = NULL;
    return l->w ? WG_OK : wg_params_status(p);
}

wg_status wg_conv_layer_init(wg_conv_layer *l, wg_params *p, const char *name, wg_dtype dtype,
                             int64_t size, int64_t in, int64_t out, int64_t stride, int64_t pad) {
    wg_status s = wg_conv_layer_init_bare(l, p, name, dtype, size, in, out, stride, pad);
    if (s != WG_OK) return s;
    l->b = wgi_layer_param(p, name, "b", dtype, WG_SHAPE(out), 1);
    return l->b ? WG_OK : wg_params_status(p);
}

typedef wg_var convolve(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);

static wg_var apply_by(const wg_conv_layer *l, wg_var x, convolve *gate) {
    wg_conv2d_options o = {.size = sizeof o,
                           .stride = {l->stride, l->stride},
                           .pad = {l->pad, l->pad},
                           .exact = 1};
    wg_var w = wg_use(x.tape, l->w), b = l->b ? wg_use(x.tape, l->b) : WG_NONE;
    return gate(x, w, b, &o);
}

wg_var wg_conv_layer_apply(const wg_conv_layer *l, wg_var x) { return apply_by(l, x, wg_conv2d); }
wg_var wg_conv_layer_apply_relu(const wg_conv_layer *l, wg_var x) {
    return apply_by(l, x, wg_conv2d_relu);
}

/* ---- in an architecture --------------------------------------------------------------------- */

static const wgi_layer_field fields[] = {
    {"filter size", 0, 1, 0, offsetof(wgi_layer, size), 1, 1024},
    {"filters", 'x', 1, 0, offsetof(wgi_layer, units), 1, 1 << 20},
    {"stride", 's', 0, 0, offsetof(wgi_layer, stride), 1, 1024},
    {"padding", 'p', 0, 0, offsetof(wgi_layer, pad), 0, 1024},
    {"bias", 'b', 0, 0, offsetof(wgi_layer, bias), 0, 1},
    {NULL, 0, 0, 0, 0, 0, 0}};

static wg_status infer(wgi_layer *l, wg_error *e) {
    wg_status s = wgi_layer_wants_image(l, e);
    int64_t fan_in;
    if (s != WG_OK) return s;
    if (l->stride < 0) l->stride = 1;
    if (l->bias < 0) l->bias = 1;
    if (l->pad < 0 && l->size % 2 == 0)
        return wgi_error_to(e, WG_ERR_SHAPE, "no padding keeps the size under %lldx%lld; give p",
                            (long long)l->size, (long long)l->size);
    if (l->pad < 0) l->pad = (l->size - 1) / 2;
    s = wgi_layer_extent(l->height, l, &l->height, e);
    if (s == WG_OK) s = wgi_layer_extent(l->width, l, &l->width, e);
    if (s != WG_OK) return s;
    l->in_channels = l->channels;
    if (__builtin_mul_overflow(l->size * l->size, l->channels, &fan_in) ||
        __builtin_mul_overflow(fan_in + l->bias, l->units, &l->numbers))
        return wgi_error_to(e, WG_ERR_SHAPE, "CONV has too many weights");
    l->channels = l->units;
    return WG_OK;
}

static wg_status build(wgi_layer *l, wg_params *p, const char *name, wg_dtype dtype) {
    return (l->bias ? wg_conv_layer_init : wg_conv_layer_init_bare)(
        &l->u.conv, p, name, dtype, l->size, l->in_channels, l->units, l->stride, l->pad);
}

static wg_status start(wgi_layer *l, const wg_model_options *o, uint64_t index) {
    return wgi_layer_fill(l->u.conv.w, l->before_relu, o, index);
}

static wg_var apply(wgi_layer *l, wg_var x, int training) {
    (void)training;
    return wg_conv_layer_apply(&l->u.conv, x);
}

static wg_var apply_relu(wgi_layer *l, wg_var x, int training) {
    (void)training;
    return wg_conv_layer_apply_relu(&l->u.conv, x);
}

const wgi_layer_kind wgi_conv_kind = {
    .token = "CONV",
    .name = "conv",
    .form = "CONV3x32",
    .fields = fields,
    .weighted = 1,
    .infer = infer,
    .build = build,
    .start = start,
    .apply = apply,
    .apply_relu = apply_relu,
};
