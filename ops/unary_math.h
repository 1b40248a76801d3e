/* unary_math.h: VALUE and PARTIAL as functions; R(c) is the literal c of the type. */
#ifndef R
#define R(c) ((REAL)(c))
#endif

WGI_INLINE REAL FN(value)(REAL x, const ATTRS *a) {
    (void)a;
    return VALUE;
}

/* dy/dx at x, y = VALUE */
WGI_INLINE REAL FN(partial)(REAL x, REAL y, const ATTRS *a) {
    (void)x, (void)y, (void)a;
    return PARTIAL;
}
