/* trig.h: sine and cosine for |x| <= WGI_VM_TURNS, included by vmath.h.
 *
 * x = n pi/2 + r with a whole n and |r| <= pi/4, pi/2 being the sum of parts of 33 bits, whose
 * products with n are exact; a polynomial gives sin r or cos r, by the last bit of n. */

#define WGI_SHIFT 0x1.8p52

/* r as a sum r + *low, and n as the low bits of the result. */
WGI_VM uint64_t wgi_quarter_f64(double x, double *r, double *low) {
    double shifted = x * 0.63661977236758138 + WGI_SHIFT, n = shifted - WGI_SHIFT;
    double t = x - n * 0x1.921fb544p+0, u = n * 0x1.0b4611a6p-34; /* both exact */
    double a = t - u, v = n * 0x1.3198a2e037073p-69 - ((t - a) - u);
    *r = a - v;
    *low = (a - *r) - v;
    return wgi_bits_f64(shifted);
}

/* sin(r + low), or with odd cos(r + low), negative where bit 1 of quarter is set. */
WGI_VM double wgi_wave_f64(uint64_t quarter, double r, double low) {
    double z = r * r, half = 0.5 * z, top = 1 - half;
    double sine = r + (z * r * wgi_fit_sin_f64(z) + low * top);
    double cosine = top + (((1 - top) - half) + (z * z * wgi_fit_cos_f64(z) - r * low));
    double y = quarter & 1 ? cosine : sine;
    return wgi_from_bits_f64(wgi_bits_f64(y) ^ (quarter & 2) << 62);
}

WGI_VM double wgi_vm_sin_f64(double x) {
    double r, low;
    uint64_t quarter = wgi_quarter_f64(x, &r, &low);
    double y = wgi_wave_f64(quarter, r, low);
    return x == 0 ? x : y; /* -0 */
}
WGI_VM double wgi_vm_cos_f64(double x) {
    double r, low;
    uint64_t quarter = wgi_quarter_f64(x, &r, &low);
    return wgi_wave_f64(quarter + 1, r, low);
}

/* The rest of a float is taken in double. */
WGI_VM uint32_t wgi_quarter_f32(float x, float *r) {
    double d = (double)x, n = (d * 0.63661977236758138 + WGI_SHIFT) - WGI_SHIFT;
    *r = (float)((d - n * 0x1.921fb544p+0) - n * 6.0771005065061922e-11);
    return wgi_bits_f32((float)n + 0x1.8p23f);
}
WGI_VM float wgi_wave_f32(uint32_t quarter, float r) {
    float z = r * r, sine = r + r * (z * wgi_fit_sin_f32(z));
    float cosine = 1 - (0.5f * z - z * z * wgi_fit_cos_f32(z));
    float y = quarter & 1 ? cosine : sine;
    return wgi_from_bits_f32(wgi_bits_f32(y) ^ (quarter & 2) << 30);
}
WGI_VM float wgi_vm_sin_f32(float x) {
    float r;
    uint32_t quarter = wgi_quarter_f32(x, &r);
    float y = wgi_wave_f32(quarter, r);
    return x == 0 ? x : y; /* -0 */
}
WGI_VM float wgi_vm_cos_f32(float x) {
    float r;
    uint32_t quarter = wgi_quarter_f32(x, &r);
    return wgi_wave_f32(quarter + 1, r);
}

/* The quotient of both, by the last bit of n; a float's is taken in double. */
WGI_VM double wgi_vm_tan_f64(double x) {
    double r, low;
    uint64_t quarter = wgi_quarter_f64(x, &r, &low);
    double sine = wgi_wave_f64(0, r, low), cosine = wgi_wave_f64(1, r, low);
    double y = quarter & 1 ? -cosine / sine : sine / cosine;
    return x == 0 ? x : y; /* -0 */
}
WGI_VM float wgi_vm_tan_f32(float x) { return (float)wgi_vm_tan_f64((double)x); }

#undef WGI_SHIFT
