/* A step of a long short-term memory (S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997,
 * with the forget gate of F. Gers et al., 2000): x (N, D), state h and memory c (N, H), wx (D, 4H),
 * wh (H, 4H), b (4H) or absent.  The columns are those of the input gate i, forget gate f,
 * candidate g and output gate o:
 *
 *     i, f, o = sigmoid,  g = tanh of their columns of x wx + h wh + b
 *     c' = f c + i g,     h' = o tanh c'.
 *
 * A gate has one output: it is h' and c' side by side, (N, 2H). */
#include "ops/cells.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_cell_states(c);
    if (s != WG_OK) return s;
    int64_t d = c->x[0]->dim[1], h = c->x[1]->dim[1];
    s = wgi_cell_shape(c, 2, c->x[1]->dim[0], h);
    if (s == WG_OK) s = wgi_cell_shape(c, 3, d, 4 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 4, h, 4 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 5, -1, 4 * h);
    c->y.dim[1] = 2 * h;
    return s;
}

static wg_var compose(size_t count, const wg_var *x, const void *attrs) {
    int64_t n = wg_shape_of(x[1]).dim[1];
    wg_var all = wg_add(wgi_affine(x[0], x[3], x[5]), wg_matmul(x[1], x[4]));
    wg_var i = wg_sigmoid(wgi_cell_part(all, 0, n)), f = wg_sigmoid(wgi_cell_part(all, 1, n));
    wg_var g = wg_tanh(wgi_cell_part(all, 2, n)), o = wg_sigmoid(wgi_cell_part(all, 3, n));
    wg_var next[2];
    (void)count;
    (void)attrs;
    next[1] = wg_add(wg_mul(f, x[2]), wg_mul(i, g));
    next[0] = wg_mul(o, wg_tanh(next[1]));
    return wg_concat(2, next, -1);
}

static const wg_sample samples[] = {{.shapes = "2,3|2,2|2,2|3,8|2,8|8", .lo = -1, .hi = 1},
                                    {.shapes = "1,1|1,1|1,1|1,4|1,4|-"},
                                    {.shapes = "0,2|0,2|0,2|2,8|2,8|8"},
                                    {.shapes = NULL}};

const wg_gate wg_gate_lstm_cell = {
    .size = sizeof(wg_gate),
    .name = "lstm_cell",
    .formula = "[h', c'], c' = f c + i g, h' = o tanh c', i, f, o = sigmoid, g = tanh of x wx + h "
               "wh + b",
    .derivative = "that of its parts",
    .arity = 6,
    .operands = {"x", "h", "c", "wx", "wh", "b"},
    .optional = 32,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, D) (N, H) (N, H) (D, 4 H) (H, 4 H) (4 H)? -> (N, 2 H)",
};

wg_var wg_lstm_cell_states(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b) {
    wg_var operands[6] = {x, h, c, wx, wh, b};
    return wg_record(&wg_gate_lstm_cell, 6, operands, NULL);
}

wg_var wg_lstm_cell(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b,
                    wg_var *c_next) {
    wg_var both = wg_lstm_cell_states(x, h, c, wx, wh, b);
    *c_next = wg_split(both, 2, 1, -1);
    return wg_split(both, 2, 0, -1);
}
