/* The mask of x = y; NaN equals nothing.  See compare.h. */
#define COMPARE x == y
#include "ops/compare.h"

const wg_gate wg_gate_equal = {
    .size = sizeof(wg_gate),
    .name = "equal",
    .formula = "v = [x = y]",
    .derivative = "0",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED | WG_GATE_STRIDED,
    .infer = infer,
    .forward = {forward_f32, forward_f64, forward_i64, forward_bool},
    .signature = signature,
    .samples = samples,
    .domain = "jumps where x = y; derivative 0 everywhere; false where either is NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_equal(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_equal, 2, operands, NULL);
}
