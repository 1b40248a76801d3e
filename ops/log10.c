/* The logarithm to base 10: y = ln x / ln 10, dy/dx = 1/(x ln 10). At 0 the value is -inf and
 * the derivative the infinity of the zero's sign. Below 0 the value is NaN; the derivative is that
 * of the logarithm of |x|. */
#include "ops/elementwise.h"

#define VALUE M(log10)(x)
#define PARTIAL R(0.43429448190325182765) / x
#include "ops/unary.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_div(wg_scale(p->g, 0.43429448190325182765), p->x[0]);
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_log10 = {
    .size = sizeof(wg_gate),
    .name = "log10",
    .formula = "y = ln x / ln 10",
    .derivative = "dx = g / (x ln 10)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x > 0; at 0 the value is -inf, the derivative the infinity of the zero's sign; "
              "below the value is NaN, the derivative that of the logarithm of |x|",
};

wg_var wg_log10(wg_var x) { return wgi_unary(&wg_gate_log10, x, NULL, math); }
