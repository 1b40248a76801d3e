/* binary_loops.h: included by binary_part.h once per float type and instruction set. */

static void IN(forward)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *x = in[0], *y = in[1];
    REAL *v = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) v[i] = FN(value)(x[i], y[i]);
}

/* in: g, v, x, y */
static void IN(pull_x)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *g = in[0], *v = in[1], *x = in[2], *y = in[3];
    REAL *dx = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        dx[i] = FN(wgi_chain)(g[i], FN(partial_x)(x[i], y[i], v[i]));
}

static void IN(pull_y)(int64_t n, const void *const *in, void *out, const void *attrs) {
    const REAL *g = in[0], *v = in[1], *x = in[2], *y = in[3];
    REAL *dy = out;
    (void)attrs;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        dy[i] = FN(wgi_chain)(g[i], FN(partial_y)(x[i], y[i], v[i]));
}
