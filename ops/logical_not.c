/* The mask of where x is false.  See logical.h. */
#define COMBINE !x
#define LAST 0
#include "ops/logical.h"

static const wg_sample samples[] = {
    {.shapes = "2,3"}, {.shapes = "0"}, {.shapes = "1"}, {.shapes = ""}, {.shapes = NULL},
};

const wg_gate wg_gate_logical_not = {
    .size = sizeof(wg_gate),
    .name = "logical_not",
    .formula = "v = [not x]",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .masks = 1,
    .flags = WG_GATE_FLAT | WG_GATE_STRIDED,
    .infer = infer,
    .forward = {[WG_BOOL] = forward},
    .samples = samples,
    .domain = "masks: true, false, 1 or 0, else VALUE; derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_logical_not(wg_var x) { return wg_record(&wg_gate_logical_not, 1, &x, NULL); }
