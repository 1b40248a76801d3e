/* test_dropout.c: the forms of dropout besides the inverted one (test_norm.c): without scaling, of
 * channels, of weights.  All draw as dropout does, so that with one seed they have its mask. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

extern Suite *suite_dropout(void);

enum { N = 4, PLACES = 6, C = 50, SIZE = N * PLACES * C };

/* 1, 2, 3, 1, ... */
static wg_var leaf(wg_tape *t, wg_shape shape) {
    static double x[SIZE];
    for (int i = 0; i < SIZE; ++i) x[i] = 1 + i % 3;
    return wg_input(t, WG_F64, shape, x);
}

static void count_kept(const double *y, int n, double keep) {
    int kept = 0;
    for (int i = 0; i < n; ++i) kept += y[i] != 0;
    check_near((double)kept / n, keep, 5 * sqrt(keep * (1 - keep) / n));
}

/* ---- without scaling ------------------------------------------------------------------------ */

START_TEST(test_plain) {
    static double inverted[SIZE], y[SIZE], d[SIZE];
    const double keep = 0.7;
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_SHAPE(SIZE));
    probe_read(wg_dropout(x, keep), SIZE, inverted);
    wg_tape_seed(t, 0);
    wg_var v = wg_plain_dropout(x, keep, 1);
    probe_read(v, SIZE, y);
    ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
    probe_read(wg_grad(x), SIZE, d);
    for (int i = 0; i < SIZE; ++i) {
        ck_assert(y[i] == (inverted[i] != 0 ? 1 + i % 3 : 0)); /* the same mask, no factor */
        ck_assert(d[i] == (y[i] != 0 ? 1 : 0));
    }
    count_kept(y, SIZE, keep);
    wg_tape_free(t);
}
END_TEST

/* In evaluation it multiplies by keep, and draws nothing. */
START_TEST(test_plain_evaluation) {
    static double y[SIZE], a[SIZE], b[SIZE];
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_SHAPE(SIZE)), v = wg_plain_dropout(x, 0.7, 0);
    probe_read(v, SIZE, y);
    for (int i = 0; i < SIZE; ++i) check_near(y[i], 0.7 * (1 + i % 3), 0);
    ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
    probe_read(wg_grad(x), SIZE, y);
    for (int i = 0; i < SIZE; ++i) check_near(y[i], 0.7, 0);
    probe_read(wg_dropout(x, 0.5), SIZE, a);
    wg_tape_seed(t, 0);
    probe_read(wg_dropout(x, 0.5), SIZE, b);
    ck_assert_mem_eq(a, b, sizeof a);
    wg_tape_free(t);
}
END_TEST

/* The mean of training is what evaluation gives. */
START_TEST(test_plain_mean) {
    static double y[SIZE];
    const int rounds = 400;
    double sum = 0;
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_SHAPE(SIZE));
    for (int i = 0; i < rounds; ++i) {
        probe_read(wg_plain_dropout(x, 0.3, 1), SIZE, y);
        for (int k = 0; k < SIZE; k += 3) sum += y[k]; /* ones */
    }
    double n = rounds * SIZE / 3.0;
    check_near(sum / n, 0.3, 5 * sqrt(0.21 / n));
    wg_tape_free(t);
}
END_TEST

/* ---- channels ------------------------------------------------------------------------------- */

/* The mask of (N, C) is dropout's own; all places share it. */
START_TEST(test_spatial) {
    static double mask[N * C], y[SIZE], d[SIZE], again[SIZE];
    const double keep = 0.6;
    wg_tape *t = wg_tape_new();
    wg_tape_seed(t, 11);
    wg_var one = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE(N, C));
    probe_read(wg_dropout(one, keep), N * C, mask);
    wg_tape_seed(t, 11);
    wg_var x = leaf(t, WG_SHAPE(N, 2, PLACES / 2, C)), v = wg_spatial_dropout(x, keep);
    probe_read(v, SIZE, y);
    ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
    probe_read(wg_grad(x), SIZE, d);
    for (int i = 0; i < SIZE; ++i) {
        double m = mask[i / (PLACES * C) * C + i % C];
        check_near(y[i], m * (1 + i % 3), 1e-15);
        ck_assert(d[i] == m);
    }
    count_kept(mask, N * C, keep);
    ck_assert_int_eq(wg_replay(v), WG_OK);
    probe_read(v, SIZE, again);
    ck_assert_mem_eq(y, again, sizeof y);
    probe_read(wg_spatial_dropout(x, keep), SIZE, again);
    ck_assert(memcmp(y, again, sizeof y) != 0); /* another recording draws on */
    wg_tape_free(t);
}
END_TEST

/* Threads and element types change nothing; what is dropped is 0, whatever it was. */
START_TEST(test_spatial_alike) {
    static double a[SIZE], b[SIZE];
    static float f[SIZE];
    wg_tape *t = wg_tape_new();
    use_threads(1);
    probe_read(wg_spatial_dropout(leaf(t, WG_SHAPE(N, PLACES, C)), 0.5), SIZE, a);
    wg_tape_seed(t, 0);
    use_threads(3);
    probe_read(wg_spatial_dropout(leaf(t, WG_SHAPE(N, PLACES, C)), 0.5), SIZE, b);
    use_threads(1);
    ck_assert_mem_eq(a, b, sizeof a);
    for (int i = 0; i < SIZE; ++i) f[i] = i % 2 ? (float)NAN : (float)INFINITY;
    wg_tape_seed(t, 0);
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(N, PLACES, C), f);
    ck_assert_int_eq(wg_read(wg_spatial_dropout(x, 0.5), f, sizeof f), WG_OK);
    for (int i = 0; i < SIZE; ++i) ck_assert(a[i] == 0 ? f[i] == 0 : !isfinite(f[i]));
    wg_tape_free(t);
}
END_TEST

/* ---- weights -------------------------------------------------------------------------------- */

START_TEST(test_dropconnect) {
    enum { K = 20, M = 30 };
    static double mask[K * M], w[K * M], y[2 * M], dw[K * M];
    wg_tape *t = wg_tape_new();
    wg_var one = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE(K, M));
    probe_read(wg_dropout(one, 0.5), K * M, mask); /* 0 or 2 */
    wg_tape_seed(t, 0);
    wg_var vx = probe_leaf(t, WG_F64, WG_SHAPE(2, K)), vw = probe_leaf(t, WG_F64, WG_SHAPE(K, M));
    wg_var vb = probe_leaf(t, WG_F64, WG_SHAPE(M)), vy = wg_dropconnect(vx, vw, vb, 0.5);
    double x[2 * K], b[M];
    probe_read(vx, 2 * K, x), probe_read(vw, K * M, w), probe_read(vb, M, b);
    probe_shape(vy, WG_SHAPE(2, M));
    probe_read(vy, 2 * M, y);
    for (int i = 0; i < 2 * M; ++i) {
        double sum = b[i % M];
        for (int k = 0; k < K; ++k)
            sum += x[i / M * K + k] * mask[k * M + i % M] * w[k * M + i % M];
        check_near(y[i], sum, 0); /* all whole */
    }
    ck_assert_int_eq(wg_backward(wg_sum(vy)), WG_OK);
    probe_read(wg_grad(vw), K * M, dw);
    for (int i = 0; i < K * M; ++i) check_near(dw[i], mask[i] * (x[i / M] + x[K + i / M]), 0);
    count_kept(mask, K * M, 0.5);
    wg_tape_seed(t, 0);
    double without[2 * M];
    probe_read(wg_dropconnect(vx, vw, WG_NONE, 0.5), 2 * M, without);
    for (int i = 0; i < 2 * M; ++i) check_near(without[i] + b[i % M], y[i], 0);
    wg_tape_free(t);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

/* A refused call draws nothing. */
START_TEST(test_errors) {
    static const double bad[] = {0, -0.5, 1.5, NAN};
    static double a[SIZE], b[SIZE];
    wg_tape *t = wg_tape_new();
    probe_read(wg_dropout(leaf(t, WG_SHAPE(SIZE)), 0.5), SIZE, a);
    wg_tape_seed(t, 0);
    for (int i = 0; i < 4; ++i) {
        probe_fails(wg_plain_dropout(leaf(t, WG_SHAPE(3)), bad[i], 1), WG_ERR_RANGE,
                    "plain_dropout: keep = ");
        probe_fails(wg_plain_dropout(leaf(t, WG_SHAPE(3)), bad[i], 0), WG_ERR_RANGE,
                    "it lies in (0, 1]");
        probe_fails(wg_spatial_dropout(leaf(t, WG_SHAPE(3, 2)), bad[i]), WG_ERR_RANGE,
                    "spatial_dropout: keep = ");
        probe_fails(wg_dropconnect(leaf(t, WG_SHAPE(3)), leaf(t, WG_SHAPE(3, 2)), WG_NONE, bad[i]),
                    WG_ERR_RANGE, "dropconnect: keep = ");
    }
    probe_fails(wg_spatial_dropout(leaf(t, WG_SHAPE(3)), 0.5), WG_ERR_SHAPE,
                "spatial_dropout: x has shape (3); it is (N, ..., C)");
    probe_fails(wg_dropconnect(leaf(t, WG_SHAPE(3)), leaf(t, WG_SHAPE(2, 3)), WG_NONE, 0.5),
                WG_ERR_SHAPE, "dropconnect: (3) @ (2, 3): the inner dimensions 3 and 2 differ");
    probe_fails(wg_dropconnect(leaf(t, WG_SHAPE(3)), leaf(t, WG_SHAPE(3)), WG_NONE, 0.5),
                WG_ERR_SHAPE, "dropconnect: w has shape (3); it is (k, m)");
    probe_fails(wg_dropconnect(leaf(t, WG_RANK0), leaf(t, WG_SHAPE(3, 1)), WG_NONE, 0.5),
                WG_ERR_SHAPE, "dropconnect: x has rank 0; it is (..., k)");
    probe_fails(wg_dropconnect(leaf(t, WG_SHAPE(3)), leaf(t, WG_SHAPE(3, 2)), leaf(t, WG_SHAPE(3)),
                               0.5),
                WG_ERR_SHAPE, "dropconnect: b has shape (3); it is (2)");
    probe_read(wg_dropout(leaf(t, WG_SHAPE(SIZE)), 0.5), SIZE, b);
    ck_assert_mem_eq(a, b, sizeof a);
    wg_tape_free(t);
}
END_TEST

Suite *suite_dropout(void) {
    Suite *s = suite_create("dropout");
    TCase *c = tcase_create("dropout");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_plain);
    tcase_add_test(c, test_plain_evaluation);
    tcase_add_test(c, test_plain_mean);
    tcase_add_test(c, test_spatial);
    tcase_add_test(c, test_spatial_alike);
    tcase_add_test(c, test_dropconnect);
    tcase_add_test(c, test_errors);
    suite_add_tcase(s, c);
    return s;
}
