/* The inverse hyperbolic tangent: y = atanh x, dy/dx = 1/(1 - x^2), written of (1 - x)(1 + x)
 * to keep its digits near 1. At -1 and 1 the value is -inf and inf, the derivative inf. Outside
 * [-1, 1] the value is NaN; the derivative is that of ln |(1 + x)/(1 - x)| / 2. */
#include "ops/elementwise.h"

#define VALUE M(atanh)(x)
#define PARTIAL 1 / ((1 - x) * (1 + x))
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var below = wg_shift(wg_neg(p->x[0]), 1), above = wg_shift(p->x[0], 1);
    p->dx[0] = wg_div(p->g, wg_mul(below, above));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -0.8, .hi = 0.8},
    {.shapes = "", .lo = -0.8, .hi = 0.8},
    {.shapes = NULL},
};

const wg_gate wg_gate_atanh = {
    .size = sizeof(wg_gate),
    .name = "atanh",
    .formula = "y = atanh x",
    .derivative = "dx = g / (1 - x^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "[-1, 1]; at the ends the value is -inf and inf, the derivative inf; outside "
              "the value is NaN, the derivative that of ln |(1 + x)/(1 - x)|/2",
};

wg_var wg_atanh(wg_var x) { return wgi_unary(&wg_gate_atanh, x, NULL, math); }
