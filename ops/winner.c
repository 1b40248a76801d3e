/* Which elements are the extreme ones: v = 1 where x is y, else 0, NaN being NaN, as a float.  What
 * the rules of max and min multiply with, y being the extreme; its own derivative is zero. */
#include "ops/elementwise.h"

#define VALUE x == y || (x != x && y != y) ? R(1) : R(0)
#define PARTIAL_X R(0)
#define PARTIAL_Y R(0)
#define BRANCH wgi_sign_branch(x - y)
#include "ops/binary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"}, {.shapes = "2,3|3"}, {.shapes = "2,1|1,3"},
    {.shapes = "|2"},      {.shapes = "|"},     {.shapes = NULL},
};

const wg_gate wg_gate_winner = {
    .size = sizeof(wg_gate),
    .name = "winner",
    .formula = "v = [x is y]",
    .derivative = "0",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps where x = y, NaN being NaN; derivative 0 everywhere",
};

wg_var wg_winner(wg_var x, wg_var y) { return wgi_binary(&wg_gate_winner, x, y, math); }
