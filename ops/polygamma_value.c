/* polygamma_value.c: see polygamma.h.
 *
 * Above 0 the Euler-Maclaurin sums of NIST DLMF 5.11.2 and 25.11.5, behind the recurrence
 * psi_n(x) = psi_n(x + 1) - (-1)^n n! x^-(n+1), which moves x to where twelve terms are enough;
 * psi_0, which has a zero, from a polynomial around it.
 * Below 0 the reflection (-1)^n psi_n(1 - x) = psi_n(x) + pi (d/dx)^n cot(pi x) (DLMF 5.15.6). */
#include "ops/polygamma.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { TERMS = 12 };

/* Bernoulli's numbers B_2, B_4, ... B_24. */
static const double bernoulli[TERMS] = {
    1.0 / 6,      -1.0 / 30,         1.0 / 42,     -1.0 / 30,          5.0 / 66,
    -691.0 / 2730, 7.0 / 6,          -3617.0 / 510, 43867.0 / 798,     -174611.0 / 330,
    854513.0 / 138, -236364091.0 / 2730};

/* psi/(x - ROOT - TAIL) on [1, 2] in Chebyshev's polynomials of 2x - 3, from an interpolation with
 * 60 digits; ROOT + TAIL is psi's zero there, to twice the digits of a double. */
static const double chebyshev[] = {
    0.983570260441566988, -0.227064086334644397, 0.033368899023930109,
    -0.00532007727159654744, 8.78865693782050533e-4, -1.47734926506060433e-4,
    2.50605434683591444e-5, -4.27210340299933221e-6, 7.30276927246592305e-7,
    -1.25028868135595955e-7, 2.14250093223594737e-8, -3.67329591856517904e-9,
    6.29971723610893091e-10, -1.08059302888326601e-10, 1.85373519205363789e-11,
    -3.18023536582553001e-12, 5.45614757032279418e-13, -9.36099313103643816e-14,
    1.60606463629507501e-14, -2.75554313774388131e-15, 4.72773617860191139e-16,
    -8.11148420346509003e-17, 1.39170776947415407e-17};
#define ROOT 1.4616321449683622
#define TAIL 9.5499954299656967e-17

/* psi on [1, 2], right to its last digits at its zero too: the sum by Clenshaw's recurrence. */
static double digamma_at_root(double x) {
    const double t = 2 * x - 3;
    double b = 0, next = 0;
    for (int k = (int)(sizeof chebyshev / sizeof *chebyshev) - 1; k > 0; --k) {
        double keep = b;
        b = 2 * t * b - next + chebyshev[k];
        next = keep;
    }
    return (x - ROOT - TAIL) * (t * b - next + chebyshev[0]);
}

/* From TERMS on ln x - 1/(2x) - sum B_2k/(2k x^2k); below, psi(x) = psi(x - 1) + 1/(x - 1) leads to
 * [1, 2] without cancellation. */
static double digamma_above(double x) {
    double steps = 0, power = 1, sum = 0;
    if (x < TERMS) {
        for (; x > 2; x -= 1) steps += 1 / (x - 1);
        return x < 1 ? digamma_at_root(x + 1) - 1 / x : digamma_at_root(x) + steps;
    }
    for (int k = 0; k < TERMS; ++k) {
        power /= x * x;
        sum += bernoulli[k] * power / (2 * (k + 1));
    }
    return log(x) - 0.5 / x - sum;
}

/* sum over k >= 0 of (x + k)^-s, s > 1 (Hurwitz's zeta function): the first terms as they are, the
 * rest as an integral, half a term and the corrections B_2k/(2k)! s (s+1) ...
 * (s+2k-2) x^-(s+2k-1), each divided by x^(1-s), which does not underflow as soon as x^-s does. */
static double zeta_above(double s, double x) {
    double sum = 0, rest = 0;
    for (; x < TERMS + s; ++x) sum += pow(x, -s);
    double factor = s / (2 * x) / x;
    for (int k = 0; k < TERMS; ++k) {
        double j = 2 * k;
        rest += bernoulli[k] * factor;
        factor *= (s + j + 1) / (j + 3) * ((s + j + 2) / (j + 4)) / x / x;
    }
    return sum + pow(x, 1 - s) * (1 / (s - 1) + 0.5 / x + rest);
}

static double polygamma_above(int n, double x) {
    if (n == 0) return digamma_above(x);
    double factorial = 1;
    for (int k = 2; k <= n; ++k) factorial *= k;
    double y = factorial * zeta_above(n + 1, x);
    return n % 2 ? y : -y;
}

/* cot(pi x) for |x| <= 1/2, exactly 0 at its zeros +-1/2. */
static double cotangent_of_pi(double x) {
    return fabs(x) <= 0.25 ? 1 / tan(PI * x) : copysign(tan(PI * (0.5 - fabs(x))), x);
}

/* pi (d/dx)^n cot(pi x), x no whole number.  In c = cot(pi x) it is a polynomial of degree n + 1:
 * c' = -pi (1 + c^2); all its coefficients have one sign, so nothing cancels. */
static double cotangent(int n, double x) {
    double p[WGI_POLYGAMMA_MAX + 2] = {0, PI}, sum;
    double c = cotangent_of_pi(x - rint(x));
    for (int k = 0; k < n; ++k) {
        double q[WGI_POLYGAMMA_MAX + 2] = {0};
        for (int i = 1; i <= k + 1; ++i) {
            q[i - 1] -= PI * i * p[i];
            q[i + 1] -= PI * i * p[i];
        }
        for (int i = 0; i <= k + 2; ++i) p[i] = q[i];
    }
    sum = p[n + 1];
    for (int i = n; i >= 0; --i) sum = sum * c + p[i];
    return sum;
}

/* At 0, -1, -2, ...: see polygamma.c. */
static double pole(int n, double x) {
    if (n % 2) return (double)INFINITY;
    return x == 0 ? -copysign((double)INFINITY, x) : (double)NAN;
}

double wgi_polygamma(int64_t n, double x) {
    if (n < 0 || n > WGI_POLYGAMMA_MAX || isnan(x)) return (double)NAN;
    int k = (int)n;
    if (isinf(x)) return x < 0 ? (double)NAN : k ? 0 : x;
    if (x > 0) return polygamma_above(k, x);
    if (x == floor(x)) return pole(k, x);
    double mirrored = polygamma_above(k, 1 - x);
    return (k % 2 ? -mirrored : mirrored) - cotangent(k, x);
}
