/* tile.h: a small block of a matrix product, kept in registers from its first term to its last.
 *
 * Everything portable that multiplies matrices stands on this one kernel: matmul gives it rows of
 * A, convolution gives it pixels of an image.  Its rows come by pointers, so neither needs a packed
 * copy of its left operand.  There is a kernel for each type and instruction set (tile_part.c). */
#ifndef WGI_TILE_H
#define WGI_TILE_H

#include <stdint.h>

enum {
    WGI_TILE_ROWS = 8,   /* no tile has more rows, */
    WGI_TILE_BYTES = 128 /* and no tile of several rows has longer ones */
};

/* c[i][j] (+)= sum over t < taps, p < k of a[t * height + i][p * step] * b[t][p * ldb + j]
 * for i < rows, j < cols, where the kernel computes height x width sums: all `height` pointers of a
 * tap must be readable (repeat one), and so must `width` elements of each row of b.  The terms of
 * an element are added in the order of t and p, whatever the tile.
 *
 * Where `lined` is set the taps lie at equal distances: only those of tap 0 are given, and tap t
 * has a[i] + t * a_line and b[0] + t * b_line. */
typedef struct wgi_tile_f32 {
    int64_t taps, k;
    const float *const *a;
    int64_t step;
    const float *const *b;
    int64_t ldb;
    float *c;
    int64_t ldc;
    int rows, cols;
    int add;  /* 0: c is overwritten, never read */
    int flip; /* 1: c is stored transposed, c[j][i] */
    int lined;
    int64_t a_line, b_line;
} wgi_tile_f32;
typedef struct wgi_tile_f64 {
    int64_t taps, k;
    const double *const *a;
    int64_t step;
    const double *const *b;
    int64_t ldb;
    double *c;
    int64_t ldc;
    int rows, cols;
    int add, flip, lined;
    int64_t a_line, b_line;
} wgi_tile_f64;

/* The kernels of one instruction set: tiles, the same half as wide, a row times a matrix,
 *     y[j] (+)= sum over p < k of x[p * step] m[p * ld + j],  j < n
 * (cut at multiples of 16 columns, the pieces have the same bits as the whole), and the inner
 * product of two contiguous vectors. */
typedef struct wgi_tiler_f32 {
    int height, width;
    void (*run)(const wgi_tile_f32 *tile);
    void (*run_narrow)(const wgi_tile_f32 *tile); /* width / 2 */
    void (*row)(int64_t n, int64_t k, const float *x, int64_t step, const float *m, int64_t ld,
                float *y, int add);
    float (*dot)(int64_t n, const float *x, const float *y);
} wgi_tiler_f32;
typedef struct wgi_tiler_f64 {
    int height, width;
    void (*run)(const wgi_tile_f64 *tile);
    void (*run_narrow)(const wgi_tile_f64 *tile);
    void (*row)(int64_t n, int64_t k, const double *x, int64_t step, const double *m, int64_t ld,
                double *y, int add);
    double (*dot)(int64_t n, const double *x, const double *y);
} wgi_tiler_f64;

/* The kernels of the chosen instruction set; static storage. */
const wgi_tiler_f32 *wgi_tiler_of_f32(void);
const wgi_tiler_f64 *wgi_tiler_of_f64(void);

#endif
