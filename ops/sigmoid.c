/* The logistic function: y = 1/(1 + e^-x), dy/dx = y (1 - y).  With e = e^-|x| <= 1 it is 1/(1 +
 * e) for x >= 0 and e/(1 + e) below, so nothing overflows and small values keep their digits. The
 * derivative is y (1 - y) in y alone: where y is 1 to the last bit it is 0. */
#include "ops/elementwise.h"

#define VALUE (x < 0 ? M(exp)(-M(fabs)(x)) : R(1)) / (1 + M(exp)(-M(fabs)(x)))
#define PARTIAL y * (1 - y)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_mul(p->g, wg_mul(p->y, wg_shift(wg_neg(p->y), 1)));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_sigmoid = {
    .size = sizeof(wg_gate),
    .name = "sigmoid",
    .formula = "y = 1 / (1 + e^-x)",
    .derivative = "dx = g y (1 - y)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_sigmoid(wg_var x) { return wgi_unary(&wg_gate_sigmoid, x, NULL, math); }
