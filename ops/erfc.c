/* The complementary error function: y = 1 - erf x with all the digits of its right tail, dy/dx =
 * -2/sqrt(pi) e^(-x^2). */
#include "ops/elementwise.h"

#define VALUE M(erfc)(x)
#define PARTIAL R(-1.1283791670955125739) * M(exp)(-x * x)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_var bell = wg_exp(wg_neg(wg_square(p->x[0])));
    p->dx[0] = wg_mul(p->g, wg_scale(bell, -1.1283791670955125739));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_erfc = {
    .size = sizeof(wg_gate),
    .name = "erfc",
    .formula = "y = erfc x",
    .derivative = "dx = -g 2/sqrt(pi) e^(-x^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_erfc(wg_var x) { return wgi_unary(&wg_gate_erfc, x, NULL, math); }
