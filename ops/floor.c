/* The largest whole number that is not above x. Not differentiable at the whole numbers, where
 * it jumps; its derivative is zero elsewhere and taken as zero there. Infinities and NaN are
 * passed on. */
#include "ops/pieces.h"

#define VALUE M(floor)(x)
#define PARTIAL R(0)
#define BRANCH 2 * wgi_whole_piece(floor(x)) + (x == floor(x))
#include "ops/unary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_floor = {
    .size = sizeof(wg_gate),
    .name = "floor",
    .formula = "y = floor x",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps at the whole numbers; derivative 0 everywhere",
};

wg_var wg_floor(wg_var x) { return wgi_unary(&wg_gate_floor, x, NULL, math); }
