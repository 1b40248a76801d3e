/* blas.h: what goes through CBLAS: products large enough to be worth a call.  Only builds with
 * WG_HAVE_CBLAS have it (blas.c is the one file that names the library). */
#ifndef WGI_BLAS_H
#define WGI_BLAS_H

#include "backend/matmul.h"

/* The product of matmul.h; 0 when it is declined, and then c is as it was: one that is small, has a
 * row or column that does not fit an int, or for which the library's vectors are shorter than those
 * of our own kernels, as when it took a new processor for an old one. */
int wgi_blas_matmul_f32(const wgi_matmul *s, const float *a, const float *b, float *c);
int wgi_blas_matmul_f64(const wgi_matmul *s, const double *a, const double *b, double *c);

/* Writes such as "OpenBLAS 0.3.21" into bytes (32 or more) of text; returns its length. */
int wgi_blas_version(char *text, size_t bytes);

#endif
