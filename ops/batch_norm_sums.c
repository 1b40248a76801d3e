/* The two sums that the rule of batch_norm needs, in one pass: g, x (..., C), mean (C), y (2, C),
 *
 *     y[0] = sum g,    y[1] = sum g (x - mean),    over all axes but the last.
 *
 * With h = (h0, h1) the cotangent of y: dg = h0 + h1 (x - mean), dx = h1 g, dmean = -sum h1 g.
 *
 * Rows are added up in blocks, in double; which rows make a block depends on the shape alone, so
 * that the number of threads changes no bit. */
#ifdef REAL

/* Block b: its rows into sums (blocks, 2, C), which starts at zero. */
static void FN(blocks)(int64_t begin, int64_t end, void *arg) {
    const job *k = arg;
    int64_t n = k->channels;
    const REAL *mean = k->call->x[2]->data;
    for (int64_t b = begin; b < end; ++b) {
        double *s0 = k->sums + b * 2 * n, *s1 = s0 + n;
        int64_t from = b * k->block, to = from + k->block < k->rows ? from + k->block : k->rows;
        const REAL *g = (const REAL *)k->call->x[0]->data + from * n;
        const REAL *x = (const REAL *)k->call->x[1]->data + from * n;
        memset(s0, 0, 2 * (size_t)n * sizeof *s0);
        for (int64_t i = from; i < to; ++i, g += n, x += n)
            for (int64_t j = 0; j < n; ++j) {
                s0[j] += (double)g[j];
                s1[j] += (double)(g[j] * (x[j] - mean[j]));
            }
    }
}

static wg_status FN(forward)(wg_call *c) {
    job k = {c, wgi_channels(c->x[0]), wgi_channel_rows(c->x[0]), 0, NULL};
    int64_t width = 2 * k.channels;
    k.block = 1 + 16384 / (k.channels + 1);
    if (k.block < (k.rows + MAX_BLOCKS - 1) / MAX_BLOCKS)
        k.block = (k.rows + MAX_BLOCKS - 1) / MAX_BLOCKS;
    int64_t count = (k.rows + k.block - 1) / k.block;
    k.sums = wg_scratch(c, (size_t)(count * width) * sizeof(double));
    if (!k.sums) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wgi_parallel_for(count, 1 + WGI_GRAIN_ELEMENTS / (k.block * k.channels + 1), FN(blocks), &k);
    REAL *y = c->y.data;
    for (int64_t j = 0; j < width; ++j) {
        double sum = 0;
        for (int64_t b = 0; b < count; ++b) sum += k.sums[b * width + j];
        y[j] = (REAL)sum;
    }
    return WG_OK;
}

#else
#include "ops/channels.h"

#include <string.h>

enum { MAX_BLOCKS = 64 };

typedef struct job {
    const wg_call *call;
    int64_t channels, rows, block; /* rows a block */
    double *sums;
} job;

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
