/* unary_part.h: included by unary.h once per float type; R(c) is the literal c of that type. */
#ifndef R
#define R(c) ((REAL)(c))
#endif

static inline REAL FN(value)(REAL x, const ATTRS *a) {
    (void)a;
    return VALUE;
}

/* dy/dx at x, y = VALUE */
static inline REAL FN(partial)(REAL x, REAL y, const ATTRS *a) {
    (void)x, (void)y, (void)a;
    return PARTIAL;
}

static void FN(forward)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                        const void *attrs) {
    const REAL *x = operands[0];
    REAL *y = out;
    if (s[0] == 1)
        for (int64_t i = 0; i < n; ++i) y[i] = FN(value)(x[i], attrs);
    else
        for (int64_t i = 0; i < n; ++i) y[i] = FN(value)(x[i * s[0]], attrs);
}

/* out = g dy/dx; strides of g, y, x */
static void FN(pull)(int64_t n, const void *cotangent, const void *value,
                     const void *const *operands, const int64_t *s, void *out, const void *attrs) {
    const REAL *g = cotangent, *y = value, *x = operands[0];
    REAL *dx = out;
    if (s[0] == 1 && s[1] == 1 && s[2] == 1)
        for (int64_t i = 0; i < n; ++i) dx[i] = FN(wgi_chain)(g[i], FN(partial)(x[i], y[i], attrs));
    else
        for (int64_t i = 0; i < n; ++i)
            dx[i] = FN(wgi_chain)(g[i * s[0]], FN(partial)(x[i * s[2]], y[i * s[1]], attrs));
}
