/* tails.h: gates of the form x times a sigmoid, whose tails would be an infinity times a zero.
 *
 * Beyond 1000 the sigmoids here are 0 or 1 in both float types, so x may be bounded there: the
 * product with 0 is the limit 0, and the digits of every smaller x stay. */
#ifndef WGI_TAILS_H
#define WGI_TAILS_H

#include "ops/elementwise.h"

/* 1/(1 + e^-x), with small values exact and no overflow. */
#define WGI_SIGMOID(x) (((x) < 0 ? M(exp)(x) : R(1)) / (1 + M(exp)(-M(fabs)(x))))
/* x in [-1000, inf] and in [-1000, 1000]; NaN stays NaN. */
#define WGI_FROM_BELOW(x) ((x) < -1000 ? R(-1000) : (x))
#define WGI_BOUND(x) ((x) < -1000 ? R(-1000) : (x) > 1000 ? R(1000) : (x))

/* The same for rules: beyond the bounds the derivative no longer changes. */
static inline wg_var wgi_bound(wg_var x) { return wg_clamp(x, -1000, 1000); }

#endif
