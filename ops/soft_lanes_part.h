/* soft_lanes_part.h: included by soft_lanes.c for each float type and instruction set.
 *
 * Sums along a row go in LANES partial ones, which are added by halves: the order follows from the
 * length alone.  The largest of a row that begins with NaN is NaN, and any other NaN shows in the
 * sum. */

static REAL IN(row_max)(int64_t n, const REAL *x) {
    REAL lane[WIDE], most = x[0];
    int64_t i = 0;
    if (n >= WIDE) {
        for (int k = 0; k < WIDE; ++k) lane[k] = most;
        for (; i + WIDE <= n; i += WIDE)
            for (int k = 0; k < WIDE; ++k) lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
        for (int half = WIDE / 2; half > 0; half /= 2)
            for (int k = 0; k < half; ++k)
                lane[k] = lane[k + half] > lane[k] ? lane[k + half] : lane[k];
        most = lane[0];
    }
    for (; i < n; ++i) most = x[i] > most ? x[i] : most;
    return most;
}

static REAL IN(row_sum)(int64_t n, const REAL *x) {
    REAL lane[LANES] = {0};
    int64_t i = 0;
    if (n >= LANES) {
        for (; i + LANES <= n; i += LANES)
            for (int k = 0; k < LANES; ++k) lane[k] += x[i + k];
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
    }
    for (; i < n; ++i) lane[0] += x[i];
    return lane[0];
}

/* e = e^(x - m) with m the largest of each row, and their sums. */
static void IN(exp_rows)(const wgi_lane_block *b, const REAL *x, REAL *e, REAL *m, REAL *sum) {
    const int64_t n = b->n;
    for (int64_t r = 0; r < b->count; ++r) {
        const REAL most = m[r] = IN(row_max)(n, x + r * n);
        for (int64_t i = r * n; i < (r + 1) * n; ++i) e[i] = x[i] - most;
    }
    for (int64_t i = 0; i < b->count * n; ++i) e[i] = M(exp)(e[i]);
    for (int64_t r = 0; r < b->count; ++r) sum[r] = IN(row_sum)(n, e + r * n);
}

/* y = e / sum by rows; short ones all at once, through their divisors. */
static void IN(divide_rows)(const wgi_lane_block *b, const REAL *sum, REAL *y) {
    REAL divisor[WGI_LANE_NUMBERS];
    const int64_t n = b->n;
    if (b->count == 1) {
        const REAL s = sum[0];
        for (int64_t i = 0; i < n; ++i) y[i] /= s;
        return;
    }
    for (int64_t r = 0; r < b->count; ++r)
        for (int64_t i = 0; i < n; ++i) divisor[r * n + i] = sum[r];
    for (int64_t i = 0; i < b->count * n; ++i) y[i] /= divisor[i];
}

/* The largest of each column. */
static void IN(column_max)(const wgi_lane_block *b, const REAL *x, REAL *m) {
    for (int64_t j = 0; j < b->count; ++j) m[j] = x[j];
    for (int64_t r = 1; r < b->n; ++r) {
        const REAL *row = x + r * b->step;
        for (int64_t j = 0; j < b->count; ++j) m[j] = row[j] > m[j] ? row[j] : m[j];
    }
}

static void IN(softmax)(const wgi_lane_block *b, const void *from, const void *g, void *to) {
    REAL m[WGI_LANE_BLOCK], sum[WGI_LANE_BLOCK] = {0};
    const REAL *x = from;
    REAL *y = to;
    (void)g;
    if (b->n == 0) return;
    if (b->step == 1) {
        IN(exp_rows)(b, x, y, m, sum);
        IN(divide_rows)(b, sum, y);
        return;
    }
    IN(column_max)(b, x, m);
    for (int64_t r = 0; r < b->n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) {
            REAL e = M(exp)(x[r + j] - m[j]);
            y[r + j] = e;
            sum[j] += e;
        }
    for (int64_t r = 0; r < b->n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) y[r + j] /= sum[j];
}

/* (x - m) - ln sum */
static void IN(log_softmax)(const wgi_lane_block *b, const void *from, const void *g, void *to) {
    REAL m[WGI_LANE_BLOCK], sum[WGI_LANE_BLOCK] = {0};
    const REAL *x = from;
    REAL *y = to;
    (void)g;
    if (b->n == 0) return;
    if (b->step == 1) {
        IN(exp_rows)(b, x, y, m, sum);
        for (int64_t r = 0; r < b->count; ++r) sum[r] = M(log)(sum[r]);
        for (int64_t r = 0; r < b->count; ++r)
            for (int64_t i = r * b->n; i < (r + 1) * b->n; ++i) y[i] = (x[i] - m[r]) - sum[r];
        return;
    }
    IN(column_max)(b, x, m);
    for (int64_t r = 0; r < b->n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) sum[j] += M(exp)(x[r + j] - m[j]);
    for (int64_t j = 0; j < b->count; ++j) sum[j] = M(log)(sum[j]);
    for (int64_t r = 0; r < b->n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) y[r + j] = (x[r + j] - m[j]) - sum[j];
}

static void IN(soft_rows)(const wgi_lane_block *b, const void *x, void *p, void *m, void *sum) {
    IN(exp_rows)(b, x, p, m, sum);
    IN(divide_rows)(b, sum, p);
}

/* z = y (g - s), s = sum y g: zero factors are strong. */
static void IN(softmax_grad)(const wgi_lane_block *b, const void *value, const void *cotangent,
                             void *to) {
    const REAL *y = value, *g = cotangent;
    REAL *z = to, s[WGI_LANE_BLOCK] = {0};
    const int64_t n = b->n;
    for (int64_t r = 0; b->step == 1 && r < b->count; ++r, y += n, g += n, z += n) {
        for (int64_t i = 0; i < n; ++i) z[i] = FN(wgi_chain)(g[i], y[i]);
        const REAL sum = IN(row_sum)(n, z);
        for (int64_t i = 0; i < n; ++i) z[i] = FN(wgi_chain)(g[i] - sum, y[i]);
    }
    if (b->step == 1) return;
    for (int64_t r = 0; r < n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) s[j] += FN(wgi_chain)(g[r + j], y[r + j]);
    for (int64_t r = 0; r < n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) z[r + j] = FN(wgi_chain)(g[r + j] - s[j], y[r + j]);
}

/* z = g - e^y s, s = sum g; s = 0 is strong. */
static void IN(log_softmax_grad)(const wgi_lane_block *b, const void *value, const void *cotangent,
                                 void *to) {
    const REAL *y = value, *g = cotangent;
    REAL *z = to, s[WGI_LANE_BLOCK] = {0};
    const int64_t n = b->n;
    for (int64_t r = 0; b->step == 1 && r < b->count; ++r, y += n, g += n, z += n) {
        const REAL sum = IN(row_sum)(n, g);
        for (int64_t i = 0; i < n; ++i) z[i] = g[i] - FN(wgi_chain)(sum, M(exp)(y[i]));
    }
    if (b->step == 1) return;
    for (int64_t r = 0; r < n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j) s[j] += g[r + j];
    for (int64_t r = 0; r < n * b->step; r += b->step)
        for (int64_t j = 0; j < b->count; ++j)
            z[r + j] = g[r + j] - FN(wgi_chain)(s[j], M(exp)(y[r + j]));
}
