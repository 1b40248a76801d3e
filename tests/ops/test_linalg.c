/* test_linalg.c: solve, triangular_solve, inverse, cholesky, det, cofactor, logdet, logabsdet, trace
 * and diagonal: values by hand, residuals, shapes, derivatives to the fourth order, errors. */
#include "tests/oom.h"
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
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

/* ---- by hand -------------------------------------------------------------------------------- */

START_TEST(test_solve) {
    const double a[] = {2, 1, 1, 3}, b[] = {3, 5}, two[] = {3, 1, 5, -2};
    const double x[] = {0.8, 1.4}, x2[] = {0.8, 1, 1.4, -1};
    wg_var m = leaf(WG_SHAPE(2, 2), a), y = wg_solve(m, leaf(WG_SHAPE(2), b));
    probe_shape(y, WG_SHAPE(2));
    near(y, 2, x, 1e-15);
    near(wg_solve(m, leaf(WG_SHAPE(2, 2), two)), 4, x2, 1e-15);
    near(wg_solve(wg_transpose(m), leaf(WG_SHAPE(2), b)), 2, x, 1e-15);
    const double first[] = {0, 2, 3, 0}, swapped[] = {5.0 / 3, 1.5}; /* needs a row exchange */
    near(wg_solve(leaf(WG_SHAPE(2, 2), first), leaf(WG_SHAPE(2), b)), 2, swapped, 1e-15);
    /* d sum(y) = sum of a^-T: db = (0.4, 0.2), da = -db y^T */
    const double db[] = {0.4, 0.2}, da[] = {-0.32, -0.56, -0.16, -0.28};
    wg_tape_rewind(t);
    m = leaf(WG_SHAPE(2, 2), a);
    wg_var v = leaf(WG_SHAPE(2), b);
    ck_assert_int_eq(wg_backward(wg_sum(wg_solve(m, v))), WG_OK);
    near(wg_grad(v), 2, db, 1e-15);
    near(wg_grad(m), 4, da, 1e-15);
}
END_TEST

/* A b of rank 1 is one vector for the whole batch; rank 2 and more are matrices. */
START_TEST(test_solve_shapes) {
    const double a[] = {2, 0, 0, 4, 1, 0, 0, 0.5}, b[] = {4, 8};
    const double y[] = {2, 2, 4, 16};
    wg_var m = leaf(WG_SHAPE(2, 2, 2), a), v = leaf(WG_SHAPE(2), b);
    wg_var each = wg_solve(m, v);
    probe_shape(each, WG_SHAPE(2, 2));
    near(each, 4, y, 0);
    probe_shape(wg_solve(m, wg_reshape(v, WG_SHAPE(2, 1))), WG_SHAPE(2, 2, 1));
    probe_shape(wg_solve(wg_slice(m, 0, 0, 1, 1), zeros(WG_SHAPE(3, 1, 2, 5))),
                WG_SHAPE(3, 1, 2, 5));
    probe_shape(wg_solve(wg_reshape(m, WG_SHAPE(2, 1, 2, 2)), zeros(WG_SHAPE(3, 2, 1))),
                WG_SHAPE(2, 3, 2, 1));
    probe_shape(wg_solve(wg_slice(m, 0, 0, 1, 1), zeros(WG_SHAPE(0, 2, 1))), WG_SHAPE(0, 2, 1));
    probe_shape(wg_solve(zeros(WG_SHAPE(0, 0)), zeros(WG_SHAPE(0))), WG_SHAPE(0));
    probe_shape(wg_solve(zeros(WG_SHAPE(3, 0, 0)), zeros(WG_SHAPE(0, 4))), WG_SHAPE(3, 0, 4));
    probe_shape(wg_solve(wg_slice(m, 0, 0, 1, 1), zeros(WG_SHAPE(2, 0))), WG_SHAPE(1, 2, 0));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

START_TEST(test_triangular) {
    const double a[] = {2, NAN, 3, 4}, b[] = {4, 2}, lower[] = {2, -1}, transposed[] = {1.25, 0.5};
    const double ones[] = {NAN, 7, NAN, NAN}, unit[] = {4 - 14, 2}, zero[] = {0, 0};
    wg_var m = leaf(WG_SHAPE(2, 2), a), v = leaf(WG_SHAPE(2), b);
    near(wg_triangular_solve(m, v, 0, 0, 0), 2, lower, 1e-15);
    near(wg_triangular_solve(m, v, 0, 1, 0), 2, transposed, 1e-15);
    near(wg_triangular_solve(wg_transpose(m), v, 1, 1, 0), 2, lower, 1e-15);
    wg_var u = leaf(WG_SHAPE(2, 2), ones), y = wg_triangular_solve(u, v, 1, 0, 1);
    near(y, 2, unit, 0);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    const double du[] = {0, -2, 0, 0}; /* what is not read has no gradient, NaN or not */
    near(wg_grad(u), 4, du, 0);
    wg_var poisoned = wg_triangular_solve(leaf(WG_SHAPE(2, 2), (double[]){1, 0, 3, 0}), v, 0, 0, 0);
    probe_fails(poisoned, WG_ERR_VALUE, "triangular_solve: the matrix is singular: pivot 1 is 0");
    wg_var none = wg_triangular_solve(zeros(WG_SHAPE(2, 2)), leaf(WG_SHAPE(2), zero), 1, 0, 1);
    near(none, 2, zero, 0);
}
END_TEST

START_TEST(test_inverse) {
    const double a[] = {1, 2, 3, 4, 0, 1, 1, 0}, inverse[] = {-2, 1, 1.5, -0.5, 0, 1, 1, 0};
    near(wg_inverse(leaf(WG_SHAPE(2, 2, 2), a)), 8, inverse, 1e-15);
    const double x[] = {4}, y[] = {0.25};
    near(wg_inverse(leaf(WG_SHAPE(1, 1), x)), 1, y, 0);
    probe_shape(wg_inverse(zeros(WG_SHAPE(0, 0))), WG_SHAPE(0, 0));
}
END_TEST

START_TEST(test_cholesky) {
    const double a[] = {4, 2, 2, 10}, l[] = {2, 0, 1, 3}, askew[] = {4, 5, -1, 10};
    near(wg_cholesky(leaf(WG_SHAPE(2, 2), a)), 4, l, 1e-15);
    wg_var m = leaf(WG_SHAPE(2, 2), askew), y = wg_cholesky(m); /* (a + a^T)/2 is the same */
    near(y, 4, l, 1e-15);
    double g[4];
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    probe_read(wg_grad(m), 4, g);
    check_near(g[1], g[2], 0);
    /* l = (p, q/p, sqrt(r - q^2/p^2)), p = sqrt(a00): by hand at (4, 2, 10) */
    check_near(g[0], 0.25 - 0.125 + 1.0 / 24, 1e-15);
    check_near(2 * g[1], 0.5 - 1.0 / 6, 1e-15);
    check_near(g[3], 1.0 / 6, 1e-15);
    const double batch[] = {1, 0, 0, 1, 1, 2, 2, 1};
    probe_fails(wg_cholesky(leaf(WG_SHAPE(2, 2, 2), batch)), WG_ERR_VALUE,
                "cholesky: matrix (1) is not positive definite: pivot 1 is not positive");
    probe_fails(wg_cholesky(zeros(WG_SHAPE(1, 1))), WG_ERR_VALUE, "pivot 0 is not positive");
}
END_TEST

START_TEST(test_determinants) {
    const double a[] = {2, 0, 1, 3, 1, 4, -1, 5, 6}, singular[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    wg_var m = leaf(WG_SHAPE(3, 3), a);
    check_near(wg_item(wg_det(m)), 2 * (6 - 20) + 1 * (15 + 1), 1e-14);
    check_near(wg_item(wg_logabsdet(m)), log(12), 1e-15);
    ck_assert(isnan(wg_item(wg_logdet(m)))); /* det = -12 */
    check_near(wg_item(wg_logdet(wg_neg(m))), log(12), 1e-15);
    check_near(wg_item(wg_det(leaf(WG_SHAPE(3, 3), singular))), 0, 1e-14);
    const double twice[] = {1, 2, 2, 4};
    wg_var flat = leaf(WG_SHAPE(2, 2), twice);
    check_near(wg_item(wg_det(flat)), 0, 0);
    ck_assert(wg_item(wg_logdet(flat)) == -(double)INFINITY);
    ck_assert(wg_item(wg_logabsdet(flat)) == -(double)INFINITY);
    probe_shape(wg_det(zeros(WG_SHAPE(4, 5, 2, 2))), WG_SHAPE(4, 5));
    probe_equal(wg_det(zeros(WG_SHAPE(2, 0, 0))), 2, (double[]){1, 1});
    probe_equal(wg_logdet(zeros(WG_SHAPE(2, 0, 0))), 2, (double[]){0, 0});
    probe_shape(wg_logabsdet(zeros(WG_SHAPE(0, 3, 3))), WG_SHAPE(0));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

/* Determinants out of the range of their type have logarithms all the same. */
START_TEST(test_huge_determinants) {
    enum { N = 40 };
    double a[N * N] = {0};
    for (int i = 0; i < N; ++i) a[i * N + (N - 1 - i)] = i % 2 ? 1e-30 : 1e200;
    wg_var m = leaf(WG_SHAPE(N, N), a);
    check_near(wg_item(wg_logabsdet(m)), 20 * 170 * log(10), 1e-11);
    ck_assert(wg_item(wg_det(m)) == (double)INFINITY); /* 20 exchanges: positive */
    wg_var f = wg_cast(wg_scale(wg_cast(leaf(WG_SHAPE(2, 2), (double[]){1, 0, 0, 1}), WG_F32), 1e30),
                       WG_F32);
    float log_det = 0;
    ck_assert_int_eq(wg_read(wg_logdet(f), &log_det, sizeof log_det), WG_OK);
    check_near((double)log_det, 60 * log(10), 1e-5);
}
END_TEST

START_TEST(test_traces) {
    const double a[] = {1, 2, 3, 4, 5, 6};
    wg_var m = leaf(WG_SHAPE(2, 3), a);
    check_near(wg_item(wg_trace(m)), 6, 0);
    probe_equal(wg_diagonal(m, 1), 2, (double[]){2, 6});
    probe_equal(wg_diagonal(m, -1), 1, (double[]){4});
    probe_equal(wg_diagonal(wg_transpose(m), -1), 2, (double[]){2, 6});
    probe_shape(wg_diagonal(m, 3), WG_SHAPE(0));
    probe_shape(wg_diagonal(m, -7), WG_SHAPE(0));
    probe_shape(wg_diagonal(zeros(WG_SHAPE(3, 0, 2)), 0), WG_SHAPE(3, 0));
    check_near(wg_item(wg_trace(zeros(WG_SHAPE(0, 2)))), 0, 0);
    probe_equal(wg_trace(wg_reshape(m, WG_SHAPE(3, 2, 1))), 3, (double[]){1, 3, 5});
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

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

/* |a y - b| against what elimination guarantees, whatever the condition of a: some n eps |a| |y|. */
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

/* ---- orders --------------------------------------------------------------------------------- */

static wg_var solve_one(wg_var a) {
    return wg_solve(a, wg_const(a.tape, WG_F64, WG_SHAPE(1), (double[]){3}));
}
static wg_var substitute_one(wg_var a) {
    wg_var b = wg_const(a.tape, WG_F64, WG_SHAPE(1, 1), (double[]){3});
    return wg_triangular_solve(a, b, 1, 0, 0);
}
/* Of matrices (1, 1) at 2: 3/a, 3/a, 1/a, sqrt a, ln a, ln |a|, and their four derivatives. */
START_TEST(test_orders) {
    static const struct {
        wg_var (*f)(wg_var a);
        double at[5];
    } cases[] = {{solve_one, {1.5, -0.75, 0.75, -1.125, 2.25}},
                 {substitute_one, {1.5, -0.75, 0.75, -1.125, 2.25}},
                 {wg_inverse, {0.5, -0.25, 0.25, -0.375, 0.75}},
                 {wg_cholesky, {1.4142135623730951, 0.35355339059327379, -0.088388347648318447,
                                0.066291260736238838, -0.082864075920298548}},
                 {wg_logdet, {0.69314718055994531, 0.5, -0.25, 0.25, -0.375}},
                 {wg_logabsdet, {0.69314718055994531, 0.5, -0.25, 0.25, -0.375}},
                 {wg_det, {2, 1, 0, 0, 0}}};
    double two = 2;
    wg_var a = leaf(WG_SHAPE(1, 1), &two), y = cases[_i].f(a);
    for (int order = 0; order < 5; ++order) {
        check_near(wg_item(wg_sum(y)), cases[_i].at[order], 1e-15);
        wg_var g;
        ck_assert_int_eq(wg_gradients(wg_sum(y), 1, &a, &g), WG_OK);
        y = g;
    }
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

START_TEST(test_shape_errors) {
    probe_fails(wg_inverse(zeros(WG_SHAPE(2, 3))), WG_ERR_SHAPE, "inverse: (2, 3) is not square");
    probe_fails(wg_cofactor(zeros(WG_SHAPE(1, 2))), WG_ERR_SHAPE, "cofactor: (1, 2) is not square");
    probe_fails(wg_cholesky(zeros(WG_SHAPE(2))), WG_ERR_SHAPE, "cholesky: (2) is no matrix");
    probe_fails(wg_det(zeros(WG_SHAPE(3))), WG_ERR_SHAPE, "det: (3) is no matrix");
    probe_fails(wg_logdet(wg_scalar(t, 1)), WG_ERR_SHAPE, "logdet: () is no matrix");
    probe_fails(wg_logabsdet(zeros(WG_SHAPE(2))), WG_ERR_SHAPE, "logabsdet: (2) is no matrix");
    probe_fails(wg_trace(zeros(WG_SHAPE(2))), WG_ERR_SHAPE, "trace: (2) is no matrix");
    probe_fails(wg_diagonal(zeros(WG_SHAPE(2)), 0), WG_ERR_SHAPE, "diagonal: (2) is no matrix");
    probe_fails(wg_solve(zeros(WG_SHAPE(3, 3)), zeros(WG_SHAPE(2))), WG_ERR_SHAPE,
                "solve: numbers of rows differ: a (3, 3), b (2)");
    probe_fails(wg_solve(zeros(WG_SHAPE(3, 3)), wg_scalar(t, 2)), WG_ERR_SHAPE,
                "solve: b is a number: a (3, 3), b ()");
    probe_fails(wg_solve(zeros(WG_SHAPE(4, 3, 3)), zeros(WG_SHAPE(2, 3, 1))), WG_ERR_SHAPE,
                "solve: batch axes do not broadcast: a (4, 3, 3), b (2, 3, 1)");
    probe_fails(wg_triangular_solve(zeros(WG_SHAPE(2, 3)), zeros(WG_SHAPE(3)), 0, 0, 0),
                WG_ERR_SHAPE, "triangular_solve: (2, 3) is not square");
}
END_TEST

START_TEST(test_other_errors) {
    wg_var none = WG_NONE;
    probe_fails(wg_diagonal(zeros(WG_SHAPE(2, 2)), INT64_MIN), WG_ERR_RANGE,
                "diagonal: k is -9223372036854775808");
    probe_fails(wg_solve(zeros(WG_SHAPE(3, 3)), wg_input(t, WG_F32, WG_SHAPE(3), NULL)),
                WG_ERR_DTYPE, "solve: dtypes differ: float64 and float32");
    probe_fails(wg_det(wg_const(t, WG_I64, WG_SHAPE(3, 3), NULL)), WG_ERR_DTYPE,
                "det: not defined for int64");
    probe_fails(wg_solve(zeros(WG_SHAPE(3, 3)), none), WG_ERR_TAPE, "solve: b is absent");
    ck_assert_ptr_null(wg_inverse(none).tape);
}
END_TEST

START_TEST(test_singular) {
    double a[6 * 4] = {0};
    for (int m = 0; m < 6; ++m) a[4 * m] = a[4 * m + 3] = m == 4 ? 0 : 1;
    probe_fails(wg_solve(leaf(WG_SHAPE(2, 3, 2, 2), a), zeros(WG_SHAPE(2))), WG_ERR_VALUE,
                "solve: matrix (1, 1) is singular: pivot 0 is 0");
    wg_var m = leaf(WG_SHAPE(2, 2), (double[]){1, 2, 2, 4});
    probe_fails(wg_inverse(m), WG_ERR_VALUE, "inverse: the matrix is singular: pivot 1 is 0");
    /* a replay at new numbers finds it too, and the tape works on */
    m = leaf(WG_SHAPE(1, 1), (double[]){2});
    wg_var y = wg_inverse(m);
    ck_assert_int_eq(wg_set(m, (double[]){0}, sizeof(double)), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_ERR_VALUE);
    wg_tape_rewind(t);
    m = leaf(WG_SHAPE(1, 1), (double[]){2});
    check_near(wg_item(wg_sum(wg_inverse(m))), 0.5, 0);
    /* logdet of a singular matrix is -inf, its gradient is refused */
    m = zeros(WG_SHAPE(1, 1));
    ck_assert_int_eq(wg_backward(wg_sum(wg_logdet(m))), WG_ERR_VALUE);
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

extern Suite *suite_ops_linalg(void);
Suite *suite_ops_linalg(void) {
    Suite *s = suite_create("ops_linalg");
    TCase *c = tcase_create("linear algebra");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_solve);
    tcase_add_test(c, test_solve_shapes);
    tcase_add_test(c, test_triangular);
    tcase_add_test(c, test_inverse);
    tcase_add_test(c, test_cholesky);
    tcase_add_test(c, test_determinants);
    tcase_add_test(c, test_huge_determinants);
    tcase_add_test(c, test_traces);
    tcase_add_test(c, test_cofactors);
    tcase_add_test(c, test_cofactor_edges);
    tcase_add_test(c, test_residuals);
    tcase_add_test(c, test_condition);
    tcase_add_test(c, test_products);
    tcase_add_test(c, test_views);
    tcase_add_test(c, test_threads);
    tcase_add_test(c, test_nan);
    tcase_add_loop_test(c, test_orders, 0, 7);
    tcase_add_test(c, test_shape_errors);
    tcase_add_test(c, test_other_errors);
    tcase_add_test(c, test_singular);
    tcase_add_test(c, test_out_of_memory);
    suite_add_tcase(s, c);
    return s;
}
