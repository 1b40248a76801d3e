/* The share of x in max(x, y): 1 where x > y, 0 where x < y, 1/2 at a tie or a NaN.  What the rules
 * of maximum and minimum multiply with; its own derivative is zero. */
#include "ops/elementwise.h"

#define VALUE x > y ? R(1) : x < y ? R(0) : R(0.5)
#define PARTIAL_X R(0)
#define PARTIAL_Y R(0)
#define BRANCH wgi_order_branch(x, y)
#include "ops/binary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_share = {
    .size = sizeof(wg_gate),
    .name = "share",
    .formula = "v = [x > y] + [x = y]/2",
    .derivative = "0",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps where x = y, there 1/2; derivative 0 everywhere; NaN is such a tie",
};

wg_var wg_share(wg_var x, wg_var y) { return wgi_binary(&wg_gate_share, x, y, math); }
