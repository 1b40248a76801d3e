/* What the gradient of batch_norm with respect to its input is, one pass over its arrays: g, x
 * (..., C), mean, a, b, c (C),
 *
 *     y = a g + b (x - mean) + c.
 *
 * With h the cotangent of y: dg = a h, dx = b h, dmean = -b h, da = h g, db = h (x - mean), dc = h,
 * the last four summed over all axes but the last by the engine. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_norm_pull k = {.rows = wgi_channel_rows(&c->y), .n = wgi_channels(&c->y),
                       .g = c->x[0]->data, .x = c->x[1]->data, .m = c->x[2]->data,
                       .a = c->x[3]->data, .b = c->x[4]->data, .c = c->x[5]->data,
                       .dx = c->y.data};
    FN(wgi_norm_pull)(&k);
    return WG_OK;
}

#else
#include "backend/norm.h"
#include "ops/channels.h"

#define KERNEL_PART "ops/batch_norm_grad.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_channels_pair_check(c);
    c->y.rank = c->x[1]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[1]->dim[i];
    return s;
}

static void rule(wg_pull *p) {
    wg_var h = p->g;
    if (p->wanted[0]) p->dx[0] = wg_mul(h, p->x[3]);
    if (p->wanted[1]) p->dx[1] = wg_mul(h, p->x[4]);
    if (p->wanted[2]) p->dx[2] = wg_neg(wg_mul(h, p->x[4]));
    if (p->wanted[3]) p->dx[3] = wg_mul(h, p->x[0]);
    if (p->wanted[4]) p->dx[4] = wg_mul(h, wg_sub(p->x[1], p->x[2]));
    if (p->wanted[5]) p->dx[5] = h;
}

static const wg_sample samples[] = {
    {.shapes = "4,3|4,3|3|3|3|3"},
    {.shapes = "2,2,3,2|2,2,3,2|2|2|2|2"},
    {.shapes = NULL},
};

const wg_gate wg_gate_batch_norm_grad = {
    .size = sizeof(wg_gate),
    .name = "batch_norm_grad",
    .formula = "y = a g + b (x - mean) + c",
    .derivative = "dg = a h, dx = b h, dmean = -sum(b h), da = sum(h g), db = sum(h (x - mean))",
    .arity = 6,
    .operands = {"g", "x", "mean", "a", "b", "c"},
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d..., C) (C) (C) (C) (C) -> (d..., C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_batch_norm_grad(wg_var g, wg_var x, wg_var mean, wg_var a, wg_var b, wg_var c) {
    wg_var operands[6] = {g, x, mean, a, b, c};
    return wg_record(&wg_gate_batch_norm_grad, 6, operands, NULL);
}
#endif
