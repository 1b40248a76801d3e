/* The hyperbolic tangent in three lines: y = min(max(x, -1), 1), dy/dx = 1 between -1 and 1, else
 * 0, also at both kinks. NaN counts as lying between. */
#include "ops/pieces.h"

#define VALUE x <= -1 ? R(-1) : x >= 1 ? R(1) : x
#define PARTIAL x <= -1 || x >= 1 ? R(0) : R(1)
#define BRANCH wgi_range_piece(x, -1, 1)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    wg_var low = wg_less_equal(p->x[0], wg_number(t, -1));
    wg_var high = wg_greater_equal(p->x[0], wg_number(t, 1));
    p->dx[0] = wg_where(wg_logical_or(low, high), wg_number(t, 0), p->g);
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -3.0, .hi = 3.0},
    {.shapes = "", .lo = -3.0, .hi = 3.0},
    {.shapes = NULL},
};

const wg_gate wg_gate_hardtanh = {
    .size = sizeof(wg_gate),
    .name = "hardtanh",
    .formula = "y = min(max(x, -1), 1)",
    .derivative = "dx = g [-1 < x < 1]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kinks at -1 and 1: derivative 0",
};

wg_var wg_hardtanh(wg_var x) { return wgi_unary(&wg_gate_hardtanh, x, NULL, math); }
