/* The logarithm of the gamma function: y = ln |gamma(x)|, dy/dx = digamma x. At 0 and the
 * negative integers, its poles, the value is inf; the derivative there is digamma's: infinite at
 * 0, NaN at the others. At -inf the value is inf and the derivative NaN. */
#include "ops/elementwise.h"
#include "ops/polygamma.h"

#define VALUE M(lgamma)(x)
#define PARTIAL (REAL)wgi_polygamma(0, (double)x)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_digamma(p->x[0])); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = 0.4, .hi = 4},
    {.shapes = "", .lo = 0.4, .hi = 4},
    {.shapes = NULL},
};

const wg_gate wg_gate_lgamma = {
    .size = sizeof(wg_gate),
    .name = "lgamma",
    .formula = "y = ln |gamma(x)|",
    .derivative = "dx = g digamma x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "poles at 0, -1, -2, ...: the value is inf; the derivative is -inf at 0, inf at "
              "-0, NaN at the others",
};

wg_var wg_lgamma(wg_var x) { return wgi_unary(&wg_gate_lgamma, x, NULL, math); }
