/* fold_part.h: a reduction of one line, without vectors, included by a gate's kernel part once per
 * float type.  RUN and COLUMNS name its two forms; TERM(x, c) is what an element becomes, c being
 * the center of its output (0 without centers); JOIN(a, b) puts two doubles together, from START
 * on. */

static double RUN(const void *from, int64_t n, int64_t step, const void *center) {
    const REAL *x = from, c = center ? *(const REAL *)center : 0;
    double total = START;
    (void)c;
    while (n > 0) { /* blocks keep the rounding errors of a sum few */
        int64_t m = n < 256 ? n : 256;
        double block = START;
        for (int64_t i = 0; i < m; ++i) block = JOIN(block, (double)TERM(x[i * step], c));
        total = JOIN(total, block);
        x += m * step;
        n -= m;
    }
    return total;
}

static void COLUMNS(const wgi_columns *k) {
    const REAL *center = k->center;
    for (int64_t r = 0; r < k->rows; ++r) {
        const REAL *x = (const REAL *)k->x + r * k->row;
        for (int64_t i = 0; i < k->n; ++i) {
            REAL c = center ? center[i * k->step_center] : 0;
            (void)c;
            k->acc[i] = JOIN(k->acc[i], (double)TERM(x[i * k->step], c));
        }
    }
}
#undef RUN
#undef COLUMNS
#undef TERM
