/* The exponential: y = e^x, its own derivative. */
#include "ops/elementwise.h"

#define VALUE M(exp)(x)
#define PARTIAL y
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, p->y); }

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_exp = {
    .size = sizeof(wg_gate),
    .name = "exp",
    .formula = "y = e^x",
    .derivative = "dx = g y",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_exp(wg_var x) { return wgi_unary(&wg_gate_exp, x, NULL, math); }
