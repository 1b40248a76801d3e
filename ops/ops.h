/* ops.h: the manual of gates. */
#ifndef WG_OPS_H
#define WG_OPS_H

#include "autograd/autograd.h"
#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif


/* ---- elementwise ------------------------------------------------------------------------------
 *
 * Two operands broadcast as NumPy does.  float32 and float64.  NaN is data and flows; what a gate
 * does at a kink, a tie or the edge of its domain stands at the head of its file. */

/* Two operands. */

WG_API wg_var wg_sub(wg_var x, wg_var y);     /* x - y (wg_add: gate.h) */
WG_API wg_var wg_mul(wg_var x, wg_var y);     /* x y */
WG_API wg_var wg_div(wg_var x, wg_var y);     /* x / y */
WG_API wg_var wg_pow(wg_var x, wg_var y);     /* x^y; below 0 for whole y */
WG_API wg_var wg_maximum(wg_var x, wg_var y); /* the larger; a tie shares the gradient */
WG_API wg_var wg_minimum(wg_var x, wg_var y); /* the smaller; a tie shares the gradient */
WG_API wg_var wg_share(wg_var x, wg_var y);   /* 1 where x > y, 0 where x < y, else 1/2; flat */

/* One operand. */
WG_API wg_var wg_neg(wg_var x);             /* -x */
WG_API wg_var wg_abs(wg_var x);             /* |x|; derivative 0 at 0 */
WG_API wg_var wg_sign(wg_var x);            /* -1, 0 or 1; flat */
WG_API wg_var wg_step(wg_var x);            /* 1 where x > 0, else 0; flat */
WG_API wg_var wg_square(wg_var x);          /* x^2 */
WG_API wg_var wg_sqrt(wg_var x);            /* the square root; NaN below 0 */
WG_API wg_var wg_exp(wg_var x);             /* e^x */
WG_API wg_var wg_log(wg_var x);             /* ln x */
WG_API wg_var wg_sin(wg_var x);             /* sin x, radians */
WG_API wg_var wg_cos(wg_var x);             /* cos x, radians */
WG_API wg_var wg_tanh(wg_var x);            /* tanh x */
WG_API wg_var wg_scale(wg_var x, double c); /* c x */
WG_API wg_var wg_shift(wg_var x, double c); /* x + c */
WG_API wg_var wg_sigmoid(wg_var x);         /* 1 / (1 + e^-x) */
WG_API wg_var wg_relu(wg_var x);            /* max(x, 0); derivative 0 at 0 */
/* x where x > 0, else slope x; derivative `slope` at 0. */
WG_API wg_var wg_leaky_relu(wg_var x, double slope);
/* x where x > 0, else alpha (e^x - 1); derivative alpha at 0 (arXiv:1511.07289). */
WG_API wg_var wg_elu(wg_var x, double alpha);
/* ln(1 + e^(beta x)) / beta; RANGE unless beta is positive and finite. */
WG_API wg_var wg_softplus(wg_var x, double beta);

/* Comparisons: masks (bool), of any dtype; false where an operand is NaN, but for not_equal. */
WG_API wg_var wg_equal(wg_var x, wg_var y);         /* x = y */
WG_API wg_var wg_not_equal(wg_var x, wg_var y);     /* x != y */
WG_API wg_var wg_less(wg_var x, wg_var y);          /* x < y */
WG_API wg_var wg_less_equal(wg_var x, wg_var y);    /* x <= y */
WG_API wg_var wg_greater(wg_var x, wg_var y);       /* x > y */
WG_API wg_var wg_greater_equal(wg_var x, wg_var y); /* x >= y */
/* x where the mask (bool, or floats that are 0 or 1) is true, else y, of any dtype.  The branch not
 * taken gets the cotangent 0, whatever it holds.  A gate further down whose derivative is infinite
 * there makes NaN of it (0 * inf): choose its operand first, wg_sqrt(wg_where(mask, x, one)). */
WG_API wg_var wg_where(wg_var mask, wg_var x, wg_var y);

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
