/* add_part.c: out = in[0] + in[1], included by loops.c for each type and instruction set. */
static void IN(add)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *a = in[0], *b = in[1];
    REAL *sum = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
}
