/* fit_f32.h: the polynomials of vmath.h for float, minimax by scripts/minimax.py.  Each says how
 * far it is from its function at most, as a part of what stands behind "of". */
#ifndef WGI_FIT_F32_H
#define WGI_FIT_F32_H

/* (e^r - 1 - r)/r^2, |r| <= 0.35, of r; error 2^-31.9 */
WGI_VM float wgi_fit_exp_f32(float r) {
    float p = 0.000199156246f;
    p = p * r + 0.00139420456f;
    p = p * r + 0.00833327044f;
    p = p * r + 0.0416663438f;
    p = p * r + 0.166666672f;
    p = p * r + 0.5f;
    return p;
}

/* (2 artanh(s)/s - 2)/z, z = s^2 <= 0.0295, of 2; error 2^-36.6 */
WGI_VM float wgi_fit_log_f32(float z) {
    float p = 0.23582764f;
    p = p * z + 0.285372794f;
    p = p * z + 0.400003344f;
    p = p * z + 0.666666627f;
    return p;
}

/* (tanh(x)/x - 1)/z, z = x^2 <= 5/16, of 1; error 2^-29.6 */
WGI_VM float wgi_fit_tanh_f32(float z) {
    float p = -0.00621481612f;
    p = p * z + 0.0210322738f;
    p = p * z - 0.0538434535f;
    p = p * z + 0.1333251f;
    p = p * z - 0.333333164f;
    return p;
}

/* (sinh(x)/x - 1)/z, z = x^2 <= 1, of 1; error 2^-34.0 */
WGI_VM float wgi_fit_sinh_f32(float z) {
    float p = 2.81743951e-06f;
    p = p * z + 0.000198360663f;
    p = p * z + 0.00833335053f;
    p = p * z + 0.166666672f;
    return p;
}

/* (sin(x)/x - 1)/z, z = x^2 <= (pi/4)^2, of 1; error 2^-28.1 */
WGI_VM float wgi_fit_sin_f32(float z) {
    float p = -0.000195172208f;
    p = p * z + 0.008332178f;
    p = p * z - 0.166666552f;
    return p;
}

/* (cos(x) - 1 + z/2)/z^2, z = x^2 <= (pi/4)^2, of 1; error 2^-33.3 */
WGI_VM float wgi_fit_cos_f32(float z) {
    float p = 2.44383646e-05f;
    p = p * z - 0.00138873665f;
    p = p * z + 0.0416666456f;
    return p;
}

/* erf(x)/x - 1, z = x^2 <= 0.7225, of 1; error 2^-32.8 */
WGI_VM float wgi_fit_erf_f32(float z) {
    float p = 8.85776899e-05f;
    p = p * z - 0.000824897725f;
    p = p * z + 0.00520968204f;
    p = p * z - 0.0268626269f;
    p = p * z + 0.112837493f;
    p = p * z - 0.376126379f;
    p = p * z + 0.128379166f;
    return p;
}

/* (1 + 2x) e^(x^2) erfc(x) as a polynomial in q = (x - 2)/(x + 2), which takes x >= 1/2 to
 * [-0.6, 1) and keeps the function smooth there; absolute error 2^-30.4 */
#define WGI_TAIL_POINT_F32 2
WGI_VM float wgi_fit_tail_f32(float q) {
    float p = 0.000235108862f;
    p = p * q - 0.000320825027f;
    p = p * q - 0.00148598489f;
    p = p * q + 0.00122317835f;
    p = p * q + 0.00873211678f;
    p = p * q - 0.0080260979f;
    p = p * q - 0.0542212054f;
    p = p * q + 0.164050743f;
    p = p * q - 0.166030347f;
    p = p * q - 0.0927638188f;
    p = p * q + 1.27697837f;
    return p;
}

#endif
