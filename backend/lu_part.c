/* lu_part.c: Gaussian elimination for one type; linalg.c includes it with REAL, OF(name), ABS. */

static void OF(swap_rows)(int64_t n, REAL *a, REAL *b) {
    if (a == b) return;
    for (int64_t j = 0; j < n; ++j) {
        const REAL keep = a[j];
        a[j] = b[j];
        b[j] = keep;
    }
}

/* Steps 0 .. n - 1 of an elimination, done to `width` other columns of its rows. */
static void OF(follow_swaps)(int64_t n, const int64_t *pivot, REAL *a, int64_t width, int64_t lda) {
    for (int64_t i = 0; i < n; ++i) OF(swap_rows)(width, a + i * lda, a + pivot[i] * lda);
}

/* ---- partial pivoting ----------------------------------------------------------------------- */

/* A panel (m, n) of few columns. */
static int64_t OF(lu_leaf)(int64_t m, int64_t n, REAL *a, int64_t lda, int64_t *pivot) {
    int64_t zero = -1;
    for (int64_t j = 0; j < n; ++j) {
        int64_t best = j;
        for (int64_t i = j + 1; i < m; ++i)
            if (ABS(a[i * lda + j]) > ABS(a[best * lda + j])) best = i;
        pivot[j] = best;
        OF(swap_rows)(n, a + j * lda, a + best * lda);
        const REAL *top = a + j * lda;
        if (top[j] == 0) { /* and so is everything below it */
            zero = zero < 0 ? j : zero;
            continue;
        }
        for (int64_t i = j + 1; i < m; ++i) {
            REAL *row = a + i * lda;
            const REAL factor = row[j] /= top[j];
            for (int64_t c = j + 1; c < n; ++c) row[c] -= factor * top[c];
        }
    }
    return zero;
}

/* A panel (m, n), m >= n:  [A11 A12; A21 A22] with A11 (n1, n1). */
static int64_t OF(lu_panel)(int64_t m, int64_t n, REAL *a, int64_t lda, int64_t *pivot,
                            void *scratch) {
    if (n <= LEAF) return OF(lu_leaf)(m, n, a, lda, pivot);
    const int64_t n1 = half(n), n2 = n - n1;
    REAL *a12 = a + n1, *a21 = a + n1 * lda, *a22 = a21 + n1;
    int64_t zero = OF(lu_panel)(m, n1, a, lda, pivot, scratch);
    OF(follow_swaps)(n1, pivot, a12, n2, lda);
    const wgi_triangular top = {.n = n1, .k = n2, .ldt = lda, .ldb = lda, .unit = 1};
    OF(wgi_triangular_solve)(&top, a, a12, scratch);
    const wgi_matmul product = {.m = m - n1, .n = n2, .k = n1, .lda = lda, .ldb = lda, .ldc = lda,
                                .beta = 1};
    OF(subtract)(&product, a21, a12, a22, scratch);
    const int64_t second = OF(lu_panel)(m - n1, n2, a22, lda, pivot + n1, scratch);
    OF(follow_swaps)(n2, pivot + n1, a21, n1, lda);
    for (int64_t i = n1; i < n; ++i) pivot[i] += n1;
    return zero >= 0 ? zero : second >= 0 ? n1 + second : -1;
}

int64_t OF(wgi_lu)(int64_t n, REAL *a, int64_t lda, int64_t *pivot, void *scratch) {
    return OF(lu_panel)(n, n, a, lda, pivot, scratch);
}

void OF(wgi_lu_solve)(int64_t n, int64_t k, const REAL *lu, int64_t lda, const int64_t *pivot,
                      REAL *b, int64_t ldb, void *scratch) {
    const wgi_triangular lower = {.n = n, .k = k, .ldt = lda, .ldb = ldb, .unit = 1};
    const wgi_triangular upper = {.n = n, .k = k, .ldt = lda, .ldb = ldb, .upper = 1};
    OF(follow_swaps)(n, pivot, b, k, ldb);
    OF(wgi_triangular_solve)(&lower, lu, b, scratch);
    OF(wgi_triangular_solve)(&upper, lu, b, scratch);
}

wgi_wide OF(wgi_lu_determinant)(int64_t n, const REAL *lu, int64_t lda, const int64_t *pivot) {
    wgi_wide det = {1, 0};
    for (int64_t i = 0; i < n; ++i) {
        const double u = (double)lu[i * lda + i];
        det = wgi_wide_times(det, pivot[i] == i ? u : -u);
    }
    return det;
}

/* ---- complete pivoting ---------------------------------------------------------------------- */

/* The largest element of the rows and columns from `from` on; a NaN is larger than any. */
static void OF(find_largest)(int64_t n, const REAL *a, int64_t lda, int64_t from, int64_t *row,
                             int64_t *column) {
    REAL best = -1;
    *row = *column = from;
    for (int64_t i = from; i < n; ++i)
        for (int64_t j = from; j < n; ++j) {
            const REAL size = ABS(a[i * lda + j]);
            if (size <= best || isnan(best)) continue;
            best = size;
            *row = i;
            *column = j;
        }
}

void OF(wgi_lu_complete)(int64_t n, REAL *a, int64_t lda, int64_t *row, int64_t *column) {
    for (int64_t k = 0; k < n; ++k) {
        OF(find_largest)(n, a, lda, k, &row[k], &column[k]);
        OF(swap_rows)(n, a + k * lda, a + row[k] * lda);
        for (int64_t i = 0; i < n && column[k] != k; ++i)
            OF(swap_rows)(1, a + i * lda + k, a + i * lda + column[k]);
        const REAL *top = a + k * lda;
        if (top[k] == 0) continue; /* nothing but zeros is left */
        for (int64_t i = k + 1; i < n; ++i) {
            REAL *at = a + i * lda;
            const REAL factor = at[k] /= top[k];
            for (int64_t j = k + 1; j < n; ++j) at[j] -= factor * top[j];
        }
    }
}
