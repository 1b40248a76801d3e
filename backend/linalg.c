/* linalg.c: see linalg.h.  The recursions halve a matrix until a leaf of at most LEAF columns is
 * left (S. Toledo, "Locality of reference in LU decomposition with partial pivoting", SIAM J.
 * Matrix Anal. Appl. 18(4), 1997): no block size has to be found for a processor, and nearly all
 * work is products of large matrices. */
#include "backend/linalg.h"

#include "backend/matmul.h"

#include <math.h>

enum { LEAF = 16 };

/* Where a matrix of n > LEAF columns is cut: whole leaves on the left. */
static int64_t half(int64_t n) { return (n / 2 + LEAF - 1) / LEAF * LEAF; }

/* ---- products of many factors --------------------------------------------------------------- */

wgi_wide wgi_wide_times(wgi_wide x, double factor) {
    int own = 0, joint = 0;
    x.fraction *= frexp(factor, &own);
    if (x.fraction == 0 || !isfinite(x.fraction)) return x;
    x.fraction = frexp(x.fraction, &joint);
    x.exponent += own + joint;
    if (fabs(x.fraction) < 0.70710678118654752) {
        x.fraction *= 2;
        --x.exponent;
    }
    return x;
}

double wgi_wide_value(wgi_wide x) {
    const int64_t limit = 1 << 20; /* beyond which no double has a finite product */
    int64_t e = x.exponent < -limit ? -limit : x.exponent > limit ? limit : x.exponent;
    return ldexp(x.fraction, (int)e);
}

/* ---- both types ----------------------------------------------------------------------------- */

#define REAL float
#define OF(name) name##_f32
#define ABS fabsf
#define SQRT sqrtf
#include "backend/triangular_part.c"
#include "backend/lu_part.c"
#include "backend/cholesky_part.c"
#undef REAL
#undef OF
#undef ABS
#undef SQRT

#define REAL double
#define OF(name) name##_f64
#define ABS fabs
#define SQRT sqrt
#include "backend/triangular_part.c"
#include "backend/lu_part.c"
#include "backend/cholesky_part.c"
#undef REAL
#undef OF
#undef ABS
#undef SQRT

/* The largest product of any of the recursions has no side above n and k. */
size_t wgi_linalg_scratch(size_t element, int64_t n, int64_t k) {
    return wgi_matmul_scratch(element, n, n > k ? n : k, n);
}
