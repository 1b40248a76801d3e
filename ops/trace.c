/* The sum of the diagonal: x (..., n, m) to y (...), y = sum over i of x[..., i, i]; of no elements
 * 0.  A sum of the gate diagonal. */
#include "autograd/tape.h"
#include "ops/ops.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0];
    char text[96];
    if (x->rank < 2)
        return wg_fail(c, WG_ERR_SHAPE, "%s is no matrix",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    c->y.rank = x->rank - 2;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    (void)attrs;
    return wg_sum_over(wg_diagonal(x[0], 0), WG_AXES(-1), 0);
}

static const wg_sample samples[] = {{.shapes = "3,3"},   {.shapes = "2,3"}, {.shapes = "2,3,2"},
                                    {.shapes = "2,0,0"}, {.shapes = "1,1"}, {.shapes = NULL}};

const wg_gate wg_gate_trace = {
    .size = sizeof(wg_gate),
    .name = "trace",
    .formula = "y = sum of x[i, i]",
    .derivative = "dx[i, i] = g, 0 elsewhere",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(..., n, m) -> (...)",
};

wg_var wg_trace(wg_var x) { return wg_record(&wg_gate_trace, 1, &x, NULL); }
