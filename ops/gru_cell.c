/* A step of a gated recurrent unit (K. Cho et al., arXiv:1406.1078): x (N, D), h (N, H),
 * wx (D, 3H), wh (H, 3H), bx and bh (3H) or absent.  The columns are those of the reset gate r, the
 * update gate z and the candidate n:
 *
 *     r, z = sigmoid of their columns of x wx + bx + h wh + bh
 *     n = tanh((x wx + bx)_n + r (h wh + bh)_n),      h' = (1 - z) n + z h. */
#include "ops/cells.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_cell_states(c);
    if (s != WG_OK) return s;
    int64_t d = c->x[0]->dim[1], h = c->x[1]->dim[1];
    s = wgi_cell_shape(c, 2, d, 3 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 3, h, 3 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 4, -1, 3 * h);
    return s == WG_OK ? wgi_cell_shape(c, 5, -1, 3 * h) : s;
}

static wg_var compose(size_t count, const wg_var *x, const void *attrs) {
    int64_t n = wg_shape_of(x[1]).dim[1];
    wg_var in = wgi_affine(x[0], x[2], x[4]), state = wgi_affine(x[1], x[3], x[5]);
    wg_var r = wg_sigmoid(wg_add(wgi_cell_part(in, 0, n), wgi_cell_part(state, 0, n)));
    wg_var z = wg_sigmoid(wg_add(wgi_cell_part(in, 1, n), wgi_cell_part(state, 1, n)));
    wg_var within = wg_mul(r, wgi_cell_part(state, 2, n));
    wg_var candidate = wg_tanh(wg_add(wgi_cell_part(in, 2, n), within));
    (void)count;
    (void)attrs;
    return wg_add(candidate, wg_mul(z, wg_sub(x[1], candidate)));
}

static const wg_sample samples[] = {{.shapes = "2,3|2,2|3,6|2,6|6|6", .lo = -1, .hi = 1},
                                    {.shapes = "1,1|1,1|1,3|1,3|-|-"},
                                    {.shapes = "0,2|0,2|2,6|2,6|6|-"},
                                    {.shapes = NULL}};

const wg_gate wg_gate_gru_cell = {
    .size = sizeof(wg_gate),
    .name = "gru_cell",
    .formula = "h' = (1 - z) n + z h, r, z = sigmoid(x wx + bx + h wh + bh), n = tanh((x wx + "
               "bx)_n + r (h wh + bh)_n)",
    .derivative = "that of its parts",
    .arity = 6,
    .operands = {"x", "h", "wx", "wh", "bx", "bh"},
    .optional = 48,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, D) (N, H) (D, 3 H) (H, 3 H) (3 H)? (3 H)? -> (N, H)",
};

wg_var wg_gru_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var bx, wg_var bh) {
    wg_var operands[6] = {x, h, wx, wh, bx, bh};
    return wg_record(&wg_gate_gru_cell, 6, operands, NULL);
}
