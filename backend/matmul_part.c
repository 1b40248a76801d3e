/* matmul_part.c: the portable matrix product for one type; matmul_portable.c includes it with REAL
 * and OF(name) as name_f32 or name_f64.
 *
 * Blocks after K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM
 * TOMS 34(3), 2008, in the order that suits the tile of tile.h: a slab of op(B), at most SLAB rows
 * deep, is packed into panels as wide as a tile and stays in the second cache, while tiles read the
 * rows of A where they lie.  An element of C gets one sum a slab, in the order of the slabs, so its
 * bits do not depend on how the tiles are dealt out to threads. */

enum { OF(SLAB) = SLAB_BYTES / (int)sizeof(REAL) };

/* The product of one slab: depth rows of op(B), cols of its columns. */
typedef struct OF(slab) {
    const wgi_matmul *s;
    const OF(wgi_tiler) *tiler;
    int height, width; /* of a tile */
    int flip;          /* C is stored transposed */
    const REAL *a, *b; /* both at the slab's first row and column */
    REAL *c;
    int64_t depth, cols;
    int64_t direct; /* so many columns, whole panels, are read from B itself */
    REAL *packed;   /* the panels of the others, one after the other */
    int add;
} OF(slab);

/* A panel of B^T: to[p][j] = b[j][p].  In blocks of 16 x 4, to use each cache line whole. */
static void OF(pack_transposed)(const REAL *b, int64_t ldb, int64_t depth, int64_t cols,
                                int64_t width, REAL *to) {
    for (int64_t j = 0; j < cols; j += 4) {
        const int64_t few = cols - j < 4 ? cols - j : 4;
        const REAL *b0 = b + j * ldb, *b1 = few > 1 ? b0 + ldb : b0;
        const REAL *b2 = few > 2 ? b1 + ldb : b0, *b3 = few > 3 ? b2 + ldb : b0;
        for (int64_t p = 0; few == 4 && p < depth; ++p) {
            REAL *at = to + p * width + j;
            at[0] = b0[p];
            at[1] = b1[p];
            at[2] = b2[p];
            at[3] = b3[p];
        }
        for (int64_t p = 0; few < 4 && p < depth; ++p)
            for (int64_t i = 0; i < few; ++i) to[p * width + j + i] = b0[i * ldb + p];
    }
}

/* Panels begin .. end - 1 of the packed: to[p][j], j < width, 0 where B has no column. */
static void OF(pack_panels)(int64_t begin, int64_t end, void *arg) {
    const OF(slab) *l = arg;
    const int64_t width = l->width, ldb = l->s->ldb;
    for (int64_t panel = begin; panel < end; ++panel) {
        const int64_t j0 = l->direct + panel * width;
        const int64_t cols = l->cols - j0 < width ? l->cols - j0 : width;
        REAL *to = l->packed + panel * width * l->depth;
        if (l->s->transpose_b) {
            OF(pack_transposed)(l->b + j0 * ldb, ldb, l->depth, cols, width, to);
        } else {
            for (int64_t p = 0; p < l->depth; ++p)
                memcpy(to + p * width, l->b + p * ldb + j0, (size_t)cols * sizeof(REAL));
        }
        for (int64_t p = 0; cols < width && p < l->depth; ++p)
            memset(to + p * width + cols, 0, (size_t)(width - cols) * sizeof(REAL));
    }
}

/* Rows i0 .. of op(A), as tiles read them: pointers to rows, or a packed [p][i] of A^T, since its
 * columns may lie a page apart.  Returns the step from p to p + 1. */
static int64_t OF(rows_of_a)(const OF(slab) *l, int64_t i0, int rows, const REAL **at,
                             REAL *packed) {
    const int64_t lda = l->s->lda;
    for (int i = 0; i < l->height; ++i) {
        const int64_t within = i < rows ? i : 0; /* rows that are not there repeat the first */
        at[i] = l->s->transpose_a ? packed + within : l->a + (i0 + within) * lda;
    }
    if (!l->s->transpose_a) return 1;
    for (int64_t p = 0; p < l->depth; ++p) {
        const REAL *from = l->a + p * lda + i0;
        REAL *to = packed + p * l->height;
        for (int i = 0; i < rows; ++i) to[i] = from[i];
    }
    return l->height;
}

/* The tiles of panels of rows [row, row_end) and panels of columns [col, col_end). */
static void OF(run_tiles)(const OF(slab) *l, int64_t row, int64_t row_end, int64_t col,
                          int64_t col_end) {
    REAL packed[WGI_TILE_ROWS * OF(SLAB)];
    const REAL *a[WGI_TILE_ROWS], *b;
    for (; row < row_end; ++row) {
        const int64_t i0 = row * l->height, left = l->s->m - i0;
        OF(wgi_tile) t = {.taps = 1, .k = l->depth, .a = a, .b = &b, .ldc = l->s->ldc};
        t.rows = left < l->height ? (int)left : l->height;
        t.step = OF(rows_of_a)(l, i0, t.rows, a, packed);
        t.add = l->add;
        t.flip = l->flip;
        for (int64_t panel = col; panel < col_end; ++panel) {
            const int64_t j0 = panel * l->width;
            const int direct = j0 < l->direct;
            b = direct ? l->b + j0 : l->packed + (j0 - l->direct) * l->depth;
            t.ldb = direct ? l->s->ldb : l->width;
            t.c = l->c + (l->flip ? j0 * l->s->ldc + i0 : i0 * l->s->ldc + j0);
            t.cols = l->cols - j0 < l->width ? (int)(l->cols - j0) : l->width;
            (2 * t.cols <= l->width ? l->tiler->run_narrow : l->tiler->run)(&t);
        }
    }
}

static int64_t OF(col_panels)(const OF(slab) *l) { return (l->cols + l->width - 1) / l->width; }
static int64_t OF(row_panels)(const OF(slab) *l) { return (l->s->m + l->height - 1) / l->height; }

static void OF(run_rows)(int64_t begin, int64_t end, void *arg) {
    const OF(slab) *l = arg;
    OF(run_tiles)(l, begin, end, 0, OF(col_panels)(l));
}
static void OF(run_cols)(int64_t begin, int64_t end, void *arg) {
    const OF(slab) *l = arg;
    OF(run_tiles)(l, 0, OF(row_panels)(l), begin, end);
}

static void OF(run_slab)(OF(slab) *l) {
    const int64_t packed = (l->cols - l->direct + l->width - 1) / l->width;
    const int64_t rows = OF(row_panels)(l), cols = OF(col_panels)(l);
    wgi_parallel_for(packed, 1 + PACK_GRAIN / (l->width * l->depth), OF(pack_panels), l);
    const int64_t tile = l->height * l->width * l->depth;
    if (rows >= cols) wgi_parallel_for(rows, 1 + TILE_GRAIN / (tile * cols), OF(run_rows), l);
    else wgi_parallel_for(cols, 1 + TILE_GRAIN / (tile * rows), OF(run_cols), l);
}

/* All slabs of a product with m, n, k >= 1. */
static void OF(run_blocks)(const wgi_matmul *s, const REAL *a, const REAL *b, REAL *c, int flip,
                           REAL *packed) {
    OF(slab) l = {.s = s, .tiler = OF(wgi_tiler_of)(), .flip = flip, .packed = packed};
    const int64_t slabs = (s->k + OF(SLAB) - 1) / OF(SLAB), depth = (s->k + slabs - 1) / slabs;
    const int direct = !s->transpose_b && s->m <= DIRECT_ROWS;
    l.height = l.tiler->height;
    l.width = l.tiler->width;
    for (int64_t j = 0; j < s->n; j += SLAB_COLS) {
        l.cols = s->n - j < SLAB_COLS ? s->n - j : SLAB_COLS;
        l.direct = direct ? l.cols / l.width * l.width : 0;
        for (int64_t p = 0; p < s->k; p += depth) {
            l.depth = s->k - p < depth ? s->k - p : depth;
            l.a = a + (s->transpose_a ? p * s->lda : p);
            l.b = b + (s->transpose_b ? j * s->ldb + p : p * s->ldb + j);
            l.c = c + (flip ? j * s->ldc : j);
            l.add = s->beta || p > 0;
            OF(run_slab)(&l);
        }
    }
}

/* ---- few rows ------------------------------------------------------------------------------- */

typedef struct OF(few) {
    const wgi_matmul *s;
    const OF(wgi_tiler) *tiler;
    const REAL *a, *b;
    REAL *c;
} OF(few);

/* Columns begin .. end - 1 of A B^T, each an inner product for every row. */
static void OF(run_dots)(int64_t begin, int64_t end, void *arg) {
    const OF(few) *r = arg;
    const wgi_matmul *s = r->s;
    for (int64_t j = begin; j < end; ++j) {
        for (int64_t i = 0; i < s->m; ++i) {
            REAL sum = r->tiler->dot(s->k, r->a + i * s->lda, r->b + j * s->ldb);
            REAL *c = r->c + i * s->ldc + j;
            *c = s->beta ? *c + sum : sum;
        }
    }
}

/* Columns begin .. end - 1 of one row times B. */
static void OF(run_row)(int64_t begin, int64_t end, void *arg) {
    const OF(few) *r = arg;
    const wgi_matmul *s = r->s;
    r->tiler->row(end - begin, s->k, r->a, s->transpose_a ? s->lda : 1, r->b + begin, s->ldb,
                  r->c + begin, s->beta);
}

/* ---- the cases ------------------------------------------------------------------------------ */

/* C^T = op(B)^T op(A)^T. */
static wgi_matmul OF(swapped)(const wgi_matmul *s) {
    wgi_matmul t = *s;
    t.m = s->n;
    t.n = s->m;
    t.transpose_a = !s->transpose_b;
    t.transpose_b = !s->transpose_a;
    t.lda = s->ldb;
    t.ldb = s->lda;
    return t;
}

/* Rows begin .. end - 1 of op(A) B, few terms each. */
static void OF(run_terms)(int64_t begin, int64_t end, void *arg) {
    const OF(few) *r = arg;
    const wgi_matmul *s = r->s;
    const int64_t down = s->transpose_a ? 1 : s->lda, step = s->transpose_a ? s->lda : 1;
    for (int64_t i = begin; i < end; ++i)
        r->tiler->row(s->n, s->k, r->a + i * down, step, r->b, s->ldb, r->c + i * s->ldc, s->beta);
}

/* m, n, k >= 1; one column of C without gaps has become one row. */
static void OF(run_product)(const wgi_matmul *s, const REAL *a, const REAL *b, REAL *c,
                            void *scratch) {
    OF(few) r = {s, OF(wgi_tiler_of)(), a, b, c};
    const int64_t column = s->m * s->k;
    if (s->transpose_b && s->m <= DOT_ROWS && (!s->transpose_a || (s->m == 1 && s->lda == 1))) {
        wgi_parallel_for(s->n, 1 + FEW_GRAIN / column, OF(run_dots), &r);
    } else if (!s->transpose_b && s->m == 1) {
        wgi_parallel_for(s->n, 16 + FEW_GRAIN / column, OF(run_row), &r);
    } else if (!s->transpose_b && s->k <= FEW_TERMS && s->n >= TERM_COLS) {
        wgi_parallel_for(s->m, 1 + FEW_GRAIN / s->n, OF(run_terms), &r);
    } else if (s->transpose_b && (s->transpose_a || s->m < s->n)) {
        const wgi_matmul t = OF(swapped)(s); /* rows of B lie ready for tiles; fewer are packed */
        OF(run_blocks)(&t, b, a, c, 1, scratch);
    } else {
        OF(run_blocks)(s, a, b, c, 0, scratch);
    }
}

void OF(wgi_matmul_portable)(const wgi_matmul *s, const REAL *a, const REAL *b, REAL *c,
                             void *scratch) {
    if (s->m <= 0 || s->n <= 0) return;
    if (s->k <= 0) {
        for (int64_t i = 0; i < s->m && !s->beta; ++i)
            memset(c + i * s->ldc, 0, (size_t)s->n * sizeof(REAL));
    } else if (s->k == 1 && s->transpose_b && s->ldb == 1) { /* a row, too */
        wgi_matmul t = *s;
        t.transpose_b = 0;
        t.ldb = s->n;
        OF(run_product)(&t, a, b, c, scratch);
    } else if (s->n == 1 && s->ldc == 1) {
        const wgi_matmul t = OF(swapped)(s);
        OF(run_product)(&t, b, a, c, scratch);
    } else {
        OF(run_product)(s, a, b, c, scratch);
    }
}
