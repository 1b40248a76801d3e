/* cells.h: one step of a recurrent network, and attention, as functions of values made of gates.
 * nn.h includes it.
 *
 * x is (N, D), a state (N, H); weights are (in, out) as of a dense layer.  The gates of a cell lie
 * side by side in one product: (D, k H) and (H, k H) with a bias (k H), or WG_NONE for none. */
#ifndef WG_CELLS_H
#define WG_CELLS_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* tanh(x wx + h wh + b), the next state (J. L. Elman, Cognitive Science 14, 1990). */
WG_API wg_var wg_rnn_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var b);
/* The next state of a gated recurrent unit (K. Cho et al., arXiv:1406.1078); the columns are those
 * of the reset gate r, the update gate z and the candidate n:
 *     r, z = sigmoid of their columns of x wx + bx + h wh + bh
 *     n = tanh((x wx + bx)_n + r (h wh + bh)_n),   h' = (1 - z) n + z h. */
WG_API wg_var wg_gru_cell(wg_var x, wg_var h, wg_var wx, wg_var wh, wg_var bx, wg_var bh);
/* The next state h' of a long short-term memory (S. Hochreiter, J. Schmidhuber, Neural Computation
 * 9, 1997, with the forget gate of F. Gers et al., 2000), its next memory in *c_next.  The columns
 * are those of the input gate i, forget gate f, candidate g and output gate o:
 *     i, f, o = sigmoid,  g = tanh of their columns of x wx + h wh + b
 *     c' = f c + i g,   h' = o tanh c'. */
WG_API wg_var wg_lstm_cell(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b,
                           wg_var *c_next);

/* softmax(q k^T / sqrt(d)) v: q (..., L, d), k (..., S, d), v (..., S, e) to (..., L, e); batch
 * axes broadcast (arXiv:1706.03762).  mask, or WG_NONE, broadcasts to (..., L, S): 1 where a query
 * may see a key.  A query that may see none gets zeros. */
WG_API wg_var wg_attention(wg_var q, wg_var k, wg_var v, wg_var mask);

#ifdef __cplusplus
}
#endif
#endif
