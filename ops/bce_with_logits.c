/* The binary cross-entropy of targets y in [0, 1] from logits x, whose probability is
 * s = sigmoid x, its mean, sum, or each:
 *
 *     l = -y ln s - (1 - y) ln(1 - s) = max(x, 0) - x y + ln(1 + e^-|x|),
 *
 * which neither overflows nor loses digits: x = +-10000 costs 0 or 10000, and an infinite logit on
 * the side of a target that is exactly 0 or 1 costs 0.  Targets outside [0, 1] are not refused, the
 * formula goes on.  With g the cotangent of l: dx = g (s - y), dy = -g x. */
#include "ops/pair_loss.h"

struct wgi_bce_with_logits {
    int reduction; /* wg_reduction */
};
#define ATTRS struct wgi_bce_with_logits
#define LOSS (x > 0 ? (y == 1 ? 0 : x * (1 - y)) : (y == 0 ? 0 : -x * y)) \
    + M(log1p)(M(exp)(-M(fabs)(x)))
#include "ops/pair_loss.h"

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    if (p->wanted[0]) p->dx[0] = wg_mul(g, wg_sub(wg_sigmoid(x), y));
    if (p->wanted[1]) p->dx[1] = wg_neg(wg_mul(g, x));
}

static const wg_attr attrs[] = {
    WGI_REDUCTION_ROW(ATTRS),
    {.name = NULL},
};
static const ATTRS mean = {WG_REDUCTION_MEAN}, sum = {WG_REDUCTION_SUM},
                   each = {WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &mean},
    {.shapes = "4|4", .attrs = &sum},
    {.shapes = "2,2|2,2", .attrs = &each},
    {.shapes = "|", .attrs = &mean},
    {.shapes = "0,2|0,2", .attrs = &each},
    {.shapes = "0|0", .attrs = &sum},
    {.shapes = NULL},
};

const wg_gate wg_gate_bce_with_logits = {
    .size = sizeof(wg_gate),
    .name = "bce_with_logits",
    .formula = "l = max(x, 0) - x y + ln(1 + e^-|x|)",
    .derivative = "dx = g (sigmoid x - y), dy = -g x",
    .arity = 2,
    .operands = {"logits", "targets"},
    .attr_bytes = sizeof(ATTRS),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> () or (d...)",
    .domain = "targets in [0, 1] are meant, others not refused",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_bce_with_logits(wg_var logits, wg_var targets, wg_reduction reduction) {
    wg_var operands[2] = {logits, targets};
    ATTRS a = {(int)reduction};
    return wg_record(&wg_gate_bce_with_logits, 2, operands, &a);
}
