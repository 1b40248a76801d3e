/* layers.c: the list of layer kinds, and what several of them use. */
#include "nn/layer.h"

#include "autograd/tape.h"
#include "ops/ops.h"

#include <stdio.h>

extern const wgi_layer_kind wgi_conv_kind, wgi_pool_kind, wgi_avg_pool_kind, wgi_global_pool_kind,
    wgi_global_avg_pool_kind, wgi_leaky_relu_kind, wgi_tanh_kind, wgi_sigmoid_kind,
    wgi_dropout_kind, wgi_spatial_dropout_kind, wgi_plain_dropout_kind, wgi_norm_kind,
    wgi_residual_kind;

const wgi_layer_kind *const wgi_layer_kinds[] = {
    &wgi_conv_kind,        &wgi_pool_kind,       &wgi_avg_pool_kind,
    &wgi_global_pool_kind, &wgi_global_avg_pool_kind, &wgi_dense_kind,
    &wgi_relu_kind,        &wgi_leaky_relu_kind, &wgi_tanh_kind,
    &wgi_sigmoid_kind,     &wgi_dropout_kind,    &wgi_spatial_dropout_kind,
    &wgi_plain_dropout_kind, &wgi_norm_kind,     &wgi_residual_kind,
    NULL};

wg_param *wgi_layer_param(wg_params *p, const char *name, const char *suffix, wg_dtype dtype,
                          wg_shape shape, int trainable) {
    char full[96];
    snprintf(full, sizeof full, "%s.%s", name ? name : "", suffix);
    return trainable ? wg_param_new(p, full, dtype, shape) : wg_buffer_new(p, full, dtype, shape);
}

wg_status wgi_layer_fill(wg_param *w, int before_relu, const wg_model_options *o, uint64_t index) {
    wg_init_kind kind = o->init;
    if (kind == WG_INIT_AUTO) kind = before_relu ? WG_INIT_HE : WG_INIT_XAVIER;
    double deviation =
        kind == WG_INIT_NORMAL ? o->deviation : wg_init_deviation(kind, wg_param_shape(w));
    return wg_param_fill_normal(w, deviation, o->seed, index);
}

wg_status wgi_layer_wants_image(wgi_layer *l, wg_error *e) {
    if (!l->flat) return WG_OK;
    return wgi_error_to(e, WG_ERR_SHAPE, "%s needs an image, what comes before gives %lld numbers",
                        l->kind->token, (long long)l->channels);
}

wg_status wgi_layer_extent(int64_t in, const wgi_layer *l, int64_t *out, wg_error *e) {
    int64_t room = in - l->size + 2 * l->pad;
    if (room >= 0 && room % l->stride == 0) {
        *out = room / l->stride + 1;
        return WG_OK;
    }
    return wgi_error_to(e, WG_ERR_SHAPE, "%s does not fit: (%lld - %lld + 2*%lld)/%lld + 1 = %.2f",
                        l->kind->token, (long long)in, (long long)l->size, (long long)l->pad,
                        (long long)l->stride, (double)room / (double)l->stride + 1);
}

wg_var wg_flatten(wg_var x) {
    wg_shape s = wg_shape_of(x);
    if (s.rank < 1 || s.rank == 2) {
        return s.rank == 0 ? wg_poison(x.tape, WG_ERR_SHAPE, "flatten", "a value of rank 0") : x;
    }
    int64_t n = s.dim[0], size = 1;
    for (int i = 1; i < s.rank; ++i) size *= s.dim[i];
    return wg_reshape(x, WG_SHAPE(n, size));
}
