/* The dense layer, FC256: y = x w + b with x (N, in), w (in, out), b (out). */
#include "nn/layer.h"

#include "autograd/tape.h"
#include "ops/ops.h"

wg_status wg_dense_layer_init(wg_dense_layer *l, wg_params *p, const char *name, wg_dtype dtype,
                              int64_t in, int64_t out) {
    l->w = wgi_layer_param(p, name, "w", dtype, WG_SHAPE(in, out), 1);
    l->b = l->w ? wgi_layer_param(p, name, "b", dtype, WG_SHAPE(out), 1) : NULL;
    return l->b ? WG_OK : wg_params_status(p);
}

wg_var wg_dense_layer_apply(const wg_dense_layer *l, wg_var x) {
    wg_var w = wg_use(x.tape, l->w), b = wg_use(x.tape, l->b);
    return wg_add(wg_matmul(x, w), b);
}

/* ---- in an architecture --------------------------------------------------------------------- */

static const wgi_layer_field fields[] = {
    {"units", 0, 1, 0, offsetof(wgi_layer, units), 1, 1 << 24}, {NULL, 0, 0, 0, 0, 0, 0}};

static wg_status infer(wgi_layer *l, wg_error *e) {
    int64_t in;
    if (__builtin_mul_overflow(l->height * l->width, l->channels, &in) ||
        __builtin_mul_overflow(in + 1, l->units, &l->numbers))
        return wgi_error_to(e, WG_ERR_SHAPE, "FC has too many weights");
    l->in_channels = in;
    l->height = l->width = 1;
    l->channels = l->units;
    l->flat = 1;
    return WG_OK;
}

static wg_status build(wgi_layer *l, wg_params *p, const char *name, wg_dtype dtype) {
    return wg_dense_layer_init(&l->u.dense, p, name, dtype, l->in_channels, l->units);
}

static wg_status start(wgi_layer *l, const wg_model_options *o, uint64_t index) {
    return wgi_layer_fill(l->u.dense.w, l->before_relu, o, index);
}

static wg_var apply(wgi_layer *l, wg_var x, int training) {
    (void)training;
    return wg_dense_layer_apply(&l->u.dense, wg_flatten(x));
}

const wgi_layer_kind wgi_dense_kind = {
    .token = "FC",
    .name = "fc",
    .form = "FC256",
    .fields = fields,
    .weighted = 1,
    .infer = infer,
    .build = build,
    .start = start,
    .apply = apply,
};
