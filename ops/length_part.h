/* length_part.h: distances and cosines of single vectors, included by a gate's kernel part once per
 * float type.  The n elements of x and y lie `step` apart; sums are double.  A plain sum serves
 * where it neither overflowed nor came near where squares lose digits; else the terms are
 * scaled. */

/* |x - y|, or |x| where y is NULL. */
static double FN(length)(int64_t n, int64_t step, const REAL *x, const REAL *y) {
    double sum = 0, most = 0, scaled = 0;
    for (int64_t i = 0; i < n * step; i += step) {
        double d = (double)x[i] - (y ? (double)y[i] : 0);
        sum += d * d;
        most = fabs(d) > most ? fabs(d) : most;
    }
    if ((sum > 1e-280 && sum < 1e300) || most == 0 || isinf(most) || isnan(sum)) return sqrt(sum);
    for (int64_t i = 0; i < n * step; i += step) {
        double d = ((double)x[i] - (y ? (double)y[i] : 0)) / most;
        scaled += d * d;
    }
    return most * sqrt(scaled);
}
