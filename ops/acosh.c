/* The inverse hyperbolic cosine: y = acosh x >= 0, dy/dx = 1/(sqrt(x - 1) sqrt(x + 1)), two
 * roots because x^2 - 1 overflows early and loses digits near 1. At 1 the derivative is inf; below
 * 1 value and derivative are NaN. */
#include "ops/elementwise.h"

#define VALUE M(acosh)(x)
#define PARTIAL 1 / (M(sqrt)(x - 1) * M(sqrt)(x + 1))
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var below = wg_sqrt(wg_shift(p->x[0], -1)), above = wg_sqrt(wg_shift(p->x[0], 1));
    p->dx[0] = wg_div(p->g, wg_mul(below, above));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 1.3, .hi = 4},
    {.shapes = "", .lo = 1.3, .hi = 4},
    {.shapes = NULL},
};

const wg_gate wg_gate_acosh = {
    .size = sizeof(wg_gate),
    .name = "acosh",
    .formula = "y = acosh x",
    .derivative = "dx = g / sqrt(x^2 - 1)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x >= 1; at 1 the derivative is inf; below value and derivative are NaN",
};

wg_var wg_acosh(wg_var x) { return wgi_unary(&wg_gate_acosh, x, NULL, math); }
