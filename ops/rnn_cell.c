/* A step of the simple recurrent network (J. L. Elman, Cognitive Science 14, 1990): x (N, D),
 * h (N, H), wx (D, H), wh (H, H), b (H) or absent,
 *
 *     h' = tanh(x wx + h wh + b). */
#include "ops/cells.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_cell_states(c);
    if (s != WG_OK) return s;
    int64_t d = c->x[0]->dim[1], h = c->x[1]->dim[1];
    s = wgi_cell_shape(c, 2, d, h);
    if (s == WG_OK) s = wgi_cell_shape(c, 3, h, h);
    return s == WG_OK ? wgi_cell_shape(c, 4, -1, h) : s;
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    (void)attrs;
    return wg_tanh(wg_add(wgi_affine(x[0], x[2], x[4]), wg_matmul(x[1], x[3])));
}

static const wg_sample samples[] = {{.shapes = "2,3|2,2|3,2|2,2|2", .lo = -1, .hi = 1},
                                    {.shapes = "1,1|1,1|1,1|1,1|-"},
                                    {.shapes = "0,2|0,3|2,3|3,3|3"},
                                    {.shapes = NULL}};

const wg_gate wg_gate_rnn_cell = {
    .size = sizeof(wg_gate),
    .name = "rnn_cell",
    .formula = "h' = tanh(x wx + h wh + b)",
    .derivative = "that of its parts",
    .arity = 5,
    .operands = {"x", "h", "wx", "wh", "b"},
    .optional = 16,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, D) (N, H) (D, H) (H, H) (H)? -> (N, H)",
};

wg_var wg_rnn_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var b) {
    wg_var operands[5] = {x, h, wx, wh, b};
    return wg_record(&wg_gate_rnn_cell, 5, operands, NULL);
}
