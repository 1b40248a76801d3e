/* The logarithm of the logistic function: y = -ln(1 + e^-x), dy/dx = sigmoid(-x). Written min(x,
 * 0) - ln(1 + e^-|x|), which neither overflows at -1e4 nor loses the small values at 1e4; what is
 * passed on at -inf is -inf with derivative 1. */
#include "ops/tails.h"

#define VALUE (x > 0 ? R(0) : x) - M(log1p)(M(exp)(-M(fabs)(x)))
#define PARTIAL WGI_SIGMOID(-x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_sigmoid(wg_neg(p->x[0]))); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_log_sigmoid = {
    .size = sizeof(wg_gate),
    .name = "log_sigmoid",
    .formula = "y = -ln(1 + e^-x)",
    .derivative = "dx = g / (1 + e^x)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_log_sigmoid(wg_var x) { return wgi_unary(&wg_gate_log_sigmoid, x, NULL, math); }
