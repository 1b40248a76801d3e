/* cholesky_part.c: A = L L^T for one type; linalg.c includes it with REAL, OF(name), SQRT. */

static REAL OF(inner)(int64_t n, const REAL *x, const REAL *y) {
    REAL sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
    return sum;
}

static int64_t OF(cholesky_leaf)(int64_t n, REAL *a, int64_t lda) {
    for (int64_t i = 0; i < n; ++i) {
        REAL *row = a + i * lda;
        for (int64_t j = 0; j < i; ++j)
            row[j] = (row[j] - OF(inner)(j, row, a + j * lda)) / a[j * lda + j];
        const REAL pivot = row[i] - OF(inner)(i, row, row);
        if (pivot <= 0) return i;
        row[i] = SQRT(pivot);
    }
    return -1;
}

/* X (m, n) becomes X L^-T: each row x solves L y = x.  With L cut at n1, X = [X1 X2]. */
static void OF(solve_rows)(int64_t m, int64_t n, const REAL *l, REAL *x, int64_t ld,
                           void *scratch) {
    if (n <= LEAF) {
        for (int64_t r = 0; r < m; ++r) {
            REAL *row = x + r * ld;
            for (int64_t j = 0; j < n; ++j)
                row[j] = (row[j] - OF(inner)(j, row, l + j * ld)) / l[j * ld + j];
        }
        return;
    }
    const int64_t n1 = half(n);
    const wgi_matmul product = {.m = m, .n = n - n1, .k = n1, .transpose_b = 1, .lda = ld,
                                .ldb = ld, .ldc = ld, .beta = 1};
    OF(solve_rows)(m, n1, l, x, ld, scratch);
    OF(subtract)(&product, x, l + n1 * ld, x + n1, scratch);
    OF(solve_rows)(m, n - n1, l + n1 * ld + n1, x + n1, ld, scratch);
}

/* The lower triangle of C (n, n) -= X X^T, X (n, k): squares of at most 4 LEAF on its diagonal are
 * computed whole, into a copy so that what lies above the diagonal stays. */
static void OF(subtract_square)(int64_t n, int64_t k, const REAL *x, REAL *c, int64_t ld,
                                void *scratch) {
    wgi_matmul product = {.m = n, .n = n, .k = k, .transpose_b = 1, .lda = ld, .ldb = ld,
                          .ldc = 4 * LEAF};
    if (n > 4 * LEAF) {
        const int64_t n1 = half(n);
        product.m = n - n1;
        product.n = n1;
        product.ldc = ld;
        product.beta = 1;
        OF(subtract_square)(n1, k, x, c, ld, scratch);
        OF(subtract)(&product, x + n1 * ld, x, c + n1 * ld, scratch);
        OF(subtract_square)(n - n1, k, x + n1 * ld, c + n1 * ld + n1, ld, scratch);
        return;
    }
    REAL square[4 * LEAF * 4 * LEAF];
    OF(wgi_matmul)(&product, x, x, square, scratch);
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j <= i; ++j) c[i * ld + j] -= square[i * 4 * LEAF + j];
}

int64_t OF(wgi_cholesky)(int64_t n, REAL *a, int64_t lda, void *scratch) {
    if (n <= LEAF) return OF(cholesky_leaf)(n, a, lda);
    const int64_t n1 = half(n), n2 = n - n1;
    REAL *a21 = a + n1 * lda, *a22 = a21 + n1;
    const int64_t first = OF(wgi_cholesky)(n1, a, lda, scratch);
    if (first >= 0) return first;
    OF(solve_rows)(n2, n1, a, a21, lda, scratch);
    OF(subtract_square)(n2, n1, a21, a22, lda, scratch);
    const int64_t second = OF(wgi_cholesky)(n2, a22, lda, scratch);
    return second < 0 ? -1 : n1 + second;
}
