/* The square: y = x^2, dy/dx = 2x. */
#include "ops/elementwise.h"

#define VALUE x * x
#define PARTIAL 2 * x
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_scale(p->x[0], 2)); }

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_square = {
    .size = sizeof(wg_gate),
    .name = "square",
    .formula = "y = x^2",
    .derivative = "dx = 2 x g",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .form = WG_FORM_SQUARE,
    .samples = samples,
};

wg_var wg_square(wg_var x) { return wgi_unary(&wg_gate_square, x, NULL, math); }
