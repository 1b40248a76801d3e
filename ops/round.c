/* The nearest whole number, halves to the even one: 0.5 to 0, 1.5 to 2 (IEEE 754, in the
 * default rounding mode). Not differentiable at the halves, where it jumps; its derivative is zero
 * elsewhere and taken as zero there. Infinities and NaN are passed on. */
#include "ops/pieces.h"

#define VALUE M(rint)(x)
#define PARTIAL R(0)
#define BRANCH 3 * wgi_whole_piece(rint(x)) + wgi_half_piece(x - rint(x))
#include "ops/unary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_round = {
    .size = sizeof(wg_gate),
    .name = "round",
    .formula = "y = the whole number nearest to x, halves to even",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps half way between whole numbers, there to the even one; derivative 0 "
              "everywhere",
};

wg_var wg_round(wg_var x) { return wgi_unary(&wg_gate_round, x, NULL, math); }
