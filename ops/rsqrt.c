/* The reciprocal square root: y = 1/sqrt x, dy/dx = -y/(2x). Below 0 the value is NaN. At 0 it is
 * the infinity of the zero's sign (IEEE 754: the root of -0 is -0) and the derivative -inf; at inf
 * both are 0. */
#include "ops/elementwise.h"

#define VALUE 1 / M(sqrt)(x)
#define PARTIAL R(-0.5) * (y / x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(wg_scale(p->g, -0.5), wg_div(p->y, p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_rsqrt = {
    .size = sizeof(wg_gate),
    .name = "rsqrt",
    .formula = "y = 1 / sqrt x",
    .derivative = "dx = -g y / (2 x)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x > 0; at 0 the value is the infinity of the zero's sign, the derivative -inf; "
              "below value and derivative are NaN",
};

wg_var wg_rsqrt(wg_var x) { return wgi_unary(&wg_gate_rsqrt, x, NULL, math); }
