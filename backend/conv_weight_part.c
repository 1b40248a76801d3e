/* conv_weight_part.c: the gradient of a convolution to its weights and bias, for one type;
 * conv_portable.c includes it after conv_part.c. */

/* dw = g^T (o x pixels) times the windows of x (pixels x taps cg), a block of pixels at a time. */
typedef struct OF(weigh) {
    OF(conv) v;
    const REAL *g;
    REAL *windows, *dw;     /* windows: (pixels, across) */
    int64_t first, pixels;  /* of this block */
    int64_t length, across; /* taps cg; the same filled up to whole panels of columns */
} OF(weigh);

static void OF(copy_windows)(int64_t begin, int64_t end, void *arg) {
    const OF(weigh) *e = arg;
    for (int64_t i = begin; i < end; ++i) {
        const OF(window) at = OF(window_of)(&e->v, e->first + i);
        REAL *to = e->windows + i * e->across;
        for (int64_t tap = 0; tap < e->v.taps; ++tap, to += e->v.cg) {
            const REAL *from = OF(tap_of)(&e->v, &at, tap);
            for (int64_t j = 0; j < e->v.cg; ++j) to[j] = from[j];
        }
        for (int64_t j = e->length; j < e->across; ++j) *to++ = 0;
    }
}

/* Tiles of dw, counted along the panels of a line of tiles. */
static void OF(weigh_tiles)(int64_t begin, int64_t end, void *arg) {
    const OF(weigh) *e = arg;
    const OF(wgi_tiler) *tiler = e->v.tiler;
    const int64_t panels = e->across / tiler->width, o = e->v.s->o;
    const REAL *a[WGI_TILE_ROWS], *b;
    OF(wgi_tile) t = {.taps = 1, .k = e->pixels, .a = a, .step = o, .b = &b, .ldb = e->across};
    t.ldc = e->length;
    t.add = e->first > 0;
    for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t o0 = tile / panels * tiler->height, j0 = tile % panels * tiler->width;
        const int64_t rows = e->v.og - o0, cols = e->length - j0;
        t.rows = rows < tiler->height ? (int)rows : tiler->height;
        t.cols = cols < tiler->width ? (int)cols : tiler->width;
        for (int i = 0; i < tiler->height; ++i)
            a[i] = e->g + e->first * o + e->v.group * e->v.og + o0 + (i < t.rows ? i : 0);
        b = e->windows + j0;
        t.c = e->dw + (e->v.group * e->v.og + o0) * e->length + j0;
        (2 * t.cols <= tiler->width ? tiler->run_narrow : tiler->run)(&t);
    }
}

static void OF(weigh_group)(OF(weigh) *e, int64_t pixels, int64_t block) {
    const OF(wgi_tiler) *tiler = e->v.tiler;
    const int64_t lines = (e->v.og + tiler->height - 1) / tiler->height;
    const int64_t tiles = lines * (e->across / tiler->width);
    for (e->first = 0; e->first < pixels; e->first += block) {
        e->pixels = pixels - e->first < block ? pixels - e->first : block;
        wgi_parallel_for(e->pixels, 1 + COPY_GRAIN / e->across, OF(copy_windows), e);
        const int64_t work = tiler->height * tiler->width * e->pixels;
        wgi_parallel_for(tiles, 1 + WORK_GRAIN / work, OF(weigh_tiles), e);
    }
}

/* db[o] = the sum of g over pixels, in blocks so that rounding grows slowly. */
typedef struct OF(bias_sum) {
    const REAL *g;
    REAL *db;
    int64_t pixels, o;
} OF(bias_sum);

static void OF(sum_bias)(int64_t begin, int64_t end, void *arg) {
    const OF(bias_sum) *e = arg;
    REAL part[64];
    for (int64_t j0 = begin; j0 < end; j0 += 64) {
        const int64_t cols = end - j0 < 64 ? end - j0 : 64;
        for (int64_t j = 0; j < cols; ++j) e->db[j0 + j] = 0;
        for (int64_t i0 = 0; i0 < e->pixels; i0 += 256) {
            const int64_t last = e->pixels - i0 < 256 ? e->pixels : i0 + 256;
            memset(part, 0, sizeof part);
            for (int64_t i = i0; i < last; ++i)
                for (int64_t j = 0; j < cols; ++j) part[j] += e->g[i * e->o + j0 + j];
            for (int64_t j = 0; j < cols; ++j) e->db[j0 + j] += part[j];
        }
    }
}
