/* log_part.h: logarithms, included by vmath.h once per type.
 *
 * x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt 2].  With s = f/(2 + f), ln(1 + f) is 2 artanh s =
 * 2s + s z fit(z), z = s^2, and 2s = f - f^2/2 + s f^2/2, so that f itself enters unrounded. */

/* f of a positive normal x, and k: exponents are counted from that of sqrt(1/2). */
WGI_VM REAL FN(wgi_mantissa)(REAL x, REAL *k) {
    const UINT from = FN(wgi_bits)(R(0.70710678118654752)), one = (UINT)BIAS << DIGITS;
    UINT u = FN(wgi_bits)(x) + (one - from), n = u >> DIGITS;
    const REAL whole = R((UINT)1 << DIGITS);
    *k = FN(wgi_from_bits)(n | FN(wgi_bits)(whole)) - (whole + BIAS);
    return FN(wgi_from_bits)((u & (((UINT)1 << DIGITS) - 1)) + from) - 1;
}

/* k ln 2 + ln(1 + f) + low */
WGI_VM REAL FN(wgi_log_sum)(REAL f, REAL k, REAL low) {
    REAL s = f / (2 + f), z = s * s, half = R(0.5) * f * f;
    REAL series = s * (half + z * FN(wgi_fit_log)(z));
    return k * LN2_HI - ((half - (series + (k * LN2_LO + low))) - f);
}

/* x, or 2^RAISE x if it is subnormal. */
WGI_VM REAL FN(wgi_raise)(REAL x) {
    return x < SMALLEST ? x * R((UINT)1 << RAISE) : x;
}

/* y = a logarithm of x > 0, or what it is of the other numbers. */
WGI_VM REAL FN(wgi_log_edges)(REAL x, REAL y) {
    REAL above = x < R(INFINITY) ? y : x;
    return x > 0 ? above : x == 0 ? -R(INFINITY) : R(NAN);
}

WGI_VM REAL V(log)(REAL x) {
    REAL k, f = FN(wgi_mantissa)(FN(wgi_raise)(x), &k);
    k -= x < SMALLEST ? R(RAISE) : R(0);
    return FN(wgi_log_edges)(x, FN(wgi_log_sum)(f, k, 0));
}

WGI_VM REAL V(log2)(REAL x) {
    REAL k, f = FN(wgi_mantissa)(FN(wgi_raise)(x), &k);
    k -= x < SMALLEST ? R(RAISE) : R(0);
    return FN(wgi_log_edges)(x, k + FN(wgi_log_sum)(f, 0, 0) * R(1.4426950408889634));
}

WGI_VM REAL V(log10)(REAL x) {
    REAL k, f = FN(wgi_mantissa)(FN(wgi_raise)(x), &k);
    k -= x < SMALLEST ? R(RAISE) : R(0);
    REAL rest = k * LOG10_2_LO + FN(wgi_log_sum)(f, 0, 0) * R(0.43429448190325182);
    return FN(wgi_log_edges)(x, k * LOG10_2_HI + rest);
}

/* ln u + (1 + x - u)/u, u being 1 + x rounded. */
WGI_VM REAL V(log1p)(REAL x) {
    REAL u = 1 + x, k, f = FN(wgi_mantissa)(u, &k);
    REAL lost = (x < 1 ? x - (u - 1) : 1 - (u - x)) / u;
    REAL y = FN(wgi_log_edges)(u, FN(wgi_log_sum)(f, k, lost));
    return x == 0 ? x : y; /* -0 */
}
