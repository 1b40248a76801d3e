/* The inverse hyperbolic sine: y = asinh x, dy/dx = 1/sqrt(1 + x^2), the root taken by hypot, so
 * that it is 1e-300 and not 0 for x = 1e300. */
#include "ops/elementwise.h"

#define VALUE M(asinh)(x)
#define PARTIAL 1 / M(hypot)(x, 1)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var one = wg_number(p->g.tape, 1);
    p->dx[0] = wg_div(p->g, wg_hypot(p->x[0], one));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_asinh = {
    .size = sizeof(wg_gate),
    .name = "asinh",
    .formula = "y = asinh x",
    .derivative = "dx = g / sqrt(1 + x^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_asinh(wg_var x) { return wgi_unary(&wg_gate_asinh, x, NULL, math); }
