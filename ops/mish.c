/* Mish: y = x t with t = tanh(ln(1 + e^x)), dy/dx = t + x (1 - t^2) sigmoid(x). With e =
 * e^-|x|, t is (1 + 2e)/(1 + 2e + 2e^2) above 0 and e (2 + e)/(2 + 2e + e^2) below, which neither
 * overflows nor cancels; its slope follows likewise. Tends to 0 at -inf. D. Misra,
 * arXiv:1908.08681. */
#include "ops/tails.h"

#define E M(exp)(-M(fabs)(x))
#define LEVEL (x > 0 ? (1 + 2 * E) / ABOVE : E * (2 + E) / BELOW)
#define SLOPE (x > 0 ? 4 * E * E * (1 + E) / (ABOVE * ABOVE) : 4 * E * (1 + E) / (BELOW * BELOW))
#define ABOVE (1 + 2 * E + 2 * E * E)
#define BELOW (2 + 2 * E + E * E)
#define VALUE WGI_FROM_BELOW(x) * LEVEL
#define PARTIAL LEVEL + WGI_BOUND(x) * SLOPE
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var x = wgi_bound(p->x[0]), t = wg_tanh(wg_softplus(x, 1));
    wg_var bend = wg_mul(wg_shift(wg_neg(wg_square(t)), 1), wg_sigmoid(x));
    p->dx[0] = wg_mul(p->g, wg_add(t, wg_mul(x, bend)));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_mish = {
    .size = sizeof(wg_gate),
    .name = "mish",
    .formula = "y = x tanh(ln(1 + e^x))",
    .derivative = "dx = g (t + x (1 - t^2) / (1 + e^-x)), t = tanh(ln(1 + e^x))",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_mish(wg_var x) { return wgi_unary(&wg_gate_mish, x, NULL, math); }
