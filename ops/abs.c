/* The absolute value: y = |x|, dy/dx = sign x.  At the kink 0 the derivative is 0, the middle of
 * the subdifferential [-1, 1].  NaN gives NaN for both. */
#include "ops/elementwise.h"

#define VALUE M(fabs)(x)
#define PARTIAL x > 0 ? R(1) : x < 0 ? R(-1) : x
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_sign(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_abs = {
    .size = sizeof(wg_gate),
    .name = "abs",
    .formula = "y = |x|",
    .derivative = "dx = g sign x",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at 0: derivative 0",
};

wg_var wg_abs(wg_var x) { return wgi_unary(&wg_gate_abs, x, NULL, math); }
