/* The hyperbolic cosine: y = cosh x, dy/dx = sinh x. */
#include "ops/elementwise.h"

#define VALUE M(cosh)(x)
#define PARTIAL M(sinh)(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_sinh(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_cosh = {
    .size = sizeof(wg_gate),
    .name = "cosh",
    .formula = "y = cosh x",
    .derivative = "dx = g sinh x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_cosh(wg_var x) { return wgi_unary(&wg_gate_cosh, x, NULL, math); }
