/* The square root: y = sqrt x, dy/dx = 1/(2y).  Below 0 both are NaN; at 0 the derivative is the
 * infinity of the zero's sign (IEEE 754: the root of -0 is -0). */
#include "ops/elementwise.h"

#define VALUE M(sqrt)(x)
#define PARTIAL R(0.5) / y
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(wg_scale(p->g, 0.5), p->y); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_sqrt = {
    .size = sizeof(wg_gate),
    .name = "sqrt",
    .formula = "y = sqrt x",
    .derivative = "dx = g / (2 y)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x >= 0; at 0 the derivative is the infinity of the zero's sign; below value "
              "and derivative are NaN",
};

wg_var wg_sqrt(wg_var x) { return wgi_unary(&wg_gate_sqrt, x, NULL, math); }
