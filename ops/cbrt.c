/* The cube root, odd and defined everywhere: y^3 = x, dy/dx = 1/(3 y^2), which is +inf at 0 of
 * either sign. */
#include "ops/elementwise.h"

#define VALUE M(cbrt)(x)
#define PARTIAL 1 / (3 * y * y)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(p->g, wg_scale(wg_square(p->y), 3)); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_cbrt = {
    .size = sizeof(wg_gate),
    .name = "cbrt",
    .formula = "y = the cube root of x",
    .derivative = "dx = g / (3 y^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "at 0 the derivative is inf",
};

wg_var wg_cbrt(wg_var x) { return wgi_unary(&wg_gate_cbrt, x, NULL, math); }
