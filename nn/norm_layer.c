/* The batch normalisation layer, BN: y = gamma (x - m) / sqrt(v + eps) + beta by channel; in
 * training m and v are the batch's, in evaluation running means of them.
 *
 * The gate keeps m and v of the batch in its saved block; the update reads them from there, so that
 * the statistics are computed once. */
#include "nn/layer.h"

#include "autograd/checkpoint.h"
#include "autograd/tape.h"
#include "ops/ops.h"

wg_status wg_norm_layer_init(wg_norm_layer *l, wg_params *p, const char *name, wg_dtype dtype,
                             int64_t channels) {
    wg_shape shape = WG_SHAPE(channels);
    l->momentum = 0.9;
    l->eps = 1e-5;
    l->seen = WG_NONE;
    l->gamma = wgi_layer_param(p, name, "gamma", dtype, shape, 1);
    l->beta = l->gamma ? wgi_layer_param(p, name, "beta", dtype, shape, 1) : NULL;
    l->mean = l->beta ? wgi_layer_param(p, name, "mean", dtype, shape, 0) : NULL;
    l->var = l->mean ? wgi_layer_param(p, name, "var", dtype, shape, 0) : NULL;
    return l->var ? WG_OK : wg_params_status(p);
}

wg_status wg_norm_layer_reset(wg_norm_layer *l) {
    wg_status s = wg_param_fill(l->gamma, 1);
    if (s == WG_OK) s = wg_param_fill(l->beta, 0);
    if (s == WG_OK) s = wg_param_fill(l->mean, 0);
    return s == WG_OK ? wg_param_fill(l->var, 1) : s;
}

/* The running statistics, or WG_NONE for those of the batch. */
static wg_var given(wg_tape *t, wg_param *p, int training) {
    return training ? WG_NONE : wg_use(t, p);
}

/* y was normalised with the batch's statistics. */
static wg_var remember(wg_norm_layer *l, wg_var y) {
    int section = wg_in_section(y.tape);
    if (section != 2) l->seen = y;
    if (section == 1) (void)wg_norm_layer_update(l); /* y is gone when the section ends */
    return y;
}

wg_var wg_norm_layer_apply(wg_norm_layer *l, wg_var x, int training) {
    wg_tape *t = x.tape;
    wg_var gamma = wg_use(t, l->gamma), beta = wg_use(t, l->beta);
    wg_var mean = given(t, l->mean, training), var = given(t, l->var, training);
    wg_var y = wg_batch_norm(x, gamma, beta, mean, var, l->eps);
    return training ? remember(l, y) : y;
}

wg_var wg_norm_layer_apply_relu(wg_norm_layer *l, wg_var x, wg_var shortcut, int training) {
    wg_tape *t = x.tape;
    wg_var gamma = wg_use(t, l->gamma), beta = wg_use(t, l->beta);
    wg_var mean = given(t, l->mean, training), var = given(t, l->var, training);
    wg_var y = wg_batch_norm_relu(x, gamma, beta, mean, var, shortcut, l->eps);
    return training ? remember(l, y) : y;
}

static double get(const void *data, wg_dtype dtype, int64_t i) {
    return dtype == WG_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}
static void put(void *data, wg_dtype dtype, int64_t i, double v) {
    if (dtype == WG_F32) ((float *)data)[i] = (float)v;
    else ((double *)data)[i] = v;
}

/* The gate's block is m (C), 1/sqrt(v + eps) (C), v (C); the running variance is the unbiased one,
 * v M / (M - 1) for M elements a channel. */
wg_status wg_norm_layer_update(wg_norm_layer *l) {
    wg_var seen = l->seen;
    if (!seen.tape || !seen.index) return WG_OK;
    l->seen = WG_NONE;
    if (!wgi_live(seen.tape, seen))
        return wgi_error(seen.tape, WG_ERR_STALE, "%s: its last batch was rewound",
                         wg_param_name(l->mean));
    const wg_value *y = &wgi_node_at(seen.tape, seen.index)->u.dense->value;
    int64_t channels = wg_shape_size(wg_param_shape(l->mean)), size = wg_value_size(y);
    if (size == 0) return WG_OK;
    double count = (double)(size / channels), unbias = count > 1 ? count / (count - 1) : 1;
    void *mean = wg_param_data(l->mean), *var = wg_param_data(l->var);
    for (int64_t j = 0; j < channels; ++j) {
        double m = get(y->saved, y->dtype, j), v = get(y->saved, y->dtype, 2 * channels + j);
        double old_m = get(mean, y->dtype, j), old_v = get(var, y->dtype, j), keep = l->momentum;
        put(mean, y->dtype, j, keep * old_m + (1 - keep) * m);
        put(var, y->dtype, j, keep * old_v + (1 - keep) * unbias * v);
    }
    return WG_OK;
}

/* ---- in an architecture --------------------------------------------------------------------- */

static wg_status infer(wgi_layer *l, wg_error *e) {
    (void)e;
    l->numbers = 2 * l->channels;
    return WG_OK;
}

static wg_status build(wgi_layer *l, wg_params *p, const char *name, wg_dtype dtype) {
    return wg_norm_layer_init(&l->u.norm, p, name, dtype, l->channels);
}

static wg_status start(wgi_layer *l, const wg_model_options *o, uint64_t index) {
    (void)o;
    (void)index;
    return wg_norm_layer_reset(&l->u.norm);
}

static wg_status update(wgi_layer *l) { return wg_norm_layer_update(&l->u.norm); }

static wg_var apply(wgi_layer *l, wg_var x, int training) {
    return wg_norm_layer_apply(&l->u.norm, x, training);
}

static wg_var apply_relu(wgi_layer *l, wg_var x, int training) {
    return wg_norm_layer_apply_relu(&l->u.norm, x, WG_NONE, training);
}

const wgi_layer_kind wgi_norm_kind = {
    .token = "BN",
    .name = "bn",
    .form = "BN",
    .infer = infer,
    .build = build,
    .start = start,
    .update = update,
    .apply = apply,
    .apply_relu = apply_relu,
};
