/* compare_loops.h: included by compare_part.h once per dtype and instruction set. */
static void IN(compare)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *a = in[0], *b = in[1];
    unsigned char *v = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        REAL x = a[i], y = b[i];
        v[i] = COMPARE;
    }
}
