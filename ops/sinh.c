/* The hyperbolic sine: y = sinh x, dy/dx = cosh x. */
#include "ops/elementwise.h"

#define VALUE M(sinh)(x)
#define PARTIAL M(cosh)(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_cosh(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_sinh = {
    .size = sizeof(wg_gate),
    .name = "sinh",
    .formula = "y = sinh x",
    .derivative = "dx = g cosh x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_sinh(wg_var x) { return wgi_unary(&wg_gate_sinh, x, NULL, math); }
