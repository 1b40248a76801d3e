/* The squared error of x against a target y, l = (x - y)^2, its mean, sum, or each.  With g the
 * cotangent of l: dx = 2 g (x - y), dy = -dx. */
#include "ops/pair_loss.h"

struct wgi_mse_loss {
    int reduction; /* wg_reduction */
};
#define ATTRS struct wgi_mse_loss
#define LOSS (x - y) * (x - y)
#include "ops/pair_loss.h"

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    wg_var dx = wg_mul(wg_scale(g, 2), wg_sub(x, y));
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

const wg_gate wg_gate_mse_loss = {
    .size = sizeof(wg_gate),
    .name = "mse_loss",
    .formula = "l = (x - y)^2",
    .derivative = "dx = 2 g (x - y), dy = -dx",
    .arity = 2,
    .operands = {"x", "y"},
    .attr_bytes = sizeof(ATTRS),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> () or (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_mse_loss(wg_var x, wg_var y, wg_reduction reduction) {
    wg_var operands[2] = {x, y};
    ATTRS a = {(int)reduction};
    return wg_record(&wg_gate_mse_loss, 2, operands, &a);
}
