/* The rectifier with a learnable slope: v = x where x > 0, else s x; s broadcasts, as a slope for
 * each channel (C) does to (N, H, W, C).  dv/dx = 1 where x > 0, else s, also at the kink 0;
 * dv/ds = x below 0, else 0.  K. He et al., arXiv:1502.01852. */
#include "ops/elementwise.h"

#define VALUE x > 0 ? x : y * x
#define PARTIAL_X x > 0 ? R(1) : y
#define PARTIAL_Y x > 0 ? R(0) : x
#define BRANCH ((void)y, wgi_sign_branch(x))
#include "ops/binary.h"

/* x or the slope may be a number, and a choice between two numbers is no number: g comes first. */
static void rule(wg_pull *p) {
    wg_var zero = wg_number(p->g.tape, 0), positive = wg_greater(p->x[0], zero);
    if (p->wanted[0]) p->dx[0] = wg_where(positive, p->g, wg_mul(p->g, p->x[1]));
    if (p->wanted[1]) p->dx[1] = wg_where(positive, zero, wg_mul(p->g, p->x[0]));
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_prelu = {
    .size = sizeof(wg_gate),
    .name = "prelu",
    .formula = "v = x where x > 0, else slope x",
    .derivative = "dx = g where x > 0, else slope g; dslope = 0 where x > 0, else g x",
    .arity = 2,
    .operands = {"x", "slope"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at x = 0: derivative slope for x, 0 for the slope",
};

wg_var wg_prelu(wg_var x, wg_var slope) { return wgi_binary(&wg_gate_prelu, x, slope, math); }
