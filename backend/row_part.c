/* row_part.c: y[j] (+)= sum over i < ROWS of x[i * step] m[i * ld + j] for one type and one
 * instruction set; the names are those of tile_part.c, and ADD_ROWS is the function's. */

static void ADD_ROWS(int64_t n, const REAL *x, int64_t step, const REAL *m, int64_t ld, REAL *y,
                     int add) {
    typedef REAL vector __attribute__((vector_size(LANES * sizeof(REAL))));
    typedef REAL loose
        __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    vector factor[ROWS];
    const REAL *row[ROWS];
    UNROLL
    for (int i = 0; i < ROWS; ++i) {
        factor[i] = SPLAT(x[i * step]);
        row[i] = m + i * ld;
    }
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vector sum = (vector){0};
        if (add) sum = *(const loose *)(y + j);
        UNROLL
        for (int i = 0; i < ROWS; ++i) sum = FMA(factor[i], *(const loose *)(row[i] + j), sum);
        *(loose *)(y + j) = sum;
    }
    for (; j < n; ++j) {
        REAL sum = add ? y[j] : 0;
        for (int i = 0; i < ROWS; ++i) sum += x[i * step] * row[i][j];
        y[j] = sum;
    }
}
