/* pow.h: powers, included by vmath.h.
 *
 * A float's is e^(y ln |x|) in double, whose error, y ln |x| < 104 times 2^-52, a float does not
 * feel.  Infinities and zeros of x and y come out of the logarithm and the exponential; the rest
 * are the sign of a negative x, and what is 1 whatever the other is (C11, F.10.4.4).  A double's
 * would need a logarithm of more digits than a double has: that is the C library's. */

WGI_VM double wgi_vm_pow_f64(double x, double y) { return pow(x, y); }

WGI_VM float wgi_vm_pow_f32(float x, float y) {
    const double d = (double)y, half = 0.5 * d, size = fabs(d), a = fabs((double)x);
    /* from 2^24 on every float is even */
    const int whole = (size >= 0x1p24) | (wgi_round_f64(d) == d);
    const int odd = (wgi_round_f64(half) != half) & (size < 0x1p24) & whole;
    double v = wgi_vm_exp_f64(d * wgi_vm_log_f64(a));
    v = ((a == 1) | (d == 0)) ? 1 : v;
    v = odd ? copysign(v, (double)x) : v;
    v = ((x < 0) & (a < (double)INFINITY) & !whole) ? (double)NAN : v;
    return (float)v;
}
