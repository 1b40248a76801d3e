/* norm.h: the passes of batch normalisation, and of a rectifier behind it, over an array (rows, n)
 * with one number a column.
 *
 * Columns lie in vectors.  Sums are taken in double, in blocks of rows that depend on the shape
 * alone and are put together in order, so that the number of threads changes no bit. */
#ifndef WGI_NORM_H
#define WGI_NORM_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of scratch for the two functions that sum. */
size_t wgi_norm_scratch(int64_t rows, int64_t n);

/* mean[j] = 1/rows sum x, squares[j] = sum (x - mean)^2, in one pass over memory: of each block
 * first the mean and then the squares around it, put together as by T. Chan, G. Golub and R.
 * LeVeque ("Updating formulae and a pairwise algorithm for computing sample variances", 1979).
 * Equal elements have squares 0 and exactly their own mean.  rows > 0. */
void wgi_norm_moments_f32(int64_t rows, int64_t n, const float *x, double *mean, double *squares,
                          void *scratch);
void wgi_norm_moments_f64(int64_t rows, int64_t n, const double *x, double *mean, double *squares,
                          void *scratch);

/* y = (x - m) a + b, m, a, b (n); y = x where m is NULL.  Where s is not NULL, s (rows, n) is
 * added; where relu is set, y is max(y, 0) then, NaN staying NaN.  y may be x. */
typedef struct wgi_norm_affine {
    int64_t rows, n;
    const void *x, *s, *m, *a, *b;
    int relu;
    void *y;
} wgi_norm_affine;
void wgi_norm_affine_f32(const wgi_norm_affine *k);
void wgi_norm_affine_f64(const wgi_norm_affine *k);

/* The reverse pass.  y, not NULL where a rectifier gave it, says what it let through: h = g where
 * y > 0, 0 where g = 0, else g y, y being 0 or NaN.  Without it h = g. */
typedef struct wgi_norm_pull {
    int64_t rows, n;
    const void *g, *x, *y, *m; /* (rows, n), but m (n) */
    const void *a, *b, *c;     /* (n) */
    void *dx, *ds;             /* (rows, n) or NULL */
    int add_dx, add_ds;        /* 0: overwritten, 1: added to */
} wgi_norm_pull;

/* sum[j] = sum h, dot[j] = sum h (x - m), dot NULL where x is; ds, unless NULL, becomes h. */
void wgi_norm_sums_f32(const wgi_norm_pull *k, double *sum, double *dot, void *scratch);
void wgi_norm_sums_f64(const wgi_norm_pull *k, double *sum, double *dot, void *scratch);
/* dx (+)= a h + b (x - m) + c, ds (+)= h. */
void wgi_norm_pull_f32(const wgi_norm_pull *k);
void wgi_norm_pull_f64(const wgi_norm_pull *k);

#endif
