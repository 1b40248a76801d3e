/* exp_part.h: exponentials and what is made of them, included by vmath.h once per type.
 *
 * x = n ln 2 + r with a whole n and |r| <= 0.35: e^x = 2^n e^r, and e^r - 1 = r + r^2 fit(r). */

/* 2^n for a whole n in the range of normal exponents: n + BIAS, moved to where exponents stand. */
WGI_VM REAL FN(wgi_power)(REAL n) {
    return FN(wgi_from_bits)(FN(wgi_bits)(n + (SHIFT + BIAS)) << DIGITS);
}

/* 2^n x in two steps, so that it overflows and underflows as x 2^n does. */
WGI_VM REAL FN(wgi_scaled)(REAL x, REAL n) {
    REAL half = (n * R(0.5) + SHIFT) - SHIFT;
    return x * FN(wgi_power)(half) * FN(wgi_power)(n - half);
}

WGI_VM REAL FN(wgi_round)(REAL x) { return (x + SHIFT) - SHIFT; }

WGI_VM REAL FN(wgi_clip)(REAL x, REAL lo, REAL hi) { return x < lo ? lo : x > hi ? hi : x; }

/* e^r - 1 */
WGI_VM REAL FN(wgi_rest)(REAL r) { return r + r * r * FN(wgi_fit_exp)(r); }

/* 2^k e^(x + low), low a small correction; x in [EXP_LOW, EXP_HIGH] or NaN. */
WGI_VM REAL FN(wgi_exponential)(REAL x, REAL low, REAL k) {
    REAL n = FN(wgi_round)(x * R(1.4426950408889634));
    REAL r = ((x - n * LN2_HI) - n * LN2_LO) + low;
    return FN(wgi_scaled)(1 + FN(wgi_rest)(r), n + k);
}

WGI_VM REAL V(exp)(REAL x) {
    return FN(wgi_exponential)(FN(wgi_clip)(x, EXP_LOW, EXP_HIGH), 0, 0);
}

WGI_VM REAL V(exp2)(REAL x) {
    x = FN(wgi_clip)(x, R(EXP_LOW * 1.44), R(EXP_HIGH * 1.45));
    REAL n = FN(wgi_round)(x);
    return FN(wgi_scaled)(1 + FN(wgi_rest)((x - n) * R(0.69314718055994531)), n);
}

/* 2^n (e^r - 1) + (2^n - 1), halved and doubled again, so that n may be the largest exponent. */
WGI_VM REAL V(expm1)(REAL x) {
    REAL z = FN(wgi_clip)(x, -40, EXP_HIGH);
    REAL n = FN(wgi_round)(z * R(1.4426950408889634));
    REAL r = (z - n * LN2_HI) - n * LN2_LO, half = FN(wgi_power)(n - 1);
    REAL y = 2 * (half * FN(wgi_rest)(r) + (half - R(0.5)));
    return M(fabs)(x) < TINY ? x : y; /* -0 as well */
}

/* With e = e^(2|x|) it is 1 - 2/(e + 1), and an odd polynomial where that would cancel. */
WGI_VM REAL V(tanh)(REAL x) {
    REAL a = M(fabs)(x), z = x * x;
    REAL e = FN(wgi_exponential)(a > 25 ? R(50) : 2 * a, 0, 0);
    REAL far = 1 - 2 / (e + 1), near = a + a * (z * FN(wgi_fit_tanh)(z));
    return M(copysign)(a < R(0.559) ? near : far, x); /* sqrt(5/16) = 0.559 */
}

/* The halves of e^|x| and e^-|x|, which overflow no sooner than their sum. */
WGI_VM REAL V(cosh)(REAL x) {
    REAL a = FN(wgi_clip)(M(fabs)(x), 0, EXP_HIGH + 2);
    return FN(wgi_exponential)(a, 0, -1) + FN(wgi_exponential)(-a, 0, -1);
}

WGI_VM REAL V(sinh)(REAL x) {
    REAL a = FN(wgi_clip)(M(fabs)(x), 0, EXP_HIGH + 2), z = x * x;
    REAL far = FN(wgi_exponential)(a, 0, -1) - FN(wgi_exponential)(-a, 0, -1);
    return M(fabs)(x) < 1 ? x + x * (z * FN(wgi_fit_sinh)(z)) : M(copysign)(far, x);
}
