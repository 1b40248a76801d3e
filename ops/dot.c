/* The inner product of two vectors of one length: v = sum x[i] y[i], summed in double; of no
 * elements 0.  dx = g y, dy = g x. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    const REAL *x = c->x[0]->data, *y = c->x[1]->data;
    double sum = 0;
    for (int64_t i = 0; i < c->x[0]->dim[0]; ++i) sum += (double)x[i] * (double)y[i];
    *(REAL *)c->y.data = (REAL)sum;
    return WG_OK;
}

#else
#include "autograd/tape.h"
#include "ops/ops.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0], *y = c->x[1];
    char a[96], b[96];
    if (x->rank == 1 && y->rank == 1 && x->dim[0] == y->dim[0]) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "%s and %s are not two vectors of one length",
                   wgi_shape_text(a, sizeof a, x->rank, x->dim),
                   wgi_shape_text(b, sizeof b, y->rank, y->dim));
}

#define KERNEL_PART "ops/dot.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    if (p->wanted[0]) p->dx[0] = wg_mul(p->g, p->x[1]);
    if (p->wanted[1]) p->dx[1] = wg_mul(p->g, p->x[0]);
}

static const wg_sample samples[] = {
    {.shapes = "3|3"}, {.shapes = "1|1"}, {.shapes = "0|0"}, {.shapes = NULL}};

const wg_gate wg_gate_dot = {
    .size = sizeof(wg_gate),
    .name = "dot",
    .formula = "v = sum x y",
    .derivative = "dx = g y, dy = g x",
    .arity = 2,
    .operands = {"x", "y"},
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(n) (n) -> ()",
};

wg_var wg_dot(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_dot, 2, operands, NULL);
}
#endif
