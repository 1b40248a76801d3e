/* sum_part.h: a reduction that adds up TERM(x, c), included by reduce_part.c.  c is the center of
 * an element's output, of the reductions that have one; RUN and COLUMNS name its two forms, and
 * ABREAST rows are read at once: as many streams, which the processor fetches ahead, and the sums
 * are read and written less often.  Neither that nor a stride changes the order of additions. */

static double RUN(const void *from, int64_t n, int64_t step, const void *center) {
    const REAL *x = from, c = center ? *(const REAL *)center : 0;
    double total = 0;
    (void)c;
    while (n > 0) {
        int64_t m = n < BLOCK ? n : BLOCK, i = 0;
        REAL room[BLOCK], lane[LANES] = {0};
        const REAL *term = PLAIN && step == 1 ? x : room;
        if (step != 1)
            for (int64_t k = 0; k < m; ++k) room[k] = TERM(x[k * step], c);
        else if (!PLAIN)
            for (int64_t k = 0; k < m; ++k) room[k] = TERM(x[k], c);
        for (; i + LANES <= m; i += LANES)
            for (int k = 0; k < LANES; ++k) lane[k] += term[i + k];
        for (int k = 0; i + k < m; ++k) lane[k] += term[i + k];
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int k = 0; k < half; ++k) lane[k] += lane[k + half];
        total += (double)lane[0];
        x += m * step;
        n -= m;
    }
    return total;
}

static void COLUMNS(const wgi_columns *a) {
    const REAL *x = a->x;
    int64_t k = rows_abreast(a), left = a->rows, step = a->step;
    REAL c[WGI_REDUCE_TILE];
    (void)c;
    if (a->center)
        for (int64_t i = 0; i < k; ++i)
            for (int64_t j = 0; j < a->n; ++j)
                c[i * a->n + j] = ((const REAL *)a->center)[j * a->step_center];
    while (left > 0) {
        REAL t[WGI_REDUCE_TILE];
        if (k > left) k = 1;
        int64_t width = k * a->n, row = k * a->row, r = 0;
        int64_t rows = left / k < ROWS ? left / k : ROWS;
        for (int64_t j = 0; j < width; ++j) t[j] = 0;
        for (; step == 1 && r + ABREAST <= rows; r += ABREAST, x += ABREAST * row)
            for (int64_t j = 0; j < width; ++j) {
                REAL sum = t[j];
                for (int q = 0; q < ABREAST; ++q) sum += TERM(x[q * row + j], c[j]);
                t[j] = sum;
            }
        for (; r < rows; ++r, x += row)
            if (step == 1)
                for (int64_t j = 0; j < width; ++j) t[j] += TERM(x[j], c[j]);
            else
                for (int64_t j = 0; j < width; ++j) t[j] += TERM(x[j * step], c[j]);
        IN(fold)(a->acc, t, a->n, k);
        left -= rows * k;
    }
}
#undef RUN
#undef COLUMNS
#undef TERM
#undef ABREAST
