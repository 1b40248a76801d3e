/* where_loops.h: included by where.c once per dtype and instruction set. */
static void IN(choose)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const unsigned char *mask = in[0];
    const REAL *x = in[1], *y = in[2];
    REAL *v = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        REAL a = x[i], b = y[i]; /* both are read: a vector takes its choice */
        v[i] = mask[i] ? a : b;
    }
}
