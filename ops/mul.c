/* The product: v = x y.  A switcher: each operand's cotangent is scaled by the other operand. */
#include "ops/elementwise.h"

#define VALUE x * y
#define PARTIAL_X y
#define PARTIAL_Y x
#include "ops/binary.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = wg_mul(p->g, p->x[1]);
    if (p->wanted[1]) p->dx[1] = wg_mul(p->g, p->x[0]);
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_mul = {
    .size = sizeof(wg_gate),
    .name = "mul",
    .formula = "v = x y",
    .derivative = "dx = g y, dy = g x",
    .arity = 2,
    .operands = {"x", "y"},
    .rule = rule,
    .elementwise = &elementwise,
    .form = WG_FORM_PRODUCT,
    .samples = samples,
};

wg_var wg_mul(wg_var x, wg_var y) { return wgi_binary(&wg_gate_mul, x, y, math); }
