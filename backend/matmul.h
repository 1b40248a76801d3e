/* matmul.h: C = op(A) op(B) + beta C for dense matrices, through oneDNN, CBLAS or portable C. */
#ifndef WGI_MATMUL_H
#define WGI_MATMUL_H

#include <stddef.h>
#include <stdint.h>

/* Row-major matrices: op(A) is (m, k), op(B) is (k, n), C is (m, n).  Any extent may be 0. */
typedef struct wgi_matmul {
    int64_t m, n, k;
    int transpose_a, transpose_b; /* 1: A is stored as (k, m), B as (n, k) */
    int64_t lda, ldb, ldc;        /* elements from one stored row to the next */
    int beta;                     /* 0: C is overwritten, never read; 1: added to */
} wgi_matmul;

/* Rows that follow each other without gaps, beta = 0: lda, ldb, ldc from the extents. */
wgi_matmul wgi_matmul_dense(int64_t m, int64_t n, int64_t k, int transpose_a, int transpose_b);

/* Bytes of scratch for a product of these extents; element is sizeof(float) or sizeof(double).  A
 * few MB at most; may be 0. */
size_t wgi_matmul_scratch(size_t element, int64_t m, int64_t n, int64_t k);

/* The product.  scratch: wgi_matmul_scratch bytes, aligned to 64 (NULL where that is 0).  c
 * overlaps nothing.  NaN and infinities of A and B flow; k = 0 gives beta C. */
void wgi_matmul_f32(const wgi_matmul *s, const float *a, const float *b, float *c, void *scratch);
void wgi_matmul_f64(const wgi_matmul *s, const double *a, const double *b, double *c,
                    void *scratch);

/* `batch` products of one geometry: matrix i of A begins at a + i step_a, and so on; a step of 0
 * uses one matrix for all (not for C).  Scratch: wgi_matmul_batch_scratch bytes. */
typedef struct wgi_matmul_batch {
    int64_t count, step_a, step_b, step_c;
} wgi_matmul_batch;
size_t wgi_matmul_batch_scratch(size_t element, const wgi_matmul *s, int64_t count);
void wgi_matmul_batch_f32(const wgi_matmul *s, const wgi_matmul_batch *batch, const float *a,
                          const float *b, float *c, void *scratch);
void wgi_matmul_batch_f64(const wgi_matmul *s, const wgi_matmul_batch *batch, const double *a,
                          const double *b, double *c, void *scratch);

/* The portable kernels, which wgi_matmul_* choose where no library does: same contract, same bits
 * for any number of threads. */
size_t wgi_matmul_portable_scratch(size_t element, int64_t m, int64_t n, int64_t k);
void wgi_matmul_portable_f32(const wgi_matmul *s, const float *a, const float *b, float *c,
                             void *scratch);
void wgi_matmul_portable_f64(const wgi_matmul *s, const double *a, const double *b, double *c,
                             void *scratch);

#endif
