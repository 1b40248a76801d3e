/* The absolute error of x against a target y, l = |x - y|, its mean, sum, or each.  With g the
 * cotangent of l: dx = g sign(x - y), dy = -dx; where x = y both are 0, the middle of the
 * subdifferential. */
#include "ops/choices.h"
#include "ops/pair_loss.h"

struct wgi_l1_loss {
    int reduction; /* wg_reduction */
};
#define ATTRS struct wgi_l1_loss
#define LOSS M(fabs)(x - y)
#include "ops/pair_loss.h"

static uint64_t signature(const wg_call *c) {
    const ATTRS *a = c->attrs;
    uint64_t hash = 0;
    (void)a;
    for (int64_t i = 0, n = wg_value_size(c->x[0]); i < n; ++i) {
        double d = wgi_element(c->x[0], i) - wgi_element(c->x[1], i);
        hash = wgi_hash(hash, (uint64_t)(d > 0 ? 1 : d < 0 ? 2 : d == 0 ? 3 : 4));
    }
    return hash;
}

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    wg_var dx = wg_mul(g, wg_sign(wg_sub(x, y)));
    if (p->wanted[0]) p->dx[0] = dx;
    if (p->wanted[1]) p->dx[1] = wg_neg(dx);
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

const wg_gate wg_gate_l1_loss = {
    .size = sizeof(wg_gate),
    .name = "l1_loss",
    .formula = "l = |x - y|",
    .derivative = "dx = g sign(x - y), dy = -dx",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(ATTRS),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> () or (d...)",
    .domain = "kink at x = y: derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_l1_loss(wg_var x, wg_var y, wg_reduction reduction) {
    wg_var operands[2] = {x, y};
    ATTRS a = {(int)reduction};
    return wg_record(&wg_gate_l1_loss, 2, operands, &a);
}
