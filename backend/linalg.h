/* linalg.h: factorisations of square matrices, and substitution, in portable C.
 *
 * Matrices are row-major, rows `ld` elements apart.  All but the leaves of the recursions is matrix
 * products (matmul.h), which take their speed from the vectors and threads there.  NaN and
 * infinities flow: only a pivot that is exactly 0 (Cholesky: not positive) stops a factorisation.
 *
 * `scratch` is wgi_linalg_scratch bytes, aligned to 64, for matrices (n, n) and (n, k). */
#ifndef WGI_LINALG_H
#define WGI_LINALG_H

#include <stddef.h>
#include <stdint.h>

size_t wgi_linalg_scratch(size_t element, int64_t n, int64_t k);

/* ---- substitution --------------------------------------------------------------------------- */

/* op(T) X = B with T (n, n) triangular, X and B (n, k).  Only T's triangle is read. */
typedef struct wgi_triangular {
    int64_t n, k, ldt, ldb;
    int upper;     /* the triangle of T as it is stored */
    int transpose; /* 1: op(T) = T^T */
    int unit;      /* 1: the diagonal is 1 and is not read */
} wgi_triangular;

/* B becomes X.  A 0 on the diagonal is divided by; wgi_zero_pivot looks first. */
void wgi_triangular_solve_f32(const wgi_triangular *s, const float *t, float *b, void *scratch);
void wgi_triangular_solve_f64(const wgi_triangular *s, const double *t, double *b, void *scratch);

/* The first i with t[i][i] = 0, or -1. */
int64_t wgi_zero_pivot_f32(int64_t n, const float *t, int64_t ldt);
int64_t wgi_zero_pivot_f64(int64_t n, const double *t, int64_t ldt);

/* ---- P A = L U ------------------------------------------------------------------------------ */

/* Gaussian elimination with partial pivoting, in place: U in the upper triangle, L, whose diagonal
 * is 1, below it.  Step i swapped rows i and pivot[i] >= i.  Returns the first i with U[i][i] = 0,
 * or -1; the factors are right in either case. */
int64_t wgi_lu_f32(int64_t n, float *a, int64_t lda, int64_t *pivot, void *scratch);
int64_t wgi_lu_f64(int64_t n, double *a, int64_t lda, int64_t *pivot, void *scratch);

/* B (n, k) becomes A^-1 B. */
void wgi_lu_solve_f32(int64_t n, int64_t k, const float *lu, int64_t lda, const int64_t *pivot,
                      float *b, int64_t ldb, void *scratch);
void wgi_lu_solve_f64(int64_t n, int64_t k, const double *lu, int64_t lda, const int64_t *pivot,
                      double *b, int64_t ldb, void *scratch);

/* P A Q = L U with complete pivoting, in place: the largest element that is left becomes the pivot,
 * so that only a last part of U's diagonal can be 0 and their number is the rank that A lacks.
 * Step i swapped rows i and row[i], columns i and column[i]. */
void wgi_lu_complete_f32(int64_t n, float *a, int64_t lda, int64_t *row, int64_t *column);
void wgi_lu_complete_f64(int64_t n, double *a, int64_t lda, int64_t *row, int64_t *column);

/* A product that neither overflows nor underflows on its way: fraction 2^exponent, the fraction 0,
 * not finite, or in size between sqrt(1/2) and sqrt(2). */
typedef struct wgi_wide {
    double fraction;
    int64_t exponent;
} wgi_wide;
wgi_wide wgi_wide_times(wgi_wide x, double factor);
/* The number itself, rounded once: 0 or infinite where double does not reach. */
double wgi_wide_value(wgi_wide x);

/* det A = (-1)^swaps U[0][0] U[1][1] ... */
wgi_wide wgi_lu_determinant_f32(int64_t n, const float *lu, int64_t lda, const int64_t *pivot);
wgi_wide wgi_lu_determinant_f64(int64_t n, const double *lu, int64_t lda, const int64_t *pivot);

/* ---- A = L L^T ------------------------------------------------------------------------------ */

/* The lower triangle of A becomes L; the upper one is neither read nor written.  Returns the first
 * i whose pivot is not positive (L is then right up to there), or -1. */
int64_t wgi_cholesky_f32(int64_t n, float *a, int64_t lda, void *scratch);
int64_t wgi_cholesky_f64(int64_t n, double *a, int64_t lda, void *scratch);

#endif
