/* pieces.h: BRANCH of elementwise gates that round or clip: which piece of the line x lies in, a
 * border being a piece of its own. */
#ifndef WGI_PIECES_H
#define WGI_PIECES_H

#include "ops/elementwise.h"

/* The whole number y, an infinity or NaN as a small number: neighbours differ, and that is all a
 * signature needs. */
static inline int wgi_whole_piece(double y) {
    if (isnan(y)) return 2000;
    if (isinf(y)) return y > 0 ? 2001 : 2002;
    return (int)fmod(y, 1000);
}

/* Where x - y lies, y being the whole number nearest to x: at either half or between them. */
static inline int wgi_half_piece(double d) { return d == -0.5 ? -1 : d == 0.5 ? 1 : 0; }

/* Below lo, at it, between, at hi, above; NaN. */
static inline int wgi_range_piece(double x, double lo, double hi) {
    if (isnan(x)) return 5;
    return x < lo ? 0 : x == lo ? 1 : x < hi ? 2 : x == hi ? 3 : 4;
}

#endif
