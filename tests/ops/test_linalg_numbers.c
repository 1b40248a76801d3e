/* test_linalg_numbers.c: linear algebra by numbers: cofactors against minors, residuals, products,
 * views, threads, NaN, no memory. */
#include "tests/oom.h"
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static wg_var leaf(wg_shape s, const double *x) { return wg_input(t, WG_F64, s, x); }
static wg_var zeros(wg_shape s) { return wg_input(t, WG_F64, s, NULL); }

static void near(wg_var v, int64_t n, const double *want, double tol) {
    static double have[PROBE_MAX];
    probe_read(v, n, have);
    for (int64_t i = 0; i < n; ++i) check_near(have[i], want[i], tol);
}

/* ---- cofactors ------------------------------------------------------------------------------ */

/* The determinant of a (n, n) by expansion along its first row. */
static double expansion(int n, const double *a) {
    double minor[25], sum = 0;
    if (n == 0) return 1;
    for (int j = 0; j < n; ++j) {
        for (int i = 1; i < n; ++i)
            for (int k = 0; k < n - 1; ++k)
                minor[(i - 1) * (n - 1) + k] = a[i * n + (k < j ? k : k + 1)];
        sum += (j % 2 ? -1 : 1) * a[j] * expansion(n - 1, minor);
    }
    return sum;
}

/* The cofactors by their definition, n <= 5. */
static void minors(int n, const double *a, double *y) {
    for (int at = 0; at < n * n; ++at) {
        double minor[16];
        int to = 0;
        for (int i = 0; i < n * n; ++i)
            if (i / n != at / n && i % n != at % n) minor[to++] = a[i];
        y[at] = ((at / n + at % n) % 2 ? -1 : 1) * expansion(n - 1, minor);
    }
}

/* Whole numbers of rank n, n - 1 or less: the last rows are sums of the first ones. */
START_TEST(test_cofactors) {
    for (int round = 0; round < (full_run() ? 4000 : 200); ++round) {
        int n = 1 + (int)(probe_random() * 5), lacks = (int)(probe_random() * 4);
        double a[25], y[25], g[25];
        for (int i = 0; i < n * n; ++i) a[i] = floor(probe_random() * 7) - 3;
        for (int r = n - lacks; r < n; ++r)
            for (int j = 0; j < n && r > 0; ++j)
                a[r * n + j] = r > 1 ? a[j] - (r - n + lacks) * a[n + j] : 2 * a[j];
        minors(n, a, y);
        wg_var m = leaf(WG_SHAPE(n, n), a), det = wg_det(m);
        check_near(wg_item(det), expansion(n, a), 1e-11);
        near(wg_cofactor(m), n * n, y, 1e-11);
        ck_assert_int_eq(wg_backward(wg_scale(det, -2)), WG_OK);
        probe_read(wg_grad(m), n * n, g);
        for (int i = 0; i < n * n; ++i) check_near(g[i], -2 * y[i], 1e-11);
        wg_tape_rewind(t);
    }
}
END_TEST

START_TEST(test_cofactor_edges) {
    double nan[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 10}, y[9], zero[9] = {0};
    near(wg_cofactor(zeros(WG_SHAPE(3, 3))), 9, zero, 0);
    probe_equal(wg_cofactor(zeros(WG_SHAPE(1, 1))), 1, (double[]){1});
    probe_shape(wg_cofactor(zeros(WG_SHAPE(2, 0, 0))), WG_SHAPE(2, 0, 0));
    probe_read(wg_cofactor(leaf(WG_SHAPE(3, 3), nan)), 9, y);
    ck_assert(isnan(y[0]) && isnan(y[8]));
    /* At a singular matrix the first derivative of det exists, the second is refused. */
    const double flat[] = {1, 2, 2, 4};
    wg_var m = leaf(WG_SHAPE(2, 2), flat), g;
    ck_assert_int_eq(wg_gradients(wg_det(m), 1, &m, &g), WG_OK);
    probe_equal(g, 4, (double[]){4, -2, -2, 1});
    wg_var v = leaf(WG_SHAPE(2, 2), (double[]){1, 2, 3, 4}), tangent;
    ck_assert_int_eq(wg_jvp(wg_det(m), 1, &m, &v, &tangent), WG_OK);
    check_near(wg_item(tangent), 4 - 2 * 2 - 2 * 3 + 4, 1e-15);
    ck_assert_int_eq(wg_backward(wg_sum(wg_square(g))), WG_ERR_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "the matrix is singular: pivot 1 is 0"));
}
END_TEST

/* ---- residuals ------------------------------------------------------------------------------ */

static double norm(int64_t n, const double *x) {
    double most = 0;
    for (int64_t i = 0; i < n; ++i) most = fmax(most, fabs(x[i]));
    return most;
}

/* |a y - b| against what elimination guarantees, whatever a's condition: n eps |a| |y|. */
static void check_residual(wg_dtype dtype, int n, int k) {
    static double a[PROBE_MAX * 4], b[PROBE_MAX], y[PROBE_MAX];
    double eps = dtype == WG_F32 ? 0x1p-23 : 0x1p-52;
    for (int i = 0; i < n * n; ++i) a[i] = (double)(float)(probe_random() - 0.5);
    for (int i = 0; i < n * k; ++i) b[i] = (double)(float)(probe_random() - 0.5);
    wg_var m = wg_cast(leaf(WG_SHAPE(n, n), a), dtype);
    probe_read(wg_solve(m, wg_cast(leaf(WG_SHAPE(n, k), b), dtype)), n * k, y);
    double bound = 8 * n * eps * n * norm(n * n, a) * norm(n * k, y);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < k; ++j) {
            double sum = 0;
            for (int p = 0; p < n; ++p) sum += a[i * n + p] * y[p * k + j];
            check_near(sum, b[i * k + j], bound);
        }
    wg_tape_rewind(t);
}

START_TEST(test_residuals) {
    static const int sizes[][2] = {{1, 1}, {2, 3}, {7, 1}, {16, 16}, {17, 4}, {33, 5}, {64, 9},
                                   {65, 1}, {100, 40}, {128, 31}};
    for (int i = 0; i < 10; ++i) {
        check_residual(WG_F32, sizes[i][0], sizes[i][1]);
        check_residual(WG_F64, sizes[i][0], sizes[i][1]);
    }
}
END_TEST

/* The Hilbert matrix of order 8 has the condition 1.5e10: y is right to that times the rounding,
 * and its residual is as small as ever. */
START_TEST(test_condition) {
    enum { N = 8 };
    double a[N * N], b[N] = {0}, y[N];
    for (int i = 0; i < N * N; ++i) b[i / N] += a[i] = 1.0 / (i / N + i % N + 1);
    probe_read(wg_solve(leaf(WG_SHAPE(N, N), a), leaf(WG_SHAPE(N), b)), N, y);
    for (int i = 0; i < N; ++i) {
        double sum = 0;
        for (int j = 0; j < N; ++j) sum += a[i * N + j] * y[j];
        check_near(y[i], 1, 3.4e10 * 0x1p-52);
        check_near(sum, b[i], 1e-14);
    }
}
END_TEST

/* l l^T = a and a a^-1 = 1 at larger sizes. */
START_TEST(test_products) {
    enum { N = 90 };
    static double a[N * N], want[N * N];
    for (int i = 0; i < N * N; ++i) a[i] = probe_random() - 0.5;
    wg_var m = leaf(WG_SHAPE(N, N), a);
    wg_var s = wg_add(wg_matmul(m, wg_transpose(m)), wg_diag(wg_shift(zeros(WG_SHAPE(N)), 1), 0));
    wg_var l = wg_cholesky(s), gap = wg_sub(wg_matmul(l, wg_transpose(l)), s);
    check_near(wg_item(wg_max(wg_abs(gap))), 0, 1e-13);
    check_near(wg_item(wg_max(wg_abs(wg_triu(l, 1)))), 0, 0);
    for (int i = 0; i < N; ++i) want[i * N + i] = 1;
    for (int64_t i = 0; i < N * N; ++i) a[i] = want[i];
    wg_var one = wg_sub(wg_matmul(s, wg_inverse(s)), leaf(WG_SHAPE(N, N), a));
    check_near(wg_item(wg_max(wg_abs(one))), 0, 1e-12);
    check_near(wg_item(wg_logdet(s)), 2 * wg_item(wg_sum(wg_log(wg_diagonal(l, 0)))), 1e-11);
}
END_TEST

/* ---- views, threads, NaN -------------------------------------------------------------------- */

START_TEST(test_views) {
    double a[4 * 9], b[6];
    static double dense[4 * 6], seen[4 * 6];
    for (int i = 0; i < 36; ++i) a[i] = probe_random() + (i / 3 % 3 == i % 3 ? 3 : 0);
    for (int i = 0; i < 6; ++i) b[i] = probe_random();
    wg_var m = leaf(WG_SHAPE(4, 3, 3), a), v = leaf(WG_SHAPE(3, 2), b);
    wg_var flipped = wg_flip(wg_permute(wg_flip(m, WG_AXES(0)), WG_AXES(1, 2, 0)), WG_AXES(2));
    probe_read(wg_solve(m, v), 24, dense);
    probe_read(wg_solve(wg_permute(flipped, WG_AXES(2, 0, 1)), wg_transpose(wg_transpose(v))), 24,
               seen);
    ck_assert_mem_eq(dense, seen, sizeof dense);
    wg_var one = wg_slice(m, 0, 0, 1, 1), many = wg_broadcast_to(v, WG_SHAPE(4, 3, 2));
    probe_read(wg_solve(one, many), 24, seen); /* one matrix for all, factorised once */
    for (int i = 0; i < 24; ++i) ck_assert(seen[i] == dense[i % 6]);
    probe_read(wg_solve(wg_broadcast_to(one, WG_SHAPE(4, 3, 3)), v), 24, seen);
    for (int i = 0; i < 24; ++i) ck_assert(seen[i] == dense[i % 6]);
}
END_TEST

/* The same bits, and the first matrix that is at fault, for any number of threads. */
START_TEST(test_threads) {
    enum { BATCH = 23, N = 9, SIZE = BATCH * N * N };
    static double a[SIZE], faulty[SIZE], one[SIZE], some[SIZE];
    for (int i = 0; i < SIZE; ++i) {
        a[i] = probe_random() - 0.5;
        faulty[i] = i / (N * N) == 11 || i / (N * N) == 20 ? 0 : a[i];
    }
    for (int threads = 1; threads <= 5; ++threads) {
        use_threads(threads);
        probe_read(wg_inverse(leaf(WG_SHAPE(BATCH, N, N), a)), SIZE, threads == 1 ? one : some);
        if (threads > 1) ck_assert_mem_eq(one, some, sizeof one);
        probe_fails(wg_inverse(leaf(WG_SHAPE(BATCH, N, N), faulty)), WG_ERR_VALUE,
                    "inverse: matrix (11) is singular: pivot 0 is 0");
    }
}
END_TEST

/* Matrices that are large: fewer and more of them than threads. */
START_TEST(test_large_batch) {
    enum { BATCH = 3, N = 170, SIZE = BATCH * N * N };
    static double a[SIZE], faulty[SIZE];
    for (int i = 0; i < SIZE; ++i) {
        a[i] = probe_random() - 0.5 + (i / N % N == i % N ? 20 : 0);
        faulty[i] = i < SIZE - N ? a[i] : 0; /* the last row of the last matrix */
    }
    for (int threads = 1; threads <= 4; threads += threads) {
        use_threads(threads);
        wg_var m = leaf(WG_SHAPE(BATCH, N, N), a), one = wg_matmul(wg_inverse(m), m);
        check_near(wg_item(wg_sum(wg_trace(one))), BATCH * N, 1e-9);
        check_near(wg_item(wg_sum(wg_square(one))), BATCH * N, 1e-9);
        probe_fails(wg_inverse(leaf(WG_SHAPE(BATCH, N, N), faulty)), WG_ERR_VALUE,
                    "inverse: matrix (2) is singular: pivot 169 is 0");
    }
}
END_TEST

START_TEST(test_nan) {
    double a[] = {1, 2, NAN, 4}, b[] = {1, 1}, y[4];
    wg_var m = leaf(WG_SHAPE(2, 2), a);
    probe_read(wg_solve(m, leaf(WG_SHAPE(2), b)), 2, y);
    ck_assert(isnan(y[0]) && isnan(y[1]));
    ck_assert(isnan(wg_item(wg_det(m))) && isnan(wg_item(wg_logdet(m))));
    probe_read(wg_cholesky(m), 4, y);
    ck_assert(isnan(y[3]));
    probe_read(wg_inverse(m), 4, y);
    ck_assert(isnan(y[3]));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

static wg_status every_gate(void) {
    static double a[3 * 50 * 50];
    wg_tape *tape = wg_tape_new();
    for (int i = 0; i < 3 * 50 * 50; ++i) a[i] = i / 50 % 50 == i % 50 ? 50 : i % 7 * 0.1;
    wg_var m = wg_input(tape, WG_F64, WG_SHAPE(3, 50, 50), a), g;
    wg_var y = wg_sum(wg_triangular_solve(wg_cholesky(m), wg_solve(m, wg_inverse(m)), 0, 1, 0));
    y = wg_add(y, wg_sum(wg_add(wg_logdet(m), wg_trace(m))));
    y = wg_add(y, wg_sum(wg_logabsdet(wg_cofactor(m))));
    wg_var pair[] = {m, wg_transpose(m)};
    y = wg_add(y, wg_sum(wg_einsum("bij,kjb->ik", 2, pair)));
    wg_backward(y);
    wg_gradients(y, 1, &m, &g);
    wg_status s = tape ? wg_tape_status(tape) : WG_ERR_MEMORY;
    wg_tape_free(tape);
    return s;
}

START_TEST(test_out_of_memory) {
    ck_assert_int_gt(run_out_of_memory("linear algebra", every_gate), 0);
}
END_TEST

extern Suite *suite_ops_linalg_numbers(void);
Suite *suite_ops_linalg_numbers(void) {
    Suite *s = suite_create("ops_linalg_numbers");
    TCase *c = tcase_create("numbers");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_cofactors);
    tcase_add_test(c, test_cofactor_edges);
    tcase_add_test(c, test_residuals);
    tcase_add_test(c, test_condition);
    tcase_add_test(c, test_products);
    tcase_add_test(c, test_views);
    tcase_add_test(c, test_threads);
    tcase_add_test(c, test_large_batch);
    tcase_add_test(c, test_nan);
    tcase_add_test(c, test_out_of_memory);
    suite_add_tcase(s, c);
    return s;
}
