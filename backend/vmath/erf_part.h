/* erf_part.h: the error function, included by vmath.h once per type. */

/* erf x for |x| <= 0.85 */
WGI_VM REAL FN(wgi_erf_near)(REAL x) { return x + x * FN(wgi_fit_erf)(x * x); }

/* erfc a for a >= 1/2: e^(-a^2) fit(q)/(1 + 2a).  The square is that of a's upper half, which is
 * exact, and a correction (a - h)(a + h). */
WGI_VM REAL FN(wgi_erfc_far)(REAL a) {
    a = a > TAIL_END ? R(TAIL_END) : a;
    REAL h = FN(wgi_from_bits)(FN(wgi_bits)(a) >> HALF_DIGITS << HALF_DIGITS);
    REAL e = FN(wgi_exponential)(-h * h, -((a - h) * (a + h)), 0);
    REAL q = (a - TAIL_POINT) / (a + TAIL_POINT);
    return e * (FN(wgi_fit_tail)(q) / (1 + 2 * a));
}

WGI_VM REAL V(erf)(REAL x) {
    REAL a = M(fabs)(x), far = M(copysign)(1 - FN(wgi_erfc_far)(a), x);
    return a < R(0.85) ? FN(wgi_erf_near)(x) : far;
}

WGI_VM REAL V(erfc)(REAL x) {
    REAL a = M(fabs)(x), far = FN(wgi_erfc_far)(a);
    far = x > 0 ? far : 2 - far;
    return a < R(0.5) ? 1 - FN(wgi_erf_near)(x) : far;
}
