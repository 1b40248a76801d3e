/* The logistic function in three lines: y = min(max(x + 3, 0), 6)/6, dy/dx = 1/6 between -3 and 3,
 * else 0, also at both kinks. NaN counts as lying between. */
#include "ops/pieces.h"

#define VALUE x <= -3 ? R(0) : x >= 3 ? R(1) : (x + 3) / 6
#define PARTIAL x <= -3 || x >= 3 ? R(0) : R(1) / 6
#define BRANCH wgi_range_piece(x, -3, 3)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    wg_var low = wg_less_equal(p->x[0], wg_number(t, -3));
    wg_var high = wg_greater_equal(p->x[0], wg_number(t, 3));
    p->dx[0] = wg_where(wg_logical_or(low, high), wg_number(t, 0), wg_scale(p->g, 1.0 / 6));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -5.0, .hi = 5.0},
    {.shapes = "", .lo = -5.0, .hi = 5.0},
    {.shapes = NULL},
};

const wg_gate wg_gate_hardsigmoid = {
    .size = sizeof(wg_gate),
    .name = "hardsigmoid",
    .formula = "y = min(max(x + 3, 0), 6) / 6",
    .derivative = "dx = g/6 [-3 < x < 3]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kinks at -3 and 3: derivative 0",
};

wg_var wg_hardsigmoid(wg_var x) { return wgi_unary(&wg_gate_hardsigmoid, x, NULL, math); }
