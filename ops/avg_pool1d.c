/* The mean of each window of sequences: x (N, L, C), y (N, OL, C),
 *
 *     y[n, p, c] = mean over the window of x[n, ., c],
 *     OL = floor((L - size + 2 pad)/stride) + 1.
 *
 * avg_pool2d of the images (N, 1, L, C), with its conventions about padding, include_pad and
 * divisor. */
#include "ops/pool1d.h"

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    return wgi_pool1d_compose(&wg_gate_avg_pool2d, x[0], attrs);
}

static const wg_attr attrs[] = {
    WGI_POOL1D_ROWS,
    {.name = "include_pad", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_pool1d_attrs, include_pad),
     .doc = "1: padding counts as zeros; 0: it holds no elements"},
    {.name = "divisor", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_pool1d_attrs, divisor),
     .doc = "what sums are divided by; 0: the number of elements"},
    {.name = NULL},
};
static const struct wgi_pool1d_attrs plain = {.size = 2},
                                     overlapping = {.size = 3, .stride = 2, .pad = 1, .ceil = 1},
                                     padded = {.size = 3, .stride = 1, .pad = 2, .include_pad = 1};
static const wg_sample samples[] = {{.shapes = "2,4,3", .attrs = &plain},
                                    {.shapes = "1,5,2", .attrs = &overlapping},
                                    {.shapes = "2,2,1", .attrs = &padded},
                                    {.shapes = "0,4,2", .attrs = &plain},
                                    {.shapes = NULL}};

const wg_gate wg_gate_avg_pool1d = {
    .size = sizeof(wg_gate),
    .name = "avg_pool1d",
    .formula = "y = the mean of x over each window",
    .derivative = "dx = g over the elements of each window, divided among them",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pool1d_attrs),
    .attrs = attrs,
    .infer = wgi_pool1d_infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) -> (N, OL, C)",
};

wg_var wg_avg_pool1d(wg_var x, const wg_pool1d_options *options) {
    struct wgi_pool1d_attrs a = wgi_pool1d_resolve(options);
    return wg_record(&wg_gate_avg_pool1d, 1, &x, &a);
}
