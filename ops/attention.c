/* Scaled dot-product attention (A. Vaswani et al., arXiv:1706.03762): queries q (..., L, d), keys
 * k (..., S, d), values v (..., S, e), a mask that broadcasts to (..., L, S) or none,
 *
 *     y = softmax(q k^T / sqrt(d)) v,        (..., L, e)
 *
 * over the keys where the mask is 1.  A query that may see no key gets zeros. */
#include "autograd/tape.h"
#include "ops/ops.h"

#include <float.h>
#include <math.h>

static wg_status infer(wg_call *c) {
    const wg_value *q = c->x[0], *k = c->x[1], *v = c->x[2];
    char text[96];
    for (size_t i = 0; i < 3; ++i)
        if (c->x[i]->rank < 2)
            return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it has rank 2 at least",
                           c->gate->operands[i],
                           wgi_shape_text(text, sizeof text, c->x[i]->rank, c->x[i]->dim));
    if (q->dim[q->rank - 1] != k->dim[k->rank - 1])
        return wg_fail(c, WG_ERR_SHAPE, "queries of %lld numbers, keys of %lld",
                       (long long)q->dim[q->rank - 1], (long long)k->dim[k->rank - 1]);
    if (k->dim[k->rank - 2] != v->dim[v->rank - 2])
        return wg_fail(c, WG_ERR_SHAPE, "%lld keys, %lld values", (long long)k->dim[k->rank - 2],
                       (long long)v->dim[v->rank - 2]);
    return WG_OK; /* the products check the batch axes */
}

/* The last two axes exchanged. */
static wg_var exchanged(wg_var v) {
    int rank = wg_shape_of(v).rank;
    wg_axes axes = {rank, {0}};
    for (int i = 0; i < rank; ++i) axes.axis[i] = i;
    axes.axis[rank - 2] = rank - 1;
    axes.axis[rank - 1] = rank - 2;
    return wg_permute(v, axes);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    wg_shape q = wg_shape_of(x[0]);
    double d = (double)q.dim[q.rank - 1];
    wg_var scores = wg_scale(wg_matmul(x[0], exchanged(x[1])), d > 0 ? 1 / sqrt(d) : 1);
    (void)n;
    (void)attrs;
    if (!x[3].tape) return wg_matmul(wg_softmax(scores, -1), x[2]);
    /* the lowest finite number, not -inf: a row of those alone would be NaN, not zeros */
    double lowest = wg_dtype_of(scores) == WG_F32 ? -(double)FLT_MAX : -DBL_MAX;
    wg_tape *t = scores.tape;
    wg_var p = wg_softmax(wg_where(x[3], scores, wg_number(t, lowest)), -1);
    return wg_matmul(wg_where(x[3], p, wg_number(t, 0)), x[2]);
}

static const wg_sample samples[] = {{.shapes = "2,3|4,3|4,2|-"},
                                    {.shapes = "2,3|4,3|4,2|2,4"},
                                    {.shapes = "2,2,3|2,3,3|2,3,2|3"},
                                    {.shapes = "2,2|1,2|1,1|-"},
                                    {.shapes = NULL}};

const wg_gate wg_gate_attention = {
    .size = sizeof(wg_gate),
    .name = "attention",
    .formula = "y = softmax(q k^T / sqrt(d)) v, over the keys where the mask is 1",
    .derivative = "that of its parts",
    .arity = 4,
    .operands = {"q", "k", "v", "mask"},
    .optional = 8,
    .masks = 8,
    .flags = WG_GATE_KINKED,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(..., L, d) (..., S, d) (..., S, e) (m...)? -> (..., L, e)",
    .domain = "the mask holds 0 and 1 and is a choice; a query that may see no key gets zeros",
};

wg_var wg_attention(wg_var q, wg_var k, wg_var v, wg_var mask) {
    wg_var operands[4] = {q, k, v, mask};
    return wg_record(&wg_gate_attention, 4, operands, NULL);
}
