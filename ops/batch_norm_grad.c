/* What the gradient of batch_norm with respect to its input is, one pass over its arrays: g, x
 * (..., C), mean, a, b, c (C),
 *
 *     y = a g + b (x - mean) + c.
 *
 * With h the cotangent of y: dg = a h, dx = b h, dmean = -b h, da = h g, db = h (x - mean), dc = h,
 * the last four summed over all axes but the last by the engine. */
#ifdef REAL

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wg_call *k = arg;
    int64_t n = wgi_channels(&k->y);
    const REAL *mean = k->x[2]->data, *a = k->x[3]->data, *b = k->x[4]->data, *c = k->x[5]->data;
    const REAL *g = (const REAL *)k->x[0]->data + begin * n;
    const REAL *x = (const REAL *)k->x[1]->data + begin * n;
    REAL *y = (REAL *)k->y.data + begin * n;
    for (int64_t i = begin; i < end; ++i, g += n, x += n, y += n)
        for (int64_t j = 0; j < n; ++j) y[j] = a[j] * g[j] + b[j] * (x[j] - mean[j]) + c[j];
}

static wg_status FN(forward)(wg_call *c) {
    wgi_parallel_for(wgi_channel_rows(&c->y), wgi_channel_grain(wgi_channels(&c->y)), FN(rows), c);
    return WG_OK;
}

#else
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
