/* The natural logarithm: y = ln x, dy/dx = 1/x.  At 0 the value is -inf and the derivative the
 * infinity of the zero's sign.  Below 0 the value is NaN; the derivative 1/x is that of ln |x|. */
#include "ops/elementwise.h"

#define VALUE M(log)(x)
#define PARTIAL 1 / x
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_div(p->g, p->x[0]); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.3, .hi = 3},
    {.shapes = "", .lo = 0.3, .hi = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_log = {
    .size = sizeof(wg_gate),
    .name = "log",
    .formula = "y = ln x",
    .derivative = "dx = g / x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x > 0; at 0 the value is -inf, the derivative the infinity of the zero's sign; "
              "below the value is NaN, the derivative that of ln |x|",
};

wg_var wg_log(wg_var x) { return wgi_unary(&wg_gate_log, x, NULL, math); }
