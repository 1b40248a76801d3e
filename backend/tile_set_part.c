/* tile_set_part.c: the kernels of tile.h for one type and one instruction set, included by tile.c
 * with REAL, OF(name) as name_f32 or name_f64, IN(name) as the name within the set, LANES, HEIGHT,
 * SPLAT and FMA (see tile_part.c). */

/* On the edge of the matrix only a part of a tile is wanted, or it is wanted transposed. */
static void IN(put_part)(const OF(wgi_tile) *t, const REAL *whole, int width) {
    const int64_t down = t->flip ? 1 : t->ldc, right = t->flip ? t->ldc : 1;
    for (int j = 0; j < t->cols; ++j) {
        REAL *c = t->c + j * right;
        for (int i = 0; i < t->rows; ++i)
            c[i * down] = t->add ? c[i * down] + whole[i * width + j] : whole[i * width + j];
    }
}

#define RUN IN(run)
#define ROWS HEIGHT
#define VECTORS 2
#include "backend/tile_part.c"
#undef RUN
#undef ROWS
#undef VECTORS

/* Half as wide, for a last panel with few columns. */
#define RUN IN(run_narrow)
#define ROWS HEIGHT
#define VECTORS 1
#include "backend/tile_part.c"
#undef RUN
#undef ROWS
#undef VECTORS

/* ROWS rows of a row times a matrix, LANES columns at a time: the matrix is read as it lies. */
#define ADD_ROWS IN(add_rows)
#define ROWS 8
#include "backend/row_part.c"
#undef ADD_ROWS
#undef ROWS
#define ADD_ROWS IN(add_one_row)
#define ROWS 1
#include "backend/row_part.c"
#undef ADD_ROWS
#undef ROWS

static void IN(row)(int64_t n, int64_t k, const REAL *x, int64_t step, const REAL *m, int64_t ld,
                    REAL *y, int add) {
    int64_t p = 0;
    for (; p + 8 <= k; p += 8) IN(add_rows)(n, x + p * step, step, m + p * ld, ld, y, add || p > 0);
    for (; p < k; ++p) IN(add_one_row)(n, x + p * step, step, m + p * ld, ld, y, add || p > 0);
}

/* The inner product, in four vectors of partial sums. */
static REAL IN(dot)(int64_t n, const REAL *x, const REAL *y) {
    typedef REAL vector __attribute__((vector_size(LANES * sizeof(REAL))));
    typedef REAL loose
        __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    vector sum[4] = {{0}};
    int64_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        UNROLL
        for (int v = 0; v < 4; ++v)
            sum[v] = FMA(*(const loose *)(x + i + v * LANES), *(const loose *)(y + i + v * LANES),
                         sum[v]);
    }
    for (; i + LANES <= n; i += LANES)
        sum[0] = FMA(*(const loose *)(x + i), *(const loose *)(y + i), sum[0]);
    vector all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    REAL part[LANES], total;
    *(loose *)part = all;
    UNROLL
    for (int half = LANES / 2; half > 0; half /= 2) {
        UNROLL
        for (int j = 0; j < half; ++j) part[j] += part[j + half];
    }
    total = part[0];
    for (; i < n; ++i) total += x[i] * y[i];
    return total;
}

static const OF(wgi_tiler) IN(tiler) = {
    HEIGHT, 2 * LANES, IN(run), IN(run_narrow), IN(row), IN(dot),
};
