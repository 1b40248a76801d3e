/* tile_part.c: the kernel of tile.h for one type, one instruction set and one height.
 *     REAL      float or double            OF(name) name_f32 or name_f64
 *     RUN       the function's name        ROWS     rows of a tile
 *     IN(name)  a name of the set
 *     LANES     elements of a vector       VECTORS  vectors in a row
 *     SPLAT(s)  a vector of equal elements FMA(x, y, z) x y + z
 * All loops over ROWS and VECTORS are unrolled, so that the sums live in registers. */

static void RUN(const OF(wgi_tile) *t) {
    typedef REAL vector __attribute__((vector_size(LANES * sizeof(REAL))));
    typedef REAL loose
        __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    enum { WIDTH = LANES * VECTORS };
    vector sum[ROWS][VECTORS];
    UNROLL
    for (int i = 0; i < ROWS; ++i) {
        UNROLL
        for (int v = 0; v < VECTORS; ++v) sum[i][v] = (vector){0};
    }
    const int64_t step = t->step, ldb = t->ldb, lined = t->lined;
    for (int64_t tap = 0; tap < t->taps; ++tap) {
        const REAL *a[ROWS], *const *at_tap = t->a + (lined ? 0 : tap * ROWS);
        const REAL *b = t->b[lined ? 0 : tap] + tap * t->b_line;
        UNROLL
        for (int i = 0; i < ROWS; ++i) a[i] = at_tap[i] + tap * t->a_line;
        for (int64_t p = t->k, at = 0; p > 0; --p, at += step, b += ldb) {
            vector y[VECTORS];
            UNROLL
            for (int v = 0; v < VECTORS; ++v) y[v] = *(const loose *)(b + v * LANES);
            UNROLL
            for (int i = 0; i < ROWS; ++i) {
                vector x = SPLAT(a[i][at]);
                UNROLL
                for (int v = 0; v < VECTORS; ++v) sum[i][v] = FMA(x, y[v], sum[i][v]);
            }
        }
    }
    if (t->rows == ROWS && t->cols == WIDTH && !t->flip) {
        UNROLL
        for (int i = 0; i < ROWS; ++i) {
            REAL *c = t->c + i * t->ldc;
            UNROLL
            for (int v = 0; v < VECTORS; ++v) {
                loose *to = (loose *)(c + v * LANES);
                if (t->add) *to = *to + sum[i][v];
                else *to = sum[i][v];
            }
        }
        return;
    }
    REAL whole[ROWS * WIDTH];
    UNROLL
    for (int i = 0; i < ROWS; ++i) {
        UNROLL
        for (int v = 0; v < VECTORS; ++v) *(loose *)(whole + i * WIDTH + v * LANES) = sum[i][v];
    }
    IN(put_part)(t, whole, WIDTH);
}
