/* The largest element of each window of sequences: x (N, L, C), y (N, OL, C),
 *
 *     y[n, p, c] = max over the window of x[n, ., c],
 *     OL = floor((L - size + 2 pad)/stride) + 1.
 *
 * max_pool2d of the images (N, 1, L, C): padding holds no elements, at a tie the cotangent goes to
 * the first, a NaN wins. */
#include "ops/pool1d.h"

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    return wgi_pool1d_compose(&wg_gate_max_pool2d, x[0], attrs);
}

static const wg_attr attrs[] = {WGI_POOL1D_ROWS, {.name = NULL}};
static const struct wgi_pool1d_attrs plain = {.size = 2},
                                     overlapping = {.size = 3, .stride = 2, .pad = 1, .ceil = 1},
                                     padded = {.size = 3, .stride = 1, .pad = 2};
static const wg_sample samples[] = {{.shapes = "2,4,3", .attrs = &plain},
                                    {.shapes = "1,5,2", .attrs = &overlapping},
                                    {.shapes = "2,2,1", .attrs = &padded},
                                    {.shapes = "0,4,2", .attrs = &plain},
                                    {.shapes = NULL}};

const wg_gate wg_gate_max_pool1d = {
    .size = sizeof(wg_gate),
    .name = "max_pool1d",
    .formula = "y = the largest x of each window",
    .derivative = "dx = g at the first winner of each window",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_pool1d_attrs),
    .attrs = attrs,
    .infer = wgi_pool1d_infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) -> (N, OL, C)",
    .domain = "kinks where two elements are the largest: the first wins; NaN wins",
};

wg_var wg_max_pool1d(wg_var x, const wg_pool1d_options *options) {
    struct wgi_pool1d_attrs a = wgi_pool1d_resolve(options);
    return wg_record(&wg_gate_max_pool1d, 1, &x, &a);
}
