/* The arc tangent, in [-pi/2, pi/2]: y = atan x, dy/dx = 1/(1 + x^2), which is 0 at the
 * infinities. */
#include "ops/elementwise.h"

#define VALUE M(atan)(x)
#define PARTIAL 1 / (1 + x * x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(p->g, wg_shift(wg_square(p->x[0]), 1)); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_atan = {
    .size = sizeof(wg_gate),
    .name = "atan",
    .formula = "y = atan x",
    .derivative = "dx = g / (1 + x^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_atan(wg_var x) { return wgi_unary(&wg_gate_atan, x, NULL, math); }
