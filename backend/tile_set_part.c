/* tile_set_part.c: the kernels of tile.h for one type and one instruction set, included by tile.c
 * with REAL, OF(name) as name_f32 or name_f64, IN(name) as the name within the set, LANES, HEIGHT,
 * SPLAT and FMA (see tile_part.c). */

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

/* As many sums as a tile of many rows has: enough to hide the latency of an addition. */
#define RUN IN(run_row)
#define ROWS 1
#define VECTORS 8
#include "backend/tile_part.c"
#undef RUN
#undef ROWS
#undef VECTORS

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
    REAL total = 0;
    for (int j = 0; j < LANES; ++j) total += all[j];
    for (; i < n; ++i) total += x[i] * y[i];
    return total;
}

static const OF(wgi_tiler) IN(tiler) = {
    HEIGHT, 2 * LANES, 8 * LANES, IN(run), IN(run_narrow), IN(run_row), IN(dot),
};
