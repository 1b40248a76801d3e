/* elementwise.h: the manual of elementwise gates and of casts. */
#ifndef WG_OPS_ELEMENTWISE_H
#define WG_OPS_ELEMENTWISE_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- arithmetic --------------------------------------------------------------------------------
 *
 * Elementwise gates: operands broadcast as NumPy does.  float32 and float64.  NaN is data and
 * flows; what a gate does at a kink, a tie or the edge of its domain stands at the head of its file
 * and in docs/gates.md. */

/* wg_add(x, y) is declared in gate.h: x + y */
WG_API wg_var wg_sub(wg_var x, wg_var y);   /* x - y */
WG_API wg_var wg_mul(wg_var x, wg_var y);   /* x y */
WG_API wg_var wg_div(wg_var x, wg_var y);   /* x / y */
WG_API wg_var wg_neg(wg_var x);             /* -x */
WG_API wg_var wg_scale(wg_var x, double c); /* c x */
WG_API wg_var wg_shift(wg_var x, double c); /* x + c */
WG_API wg_var wg_reciprocal(wg_var x);      /* 1 / x */
WG_API wg_var wg_square(wg_var x);          /* x^2 */
WG_API wg_var wg_sqrt(wg_var x);            /* the square root; NaN below 0 */
WG_API wg_var wg_rsqrt(wg_var x);           /* 1 / sqrt x; NaN below 0 */
WG_API wg_var wg_cbrt(wg_var x);            /* the cube root, odd */
WG_API wg_var wg_pow(wg_var x, wg_var y);   /* x^y; below 0 for whole y */
WG_API wg_var wg_hypot(wg_var x, wg_var y); /* sqrt(x^2 + y^2); derivatives 0 at (0, 0) */

/* ---- exponentials, logarithms --------------------------------------------------------------- */

WG_API wg_var wg_exp(wg_var x);   /* e^x */
WG_API wg_var wg_exp2(wg_var x);  /* 2^x */
WG_API wg_var wg_expm1(wg_var x); /* e^x - 1, exact near 0 */
WG_API wg_var wg_log(wg_var x);   /* ln x */
WG_API wg_var wg_log2(wg_var x);  /* to base 2 */
WG_API wg_var wg_log10(wg_var x); /* to base 10 */
WG_API wg_var wg_log1p(wg_var x); /* ln(1 + x), exact near 0 */

/* ---- trigonometric and hyperbolic functions ------------------------------------------------- */

WG_API wg_var wg_sin(wg_var x);             /* sin x, radians */
WG_API wg_var wg_cos(wg_var x);             /* cos x, radians */
WG_API wg_var wg_tan(wg_var x);             /* tan x, radians */
WG_API wg_var wg_asin(wg_var x);            /* in [-pi/2, pi/2]; NaN outside [-1, 1] */
WG_API wg_var wg_acos(wg_var x);            /* in [0, pi]; NaN outside [-1, 1] */
WG_API wg_var wg_atan(wg_var x);            /* in [-pi/2, pi/2] */
WG_API wg_var wg_atan2(wg_var y, wg_var x); /* the angle of (x, y), in [-pi, pi] */
WG_API wg_var wg_sinh(wg_var x);            /* sinh x */
WG_API wg_var wg_cosh(wg_var x);            /* cosh x */
WG_API wg_var wg_tanh(wg_var x);            /* tanh x */
WG_API wg_var wg_asinh(wg_var x);           /* the inverse of sinh */
WG_API wg_var wg_acosh(wg_var x);           /* the inverse of cosh, >= 0; NaN below 1 */
WG_API wg_var wg_atanh(wg_var x);           /* the inverse of tanh; NaN outside [-1, 1] */

/* ---- error and gamma functions -------------------------------------------------------------- */

WG_API wg_var wg_erf(wg_var x);     /* 2/sqrt(pi) times the integral of e^(-t^2), 0 to x */
WG_API wg_var wg_erfc(wg_var x);    /* 1 - erf x, exact in its right tail */
WG_API wg_var wg_lgamma(wg_var x);  /* ln |gamma(x)| */
WG_API wg_var wg_digamma(wg_var x); /* the derivative of lgamma */
/* The n-th derivative of digamma, n = 0 to 100, else RANGE. */
WG_API wg_var wg_polygamma(wg_var x, int64_t n);

/* ---- steps, choices ------------------------------------------------------------------------- */

WG_API wg_var wg_abs(wg_var x);               /* |x|; derivative 0 at 0 */
WG_API wg_var wg_sign(wg_var x);              /* -1, 0 or 1; flat */
WG_API wg_var wg_step(wg_var x);              /* 1 where x > 0, else 0; flat */
WG_API wg_var wg_floor(wg_var x); /* the whole number below; not differentiable: derivative 0 */
WG_API wg_var wg_ceil(wg_var x); /* the whole number above; not differentiable: derivative 0 */
WG_API wg_var wg_round(wg_var x); /* the nearest, halves to even; not differentiable: 0 */
WG_API wg_var wg_maximum(wg_var x, wg_var y); /* the larger; a tie shares the gradient */
WG_API wg_var wg_minimum(wg_var x, wg_var y); /* the smaller; a tie shares the gradient */
/* min(max(x, lo), hi), derivative 1 at the borders; RANGE unless lo <= hi; either may be
 * infinite. */
WG_API wg_var wg_clamp(wg_var x, double lo, double hi);
WG_API wg_var wg_share(wg_var x, wg_var y); /* 1 where x > y, 0 where x < y, else 1/2; flat */
/* x where the mask (bool, or floats that are 0 or 1) is true, else y, of any dtype.  The branch not
 * taken gets the cotangent 0, whatever it holds, and an elementwise gate further down hands 0 on as
 * 0, even where its derivative is infinite or NaN. */
WG_API wg_var wg_where(wg_var mask, wg_var x, wg_var y);

/* ---- activations ---------------------------------------------------------------------------- */

WG_API wg_var wg_sigmoid(wg_var x);     /* 1 / (1 + e^-x) */
WG_API wg_var wg_log_sigmoid(wg_var x); /* -ln(1 + e^-x) */
/* ln(1 + e^(beta x)) / beta; RANGE unless beta is positive and finite. */
WG_API wg_var wg_softplus(wg_var x, double beta);
WG_API wg_var wg_relu(wg_var x); /* max(x, 0); derivative 0 at 0 */
/* x where x > 0, else slope x; derivative `slope` at 0. */
WG_API wg_var wg_leaky_relu(wg_var x, double slope);
/* x where x > 0, else slope x, the slope being learnt; the derivative at 0 is the slope
 * (arXiv:1502.01852). */
WG_API wg_var wg_prelu(wg_var x, wg_var slope);
WG_API wg_var wg_relu6(wg_var x); /* min(max(x, 0), 6); derivative 0 at both kinks */
/* x where x > 0, else alpha (e^x - 1); derivative alpha at 0 (arXiv:1511.07289). */
WG_API wg_var wg_elu(wg_var x, double alpha);
/* x where x > 0, else alpha (e^(x/alpha) - 1) (arXiv:1704.07483); RANGE unless alpha is positive
 * and finite. */
WG_API wg_var wg_celu(wg_var x, double alpha);
/* s x where x > 0, else s a (e^x - 1), a = 1.6733, s = 1.0507 (arXiv:1706.02515). */
WG_API wg_var wg_selu(wg_var x);
typedef enum { WG_GELU_NONE, WG_GELU_TANH } wg_gelu_form;
/* x times the normal distribution function, itself or approximated by tanh (arXiv:1606.08415). */
WG_API wg_var wg_gelu(wg_var x, wg_gelu_form approximate);
WG_API wg_var wg_silu(wg_var x);        /* x / (1 + e^-x) (arXiv:1702.03118) */
WG_API wg_var wg_mish(wg_var x);        /* x tanh(ln(1 + e^x)) (arXiv:1908.08681) */
WG_API wg_var wg_hardtanh(wg_var x);    /* min(max(x, -1), 1); derivative 0 at both kinks */
WG_API wg_var wg_hardsigmoid(wg_var x); /* min(max(x + 3, 0), 6)/6; 0 at both kinks */
WG_API wg_var wg_hardswish(wg_var x);   /* x hardsigmoid(x); derivative 0 at -3 and 1 at 3 */
WG_API wg_var wg_softsign(wg_var x);    /* x / (1 + |x|) */

/* ---- comparisons, masks ------------------------------------------------------------------------
 *
 * Masks (bool), flat.  Comparisons take any dtype and are false where an operand is NaN, but for
 * not_equal; logical gates take masks of bool, or numbers that are 0 or 1. */

WG_API wg_var wg_equal(wg_var x, wg_var y);         /* x = y */
WG_API wg_var wg_not_equal(wg_var x, wg_var y);     /* x != y */
WG_API wg_var wg_less(wg_var x, wg_var y);          /* x < y */
WG_API wg_var wg_less_equal(wg_var x, wg_var y);    /* x <= y */
WG_API wg_var wg_greater(wg_var x, wg_var y);       /* x > y */
WG_API wg_var wg_greater_equal(wg_var x, wg_var y); /* x >= y */
WG_API wg_var wg_logical_and(wg_var x, wg_var y);   /* both */
WG_API wg_var wg_logical_or(wg_var x, wg_var y);    /* one at least */
WG_API wg_var wg_logical_xor(wg_var x, wg_var y);   /* just one */
WG_API wg_var wg_logical_not(wg_var x);             /* not x */

/* ---- element types -------------------------------------------------------------------------- */

/* x in another element type.  Floats round to nearest; a float becomes int64 by dropping its
 * fraction, as in C (VALUE for NaN and what int64 cannot hold), and bool by x != 0.  The gradient
 * passes between floats only. */
WG_API wg_var wg_cast(wg_var x, wg_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
