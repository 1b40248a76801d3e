/* Where the smallest element along an axis is: y = the first i with x[..., i, ...] smallest, int64.
 * A NaN counts as smallest.  Flat: a place has no derivative.  An axis of no elements is an error
 * unless there are no outputs either. */
#define BEATS(a, b) ((a) < (b))
#define KEEPS(a, b) ((a) <= (b))
#include "ops/arg_extreme.h"

const wg_gate wg_gate_argmin = {
    .size = sizeof(wg_gate),
    .name = "argmin",
    .formula = "y = the place of the smallest x",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_arg_extreme),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "an axis with elements, else VALUE; the first of equal ones, a NaN before all; "
              "jumps at ties; derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_argmin(wg_var x, int axis) {
    struct wgi_arg_extreme a = {axis};
    return wg_record(&wg_gate_argmin, 1, &x, &a);
}
