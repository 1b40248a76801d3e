/* cells.c: see cells.h. */
#include "nn/cells.h"

#include "ops/ops.h"

#include <float.h>
#include <math.h>

static wg_var affine(wg_var x, wg_var w, wg_var b) {
    wg_var y = wg_matmul(x, w);
    return b.tape ? wg_add(y, b) : y;
}

/* Columns k H .. (k + 1) H of v (N, n H). */
static wg_var part(wg_var v, int64_t k, int64_t h) {
    return wg_slice(v, -1, k * h, (k + 1) * h, 1);
}

/* Units of a state; 0 of poison, which the gates that follow pass on. */
static int64_t units(wg_var h) {
    wg_shape s = wg_shape_of(h);
    return s.rank > 0 ? s.dim[s.rank - 1] : 0;
}

wg_var wg_rnn_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var b) {
    return wg_tanh(wg_add(affine(x, wx, b), wg_matmul(h, wh)));
}

wg_var wg_gru_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var bx, wg_var bh) {
    int64_t n = units(h);
    wg_var in = affine(x, wx, bx), state = affine(h, wh, bh);
    wg_var r = wg_sigmoid(wg_add(part(in, 0, n), part(state, 0, n)));
    wg_var z = wg_sigmoid(wg_add(part(in, 1, n), part(state, 1, n)));
    wg_var candidate = wg_tanh(wg_add(part(in, 2, n), wg_mul(r, part(state, 2, n))));
    return wg_add(candidate, wg_mul(z, wg_sub(h, candidate)));
}

wg_var wg_lstm_cell(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b,
                    wg_var *c_next) {
    int64_t n = units(h);
    wg_var all = wg_add(affine(x, wx, b), wg_matmul(h, wh));
    wg_var i = wg_sigmoid(part(all, 0, n)), f = wg_sigmoid(part(all, 1, n));
    wg_var g = wg_tanh(part(all, 2, n)), o = wg_sigmoid(part(all, 3, n));
    *c_next = wg_add(wg_mul(f, c), wg_mul(i, g));
    return wg_mul(o, wg_tanh(*c_next));
}

/* The last two axes exchanged. */
static wg_var exchanged(wg_var v) {
    int rank = wg_shape_of(v).rank;
    wg_axes axes = {rank, {0}};
    if (rank < 2) return v;
    for (int i = 0; i < rank; ++i) axes.axis[i] = i;
    axes.axis[rank - 2] = rank - 1;
    axes.axis[rank - 1] = rank - 2;
    return wg_permute(v, axes);
}

wg_var wg_attention(wg_var q, wg_var k, wg_var v, wg_var mask) {
    int64_t d = units(q);
    wg_var scores = wg_scale(wg_matmul(q, exchanged(k)), d ? 1 / sqrt((double)d) : 1);
    if (!mask.tape) return wg_matmul(wg_softmax(scores, -1), v);
    /* the lowest finite number, not -inf: a row of those alone would be NaN, not zeros */
    double lowest = wg_dtype_of(scores) == WG_F32 ? -(double)FLT_MAX : -DBL_MAX;
    wg_var zero = wg_number(q.tape, 0);
    wg_var p = wg_softmax(wg_where(mask, scores, wg_number(q.tape, lowest)), -1);
    return wg_matmul(wg_where(mask, p, zero), v);
}
