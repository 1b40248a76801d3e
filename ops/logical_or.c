/* The mask of where one at least is true.  See logical.h. */
#define COMBINE x | y
#define LAST 1
#include "ops/logical.h"

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "0|"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_logical_or = {
    .size = sizeof(wg_gate),
    .name = "logical_or",
    .formula = "v = [x or y]",
    .derivative = "0",
    .arity = 2,
    .operands = {"x", "y"},
    .masks = 3,
    .flags = WG_GATE_FLAT | WG_GATE_STRIDED,
    .infer = infer,
    .forward = {[WG_BOOL] = forward},
    .samples = samples,
    .domain = "masks: true, false, 1 or 0, else VALUE; derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_logical_or(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_logical_or, 2, operands, NULL);
}
