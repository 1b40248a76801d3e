/* A rational sigmoid: y = x/(1 + |x|), dy/dx = 1/(1 + |x|)^2. Smooth at 0 to the first order; the
 * second derivative jumps there and is taken as 0. Tends to -1 and 1 at the infinities. */
#include "ops/elementwise.h"

#define VALUE M(fabs)(x) > 1 ? M(copysign)(R(1), x) / (1 + 1 / M(fabs)(x)) : x / (1 + M(fabs)(x))
#define PARTIAL 1 / ((1 + M(fabs)(x)) * (1 + M(fabs)(x)))
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(p->g, wg_square(wg_shift(wg_abs(p->x[0]), 1))); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_softsign = {
    .size = sizeof(wg_gate),
    .name = "softsign",
    .formula = "y = x / (1 + |x|)",
    .derivative = "dx = g / (1 + |x|)^2",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "at 0 the second derivative jumps and is taken as 0",
};

wg_var wg_softsign(wg_var x) { return wgi_unary(&wg_gate_softsign, x, NULL, math); }
