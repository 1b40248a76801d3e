/* The sigmoid linear unit, or swish: y = x s(x) with the logistic function s, dy/dx = s(x) + x
 * s(x) s(-x). Tends to 0 at -inf, where x is bounded so that no infinity meets a zero. S. Elfwing,
 * E. Uchibe, K. Doya, arXiv:1702.03118. */
#include "ops/tails.h"

#define VALUE WGI_FROM_BELOW(x) * WGI_SIGMOID(x)
#define PARTIAL WGI_SIGMOID(x) * (1 + WGI_BOUND(x) * WGI_SIGMOID(-x))
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var x = wgi_bound(p->x[0]), s = wg_sigmoid(x), tail = wg_sigmoid(wg_neg(x));
    p->dx[0] = wg_mul(p->g, wg_mul(s, wg_shift(wg_mul(x, tail), 1)));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_silu = {
    .size = sizeof(wg_gate),
    .name = "silu",
    .formula = "y = x / (1 + e^-x)",
    .derivative = "dx = g s (1 + x (1 - s)), s = 1 / (1 + e^-x)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_silu(wg_var x) { return wgi_unary(&wg_gate_silu, x, NULL, math); }
