/* spread.h: roots of sums of squares over some axes, without overflow or underflow on the way.
 *
 * x is float32 or float64 of any strides, `axes` a bit mask; out and center have the other axes in
 * x's order, dense, and x's type. */
#ifndef WGI_SPREAD_H
#define WGI_SPREAD_H

#include "autograd/gate.h"

/* out = sqrt(sum x^2), of no elements 0. */
wg_status wgi_length(const wg_call *c, const wg_value *x, unsigned axes, void *out);

/* out = sqrt(sum (x - center)^2 / divisor).  It is scaled, which takes three passes more, only
 * where the plain sum shows that it has to be; one that eps > 0 is added to afterwards need not be
 * right where it is much smaller. */
wg_status wgi_spread(const wg_call *c, const wg_value *x, unsigned axes, double divisor,
                     const void *center, double eps, void *out);

/* The same where the plain sum divided by divisor is known; squares may be out. */
wg_status wgi_spread_of(const wg_call *c, const wg_value *x, unsigned axes, double divisor,
                        const void *center, double eps, const void *squares, void *out);

#endif
