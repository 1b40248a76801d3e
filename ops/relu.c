/* The rectifier: y = max(x, 0), dy/dx = 1 where x > 0, else 0, also at the kink 0: what is off
 * gets no gradient.  NaN gives NaN for both. */
#include "ops/elementwise.h"

#define VALUE x <= 0 ? R(0) : x
#define PARTIAL x > 0 ? R(1) : x <= 0 ? R(0) : x
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_step(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_relu = {
    .size = sizeof(wg_gate),
    .name = "relu",
    .formula = "y = max(x, 0)",
    .derivative = "dx = g [x > 0]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at 0: derivative 0",
};

wg_var wg_relu(wg_var x) { return wgi_unary(&wg_gate_relu, x, NULL, math); }
