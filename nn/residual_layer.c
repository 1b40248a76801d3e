/* The residual block, RES3x32s2 (K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image
 * recognition", CVPR 2016: the block of their CIFAR-10 networks, with the shortcut they call A):
 *
 *     y = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
 *
 * x (N, H, W, in) -> y (N, ceil(H / stride), ceil(W / stride), out).  conv1 takes the stride, both
 * are padded to keep the size and have no bias, since a normalisation with its beta follows.  The
 * shortcut has no parameters: every stride-th row and column, and out - in channels of zeros. */
#include "nn/layer.h"

#include "autograd/tape.h"
#include "ops/ops.h"

#include <stdio.h>

wg_status wg_residual_layer_init(wg_residual_layer *l, wg_params *p, const char *name,
                                 wg_dtype dtype, int64_t size, int64_t in, int64_t out,
                                 int64_t stride) {
    char part[96];
    wg_status s = WG_OK;
    l->in = in;
    l->out = out;
    for (int i = 0; i < 2 && s == WG_OK; ++i) {
        snprintf(part, sizeof part, "%s.conv%d", name ? name : "", i + 1);
        s = wg_conv_layer_init_bare(&l->conv[i], p, part, dtype, size, i ? out : in, out,
                                    i ? 1 : stride, (size - 1) / 2);
        snprintf(part, sizeof part, "%s.bn%d", name ? name : "", i + 1);
        if (s == WG_OK) s = wg_norm_layer_init(&l->norm[i], p, part, dtype, out);
    }
    return s;
}

wg_status wg_residual_layer_reset(wg_residual_layer *l) {
    wg_status s = wg_norm_layer_reset(&l->norm[0]);
    return s == WG_OK ? wg_norm_layer_reset(&l->norm[1]) : s;
}

wg_status wg_residual_layer_update(wg_residual_layer *l) {
    wg_status s = wg_norm_layer_update(&l->norm[0]);
    return s == WG_OK ? wg_norm_layer_update(&l->norm[1]) : s;
}

/* conv, normalisation, what is to be added, and the rectifier; here a stride need not divide: a
 * last place too few is left out. */
static wg_var half(wg_residual_layer *l, int i, wg_var x, wg_var added, int training) {
    const wg_conv_layer *c = &l->conv[i];
    wg_conv2d_options o = {
        .size = sizeof o, .stride = {c->stride, c->stride}, .pad = {c->pad, c->pad}};
    return wg_norm_layer_apply_relu(
        &l->norm[i], wg_conv2d(x, wg_use(x.tape, c->w), WG_NONE, &o), added, training);
}

static wg_var shortcut(const wg_residual_layer *l, wg_var x) {
    int64_t stride = l->conv[0].stride;
    for (int axis = 1; axis <= 2 && stride > 1; ++axis)
        x = wg_slice(x, axis, WG_OMIT, WG_OMIT, stride);
    if (l->in == l->out) return x;
    return wg_zero_pad(x, WG_SHAPE(0, 0, 0, 0), WG_SHAPE(0, 0, 0, l->out - l->in));
}

wg_var wg_residual_layer_apply(wg_residual_layer *l, wg_var x, int training) {
    wg_var y = half(l, 0, x, WG_NONE, training);
    return half(l, 1, y, shortcut(l, x), training);
}

/* ---- in an architecture --------------------------------------------------------------------- */

static const wgi_layer_field fields[] = {
    {"filter size", 0, 1, 0, offsetof(wgi_layer, size), 1, 1023},
    {"filters", 'x', 1, 0, offsetof(wgi_layer, units), 1, 1 << 20},
    {"stride", 's', 0, 0, offsetof(wgi_layer, stride), 1, 1024},
    {NULL, 0, 0, 0, 0, 0, 0}};

static wg_status infer(wgi_layer *l, wg_error *e) {
    wg_status s = wgi_layer_wants_image(l, e);
    int64_t in = l->channels, out = l->units;
    if (s != WG_OK) return s;
    if (l->stride < 0) l->stride = 1;
    if (l->size % 2 == 0)
        return wgi_error_to(e, WG_ERR_SHAPE, "RES has filters of odd size, not %lldx%lld",
                            (long long)l->size, (long long)l->size);
    if (out < in)
        return wgi_error_to(e, WG_ERR_SHAPE, "RES cannot go from %lld channels down to %lld",
                            (long long)in, (long long)out);
    /* two filter banks; gamma and beta, twice: 2^20 a factor and so far from an overflow */
    l->numbers = l->size * l->size * out * (in + out) + 4 * out;
    l->in_channels = in;
    l->channels = out;
    l->height = (l->height - 1) / l->stride + 1;
    l->width = (l->width - 1) / l->stride + 1;
    return WG_OK;
}

static wg_status build(wgi_layer *l, wg_params *p, const char *name, wg_dtype dtype) {
    return wg_residual_layer_init(&l->u.residual, p, name, dtype, l->size, l->in_channels,
                                  l->units, l->stride);
}

/* Both convolutions feed a rectifier; an architecture has far fewer than 2^16 layers. */
static wg_status start(wgi_layer *l, const wg_model_options *o, uint64_t index) {
    wg_residual_layer *r = &l->u.residual;
    wg_status s = wgi_layer_fill(r->conv[0].w, 1, o, index);
    if (s == WG_OK) s = wgi_layer_fill(r->conv[1].w, 1, o, index + (1 << 16));
    return s == WG_OK ? wg_residual_layer_reset(r) : s;
}

static wg_status update(wgi_layer *l) { return wg_residual_layer_update(&l->u.residual); }

static wg_var apply(wgi_layer *l, wg_var x, int training) {
    return wg_residual_layer_apply(&l->u.residual, x, training);
}

const wgi_layer_kind wgi_residual_kind = {
    .token = "RES",
    .name = "res",
    .form = "RES3x32",
    .fields = fields,
    .weighted = 1,
    .infer = infer,
    .build = build,
    .start = start,
    .update = update,
    .apply = apply,
};
