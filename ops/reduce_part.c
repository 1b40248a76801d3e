/* reduce_part.c: the inner loops of the reductions, included by reduce.c once per float type.
 *
 * Two forms each.  A run: n elements to one number.  Columns: rows of n elements are joined into n
 * accumulators; narrow rows that follow each other in memory are taken several abreast, which fills
 * the vectors.  The loops over j and k are those that the compiler turns into vectors. */
#ifndef WGI_REDUCE_PART
#define WGI_REDUCE_PART
enum {
    LANES = 16,  /* of a run */
    BLOCK = 256, /* elements that are added up in their own type, of a run */
    ROWS = 32,   /* and of a column */
    WIDTH = 64   /* that narrow rows are brought to */
};

/* The number of rows to take abreast, 1 where they are wide enough or do not follow each other. */
static int64_t rows_abreast(const wgi_columns *c) {
    int64_t k = WIDTH / c->n;
    return c->step == 1 && c->row == c->n && k > 1 && c->rows >= k ? k : 1;
}
#endif

/* ---- sums ----------------------------------------------------------------------------------- */

static double FN(sum_run)(const void *from, int64_t n, int64_t step, const void *center) {
    const REAL *x = from;
    double total = 0;
    (void)center;
    while (n > 0) {
        int64_t m = n < BLOCK ? n : BLOCK, i = 0;
        REAL lane[LANES] = {0};
        if (step == 1)
            for (; i + LANES <= m; i += LANES)
                for (int k = 0; k < LANES; ++k) lane[k] += x[i + k];
        for (; i < m; ++i) lane[i % LANES] += x[i * step];
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
        total += (double)lane[0];
        x += m * step;
        n -= m;
    }
    return total;
}

static double FN(squares_run)(const void *from, int64_t n, int64_t step, const void *center) {
    const REAL *x = from, mean = *(const REAL *)center;
    double total = 0;
    while (n > 0) {
        int64_t m = n < BLOCK ? n : BLOCK, i = 0;
        REAL lane[LANES] = {0};
        if (step == 1)
            for (; i + LANES <= m; i += LANES)
                for (int k = 0; k < LANES; ++k) lane[k] += (x[i + k] - mean) * (x[i + k] - mean);
        for (; i < m; ++i) lane[i % LANES] += (x[i * step] - mean) * (x[i * step] - mean);
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
        total += (double)lane[0];
        x += m * step;
        n -= m;
    }
    return total;
}

/* acc[j] += t[i n + j]: k rows that were taken abreast become one. */
static void FN(fold)(double *acc, const REAL *t, int64_t n, int64_t k) {
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j) acc[j] += (double)t[i * n + j];
}

static void FN(sum_columns)(const wgi_columns *c) {
    const REAL *x = c->x;
    int64_t k = rows_abreast(c), left = c->rows, step = c->step;
    while (left > 0) {
        REAL t[WGI_REDUCE_TILE];
        if (k > left) k = 1;
        int64_t width = k * c->n, rows = left / k < ROWS ? left / k : ROWS;
        for (int64_t j = 0; j < width; ++j) t[j] = 0;
        for (int64_t r = 0; r < rows; ++r, x += k * c->row)
            if (step == 1)
                for (int64_t j = 0; j < width; ++j) t[j] += x[j];
            else
                for (int64_t j = 0; j < width; ++j) t[j] += x[j * step];
        FN(fold)(c->acc, t, c->n, k);
        left -= rows * k;
    }
}

/* t[j] += (x[j] - mean[j])^2 */
static void FN(add_squares)(REAL *restrict t, const REAL *restrict x, const REAL *restrict mean,
                            int64_t n, int64_t step) {
    if (step == 1)
        for (int64_t j = 0; j < n; ++j) t[j] += (x[j] - mean[j]) * (x[j] - mean[j]);
    else
        for (int64_t j = 0; j < n; ++j) {
            REAL d = x[j * step] - mean[j];
            t[j] += d * d;
        }
}

static void FN(squares_columns)(const wgi_columns *c) {
    const REAL *x = c->x, *center = c->center;
    int64_t k = rows_abreast(c), left = c->rows;
    REAL mean[WGI_REDUCE_TILE];
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < c->n; ++j) mean[i * c->n + j] = center[j * c->step_center];
    while (left > 0) {
        REAL t[WGI_REDUCE_TILE];
        if (k > left) k = 1;
        int64_t width = k * c->n, rows = left / k < ROWS ? left / k : ROWS;
        for (int64_t j = 0; j < width; ++j) t[j] = 0;
        for (int64_t r = 0; r < rows; ++r, x += k * c->row)
            FN(add_squares)(t, x, mean, width, c->step);
        FN(fold)(c->acc, t, c->n, k);
        left -= rows * k;
    }
}

/* ---- extremes ------------------------------------------------------------------------------- */

/* The larger, smaller one; a NaN beats everything and stays.  Written without short cuts: a
 * vector takes both sides. */
static inline REAL FN(larger)(REAL m, REAL x) { return ((x <= m) | (m != m)) ? m : x; }
static inline REAL FN(smaller)(REAL m, REAL x) { return ((x >= m) | (m != m)) ? m : x; }

/* Joins rows of n elements into t[n]. */
static void FN(max_rows)(REAL *restrict t, const REAL *restrict x, int64_t rows, int64_t n,
                         int64_t row, int64_t step) {
    for (int64_t r = 0; r < rows; ++r, x += row)
        if (step == 1)
            for (int64_t j = 0; j < n; ++j) t[j] = FN(larger)(t[j], x[j]);
        else
            for (int64_t j = 0; j < n; ++j) t[j] = FN(larger)(t[j], x[j * step]);
}
static void FN(min_rows)(REAL *restrict t, const REAL *restrict x, int64_t rows, int64_t n,
                         int64_t row, int64_t step) {
    for (int64_t r = 0; r < rows; ++r, x += row)
        if (step == 1)
            for (int64_t j = 0; j < n; ++j) t[j] = FN(smaller)(t[j], x[j]);
        else
            for (int64_t j = 0; j < n; ++j) t[j] = FN(smaller)(t[j], x[j * step]);
}
typedef void FN(extreme_rows)(REAL *restrict t, const REAL *restrict x, int64_t rows, int64_t n,
                              int64_t row, int64_t step);

/* A run is as many columns as fill the vectors, and the columns of that a run of their own. */
static double FN(extreme_run)(FN(extreme_rows) *join, const REAL *x, int64_t n, int64_t step,
                              REAL start) {
    REAL t[WIDTH + 1];
    int64_t wide = step == 1 ? n / WIDTH : 0;
    for (int k = 0; k <= WIDTH; ++k) t[k] = start;
    if (wide) join(t, x, wide, WIDTH, WIDTH, 1);
    join(t + WIDTH, t, WIDTH, 1, 1, 1);
    join(t + WIDTH, x + wide * WIDTH * step, n - wide * WIDTH, 1, step, 1);
    return (double)t[WIDTH];
}
static double FN(max_run)(const void *x, int64_t n, int64_t step, const void *center) {
    (void)center;
    return FN(extreme_run)(FN(max_rows), x, n, step, -R(INFINITY));
}
static double FN(min_run)(const void *x, int64_t n, int64_t step, const void *center) {
    (void)center;
    return FN(extreme_run)(FN(min_rows), x, n, step, R(INFINITY));
}

static void FN(extreme_columns)(FN(extreme_rows) *join, const wgi_columns *c) {
    const REAL *x = c->x;
    int64_t k = rows_abreast(c), n = c->n, wide = c->rows / k;
    REAL t[WGI_REDUCE_TILE];
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j) t[i * n + j] = (REAL)c->acc[j];
    join(t, x, wide, k * n, k * c->row, c->step);
    join(t, x + wide * k * c->row, c->rows - wide * k, n, c->row, c->step);
    if (k > 1) join(t, t + n, k - 1, n, n, 1);
    for (int64_t j = 0; j < n; ++j) c->acc[j] = (double)t[j];
}
static void FN(max_columns)(const wgi_columns *c) { FN(extreme_columns)(FN(max_rows), c); }
static void FN(min_columns)(const wgi_columns *c) { FN(extreme_columns)(FN(min_rows), c); }
