/* binary_part.h: included by binary.h once per float type; R(c) is the literal c of that type. */
#ifndef R
#define R(c) ((REAL)(c))
#endif

static inline REAL FN(value)(REAL x, REAL y, const ATTRS *a) {
    (void)a;
    return VALUE;
}

/* dv/dx and dv/dy at x, y, v = VALUE */
static inline REAL FN(partial_x)(REAL x, REAL y, REAL v, const ATTRS *a) {
    (void)x, (void)y, (void)v, (void)a;
    return PARTIAL_X;
}
static inline REAL FN(partial_y)(REAL x, REAL y, REAL v, const ATTRS *a) {
    (void)x, (void)y, (void)v, (void)a;
    return PARTIAL_Y;
}

static void FN(forward)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                        const void *attrs) {
    const REAL *x = operands[0], *y = operands[1];
    REAL *v = out;
    if (s[0] == 1 && s[1] == 1)
        for (int64_t i = 0; i < n; ++i) v[i] = FN(value)(x[i], y[i], attrs);
    else if (s[0] == 1 && s[1] == 0)
        for (int64_t i = 0; i < n; ++i) v[i] = FN(value)(x[i], y[0], attrs);
    else
        for (int64_t i = 0; i < n; ++i) v[i] = FN(value)(x[i * s[0]], y[i * s[1]], attrs);
}

/* out = g dv/dx; strides of g, v, x, y */
static void FN(pull_x)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    const REAL *g = cotangent, *v = value, *x = operands[0], *y = operands[1];
    REAL *dx = out;
    if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1)
        for (int64_t i = 0; i < n; ++i)
            dx[i] = FN(wgi_chain)(g[i], FN(partial_x)(x[i], y[i], v[i], attrs));
    else
        for (int64_t i = 0; i < n; ++i)
            dx[i] = FN(wgi_chain)(
                g[i * s[0]], FN(partial_x)(x[i * s[2]], y[i * s[3]], v[i * s[1]], attrs));
}

static void FN(pull_y)(int64_t n, const void *cotangent, const void *value,
                       const void *const *operands, const int64_t *s, void *out,
                       const void *attrs) {
    const REAL *g = cotangent, *v = value, *x = operands[0], *y = operands[1];
    REAL *dy = out;
    if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1)
        for (int64_t i = 0; i < n; ++i)
            dy[i] = FN(wgi_chain)(g[i], FN(partial_y)(x[i], y[i], v[i], attrs));
    else
        for (int64_t i = 0; i < n; ++i)
            dy[i] = FN(wgi_chain)(
                g[i * s[0]], FN(partial_y)(x[i * s[2]], y[i * s[3]], v[i * s[1]], attrs));
}
