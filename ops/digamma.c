/* The logarithmic derivative of the gamma function: y = gamma'(x)/gamma(x), dy/dx = polygamma(x,
 * n=1). At 0 the value is the infinity opposite to the zero's sign and the derivative inf; at the
 * negative integers the value is NaN, for it has another limit on either side, and the derivative
 * inf. */
#include "ops/elementwise.h"
#include "ops/polygamma.h"

#define VALUE (REAL)wgi_polygamma(0, (double)x)
#define PARTIAL (REAL)wgi_polygamma(1, (double)x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_polygamma(p->x[0], 1)); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.6, .hi = 4},
    {.shapes = "", .lo = 0.6, .hi = 4},
    {.shapes = NULL},
};

const wg_gate wg_gate_digamma = {
    .size = sizeof(wg_gate),
    .name = "digamma",
    .formula = "y = gamma'(x) / gamma(x)",
    .derivative = "dx = g polygamma(x, n=1)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "poles at 0, -1, -2, ...: the value is -inf at 0, inf at -0, NaN at the others; "
              "the derivative is inf at all of them",
};

wg_var wg_digamma(wg_var x) { return wgi_unary(&wg_gate_digamma, x, NULL, math); }
