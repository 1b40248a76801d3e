/* ops.h: the manual of gates. */
#ifndef WG_OPS_H
#define WG_OPS_H

#include "autograd/autograd.h"
#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif


/* ---- two operands, broadcast as NumPy does --------------------------------------------------- */

WG_API wg_var wg_sub(wg_var x, wg_var y);     /* x - y (wg_add: gate.h) */
WG_API wg_var wg_mul(wg_var x, wg_var y);     /* x y */
WG_API wg_var wg_div(wg_var x, wg_var y);     /* x / y */
WG_API wg_var wg_maximum(wg_var x, wg_var y); /* the larger; a tie shares the gradient */
WG_API wg_var wg_share(wg_var x, wg_var y);   /* 1 where x > y, 0 where x < y, else 1/2; flat */

/* ---- one operand ---------------------------------------------------------------------------- */

WG_API wg_var wg_neg(wg_var x);             /* -x */
WG_API wg_var wg_square(wg_var x);          /* x^2 */
WG_API wg_var wg_exp(wg_var x);             /* e^x */
WG_API wg_var wg_log(wg_var x);             /* ln x */
WG_API wg_var wg_sin(wg_var x);             /* sin x, radians */
WG_API wg_var wg_cos(wg_var x);             /* cos x, radians */
WG_API wg_var wg_tanh(wg_var x);            /* tanh x */
WG_API wg_var wg_scale(wg_var x, double c); /* c x */
WG_API wg_var wg_shift(wg_var x, double c); /* x + c */

/* ---- element types and broadcasting ---------------------------------------------------------- */

/* x in another element type.  Floats round to nearest; a float becomes int64 by dropping its
 * fraction, as in C (VALUE for NaN and what int64 cannot hold), and bool by x != 0.  The gradient
 * passes between floats only. */
WG_API wg_var wg_cast(wg_var x, wg_dtype dtype);

#ifdef __cplusplus
}
#endif

#ifndef WG_NO_SITES
#include "ops/sites.h"
#endif
#endif
