/* binary_math.h: VALUE, PARTIAL_X and PARTIAL_Y as functions; R(c) is the literal c of the type. */
#ifndef R
#define R(c) ((REAL)(c))
#endif

WGI_INLINE REAL FN(value)(REAL x, REAL y) { return VALUE; }

/* dv/dx and dv/dy at x, y, v = VALUE */
WGI_INLINE REAL FN(partial_x)(REAL x, REAL y, REAL v) {
    (void)x, (void)y, (void)v;
    return PARTIAL_X;
}
WGI_INLINE REAL FN(partial_y)(REAL x, REAL y, REAL v) {
    (void)x, (void)y, (void)v;
    return PARTIAL_Y;
}
