/* The sign: y = -1, 0 or 1; NaN is passed on.  Its derivative is zero wherever it has one, and
 * taken as zero at the step. */
#include "ops/elementwise.h"

#define VALUE x > 0 ? R(1) : x < 0 ? R(-1) : x
#define PARTIAL R(0)
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_sign = {
    .size = sizeof(wg_gate),
    .name = "sign",
    .formula = "y = [x > 0] - [x < 0]",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps at 0, where the value is 0; derivative 0 everywhere",
};

wg_var wg_sign(wg_var x) { return wgi_unary(&wg_gate_sign, x, NULL, math); }
