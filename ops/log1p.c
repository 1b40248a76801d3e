/* The logarithm of one more: y = ln(1 + x) with all its digits near 0, dy/dx = 1/(1 + x). At -1
 * the value is -inf and the derivative inf. Below -1 the value is NaN; the derivative is that of
 * ln |1 + x|. */
#include "ops/elementwise.h"

#define VALUE M(log1p)(x)
#define PARTIAL 1 / (1 + x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(p->g, wg_shift(p->x[0], 1)); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -0.7, .hi = 2},
    {.shapes = "", .lo = -0.7, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_log1p = {
    .size = sizeof(wg_gate),
    .name = "log1p",
    .formula = "y = ln(1 + x)",
    .derivative = "dx = g / (1 + x)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x > -1; at -1 the value is -inf, the derivative inf; below the value is NaN, "
              "the derivative that of ln |1 + x|",
};

wg_var wg_log1p(wg_var x) { return wgi_unary(&wg_gate_log1p, x, NULL, math); }
