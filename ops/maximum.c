/* The larger operand: v = max(x, y).  A router: the whole cotangent goes to the larger one.  At a
 * tie each gets half, which lies in the subdifferential and treats the operands alike.  A NaN in
 * either operand is passed on; it too counts as a tie. */
#include "ops/elementwise.h"

#define VALUE x != x ? x : y != y ? y : x > y ? x : y
#define PARTIAL_X x > y ? R(1) : x < y ? R(0) : R(0.5)
#define PARTIAL_Y y > x ? R(1) : y < x ? R(0) : R(0.5)
#define BRANCH wgi_order_branch(x, y)
#include "ops/binary.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = wg_mul(p->g, wg_share(p->x[0], p->x[1]));
    if (p->wanted[1]) p->dx[1] = wg_mul(p->g, wg_share(p->x[1], p->x[0]));
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_maximum = {
    .size = sizeof(wg_gate),
    .name = "maximum",
    .formula = "v = max(x, y)",
    .derivative = "dx = g [x > y], dy = g [y > x], g/2 each at a tie",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at x = y: half the cotangent to each; NaN is passed on and is such a tie",
};

wg_var wg_maximum(wg_var x, wg_var y) { return wgi_binary(&wg_gate_maximum, x, y, math); }
