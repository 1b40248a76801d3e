/* The rectifier with a ceiling: y = min(max(x, 0), 6), dy/dx = 1 between 0 and 6, else 0, also at
 * both kinks. NaN counts as lying between. A. Krizhevsky, Convolutional deep belief networks on
 * CIFAR-10, 2010. */
#include "ops/pieces.h"

#define VALUE x <= 0 ? R(0) : x >= 6 ? R(6) : x
#define PARTIAL x <= 0 || x >= 6 ? R(0) : R(1)
#define BRANCH wgi_range_piece(x, 0, 6)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    wg_var low = wg_less_equal(p->x[0], wg_number(t, 0));
    wg_var high = wg_greater_equal(p->x[0], wg_number(t, 6));
    p->dx[0] = wg_where(wg_logical_or(low, high), wg_number(t, 0), p->g);
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -8.0, .hi = 8.0},
    {.shapes = "", .lo = -8.0, .hi = 8.0},
    {.shapes = NULL},
};

const wg_gate wg_gate_relu6 = {
    .size = sizeof(wg_gate),
    .name = "relu6",
    .formula = "y = min(max(x, 0), 6)",
    .derivative = "dx = g [0 < x < 6]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kinks at 0 and 6: derivative 0",
};

wg_var wg_relu6(wg_var x) { return wgi_unary(&wg_gate_relu6, x, NULL, math); }
