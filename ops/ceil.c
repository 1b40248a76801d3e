/* The smallest whole number that is not below x. Not differentiable at the whole numbers, where
 * it jumps; its derivative is zero elsewhere and taken as zero there. Infinities and NaN are
 * passed on. */
#include "ops/pieces.h"

#define VALUE M(ceil)(x)
#define PARTIAL R(0)
#define BRANCH 2 * wgi_whole_piece(ceil(x)) + (x == ceil(x))
#include "ops/unary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_ceil = {
    .size = sizeof(wg_gate),
    .name = "ceil",
    .formula = "y = ceil x",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps at the whole numbers; derivative 0 everywhere",
};

wg_var wg_ceil(wg_var x) { return wgi_unary(&wg_gate_ceil, x, NULL, math); }
