/* The Kullback-Leibler divergence of target probabilities y from log-probabilities x, element by
 * element, its mean over all elements, sum, or each:
 *
 *     l = y (ln y - x),   0 where y = 0 (its limit, for any x), NaN where y < 0.
 *
 * The divergence of N distributions is the sum divided by N.  With g the cotangent of l: dx = -g y,
 * dy = g (ln y + 1 - x), which is -inf for y = 0. */
#include "ops/pair_loss.h"

struct wgi_kl_div {
    int reduction; /* wg_reduction */
};
#define ATTRS struct wgi_kl_div
#define LOSS y == 0 ? y : y * (M(log)(y) - x)
#include "ops/pair_loss.h"

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    if (p->wanted[0]) p->dx[0] = wg_neg(wg_mul(g, y));
    if (p->wanted[1]) p->dx[1] = wg_mul(g, wg_shift(wg_sub(wg_log(y), x), 1));
}

static const wg_attr attrs[] = {
    WGI_REDUCTION_ROW(ATTRS),
    {.name = NULL},
};
static const ATTRS mean = {WG_REDUCTION_MEAN}, sum = {WG_REDUCTION_SUM},
                   each = {WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &mean, .lo = 0.2, .hi = 2},
    {.shapes = "4|4", .attrs = &sum, .lo = 0.2, .hi = 2},
    {.shapes = "2,2|2,2", .attrs = &each, .lo = 0.2, .hi = 2},
    {.shapes = "|", .attrs = &mean, .lo = 0.2, .hi = 2},
    {.shapes = "0,2|0,2", .attrs = &each, .lo = 0.2, .hi = 2},
    {.shapes = "0|0", .attrs = &sum, .lo = 0.2, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_kl_div = {
    .size = sizeof(wg_gate),
    .name = "kl_div",
    .formula = "l = y (ln y - x)",
    .derivative = "dx = -g y, dy = g (ln y + 1 - x)",
    .arity = 2,
    .operands = {"log_probabilities", "targets"},
    .attr_bytes = sizeof(ATTRS),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> () or (d...)",
    .domain = "y >= 0, below NaN; at y = 0 the loss is 0, the derivative for y -inf",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_kl_div(wg_var log_probabilities, wg_var targets, wg_reduction reduction) {
    wg_var operands[2] = {log_probabilities, targets};
    ATTRS a = {(int)reduction};
    return wg_record(&wg_gate_kl_div, 2, operands, &a);
}
