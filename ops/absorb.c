/* What makes a zero strong in recorded gradients: v = 0 where g is 0 and x is NaN, else x.
 *
 * The rule of an elementwise gate forms x = g dy/dx with gates, which is NaN where dy/dx is
 * infinite or NaN, though g be 0: where nothing above depends on the gate.  wg_gradients puts this
 * gate behind a rule where that happened, and so agrees with wg_backward (wgi_chain,
 * ops/elementwise.h).  With h the cotangent of v: dx = h, but 0 where v is; dg = 0. */
#include "ops/elementwise.h"

#define ABSORBED (y == 0 && isnan(x))
#define VALUE ABSORBED ? R(0) : x
#define PARTIAL_X ABSORBED ? R(0) : R(1)
#define PARTIAL_Y R(0)
#define BRANCH ABSORBED
#include "ops/binary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    if (!p->wanted[0]) return;
    wg_var is_nan = wg_not_equal(p->x[0], p->x[0]);
    wg_var absorbed = wg_logical_and(is_nan, wg_equal(p->x[1], wg_number(t, 0)));
    p->dx[0] = wg_where(absorbed, wg_number(t, 0), p->g);
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"}, {.shapes = "2,3|3"}, {.shapes = "2,1|1,3"},
    {.shapes = "|2"},      {.shapes = "|"},     {.shapes = NULL},
};

const wg_gate wg_gate_absorb = {
    .size = sizeof(wg_gate),
    .name = "absorb",
    .formula = "v = 0 where y = 0 and x is NaN, else x",
    .derivative = "dx = g, 0 where v was made 0; dy = 0",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "any; kinked where x becomes NaN",
};

wg_var wg_absorb(wg_var x, wg_var y) { return wgi_binary(&wg_gate_absorb, x, y, math); }
