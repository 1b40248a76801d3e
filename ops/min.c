/* The smallest element over some axes, or all; of no elements an error.  A NaN is passed on.
 *
 * A router: the cotangent goes to the winner.  Where several are equal each gets the same share of
 * it: a point of the subdifferential, and the only one that treats them alike.  The winners of an
 * output that is NaN are the NaNs. */
#include "ops/reduction.h"

#define REDUCTION wgi_reduction_min
#include "ops/extreme.h"

const wg_gate wg_gate_min = {
    .size = sizeof(wg_gate),
    .name = "min",
    .formula = "y = min x",
    .derivative = "dx = g [x = y] / number of winners",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_reduction_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "of no elements VALUE; kinks at ties: equal winners share the cotangent alike; "
              "NaN is passed on",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_min_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_min, 1, &x, &a);
}
wg_var wg_min(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_min_over(x, all, 0);
}
