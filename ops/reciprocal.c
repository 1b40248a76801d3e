/* The reciprocal: y = 1/x, dy/dx = -y^2. At 0 the value is the infinity of the zero's sign and the
 * derivative -inf. */
#include "ops/elementwise.h"

#define VALUE 1 / x
#define PARTIAL -y * y
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_neg(wg_mul(p->g, wg_square(p->y))); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_reciprocal = {
    .size = sizeof(wg_gate),
    .name = "reciprocal",
    .formula = "y = 1 / x",
    .derivative = "dx = -g y^2",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x != 0; at 0 the value is the infinity of the zero's sign, the derivative -inf",
};

wg_var wg_reciprocal(wg_var x) { return wgi_unary(&wg_gate_reciprocal, x, NULL, math); }
