/* compile.h: a recorded scalar expression turned into a program that runs at other points: values
 * and adjoints lie close together, nothing is recorded, checked or named on the way. */
#ifndef WG_COMPILE_H
#define WG_COMPILE_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wg_compiled wg_compiled;

/* f(x_0, ..., x_{n-1}) = root as a function of n of its leaves: a program that the caller owns.  It
 * keeps nothing of the tape, which may be rewound or freed; the functions of gates of the caller's
 * own must outlive it.  The other leaves stay at the numbers they have now.  inputs may lie outside
 * of what root depends on; n may be 0.
 *
 * root and everything below it are float64 of rank 0, made by elementwise gates of one or two
 * operands: UNSUPPORTED names the gate that is not, and its line.  STALE, TAPE for what is no value
 * of one tape; STATE for an input that is no leaf, for one given twice, and for values of a
 * no-gradient section; DTYPE for an input that is not float64 of rank 0.  NULL and *error then; the
 * tape is left as it is. */
WG_API wg_compiled *wg_compile(wg_var root, size_t n, const wg_var *inputs, wg_error *error);
/* f and its gradient at a number of points.  Arrays are row-major, a row an input:
 *
 *     x (n, points), value (points), gradients (n, points): gradients[i][p] = df/dx_i at point p
 *
 * value or gradients may be NULL; without gradients only f is computed.  A gradient is what
 * wg_backward gives after wg_set and wg_replay: where points is 1 the same bits (but for gates with
 * attributes that were recorded by an expression or wg_record); with more, the same sums in the
 * same order of values whose exp, sin and so on come from the row kernels, which differ by a few
 * units in the last place.  An input that wants no gradient (wg_const) has 0.
 * Points are taken in blocks, which are divided among threads.  One run at a time.  MEMORY, or
 * STATE where x or the program is NULL. */
WG_API wg_status wg_compiled_run(wg_compiled *c, size_t points, const double *x, double *value,
                                 double *gradients, wg_error *error);
/* NULL is allowed. */
WG_API void wg_compiled_free(wg_compiled *c);

#ifdef __cplusplus
}
#endif
#endif
