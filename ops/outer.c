/* The outer product of two vectors: v[i, j] = x[i] y[j].  dx = g y, dy = x g, matrix products. */
#ifdef REAL

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const REAL *x = c->x[0]->data, *y = c->x[1]->data;
    int64_t m = c->x[1]->dim[0];
    REAL *v = c->y.data;
    for (int64_t i = begin; i < end; ++i)
        for (int64_t j = 0; j < m; ++j) v[i * m + j] = x[i] * y[j];
}

static wg_status FN(forward)(wg_call *c) {
    int64_t m = c->x[1]->dim[0];
    wgi_parallel_for(c->x[0]->dim[0], 1 + WGI_GRAIN_ELEMENTS / (m + 1), FN(rows), c);
    return WG_OK;
}

#else
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0], *y = c->x[1];
    char a[96], b[96];
    if (x->rank != 1 || y->rank != 1)
        return wg_fail(c, WG_ERR_SHAPE, "%s and %s are not two vectors",
                       wgi_shape_text(a, sizeof a, x->rank, x->dim),
                       wgi_shape_text(b, sizeof b, y->rank, y->dim));
    c->y.rank = 2;
    c->y.dim[0] = x->dim[0];
    c->y.dim[1] = y->dim[0];
    return WG_OK;
}

#define KERNEL_PART "ops/outer.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = wg_matmul(p->g, p->x[1]);
    if (p->wanted[1]) p->dx[1] = wg_matmul(p->x[0], p->g);
}

static const wg_sample samples[] = {
    {.shapes = "3|3"}, {.shapes = "2|3"}, {.shapes = "1|1"}, {.shapes = "0|2"}, {.shapes = NULL}};

const wg_gate wg_gate_outer = {
    .size = sizeof(wg_gate),
    .name = "outer",
    .formula = "v[i, j] = x[i] y[j]",
    .derivative = "dx = g y, dy = x g",
    .arity = 2,
    .operands = {"x", "y"},
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(n) (m) -> (n, m)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_outer(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_outer, 2, operands, NULL);
}
#endif
