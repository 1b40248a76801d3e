/* normalise_part.h: included by normalise.c for each float type and instruction set. */

/* in: x, m, r */
static void IN(standard)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *x = in[0], *m = in[1], *r = in[2];
    REAL *y = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - m[i]) * r[i];
}

/* in: z, gamma, beta */
static void IN(affine)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *z = in[0], *gamma = in[1], *beta = in[2];
    REAL *y = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = z[i] * gamma[i] + beta[i];
}
