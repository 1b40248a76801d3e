/* The tangent, x in radians: y = tan x, dy/dx = 1 + y^2. No float is a pole, so both are finite
 * for every finite x; at an infinity both are NaN. */
#include "ops/elementwise.h"

#define VALUE M(tan)(x)
#define PARTIAL 1 + y * y
#define RARE(x) (M(fabs)(x) > R(WGI_VM_TURNS))
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_shift(wg_square(p->y), 1)); }

static const wg_sample samples[] = {
    {.shapes = "2,3", .lo = -1.2, .hi = 1.2},
    {.shapes = "", .lo = -1.2, .hi = 1.2},
    {.shapes = NULL},
};

const wg_gate wg_gate_tan = {
    .size = sizeof(wg_gate),
    .name = "tan",
    .formula = "y = tan x",
    .derivative = "dx = g (1 + y^2)",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "poles at the odd multiples of pi/2, which no float is; at the infinities NaN",
};

wg_var wg_tan(wg_var x) { return wgi_unary(&wg_gate_tan, x, NULL, math); }
