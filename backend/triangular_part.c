/* triangular_part.c: substitution for one type; linalg.c includes it with REAL, OF(name). */

/* C -= op(A) op(B), through -(-C + op(A) op(B)), which rounds alike. */
static void OF(subtract)(const wgi_matmul *product, const REAL *a, const REAL *b, REAL *c,
                         void *scratch) {
    for (int pass = 0; pass < 2; ++pass) {
        for (int64_t i = 0; i < product->m; ++i)
            for (int64_t j = 0; j < product->n; ++j)
                c[i * product->ldc + j] = -c[i * product->ldc + j];
        if (pass == 0) OF(wgi_matmul)(product, a, b, c, scratch);
    }
}

int64_t OF(wgi_zero_pivot)(int64_t n, const REAL *t, int64_t ldt) {
    for (int64_t i = 0; i < n; ++i)
        if (t[i * ldt + i] == 0) return i;
    return -1;
}

/* Row by row; each row of B that is done is taken off the next one. */
static void OF(triangular_leaf)(const wgi_triangular *s, const REAL *t, REAL *b) {
    const int64_t n = s->n, k = s->k, ldb = s->ldb;
    const int64_t down = s->transpose ? 1 : s->ldt, right = s->transpose ? s->ldt : 1;
    const int backward = s->upper != s->transpose; /* op(T) is upper */
    for (int64_t step = 0; step < n; ++step) {
        const int64_t i = backward ? n - 1 - step : step;
        REAL *x = b + i * ldb;
        for (int64_t done = 0; done < step; ++done) {
            const int64_t j = backward ? n - 1 - done : done;
            const REAL factor = t[i * down + j * right], *y = b + j * ldb;
            for (int64_t c = 0; c < k; ++c) x[c] -= factor * y[c];
        }
        const REAL pivot = s->unit ? 1 : t[i * down + i * right];
        for (int64_t c = 0; c < k && !s->unit; ++c) x[c] /= pivot;
    }
}

/* With T cut at n1: the half of X that stands alone, its product taken off B, the other half. */
void OF(wgi_triangular_solve)(const wgi_triangular *s, const REAL *t, REAL *b, void *scratch) {
    if (s->n <= 0 || s->k <= 0) return;
    if (s->n <= LEAF) {
        OF(triangular_leaf)(s, t, b);
        return;
    }
    const int64_t n1 = half(s->n), n2 = s->n - n1;
    const int backward = s->upper != s->transpose;
    const REAL *corner = s->upper ? t + n1 : t + n1 * s->ldt, *t2 = t + n1 * s->ldt + n1;
    REAL *b2 = b + n1 * s->ldb;
    wgi_triangular first = *s, second = *s;
    first.n = n1;
    second.n = n2;
    wgi_matmul product = {.m = backward ? n1 : n2, .n = s->k, .k = backward ? n2 : n1,
                          .transpose_a = s->transpose, .lda = s->ldt, .ldb = s->ldb,
                          .ldc = s->ldb, .beta = 1};
    if (backward) {
        OF(wgi_triangular_solve)(&second, t2, b2, scratch);
        OF(subtract)(&product, corner, b2, b, scratch);
        OF(wgi_triangular_solve)(&first, t, b, scratch);
    } else {
        OF(wgi_triangular_solve)(&first, t, b, scratch);
        OF(subtract)(&product, corner, b, b2, scratch);
        OF(wgi_triangular_solve)(&second, t2, b2, scratch);
    }
}
