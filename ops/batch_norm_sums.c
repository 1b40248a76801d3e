/* The two sums that the rule of batch_norm needs, in one pass: g, x (..., C), mean (C), y (2, C),
 *
 *     y[0] = sum g,    y[1] = sum g (x - mean),    over all axes but the last.
 *
 * With h = (h0, h1) the cotangent of y: dg = h0 + h1 (x - mean), dx = h1 g, dmean = -sum h1 g. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_norm_pull k = {.rows = wgi_channel_rows(c->x[0]), .n = wgi_channels(c->x[0])};
    k.g = c->x[0]->data, k.x = c->x[1]->data, k.m = c->x[2]->data;
    double *sums = wg_scratch(c, 2 * (size_t)k.n * sizeof *sums);
    void *room = wg_scratch(c, wgi_norm_scratch(k.rows, k.n));
    REAL *y = c->y.data;
    if (!sums || !room) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    FN(wgi_norm_sums)(&k, sums, sums + k.n, room);
    for (int64_t j = 0; j < 2 * k.n; ++j) y[j] = (REAL)sums[j];
    return WG_OK;
}

#else
#include "backend/norm.h"
#include "ops/channels.h"

#define KERNEL_PART "ops/batch_norm_sums.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_channels_pair_check(c);
    if (s != WG_OK) return s;
    c->y.rank = 2;
    c->y.dim[0] = 2;
    c->y.dim[1] = wgi_channels(c->x[1]);
    return WG_OK;
}

static void rule(wg_pull *p) {
    wg_var g = p->x[0], x = p->x[1], mean = p->x[2];
    wg_var h0 = wgi_channel_row(p->g, 0), h1 = wgi_channel_row(p->g, 1);
    if (p->wanted[0]) p->dx[0] = wg_add(wg_mul(wg_sub(x, mean), h1), h0);
    if (p->wanted[1]) p->dx[1] = wg_mul(g, h1);
    if (p->wanted[2]) p->dx[2] = wg_neg(wg_mul(g, h1));
}

static const wg_sample samples[] = {
    {.shapes = "4,3|4,3|3"},
    {.shapes = "2,2,3,2|2,2,3,2|2"},
    {.shapes = NULL},
};

const wg_gate wg_gate_batch_norm_sums = {
    .size = sizeof(wg_gate),
    .name = "batch_norm_sums",
    .formula = "y = (sum(g), sum(g (x - mean))) by channel",
    .derivative = "dg = h0 + h1 (x - mean), dx = h1 g, dmean = -sum(h1 g)",
    .arity = 3,
    .operands = {"g", "x", "mean"},
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d..., C) (C) -> (2, C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_batch_norm_sums(wg_var g, wg_var x, wg_var mean) {
    wg_var operands[3] = {g, x, mean};
    return wg_record(&wg_gate_batch_norm_sums, 3, operands, NULL);
}
#endif
