/* The power of two: y = 2^x, dy/dx = y ln 2. */
#include "ops/elementwise.h"

#define VALUE M(exp2)(x)
#define PARTIAL y * R(0.69314718055994530942)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_scale(p->y, 0.69314718055994530942)); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_exp2 = {
    .size = sizeof(wg_gate),
    .name = "exp2",
    .formula = "y = 2^x",
    .derivative = "dx = g y ln 2",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_exp2(wg_var x) { return wgi_unary(&wg_gate_exp2, x, NULL, math); }
