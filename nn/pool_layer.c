/* The pooling layers, POOL2 and AVGPOOL2: the largest or the mean of each window, window by window
 * unless s gives another stride; GMP and GAP: of all places, which leaves a number a channel. */
#include "nn/layer.h"

#include "ops/ops.h"

static const wgi_layer_field fields[] = {
    {"window size", 0, 1, 0, offsetof(wgi_layer, size), 1, 1024},
    {"stride", 's', 0, 0, offsetof(wgi_layer, stride), 1, 1024},
    {NULL, 0, 0, 0, 0, 0, 0}};

static wg_status infer(wgi_layer *l, wg_error *e) {
    wg_status s = wgi_layer_wants_image(l, e);
    if (l->stride < 0) l->stride = l->size;
    l->pad = 0;
    if (s == WG_OK) s = wgi_layer_extent(l->height, l, &l->height, e);
    if (s == WG_OK) s = wgi_layer_extent(l->width, l, &l->width, e);
    return s;
}

static wg_pool2d_options options(const wgi_layer *l) {
    wg_pool2d_options o = {.size = sizeof o,
                           .window = {l->size, l->size},
                           .stride = {l->stride, l->stride}};
    return o;
}

static wg_var largest(wgi_layer *l, wg_var x, int training) {
    wg_pool2d_options o = options(l);
    (void)training;
    return wg_max_pool2d(x, &o);
}

static wg_var mean(wgi_layer *l, wg_var x, int training) {
    wg_pool2d_options o = options(l);
    (void)training;
    return wg_avg_pool2d(x, &o);
}

const wgi_layer_kind wgi_pool_kind = {
    .token = "POOL",
    .name = "pool",
    .form = "POOL2",
    .fields = fields,
    .infer = infer,
    .apply = largest,
};
const wgi_layer_kind wgi_avg_pool_kind = {
    .token = "AVGPOOL",
    .name = "avgpool",
    .form = "AVGPOOL2",
    .fields = fields,
    .infer = infer,
    .apply = mean,
};

/* ---- all places ----------------------------------------------------------------------------- */

static wg_status infer_global(wgi_layer *l, wg_error *e) {
    wg_status s = wgi_layer_wants_image(l, e);
    l->height = l->width = 1;
    l->flat = 1;
    return s;
}

static wg_var global_largest(wgi_layer *l, wg_var x, int training) {
    (void)l;
    (void)training;
    return wg_global_max_pool(x);
}

static wg_var global_mean(wgi_layer *l, wg_var x, int training) {
    (void)l;
    (void)training;
    return wg_global_avg_pool(x);
}

const wgi_layer_kind wgi_global_pool_kind = {
    .token = "GMP", .name = "gmp", .form = "GMP", .infer = infer_global, .apply = global_largest};
const wgi_layer_kind wgi_global_avg_pool_kind = {
    .token = "GAP", .name = "gap", .form = "GAP", .infer = infer_global, .apply = global_mean};
