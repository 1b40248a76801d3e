/* The arc cosine, in [0, pi]: y = acos x, dy/dx = -1/sqrt(1 - x^2), the root written of (1 - x)(1
 * + x) to keep its digits near 1. At -1 and 1 the derivative is -inf; outside [-1, 1] value and
 * derivative are NaN. */
#include "ops/elementwise.h"

#define VALUE M(acos)(x)
#define PARTIAL -1 / M(sqrt)((1 - x) * (1 + x))
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var below = wg_shift(wg_neg(p->x[0]), 1), above = wg_shift(p->x[0], 1);
    p->dx[0] = wg_div(wg_neg(p->g), wg_sqrt(wg_mul(below, above)));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -0.8, .hi = 0.8},
    {.shapes = "", .lo = -0.8, .hi = 0.8},
    {.shapes = NULL},
};

const wg_gate wg_gate_acos = {
    .size = sizeof(wg_gate),
    .name = "acos",
    .formula = "y = acos x",
    .derivative = "dx = -g / sqrt(1 - x^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "[-1, 1]; at both ends the derivative is -inf; outside value and derivative are NaN",
};

wg_var wg_acos(wg_var x) { return wgi_unary(&wg_gate_acos, x, NULL, math); }
