/* test_norm.c: batch normalisation and dropout. */
#include "backend/backend.h"
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_norm(void);
extern const wg_gate wg_gate_batch_norm, wg_gate_batch_norm_sums, wg_gate_batch_norm_grad,
    wg_gate_dropout;

static void numbers(wg_var v, double *x, int64_t n) {
    ck_assert_int_eq(wg_shape_size(wg_shape_of(v)), n);
    ck_assert_int_eq(wg_read(v, x, (size_t)n * sizeof *x), WG_OK);
}

static wg_var vector(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

/* ---- batch normalisation -------------------------------------------------------------------- */

START_TEST(test_batch_statistics) {
    static const double a[] = {1, 10, 3, 10, 5, 40}, gamma[] = {1, 2}, beta[] = {0, -1};
    double y[6];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3, 1, 2), a);
    wg_var v = wg_batch_norm(x, vector(t, 2, gamma), vector(t, 2, beta), WG_NONE, WG_NONE, 0);
    numbers(v, y, 6);
    double d = sqrt(8.0 / 3), e = sqrt(200.0); /* deviations of (1, 3, 5) and (10, 10, 40) */
    check_near(y[0], -2 / d, 1e-14);
    check_near(y[2], 0, 1e-14);
    check_near(y[4], 2 / d, 1e-14);
    check_near(y[1], 2 * -10 / e - 1, 1e-14);
    check_near(y[5], 2 * 20 / e - 1, 1e-14);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_given_statistics) {
    static const double a[] = {1, 10, 3, 20}, one[] = {1, 3}, mean[] = {1, 5}, var[] = {4, 0.24};
    double y[4];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), a);
    wg_var v = wg_batch_norm(x, vector(t, 2, one), vector(t, 2, one), vector(t, 2, mean),
                             vector(t, 2, var), 0.01);
    numbers(v, y, 4);
    check_near(y[0], 1, 1e-14);
    check_near(y[1], 3 * 5 / 0.5 + 3, 1e-13);
    check_near(y[2], 2 / sqrt(4.01) + 1, 1e-14);
    check_near(y[3], 3 * 15 / 0.5 + 3, 1e-13);
    wg_tape_free(t);
}
END_TEST

/* A mean a million deviations away from 0 costs no digits that float32 has. */
START_TEST(test_far_mean) {
    float a[64], y[64], one = 1, zero = 0;
    for (int i = 0; i < 64; ++i) a[i] = 1e6f + (float)(i % 2);
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(64, 1), a);
    wg_var v = wg_batch_norm(x, wg_input(t, WG_F32, WG_SHAPE(1), &one),
                             wg_input(t, WG_F32, WG_SHAPE(1), &zero), WG_NONE, WG_NONE, 0);
    ck_assert_int_eq(wg_read(v, y, sizeof y), WG_OK);
    for (int i = 0; i < 64; ++i) check_near((double)y[i], i % 2 ? 1 : -1, 1e-6);
    wg_tape_free(t);
}
END_TEST

/* The gradient of a batch's own normalisation sums to 0 and is orthogonal to it. */
START_TEST(test_gradient_is_orthogonal) {
    static const double a[] = {0.3, -1.2, 2.5, 0.7, -0.4, 1.1}, w[] = {1, -2, 0.5, 3, -1, 2};
    static const double one[] = {1}, zero[] = {0};
    double d[6], y[6], sum = 0, dot = 0, size = 0;
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(6, 1), a), c = wg_const(t, WG_F64, WG_SHAPE(6, 1), w);
    wg_var v = wg_batch_norm(x, vector(t, 1, one), vector(t, 1, zero), WG_NONE, WG_NONE, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(v, c))), WG_OK);
    numbers(wg_grad(x), d, 6);
    numbers(v, y, 6);
    for (int i = 0; i < 6; ++i) sum += d[i], dot += d[i] * y[i], size += d[i] * d[i];
    check_near(sum, 0, 1e-14);
    check_near(dot, 0, 1e-14);
    ck_assert(size > 0.1);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_norm_gradients) {
    static const double eps = 0.05;
    static const wg_sample samples[] = {
        {.shapes = "1,3|3|3|-|-", .attrs = &eps},     {.shapes = "5,1|1|1|-|-", .attrs = &eps},
        {.shapes = "3|3|3|-|-", .attrs = &eps},       {.shapes = "0,3|3|3|-|-", .attrs = &eps},
        {.shapes = "4,0|0|0|-|-", .attrs = &eps},     {.shapes = "2,2,2,3|3|3|-|-", .attrs = &eps},
        {.shapes = "1,3|3|3|3|3", .attrs = &eps, .lo = 0.5, .hi = 2},
        {.shapes = "3|3|3|3|3", .attrs = &eps, .lo = 0.5, .hi = 2},
        {.shapes = "0,2|2|2|2|2", .attrs = &eps, .lo = 0.5, .hi = 2},
        {.shapes = NULL},
    };
    static const wg_sample sums[] = {
        {.shapes = "1,1|1,1|1"}, {.shapes = "3|3|3"}, {.shapes = "0,2|0,2|2"}, {.shapes = NULL}};
    static const wg_sample grad[] = {
        {.shapes = "3|3|3|3|3|3"}, {.shapes = "0,2|0,2|2|2|2|2"}, {.shapes = NULL}};
    hold_samples(&wg_gate_batch_norm, samples);
    hold_samples(&wg_gate_batch_norm_sums, sums);
    hold_samples(&wg_gate_batch_norm_grad, grad);
}
END_TEST

/* More rows than a block: y = (sum g, sum g (x - mean)), the same bits on one and four threads. */
START_TEST(test_many_rows) {
    enum { ROWS = 20000, C = 5 };
    static double g[ROWS * C], x[ROWS * C];
    static const double mean[C] = {0.5, -1, 0, 2, 3};
    double one[2 * C], four[2 * C];
    for (int i = 0; i < ROWS * C; ++i) g[i] = sin(i * 0.7), x[i] = cos(i * 0.3);
    int threads = wg_threads();
    for (int pass = 0; pass < 2; ++pass) {
        use_threads(pass ? 4 : 1);
        wg_tape *t = wg_tape_new();
        wg_var y = wg_batch_norm_sums(wg_input(t, WG_F64, WG_SHAPE(ROWS, C), g),
                                      wg_input(t, WG_F64, WG_SHAPE(ROWS, C), x),
                                      vector(t, C, mean));
        numbers(y, pass ? four : one, 2 * C);
        wg_tape_free(t);
    }
    use_threads(threads);
    ck_assert_int_eq(memcmp(one, four, sizeof one), 0);
    for (int j = 0; j < C; ++j) {
        double s0 = 0, s1 = 0;
        for (int i = j; i < ROWS * C; i += C) s0 += g[i], s1 += g[i] * (x[i] - mean[j]);
        check_near(one[j], s0, 1e-9);
        check_near(one[C + j], s1, 1e-9);
    }
}
END_TEST

static wg_var zeros(wg_tape *t, wg_shape s) { return wg_input(t, WG_F64, s, NULL); }

START_TEST(test_norm_errors) {
    wg_tape *t = wg_tape_new();
    wg_var c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm(zeros(t, WG_SHAPE(2, 4)), c, c, WG_NONE, WG_NONE, 0), WG_ERR_SHAPE,
                  "batch_norm: gamma has shape (3); it is (4), one a channel");
    c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm(zeros(t, WG_SHAPE(2, 3)), c, c, c, WG_NONE, 0), WG_ERR_STATE,
                  "mean is given without var");
    c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm(zeros(t, WG_SHAPE(2, 3)), c, c, WG_NONE, c, 0), WG_ERR_STATE,
                  "var is given without mean");
    c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm(zeros(t, WG_SHAPE(2, 3)), c, c, WG_NONE, WG_NONE, -1), WG_ERR_RANGE,
                  "eps = -1");
    c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm(zeros(t, WG_SHAPE(2, 3)), c, c, WG_NONE, WG_NONE, (double)NAN),
                  WG_ERR_RANGE, "eps = ");
    c = zeros(t, WG_SHAPE(1));
    check_refused(wg_batch_norm(wg_scalar(t, 1), c, c, WG_NONE, WG_NONE, 0), WG_ERR_SHAPE,
                  "x has rank 0");
    c = zeros(t, WG_SHAPE(3));
    check_refused(wg_batch_norm_sums(zeros(t, WG_SHAPE(2, 3)), zeros(t, WG_SHAPE(3, 3)), c),
                  WG_ERR_SHAPE, "g (2, 3) and x (3, 3)");
    wg_tape_free(t);
}
END_TEST

/* ---- dropout -------------------------------------------------------------------------------- */

enum { N = 10000 };

static wg_var ones(wg_tape *t) {
    static double x[N];
    for (int i = 0; i < N; ++i) x[i] = 1 + i % 3;
    return wg_input(t, WG_F64, WG_SHAPE(N), x);
}

static int same(const double *a, const double *b) { return memcmp(a, b, N * sizeof *a) == 0; }

/* Each element is 0 or x/keep, and the fraction kept lies within five deviations of keep. */
START_TEST(test_dropout_values) {
    static const double keeps[] = {0.1, 0.5, 0.9};
    static double y[N], d[N];
    double keep = keeps[_i];
    wg_tape *t = wg_tape_new();
    wg_var x = ones(t), v = wg_dropout(x, keep);
    ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
    numbers(v, y, N);
    numbers(wg_grad(x), d, N);
    int kept = 0;
    for (int i = 0; i < N; ++i) {
        kept += y[i] != 0;
        check_near(y[i], y[i] != 0 ? (1 + i % 3) / keep : 0, 1e-12);
        check_near(d[i], y[i] != 0 ? 1 / keep : 0, 1e-12); /* the same mask */
    }
    check_near((double)kept / N, keep, 5 * sqrt(keep * (1 - keep) / N));
    wg_tape_free(t);
}
END_TEST

START_TEST(test_dropout_draws) {
    static double a[N], b[N], c[N];
    wg_tape *t = wg_tape_new();
    wg_tape_seed(t, 7);
    wg_var x = ones(t), y = wg_dropout(x, 0.5);
    numbers(y, a, N);
    numbers(wg_dropout(x, 0.5), b, N);
    ck_assert(!same(a, b)); /* a new recording draws on */
    ck_assert_int_eq(wg_replay(y), WG_OK);
    numbers(y, c, N);
    ck_assert(same(a, c)); /* replay repeats */
    wg_tape_rewind(t);
    numbers(wg_dropout(ones(t), 0.5), c, N);
    ck_assert(!same(a, c) && !same(b, c)); /* rewind does not turn back */
    wg_tape_seed(t, 7);
    numbers(wg_dropout(ones(t), 0.5), c, N);
    ck_assert(same(a, c)); /* the seed does */
    wg_tape_seed(t, 8);
    numbers(wg_dropout(ones(t), 0.5), c, N);
    ck_assert(!same(a, c));
    wg_tape_free(t);
}
END_TEST

/* Neither threads nor the element type change which elements are kept. */
START_TEST(test_dropout_threads) {
    static double a[N], b[N];
    static float x[N], f[N];
    int threads = wg_threads();
    for (int i = 0; i < N; ++i) x[i] = 1;
    wg_tape *t = wg_tape_new();
    use_threads(1);
    numbers(wg_dropout(ones(t), 0.3), a, N);
    wg_tape_seed(t, 0);
    use_threads(3);
    numbers(wg_dropout(ones(t), 0.3), b, N);
    use_threads(threads);
    ck_assert(same(a, b));
    wg_tape_seed(t, 0);
    ck_assert_int_eq(wg_read(wg_dropout(wg_input(t, WG_F32, WG_SHAPE(N), x), 0.3), f, sizeof f),
                     WG_OK);
    for (int i = 0; i < N; ++i) ck_assert_int_eq(f[i] != 0, a[i] != 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_dropout_edges) {
    static double y[N];
    wg_tape *t = wg_tape_new();
    numbers(wg_dropout(ones(t), 1), y, N);
    for (int i = 0; i < N; ++i) check_near(y[i], 1 + i % 3, 0);
    wg_var none = wg_dropout(wg_input(t, WG_F64, WG_SHAPE(0, 2), NULL), 0.5);
    ck_assert_int_eq(wg_shape_of(none).rank, 2);
    wg_var scalar = wg_dropout(wg_scalar(t, 3), 0.5);
    ck_assert(wg_item(scalar) == 0 || wg_item(scalar) == 6);
    static const double bad[] = {0, -0.5, 1.5, NAN};
    for (int i = 0; i < 4; ++i)
        check_refused(wg_dropout(ones(t), bad[i]), WG_ERR_RANGE, "it lies in (0, 1]");
    wg_tape_free(t);
}
END_TEST

Suite *suite_norm(void) {
    Suite *s = suite_create("norm");
    TCase *c = tcase_create("norm");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_batch_statistics);
    tcase_add_test(c, test_given_statistics);
    tcase_add_test(c, test_far_mean);
    tcase_add_test(c, test_gradient_is_orthogonal);
    tcase_add_test(c, test_norm_gradients);
    tcase_add_test(c, test_many_rows);
    tcase_add_test(c, test_norm_errors);
    tcase_add_loop_test(c, test_dropout_values, 0, 3);
    tcase_add_test(c, test_dropout_draws);
    tcase_add_test(c, test_dropout_threads);
    tcase_add_test(c, test_dropout_edges);
    suite_add_tcase(s, c);
    return s;
}
