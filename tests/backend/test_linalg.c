/* test_linalg.c: substitution and factorisations, on systems made from whole numbers (and halves)
 * whose every intermediate result is a number of the type: the answers must be exact. */
#include "tests/backend/numbers.h"

#include "backend/linalg.h"
#include "backend/parallel.h"
#include "tests/suites.h"

extern Suite *suite_linalg(void);

/* ---- either type ---------------------------------------------------------------------------- */

static void substitute(size_t element, const wgi_triangular *s, const void *t, void *b) {
    void *scratch = scratch_of(wgi_linalg_scratch(element, s->n, s->k));
    if (element == sizeof(float)) wgi_triangular_solve_f32(s, t, b, scratch);
    else wgi_triangular_solve_f64(s, t, b, scratch);
    free(scratch);
}

static int64_t factorise(size_t element, int64_t n, void *a, int64_t lda, int64_t *pivot) {
    void *scratch = scratch_of(wgi_linalg_scratch(element, n, n));
    int64_t zero = element == sizeof(float) ? wgi_lu_f32(n, a, lda, pivot, scratch)
                                            : wgi_lu_f64(n, a, lda, pivot, scratch);
    free(scratch);
    return zero;
}

static void solve(size_t element, int64_t n, int64_t k, const void *lu, int64_t lda,
                  const int64_t *pivot, void *b, int64_t ldb) {
    void *scratch = scratch_of(wgi_linalg_scratch(element, n, k));
    if (element == sizeof(float)) wgi_lu_solve_f32(n, k, lu, lda, pivot, b, ldb, scratch);
    else wgi_lu_solve_f64(n, k, lu, lda, pivot, b, ldb, scratch);
    free(scratch);
}

static int64_t cholesky(size_t element, int64_t n, void *a, int64_t lda) {
    void *scratch = scratch_of(wgi_linalg_scratch(element, n, 0));
    int64_t bad = element == sizeof(float) ? wgi_cholesky_f32(n, a, lda, scratch)
                                           : wgi_cholesky_f64(n, a, lda, scratch);
    free(scratch);
    return bad;
}

/* ---- matrices ------------------------------------------------------------------------------- */

static int64_t draw_size(draws *d) {
    static const int64_t sizes[] = {0, 1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 80, 101};
    return sizes[draw(d, 0, (int64_t)(sizeof sizes / sizeof *sizes) - 1)];
}

/* a (n, m) = x (n, k) y (k, m) as doubles, rows of a lda apart. */
static void multiply(int64_t n, int64_t k, int64_t m, const double *x, const double *y, double *a,
                     int64_t lda) {
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < m; ++j) {
            double sum = 0;
            for (int64_t p = 0; p < k; ++p) sum += x[i * k + p] * y[p * m + j];
            a[i * lda + j] = sum;
        }
}

static double *zeros(int64_t n) {
    double *a = room_for(n, sizeof *a);
    memset(a, 0, n > 0 ? (size_t)n * sizeof *a : 0);
    return a;
}

static void *converted(const double *x, int64_t n, size_t element) {
    void *a = room_for(n, element);
    for (int64_t i = 0; i < n; ++i) put_number(a, i, x[i], element);
    return a;
}

/* Elements below the diagonal (above, where upper) few and small, so that solutions stay so. */
static double *triangle(draws *d, int64_t n, int upper, double scale) {
    static const double diagonal[] = {1, -1, 2, -2};
    double *t = zeros(n * n);
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = upper ? i + 1 : 0; j < (upper ? n : i); ++j)
            if (draw(d, 0, 3) == 0) t[i * n + j] = scale * (double)draw(d, -2, 2);
        t[i * n + i] = diagonal[draw(d, 0, 3)];
    }
    return t;
}

/* ---- substitution --------------------------------------------------------------------------- */

static void check_substitution(draws *d, size_t element) {
    const int64_t n = draw_size(d), k = draw(d, 0, 9) ? draw(d, 0, 20) : draw(d, 60, 90);
    const int upper = (int)draw(d, 0, 1), transpose = (int)draw(d, 0, 1), unit = (int)draw(d, 0, 1);
    const int64_t gap = draw(d, 0, 3), ldt = n + gap, ldb = k + draw(d, 0, 1) * gap;
    double *t = triangle(d, n, upper, 1), *op = zeros(n * n);
    double *x = room_for(n * k, sizeof *x), *b = zeros(n * ldb), *stored = room_for(n * ldt, 8);
    for (int64_t i = 0; i < n * k; ++i) x[i] = (double)draw(d, -3, 3);
    for (int64_t i = 0; i < n * ldt; ++i) stored[i] = (double)NAN; /* what may not be read */
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j) {
            if (unit && i == j) t[i * n + i] = 1;
            else if (upper ? j >= i : j <= i) stored[i * ldt + j] = t[i * n + j];
            op[transpose ? j * n + i : i * n + j] = t[i * n + j];
        }
    multiply(n, n, k, op, x, b, ldb);
    void *mine = converted(stored, n * ldt, element), *y = converted(b, n * ldb, element);
    const wgi_triangular s = {n, k, ldt, ldb, upper, transpose, unit};
    substitute(element, &s, mine, y);
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < ldb; ++j) b[i * ldb + j] = j < k ? x[i * k + j] : 0;
    const int64_t at = first_difference(y, b, n * ldb, element);
    ck_assert_msg(at < 0, "(%lld, %lld) upper %d transpose %d unit %d, %zu bytes: x[%lld]",
                  (long long)n, (long long)k, upper, transpose, unit, element, (long long)at);
    free(t), free(op), free(x), free(b), free(stored), free(mine), free(y);
}

START_TEST(substitution_is_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 300 + (uint64_t)_i};
    for (int i = full_run() ? 3000 : 200; i > 0; --i) {
        use_threads(1 + i % 2);
        check_substitution(&d, i % 2 ? sizeof(float) : sizeof(double));
    }
}
END_TEST

START_TEST(zero_pivots_are_found) {
    const double t[] = {1, 5, 0, 2, 3, 0, 0, 0, NAN};
    const float f[] = {0};
    ck_assert_int_eq(wgi_zero_pivot_f64(3, t, 3), -1);
    ck_assert_int_eq(wgi_zero_pivot_f64(2, t + 1, 4), 1);
    ck_assert_int_eq(wgi_zero_pivot_f32(1, f, 1), 0);
    ck_assert_int_eq(wgi_zero_pivot_f64(0, t, 3), -1);
}
END_TEST

/* ---- elimination ---------------------------------------------------------------------------- */

/* A = P^T L U with L's elements below 1 in size, so that the pivots are those of U and no others. */
static void check_lu(draws *d, size_t element) {
    const int64_t n = draw_size(d), k = draw(d, 0, 12), gap = draw(d, 0, 3), lda = n + gap;
    double *l = triangle(d, n, 0, 0.25), *u = triangle(d, n, 1, 1), *a = zeros(n * lda);
    double *x = room_for(n * k, sizeof *x), *b = zeros(n * k);
    for (int64_t i = 0; i < n; ++i) l[i * n + i] = 1;
    for (int64_t i = 0; i < n * k; ++i) x[i] = (double)draw(d, -2, 2);
    multiply(n, n, n, l, u, a, lda);
    for (int64_t i = n - 1; i > 0; --i) { /* rows shuffled */
        const int64_t other = draw(d, 0, i);
        for (int64_t j = 0; j < n; ++j) {
            const double keep = a[i * lda + j];
            a[i * lda + j] = a[other * lda + j];
            a[other * lda + j] = keep;
        }
    }
    double *dense = zeros(n * n);
    for (int64_t i = 0; i < n * n; ++i) dense[i] = a[i / n * lda + i % n];
    multiply(n, n, k, dense, x, b, k);
    void *lu = converted(a, n * lda, element), *y = converted(b, n * k, element);
    int64_t *pivot = room_for(n, sizeof *pivot);
    ck_assert_int_eq(factorise(element, n, lu, lda, pivot), -1);
    for (int64_t i = 0; i < n * lda; ++i) {
        const int64_t r = i / lda, c = i % lda;
        a[i] = c >= n ? 0 : c < r ? l[r * n + c] : u[r * n + c];
    }
    ck_assert_int_lt(first_difference(lu, a, n * lda, element), 0);
    solve(element, n, k, lu, lda, pivot, y, k);
    ck_assert_int_lt(first_difference(y, x, n * k, element), 0);
    double det = 1;
    for (int64_t i = 0; i < n; ++i) det *= pivot[i] == i ? u[i * n + i] : -u[i * n + i];
    const wgi_wide have = element == sizeof(float) ? wgi_lu_determinant_f32(n, lu, lda, pivot)
                                                   : wgi_lu_determinant_f64(n, lu, lda, pivot);
    ck_assert(wgi_wide_value(have) == det);
    free(l), free(u), free(a), free(x), free(b), free(dense), free(lu), free(y), free(pivot);
}

START_TEST(elimination_is_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 400 + (uint64_t)_i};
    for (int i = full_run() ? 2000 : 150; i > 0; --i) {
        use_threads(1 + i % 2);
        check_lu(&d, i % 2 ? sizeof(float) : sizeof(double));
    }
}
END_TEST

/* A column that is empty, or a copy of an earlier one in whole numbers, has the pivot 0; the others
 * are eliminated all the same. */
START_TEST(singular_matrices_are_told) {
    draws d = {.seed = 5};
    for (int round = 0; round < 40; ++round) {
        const int64_t n = 1 + draw(&d, 0, 60), z = draw(&d, 0, n - 1);
        double *a = real_numbers(&d, n * n, sizeof *a);
        int64_t *pivot = room_for(n, sizeof *pivot);
        for (int64_t i = 0; i < n; ++i) a[i * n + z] = 0;
        ck_assert_int_eq(factorise(sizeof *a, n, a, n, pivot), z);
        ck_assert(a[z * n + z] == 0);
        for (int64_t i = 0; i < n; ++i) ck_assert(i == z || a[i * n + i] != 0);
        free(a), free(pivot);
    }
    double twice[] = {1, 2, 2, 4};
    int64_t pivot[2];
    ck_assert_int_eq(factorise(sizeof *twice, 2, twice, 2, pivot), 1);
    ck_assert_int_eq(pivot[0], 1);
}
END_TEST

/* P A Q = L U, by multiplication, with pivots that at most double from step to step. */
static void check_complete(draws *d, int64_t n) {
    double *a = real_numbers(d, n * n, sizeof *a), *lu = converted(a, n * n, sizeof *a);
    int64_t *row = room_for(n, sizeof *row), *column = room_for(n, sizeof *column);
    const int64_t empty = draw(d, 0, n); /* a row of zeros, n: none */
    for (int64_t j = 0; j < n && empty < n; ++j) a[empty * n + j] = lu[empty * n + j] = 0;
    wgi_lu_complete_f64(n, lu, n, row, column);
    for (int64_t k = 0; k < n; ++k)
        for (int64_t j = 0; j < n; ++j) {
            double keep = a[k * n + j];
            a[k * n + j] = a[row[k] * n + j];
            a[row[k] * n + j] = keep;
        }
    for (int64_t k = 0; k < n; ++k)
        for (int64_t i = 0; i < n; ++i) {
            double keep = a[i * n + k];
            a[i * n + k] = a[i * n + column[k]];
            a[i * n + column[k]] = keep;
        }
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (int64_t p = 0; p <= (i < j ? i : j); ++p)
                sum += (p == i ? 1 : lu[i * n + p]) * lu[p * n + j];
            check_near(sum, a[i * n + j], 1e-13 * (double)(n + 1));
            if (j < i) ck_assert(fabs(lu[i * n + j]) <= 1);
        }
    for (int64_t k = 1; k < n; ++k)
        ck_assert(fabs(lu[k * n + k]) <= 2 * fabs(lu[(k - 1) * n + k - 1]));
    ck_assert((lu[n * n - 1] == 0) == (empty < n));
    free(a), free(lu), free(row), free(column);
}

START_TEST(complete_pivoting) {
    draws d = {.seed = 6};
    for (int round = 0; round < 30; ++round) check_complete(&d, 1 + draw(&d, 0, 30));
    float f[] = {1, 2, NAN, 3};
    int64_t row[2], column[2];
    wgi_lu_complete_f32(2, f, 2, row, column);
    ck_assert(row[0] == 1 && column[0] == 0); /* NaN is the largest */
    ck_assert(isnan(f[0]) && isnan(f[3]));
}
END_TEST

/* ---- Cholesky ------------------------------------------------------------------------------- */

static void check_cholesky(draws *d, size_t element) {
    const int64_t n = draw_size(d), lda = n + draw(d, 0, 3);
    double *l = triangle(d, n, 0, 1), *lt = zeros(n * n), *a = room_for(n * lda, sizeof *a);
    for (int64_t i = 0; i < n; ++i) l[i * n + i] = fabs(l[i * n + i]);
    for (int64_t i = 0; i < n * n; ++i) lt[i] = l[i % n * n + i / n];
    multiply(n, n, n, l, lt, a, lda);
    for (int64_t i = 0; i < n * lda; ++i)
        if (i % lda > i / lda) a[i] = (double)NAN; /* neither read nor written */
    void *mine = converted(a, n * lda, element);
    const int64_t bad = n > 0 && draw(d, 0, 3) == 0 ? draw(d, 0, n - 1) : -1;
    if (bad >= 0) {
        const double square = l[bad * n + bad] * l[bad * n + bad];
        put_number(mine, bad * lda + bad, a[bad * lda + bad] - square, element);
    }
    ck_assert_int_eq(cholesky(element, n, mine, lda), bad);
    for (int64_t i = 0; i < n * lda; ++i)
        if (i % lda <= i / lda) a[i] = l[i / lda * n + i % lda];
    if (bad < 0) ck_assert_int_lt(first_difference(mine, a, n * lda, element), 0);
    free(l), free(lt), free(a), free(mine);
}

START_TEST(cholesky_is_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 500 + (uint64_t)_i};
    for (int i = full_run() ? 2000 : 150; i > 0; --i) {
        use_threads(1 + i % 2);
        check_cholesky(&d, i % 2 ? sizeof(float) : sizeof(double));
    }
    double nan[] = {1, 0, NAN, 1};
    ck_assert_int_eq(cholesky(sizeof *nan, 2, nan, 2), -1); /* flows */
    ck_assert(isnan(nan[3]));
}
END_TEST

/* ---- wide products -------------------------------------------------------------------------- */

static double product(int n, const double *x) {
    wgi_wide w = {1, 0};
    for (int i = 0; i < n; ++i) w = wgi_wide_times(w, x[i]);
    return wgi_wide_value(w);
}

START_TEST(wide_products) {
    ck_assert(product(6, (double[]){0x1p1000, 0x1p900, -3, 0x1p-1000, 0x1p-1070, 0x1p170}) == -3);
    ck_assert(product(3, (double[]){1.7e308, 1.7e308, 0.0}) == 0);
    ck_assert(product(2, (double[]){0x1.fffp1023, 0x1.fffp-1}) == 0x1.fffp1023 * 0x1.fffp-1);
    ck_assert(product(2, (double[]){-1e200, 1e200}) == -(double)INFINITY);
    ck_assert(product(2, (double[]){1e-200, 1e-200}) == 0);
    ck_assert(isnan(product(2, (double[]){INFINITY, 0})));
    ck_assert(isnan(product(3, (double[]){2, NAN, 3})));
    ck_assert(product(2, (double[]){-INFINITY, 2}) == -(double)INFINITY);
    ck_assert(product(0, NULL) == 1);
}
END_TEST

Suite *suite_linalg(void) {
    Suite *s = suite_create("linalg");
    TCase *c = tcase_create("factors");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, substitution_is_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(c, zero_pivots_are_found);
    tcase_add_loop_test(c, elimination_is_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(c, singular_matrices_are_told);
    tcase_add_test(c, complete_pivoting);
    tcase_add_loop_test(c, cholesky_is_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(c, wide_products);
    suite_add_tcase(s, c);
    return s;
}
