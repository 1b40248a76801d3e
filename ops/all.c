/* Whether every element of a mask is true, over some axes or all; of no elements true.
 * Flat. */
#define DECIDES 0
#include "ops/mask_reduction.h"

const wg_gate wg_gate_all = {
    .size = sizeof(wg_gate),
    .name = "all",
    .formula = "y = every x",
    .derivative = "0",
    .arity = 1,
    .operands = {"mask"},
    .masks = 1,
    .flags = WG_GATE_FLAT,
    .attr_bytes = sizeof(struct wgi_reduction_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "a mask: true, false, 1 or 0, else VALUE; of no elements true; derivative 0",
};

wg_var wg_all_over(wg_var mask, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_all, 1, &mask, &a);
}
wg_var wg_all(wg_var mask) {
    wg_axes all = {0, {0}};
    return wg_all_over(mask, all, 0);
}
