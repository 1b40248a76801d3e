/* The unit step: y = 1 where x > 0, else 0; NaN is passed on.  Its derivative is zero wherever it
 * has one, and taken as zero at the step.  It is the derivative of relu. */
#include "ops/elementwise.h"

#define VALUE x > 0 ? R(1) : x <= 0 ? R(0) : x
#define PARTIAL R(0)
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_step = {
    .size = sizeof(wg_gate),
    .name = "step",
    .formula = "y = [x > 0]",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "jumps at 0, where the value is 0; derivative 0 everywhere",
};

wg_var wg_step(wg_var x) { return wgi_unary(&wg_gate_step, x, NULL, math); }
