/* The exponential less one: y = e^x - 1 with all its digits near 0, dy/dx = e^x. The derivative is
 * not written y + 1, which has none left where y is near -1. */
#include "ops/elementwise.h"

#define VALUE M(expm1)(x)
#define PARTIAL M(exp)(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_exp(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_expm1 = {
    .size = sizeof(wg_gate),
    .name = "expm1",
    .formula = "y = e^x - 1",
    .derivative = "dx = g e^x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_expm1(wg_var x) { return wgi_unary(&wg_gate_expm1, x, NULL, math); }
