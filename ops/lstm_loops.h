/* lstm_loops.h: one row of an lstm_cell of n units, included once per type and instruction set. */

/* a: the sums of i, f, g, o (n each), made their values, then tanh c'; y: h', c' */
static void IN(row)(int64_t n, REAL *restrict a, const REAL *restrict bias,
                    const REAL *restrict before, REAL *restrict y) {
    REAL *restrict f = a + n, *restrict g = f + n, *restrict o = g + n, *restrict t = o + n;
    REAL *restrict next = y + n;
    for (int64_t j = 0; j < n; ++j) a[j] = FN(logistic)(a[j] + bias[j]);
    for (int64_t j = 0; j < n; ++j) f[j] = FN(logistic)(f[j] + bias[n + j]);
    for (int64_t j = 0; j < n; ++j) g[j] = M(tanh)(g[j] + bias[2 * n + j]);
    for (int64_t j = 0; j < n; ++j) o[j] = FN(logistic)(o[j] + bias[3 * n + j]);
    for (int64_t j = 0; j < n; ++j) {
        next[j] = f[j] * before[j] + a[j] * g[j];
        t[j] = M(tanh)(next[j]);
        y[j] = o[j] * t[j];
    }
}

/* From the cotangents of h' and c': d, those of the four sums, and dc of c. */
static void IN(row_back)(int64_t n, const REAL *restrict a, const REAL *restrict before,
                         const REAL *restrict gh, const REAL *restrict gc, REAL *restrict d,
                         REAL *restrict dc) {
    const REAL *restrict f = a + n, *restrict g = f + n, *restrict o = g + n, *restrict t = o + n;
    for (int64_t j = 0; j < n; ++j) {
        const REAL all = gc[j] + gh[j] * o[j] * ((1 - t[j]) * (1 + t[j]));
        d[j] = all * g[j] * (a[j] * (1 - a[j]));
        d[n + j] = all * before[j] * (f[j] * (1 - f[j]));
        d[2 * n + j] = all * a[j] * ((1 - g[j]) * (1 + g[j]));
        d[3 * n + j] = gh[j] * t[j] * (o[j] * (1 - o[j]));
        dc[j] = all * f[j];
    }
}
