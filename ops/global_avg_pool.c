/* The mean of each channel over all places: x (N, ..., C), y (N, C); of no places NaN (M. Lin,
 * Q. Chen, S. Yan, arXiv:1312.4400).  mean over the axes between. */
#include "ops/places.h"

static wg_status infer(wg_call *c) { return wgi_places_infer(c, 1); }

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    wg_axes places = wgi_places(wg_shape_of(x[0]));
    (void)n, (void)attrs;
    /* a list of no axes would mean all */
    return places.n ? wg_mean_over(x[0], places, 0) : wg_reshape(x[0], wg_shape_of(x[0]));
}

static const wg_sample samples[] = {{.shapes = "2,3,2,2"}, {.shapes = "2,3,2"},
                                    {.shapes = "2,3"},     {.shapes = "2,2,1,2,2"},
                                    {.shapes = "0,3,2"},   {.shapes = NULL}};

const wg_gate wg_gate_global_avg_pool = {
    .size = sizeof(wg_gate),
    .name = "global_avg_pool",
    .formula = "y = the mean of x over all places",
    .derivative = "dx = g / number of places, repeated",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, d..., C) -> (N, C)",
};

wg_var wg_global_avg_pool(wg_var x) { return wg_record(&wg_gate_global_avg_pool, 1, &x, NULL); }
