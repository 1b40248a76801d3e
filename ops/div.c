/* The quotient: v = x / y, dv/dx = 1/y, dv/dy = -x/y^2 = -v/y.  Where y = 0 value and derivatives
 * are the infinities or NaN of IEEE 754. */
#include "ops/elementwise.h"

#define VALUE x / y
#define PARTIAL_X 1 / y
#define PARTIAL_Y -v / y
#include "ops/binary.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = wg_div(p->g, p->x[1]);
    if (p->wanted[1]) p->dx[1] = wg_neg(wg_div(wg_mul(p->g, p->y), p->x[1]));
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .lo = 0.4, .hi = 2},
    {.shapes = "2,3|3", .lo = 0.4, .hi = 2},
    {.shapes = "2,1|1,3", .lo = 0.4, .hi = 2},
    {.shapes = "|2", .lo = 0.4, .hi = 2},
    {.shapes = "|", .lo = 0.4, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_div = {
    .size = sizeof(wg_gate),
    .name = "div",
    .formula = "v = x / y",
    .derivative = "dx = g / y, dy = -g v / y",
    .arity = 2,
    .operands = {"x", "y"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "y != 0; at 0 value and derivatives are the infinities and NaN of IEEE 754",
};

wg_var wg_div(wg_var x, wg_var y) { return wgi_binary(&wg_gate_div, x, y, math); }
