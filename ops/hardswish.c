/* Swish with a piecewise linear gate: y = x min(max(x + 3, 0), 6)/6, dy/dx = (2x + 3)/6 between -3
 * and 3, 0 up to -3 and 1 from 3 on: at both kinks the outer piece counts. NaN counts as lying
 * between. A. Howard et al., Searching for MobileNetV3, arXiv:1905.02244. */
#include "ops/pieces.h"

#define VALUE x <= -3 ? R(0) : x >= 3 ? x : x * (x + 3) / 6
#define PARTIAL x <= -3 ? R(0) : x >= 3 ? R(1) : (2 * x + 3) / 6
#define BRANCH wgi_range_piece(x, -3, 3)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    wg_var low = wg_less_equal(p->x[0], wg_number(t, -3));
    wg_var high = wg_greater_equal(p->x[0], wg_number(t, 3));
    wg_var inner = wg_scale(wg_shift(wg_scale(p->x[0], 2), 3), 1.0 / 6);
    wg_var outer = wg_where(high, wg_number(t, 1), inner);
    p->dx[0] = wg_mul(p->g, wg_where(low, wg_number(t, 0), outer));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -5, .hi = 5},
    {.shapes = "", .lo = -5, .hi = 5},
    {.shapes = NULL},
};

const wg_gate wg_gate_hardswish = {
    .size = sizeof(wg_gate),
    .name = "hardswish",
    .formula = "y = x min(max(x + 3, 0), 6) / 6",
    .derivative = "dx = g (2 x + 3)/6 for -3 < x < 3, 0 below, g above",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kinks at -3 and 3: derivative 0 and 1",
};

wg_var wg_hardswish(wg_var x) { return wgi_unary(&wg_gate_hardswish, x, NULL, math); }
