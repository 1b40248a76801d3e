/* squares_part.h: the sum of squares of a contiguous array, in double, included by optim.c for each
 * float type and instruction set.  Element i goes to partial sum i % 16, whatever the set. */
static double IN(squares)(int64_t n, const void *array) {
    const REAL *g = array;
    double lane[16] = {0};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int k = 0; k < 16; ++k) lane[k] += (double)g[i + k] * (double)g[i + k];
    for (int k = 0; i + k < n; ++k) lane[k] += (double)g[i + k] * (double)g[i + k];
    for (int half = 8; half > 0; half /= 2)
        for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
    return lane[0];
}
