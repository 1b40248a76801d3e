/* The largest element of each channel over all places: x (N, ..., C), y (N, C); of no places an
 * error.  max over the axes between: winners that are equal share the cotangent, a NaN is passed
 * on. */
#include "ops/places.h"

static wg_status infer(wg_call *c) { return wgi_places_infer(c, 0); }

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    wg_axes places = wgi_places(wg_shape_of(x[0]));
    (void)n, (void)attrs;
    /* a list of no axes would mean all */
    return places.n ? wg_max_over(x[0], places, 0) : wg_reshape(x[0], wg_shape_of(x[0]));
}

static const wg_sample samples[] = {{.shapes = "2,3,2,2"}, {.shapes = "2,3,2"},
                                    {.shapes = "2,3"},     {.shapes = "2,2,1,2,2"},
                                    {.shapes = "0,3,2"},   {.shapes = NULL}};

const wg_gate wg_gate_global_max_pool = {
    .size = sizeof(wg_gate),
    .name = "global_max_pool",
    .formula = "y = the largest x over all places",
    .derivative = "dx = g [x = y] / number of winners",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, d..., C) -> (N, C)",
    .domain = "kinks where two places have the largest: winners share; NaN wins",
};

wg_var wg_global_max_pool(wg_var x) { return wg_record(&wg_gate_global_max_pool, 1, &x, NULL); }
