/* networks.h: the manual of the layers of networks. */
#ifndef WG_OPS_NETWORKS_H
#define WG_OPS_NETWORKS_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- softmax -------------------------------------------------------------------------------- */

/* e^x / sum e^x along the axis; finite for any finite scores. */
WG_API wg_var wg_softmax(wg_var x, int axis);
/* y (g - sum y g): the gradient of softmax from its output y. */
WG_API wg_var wg_softmax_grad(wg_var y, wg_var g, int axis);
/* ln softmax(x), exact where probabilities underflow. */
WG_API wg_var wg_log_softmax(wg_var x, int axis);
/* g - e^y sum g: the gradient of log_softmax from its output y. */
WG_API wg_var wg_log_softmax_grad(wg_var y, wg_var g, int axis);

/* ---- maxout --------------------------------------------------------------------------------- */

/* The largest of `pieces` neighbours on the last axis: (..., C pieces) to (..., C); equal ones
 * share the gradient (arXiv:1302.4389). */
WG_API wg_var wg_maxout(wg_var x, int64_t pieces);

/* ---- recurrent cells, attention ---------------------------------------------------------------
 *
 * x is (N, D), a state (N, H); weights are (in, out) as of a dense layer.  The k gates of a cell
 * lie side by side in one product: (D, k H) and (H, k H) with a bias (k H), or WG_NONE for none.
 * */

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
/* The same as one value, h' and c' side by side: (N, 2H). */
WG_API wg_var wg_lstm_cell_states(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b);

/* softmax(q k^T / sqrt(d)) v: q (..., L, d), k (..., S, d), v (..., S, e) to (..., L, e); batch
 * axes broadcast (arXiv:1706.03762).  mask, or WG_NONE, broadcasts to (..., L, S): 1 where a query
 * may see a key.  A query that may see none gets zeros. */
WG_API wg_var wg_attention(wg_var q, wg_var k, wg_var v, wg_var mask);

/* ---- batch normalisation -------------------------------------------------------------------- */

/* gamma (x - mean)/sqrt(var + eps) + beta over all axes but the last: x (..., C), the others (C).
 * mean and var both WG_NONE: those of x, the biased variance; else the given ones
 * (arXiv:1502.03167). */
WG_API wg_var wg_batch_norm(wg_var x, wg_var gamma, wg_var beta, wg_var mean, wg_var var,
                            double eps);
/* max(wg_batch_norm(...) + shortcut, 0) as one value; shortcut has x's shape or is WG_NONE. */
WG_API wg_var wg_batch_norm_relu(wg_var x, wg_var gamma, wg_var beta, wg_var mean, wg_var var,
                                 wg_var shortcut, double eps);
/* (sum g, sum g (x - mean)) by channel: g, x (..., C), mean (C) to (2, C). */
WG_API wg_var wg_batch_norm_sums(wg_var g, wg_var x, wg_var mean);
/* a g + b (x - mean) + c by channel: g, x (..., C), the others (C). */
WG_API wg_var wg_batch_norm_grad(wg_var g, wg_var x, wg_var mean, wg_var a, wg_var b, wg_var c);

/* ---- normalisation ----------------------------------------------------------------------------
 *
 * y = gamma (x - m)/sqrt(v + eps) + beta with mean m and biased variance v.  gamma and beta may be
 * WG_NONE: 1 and 0.  eps is finite and not negative (RANGE).  Channels are last. */

/* Over the axes of the list (n = 0: all); gamma and beta have x's extents there, in x's order
 * (arXiv:1607.06450). */
WG_API wg_var wg_layer_norm(wg_var x, wg_var gamma, wg_var beta, wg_axes axes, double eps);
/* gamma x/sqrt(mean x^2 + eps) over the axes of the list, gamma alike (arXiv:1910.07467). */
WG_API wg_var wg_rms_norm(wg_var x, wg_var gamma, wg_axes axes, double eps);
/* x (N, ..., C), for each n over all places and the C/groups channels of a group; gamma and beta
 * (C); RANGE unless groups divides C (arXiv:1803.08494). */
WG_API wg_var wg_group_norm(wg_var x, wg_var gamma, wg_var beta, int64_t groups, double eps);
/* x (N, ..., C), for each n and channel over all places; gamma and beta (C) (arXiv:1607.08022). */
WG_API wg_var wg_instance_norm(wg_var x, wg_var gamma, wg_var beta, double eps);

/* x_i/s_i^beta, s_i = k + alpha sum of x_j^2 over `size` channels around i; x (..., C).  AlexNet
 * has size 5, alpha 1e-4, beta 0.75, k 2 (A. Krizhevsky et al., NIPS 2012). */
WG_API wg_var wg_local_response_norm(wg_var x, int64_t size, double alpha, double beta, double k);

/* ---- random --------------------------------------------------------------------------------- */

/* x / keep with probability keep in (0, 1], else 0.  Draws from the tape's generator
 * (wg_tape_seed) when recorded; replay and the gradient repeat the mask. */
WG_API wg_var wg_dropout(wg_var x, double keep);
/* The form without division: x with probability keep, else 0; where training is 0, keep x. */
WG_API wg_var wg_plain_dropout(wg_var x, double keep, int training);
/* wg_dropout of whole channels of x (N, ..., C): one draw for each n and c (arXiv:1411.4280). */
WG_API wg_var wg_spatial_dropout(wg_var x, double keep);
/* x dropout(w) + b, x (..., k), w (k, m), b (m) or WG_NONE: one mask of the weights for all rows
 * (L. Wan et al., ICML 2013).  Evaluation is x w + b. */
WG_API wg_var wg_dropconnect(wg_var x, wg_var w, wg_var b, double keep);

#ifdef __cplusplus
}
#endif
#endif
