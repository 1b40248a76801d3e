/* unary_loops.h: included by unary_part.h once per float type and instruction set. */

#ifdef RARE
/* 1 if some x is RARE, without a branch. */
static int IN(any_rare)(int64_t n, const REAL *x) {
    int any = 0;
    for (int64_t i = 0; i < n; ++i) any |= RARE(x[i]);
    return any;
}
#define PIECE WGI_RARE_PIECE
#else
#define PIECE n
#endif

#ifdef CHOICE
/* A loop for either form of the gate, in which the choice is a constant. */
#define EACH(statement)                                                                            \
    if (local.CHOICE) {                                                                            \
        local.CHOICE = 1;                                                                          \
        WGI_INDEPENDENT                                                                            \
        for (int64_t i = 0; i < m; ++i) statement;                                                 \
    } else {                                                                                       \
        WGI_INDEPENDENT                                                                            \
        for (int64_t i = 0; i < m; ++i) statement;                                                 \
    }
#else
#define EACH(statement)                                                                            \
    WGI_INDEPENDENT                                                                                \
    for (int64_t i = 0; i < m; ++i) statement;
#endif

static void IN(forward)(int64_t n, const void *const *in, void *out, const void *attrs) {
    LOCAL_ATTRS
    for (int64_t at = 0; at < n; at += PIECE) {
        const REAL *x = (const REAL *)in[0] + at;
        REAL *y = (REAL *)out + at;
        const int64_t m = n - at < PIECE ? n - at : PIECE;
#ifdef RARE
        if (IN(any_rare)(m, x)) {
            FN(careful_forward)(m, x, y, a);
            continue;
        }
#endif
        EACH(y[i] = FN(value)(x[i], a))
    }
}

/* in: g, y, x */
static void IN(pull)(int64_t n, const void *const *in, void *out, const void *attrs) {
    LOCAL_ATTRS
    for (int64_t at = 0; at < n; at += PIECE) {
        const REAL *g = (const REAL *)in[0] + at, *y = (const REAL *)in[1] + at;
        const REAL *x = (const REAL *)in[2] + at;
        REAL *dx = (REAL *)out + at;
        const int64_t m = n - at < PIECE ? n - at : PIECE;
#ifdef RARE
        if (IN(any_rare)(m, x)) {
            FN(careful_pull)(m, g, y, x, dx, a);
            continue;
        }
#endif
        EACH(dx[i] = FN(wgi_chain)(g[i], FN(partial)(x[i], y[i], a)))
    }
}
#undef EACH
#undef PIECE
