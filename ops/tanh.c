/* The hyperbolic tangent: y = tanh x, dy/dx = 1 - y^2, written (1 - y)(1 + y) to keep the
 * digits that 1 - y^2 loses where y is near 1. */
#include "ops/elementwise.h"

#define VALUE M(tanh)(x)
#define PARTIAL (1 - y) * (1 + y)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var below = wg_shift(wg_neg(p->y), 1), above = wg_shift(p->y, 1);
    p->dx[0] = wg_mul(p->g, wg_mul(below, above));
}

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_tanh = {
    .size = sizeof(wg_gate),
    .name = "tanh",
    .formula = "y = tanh x",
    .derivative = "dx = g (1 - y^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_tanh(wg_var x) { return wgi_unary(&wg_gate_tanh, x, NULL, math); }
