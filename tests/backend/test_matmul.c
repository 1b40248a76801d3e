/* test_matmul.c: matrix products against three plain loops, with whole numbers, exactly. */
#include "tests/backend/numbers.h"

#include "backend/matmul.h"
#include "backend/parallel.h"
#include "tests/suites.h"

extern Suite *suite_matmul(void);

enum { AUTOMATIC, PORTABLE, KINDS }; /* the function that chooses, and the portable kernel */

static size_t scratch_bytes(int kind, size_t element, const wgi_matmul *s) {
    if (kind == PORTABLE) return wgi_matmul_portable_scratch(element, s->m, s->n, s->k);
    return wgi_matmul_scratch(element, s->m, s->n, s->k);
}

static void multiply(int kind, size_t element, const wgi_matmul *s, const void *a, const void *b,
                     void *c) {
    void *scratch = scratch_of(scratch_bytes(kind, element, s));
    if (element == sizeof(float))
        (kind == PORTABLE ? wgi_matmul_portable_f32 : wgi_matmul_f32)(s, a, b, c, scratch);
    else (kind == PORTABLE ? wgi_matmul_portable_f64 : wgi_matmul_f64)(s, a, b, c, scratch);
    free(scratch);
}

static int64_t rows_of(int64_t rows, int64_t cols, int transposed) {
    return transposed ? cols : rows;
}

/* C of the definition; what lies between its rows keeps its value. */
static void naive(const wgi_matmul *s, size_t element, const void *a, const void *b, double *c) {
    for (int64_t i = 0; i < s->m; ++i) {
        for (int64_t j = 0; j < s->n; ++j) {
            double sum = s->beta ? c[i * s->ldc + j] : 0;
            for (int64_t p = 0; p < s->k; ++p) {
                int64_t at = s->transpose_a ? p * s->lda + i : i * s->lda + p;
                int64_t bt = s->transpose_b ? j * s->ldb + p : p * s->ldb + j;
                sum += number_at(a, at, element) * number_at(b, bt, element);
            }
            c[i * s->ldc + j] = sum;
        }
    }
}

/* One product of the given geometry; C holds NaN where it must not be read. */
static void check_product(draws *d, const wgi_matmul *s, int kind, size_t element) {
    /* without the gap behind the last row, so that a sanitizer sees a kernel that reads it */
    const int64_t a_rows = rows_of(s->m, s->k, s->transpose_a);
    const int64_t a_cols = rows_of(s->k, s->m, s->transpose_a);
    const int64_t a_size = a_rows > 0 ? (a_rows - 1) * s->lda + a_cols : 0;
    const int64_t b_rows = rows_of(s->k, s->n, s->transpose_b);
    const int64_t b_cols = rows_of(s->n, s->k, s->transpose_b);
    const int64_t b_size = b_rows > 0 ? (b_rows - 1) * s->ldb + b_cols : 0;
    const int64_t c_size = s->m > 0 ? (s->m - 1) * s->ldc + s->n : 0;
    void *a = whole_numbers(d, a_size, 9, element), *b = whole_numbers(d, b_size, 9, element);
    void *c = s->beta ? whole_numbers(d, c_size, 9, element) : no_numbers(c_size, element);
    double *want = room_for(c_size, sizeof(double));
    for (int64_t i = 0; i < c_size; ++i) want[i] = number_at(c, i, element);
    naive(s, element, a, b, want);
    multiply(kind, element, s, a, b, c);
    int64_t at = first_difference(c, want, c_size, element);
    ck_assert_msg(at < 0,
                  "(%lld, %lld, %lld)%s%s lda %lld ldb %lld ldc %lld beta %d, %d bytes, kind %d, "
                  "%s: c[%lld] = %g, not %g",
                  (long long)s->m, (long long)s->n, (long long)s->k, s->transpose_a ? " A^T" : "",
                  s->transpose_b ? " B^T" : "", (long long)s->lda, (long long)s->ldb,
                  (long long)s->ldc, s->beta, (int)element, kind, wgi_isa_name(wgi_isa_chosen()),
                  (long long)at, number_at(c, at < 0 ? 0 : at, element), want[at < 0 ? 0 : at]);
    free(a);
    free(b);
    free(c);
    free(want);
}

/* Extents: mostly small, now and then past a slab or many panels. */
static int64_t draw_extent(draws *d) {
    const int64_t kind = draw(d, 0, 19);
    if (kind == 0) return draw(d, 0, 1);
    if (kind <= 3) return 1;
    if (kind == 4) return draw(d, 100, 900);
    return draw(d, 2, kind < 12 ? 20 : 70);
}

static wgi_matmul draw_geometry(draws *d) {
    wgi_matmul s;
    do {
        s = wgi_matmul_dense(draw_extent(d), draw_extent(d), draw_extent(d), (int)draw(d, 0, 1),
                             (int)draw(d, 0, 1));
    } while (s.m * s.n * s.k > 2000000);
    const int64_t gap = draw(d, 0, 1) ? draw(d, 0, 5) : 0;
    s.lda += gap;
    s.ldb += draw(d, 0, 1) * gap;
    s.ldc += draw(d, 0, 1) * gap;
    s.beta = (int)draw(d, 0, 1);
    return s;
}

START_TEST(random_products_are_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 100 + (uint64_t)_i};
    const int cases = full_run() ? 5000 : 300;
    for (int i = 0; i < cases; ++i) {
        const wgi_matmul s = draw_geometry(&d);
        use_threads(1 + i % 3);
        check_product(&d, &s, i % 4 == 3 ? AUTOMATIC : PORTABLE,
                      i % 2 ? sizeof(float) : sizeof(double));
        check_product(&d, &s, AUTOMATIC, i % 2 ? sizeof(double) : sizeof(float));
    }
}
END_TEST

/* Extents at the borders of tiles, panels and slabs, for each way to lie. */
START_TEST(borders_are_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 7};
    wg_set_threads(1);
    const int64_t m[] = {0, 1, 3, 8, 9, 33}, n[] = {0, 1, 4, 32, 33, 129, 321};
    const int64_t k[] = {0, 1, 2, 192, 385};
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 7; ++j)
            for (int p = 0; p < 5; ++p)
                for (int way = 0; way < 8; ++way) {
                    wgi_matmul s = wgi_matmul_dense(m[i], n[j], k[p], way & 1, way >> 1 & 1);
                    s.beta = way >> 2;
                    const size_t element = (i + j + p + way) % 2 ? sizeof(float) : sizeof(double);
                    check_product(&d, &s, PORTABLE, element);
                    if ((i + p) % 2 == 0) check_product(&d, &s, AUTOMATIC, element);
                }
}
END_TEST

/* NaN and infinity reach the elements of C whose row or column they are in, and no other. */
START_TEST(nan_stays_in_its_row_and_column) {
    if (!use_isa(_i / KINDS)) return;
    for (int way = 0; way < 8; ++way) {
        const size_t element = way >> 2 ? sizeof(double) : sizeof(float);
        draws d = {.seed = 5};
        wgi_matmul s = wgi_matmul_dense(13, 37, 21, way & 1, way >> 1 & 1);
        void *a = whole_numbers(&d, 13 * 21, 9, element);
        void *b = whole_numbers(&d, 21 * 37, 9, element);
        void *c = no_numbers(13 * 37, element);
        /* row 12 of A, column 36 of B */
        put_number(a, s.transpose_a ? 4 * 13 + 12 : 12 * 21 + 4, NAN, element);
        put_number(b, s.transpose_b ? 36 * 21 + 20 : 20 * 37 + 36, INFINITY, element);
        multiply(_i % KINDS, element, &s, a, b, c);
        for (int64_t i = 0; i < 13 * 37; ++i) {
            const int clean = i / 37 != 12 && i % 37 != 36;
            ck_assert_int_eq(isfinite(number_at(c, i, element)) != 0, clean);
        }
        free(a);
        free(b);
        free(c);
    }
}
END_TEST

/* The portable kernels give the same bits for any number of threads. */
START_TEST(threads_do_not_change_bits) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 31};
    const int64_t m[] = {200, 40, 1, 301, 700}, n[] = {150, 700, 3000, 1, 20};
    const int64_t k[] = {500, 300, 400, 999, 500};
    for (int i = 0; i < 5; ++i) {
        for (int way = 0; way < 8; ++way) {
            const size_t element = way >> 2 ? sizeof(double) : sizeof(float);
            const wgi_matmul s = wgi_matmul_dense(m[i], n[i], k[i], way & 1, way >> 1 & 1);
            void *a = real_numbers(&d, m[i] * k[i], element);
            void *b = real_numbers(&d, k[i] * n[i], element);
            void *one = no_numbers(m[i] * n[i], element), *more = no_numbers(m[i] * n[i], element);
            use_threads(1);
            multiply(PORTABLE, element, &s, a, b, one);
            for (int threads = 2; threads <= 3; ++threads) {
                use_threads(threads);
                multiply(PORTABLE, element, &s, a, b, more);
                ck_assert_int_eq(memcmp(one, more, (size_t)(m[i] * n[i]) * element), 0);
            }
            free(a);
            free(b);
            free(one);
            free(more);
        }
    }
}
END_TEST

/* Rounding: real numbers against the loops in double. */
START_TEST(real_products_are_near) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 32};
    const wgi_matmul s = wgi_matmul_dense(30, 40, 1000, 0, 1);
    for (int kind = 0; kind < KINDS; ++kind) {
        for (size_t element = sizeof(float); element <= sizeof(double); element += sizeof(float)) {
            void *a = real_numbers(&d, 30 * 1000, element);
            void *b = real_numbers(&d, 40 * 1000, element);
            void *c = no_numbers(30 * 40, element);
            double *want = room_for(30 * 40, sizeof(double)), worst = 0;
            naive(&s, element, a, b, want);
            multiply(kind, element, &s, a, b, c);
            for (int64_t i = 0; i < 30 * 40; ++i) {
                double error = fabs(number_at(c, i, element) - want[i]);
                if (!(error <= worst)) worst = error;
            }
            check_near(worst, 0, element == sizeof(float) ? 1e-4 : 1e-12);
            free(a);
            free(b);
            free(c);
            free(want);
        }
    }
}
END_TEST

static void check_batch(draws *d, const wgi_matmul *s, int64_t count, int shared_b,
                        size_t element) {
    wgi_matmul_batch batch = {count, s->m * s->k, shared_b ? 0 : s->k * s->n, s->m * s->n};
    void *a = whole_numbers(d, count * s->m * s->k, 9, element);
    void *b = whole_numbers(d, (shared_b ? 1 : count) * s->k * s->n, 9, element);
    void *c = no_numbers(count * s->m * s->n, element);
    double *want = room_for(count * s->m * s->n, sizeof(double));
    for (int64_t i = 0; i < count; ++i)
        naive(s, element, (char *)a + (size_t)(i * batch.step_a) * element,
              (char *)b + (size_t)(i * batch.step_b) * element, want + i * batch.step_c);
    void *scratch = scratch_of(wgi_matmul_batch_scratch(element, s, count));
    if (element == sizeof(float)) wgi_matmul_batch_f32(s, &batch, a, b, c, scratch);
    else wgi_matmul_batch_f64(s, &batch, a, b, c, scratch);
    ck_assert_int_eq(first_difference(c, want, count * s->m * s->n, element), -1);
    free(a);
    free(b);
    free(c);
    free(want);
    free(scratch);
}

START_TEST(batches_are_exact) {
    draws d = {.seed = 9};
    const int64_t counts[] = {0, 1, 5, 16, 17, 100};
    for (int i = 0; i < 6; ++i) {
        for (int way = 0; way < 16; ++way) {
            wgi_matmul s = wgi_matmul_dense(draw(&d, 0, 30), draw(&d, 1, 30), draw(&d, 0, 30),
                                            way & 1, way >> 1 & 1);
            use_threads(1 + way % 3);
            check_batch(&d, &s, counts[i], way >> 2 & 1, way >> 3 ? sizeof(float) : sizeof(double));
        }
    }
    const wgi_matmul large = wgi_matmul_dense(130, 110, 90, 0, 0);
    check_batch(&d, &large, 3, 1, sizeof(float));
    check_batch(&d, &large, 3, 0, sizeof(double));
}
END_TEST

Suite *suite_matmul(void) {
    Suite *s = suite_create("matmul");
    TCase *t = tcase_create("matmul");
    tcase_set_timeout(t, 600);
    tcase_add_loop_test(t, random_products_are_exact, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, borders_are_exact, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, nan_stays_in_its_row_and_column, 0, WGI_ISA_COUNT * KINDS);
    tcase_add_loop_test(t, threads_do_not_change_bits, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, real_products_are_near, 0, WGI_ISA_COUNT);
    tcase_add_test(t, batches_are_exact);
    suite_add_tcase(s, t);
    return s;
}
