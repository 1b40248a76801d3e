/* The difference: v = x - y. */
#include "ops/elementwise.h"

#define VALUE x - y
#define PARTIAL_X R(1)
#define PARTIAL_Y R(-1)
#include "ops/binary.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = p->g;
    if (p->wanted[1]) p->dx[1] = wg_neg(p->g);
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_sub = {
    .size = sizeof(wg_gate),
    .name = "sub",
    .formula = "v = x - y",
    .derivative = "dx = g, dy = -g",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_LINEAR,
    .rule = rule,
    .elementwise = &elementwise,
    .form = WG_FORM_DIFFERENCE,
    .samples = samples,
};

wg_var wg_sub(wg_var x, wg_var y) { return wgi_binary(&wg_gate_sub, x, y, math); }
