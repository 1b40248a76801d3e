/* cosine_part.h: the cosine of two vectors, included by a gate's kernel part once per float type;
 * see cosine.h. */
#include "ops/length_part.h"

static wgi_cosine FN(cosine)(int64_t n, int64_t step, const REAL *x, const REAL *y, double eps) {
    wgi_cosine v = {FN(length)(n, step, x, NULL), FN(length)(n, step, y, NULL), 0};
    double a = v.x < eps ? eps : v.x, b = v.y < eps ? eps : v.y; /* a NaN stays */
    if (a > 1e-140 && a < 1e140 && b > 1e-140 && b < 1e140) {
        for (int64_t i = 0; i < n * step; i += step) v.c += (double)x[i] * (double)y[i];
        v.c /= a * b;
    } else {
        for (int64_t i = 0; i < n * step; i += step) v.c += (double)x[i] / a * ((double)y[i] / b);
    }
    return v;
}
