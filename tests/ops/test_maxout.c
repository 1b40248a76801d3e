/* test_maxout.c: maxout, and mean and variance as a pair. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>

extern Suite *suite_maxout(void);

/* Pieces of a unit lie side by side; equal ones share; NaN is passed on, to the NaNs. */
START_TEST(test_maxout) {
    static const double x[] = {1, 2, 9, 4, 3, 3, -1, -2, 5, 0, NAN, 7};
    wg_tape *t = wg_tape_new();
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(2, 6), x), y = wg_maxout(v, 2);
    probe_shape(y, WG_SHAPE(2, 3));
    probe_equal(y, 6, (const double[]){2, 9, 3, -1, 5, NAN});
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    probe_equal(wg_grad(v), 12, (const double[]){0, 1, 1, 0, 0.5, 0.5, 1, 0, 1, 0, 1, 0});
    probe_equal(wg_maxout(v, 3), 4, (const double[]){9, 4, 5, NAN});
    probe_equal(wg_maxout(v, 1), 12, x);
    probe_equal(wg_maxout(v, 6), 2, (const double[]){9, NAN});
    wg_tape_free(t);
}
END_TEST

/* It is max over any reshape (..., C, k), exactly. */
START_TEST(test_maxout_random) {
    const int cases = full_run() ? 2000 : 100;
    static double want[PROBE_MAX];
    for (int i = 0; i < cases; ++i) {
        int64_t n = (int64_t)(probe_random() * 4), c = (int64_t)(probe_random() * 5);
        int64_t k = 1 + (int64_t)(probe_random() * 5);
        wg_tape *t = wg_tape_new();
        wg_var x = probe_leaf(t, i % 2 ? WG_F32 : WG_F64, WG_SHAPE(n, 2, c * k));
        double numbers[PROBE_MAX];
        probe_read(x, n * 2 * c * k, numbers);
        for (int64_t u = 0; u < n * 2 * c; ++u) {
            want[u] = numbers[u * k];
            for (int64_t j = 1; j < k; ++j) want[u] = fmax(want[u], numbers[u * k + j]);
        }
        probe_equal(wg_maxout(x, k), n * 2 * c, want);
        wg_tape_free(t);
    }
}
END_TEST

START_TEST(test_maxout_errors) {
    wg_tape *t = wg_tape_new();
#define ROW wg_input(t, WG_F64, WG_SHAPE(6), NULL)
    probe_fails(wg_maxout(ROW, 4), WG_ERR_SHAPE,
                "maxout: an axis of 6 places does not fall into units of 4");
    probe_fails(wg_maxout(ROW, 0), WG_ERR_RANGE, "maxout: 0 pieces; there is at least 1");
    probe_fails(wg_maxout(wg_scalar(t, 1), 1), WG_ERR_SHAPE, "maxout: x has rank 0");
    wg_var deep = wg_input(t, WG_F64, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 2), NULL);
    probe_fails(wg_maxout(deep, 2), WG_ERR_SHAPE, "maxout: x has rank 8; it is less than 8");
    wg_tape_free(t);
}
END_TEST

/* ---- mean and variance ---------------------------------------------------------------------- */

START_TEST(test_pair) {
    static const double x[] = {1, 3, 5, 2, 2, 8};
    wg_tape *t = wg_tape_new();
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(2, 3), x), m, s;
    ck_assert_int_eq(wg_mean_and_var(v, WG_AXES(1), 0, &m, &s), WG_OK);
    probe_shape(m, WG_SHAPE(2));
    probe_equal(m, 2, (const double[]){3, 4});
    probe_equal(s, 2, (const double[]){8 / 3.0, 8});
    ck_assert_int_eq(wg_mean_and_var(v, WG_AXES(0), 1, &m, &s), WG_OK);
    probe_shape(m, WG_SHAPE(1, 3));
    probe_shape(s, WG_SHAPE(1, 3));
    probe_equal(m, 3, (const double[]){1.5, 2.5, 6.5});
    probe_equal(s, 3, (const double[]){0.25, 0.25, 2.25});
    ck_assert_int_eq(wg_mean_and_var(v, (wg_axes){0, {0}}, 0, &m, &s), WG_OK);
    probe_shape(s, WG_RANK0);
    check_near(wg_item(m), 3.5, 0);
    check_near(wg_item(s), 33.5 / 6, 1e-15);
    ck_assert_int_eq(wg_backward(s), WG_OK);
    double d[6];
    probe_read(wg_grad(v), 6, d);
    for (int i = 0; i < 6; ++i) check_near(d[i], (x[i] - 3.5) / 3, 1e-15);
    wg_var both = wg_moments_over(v, WG_AXES(-1), 1);
    probe_shape(both, WG_SHAPE(2, 2, 1));
    probe_equal(both, 4, (const double[]){3, 4, 8 / 3.0, 8});
    wg_tape_free(t);
}
END_TEST

/* Rank 8 has no room for one axis more, of which the pair has no need. */
START_TEST(test_pair_edges) {
    wg_tape *t = wg_tape_new();
    wg_var m, s, deep = wg_input(t, WG_F64, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 2),
                                 (const double[]){1, 3});
    ck_assert_int_eq(wg_mean_and_var(deep, WG_AXES(7), 1, &m, &s), WG_OK);
    probe_shape(m, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1));
    probe_equal(m, 1, (const double[]){2});
    probe_equal(s, 1, (const double[]){1});
    probe_fails(wg_moments_over(deep, WG_AXES(7), 1), WG_ERR_SHAPE,
                "moments: the result would have rank 9; 8 is the most");
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_int_eq(wg_mean_and_var(x, WG_AXES(1), 0, &m, &s), WG_ERR_RANGE);
    ck_assert(m.index == 0 && s.index == 0 && m.tape == t && s.tape == t);
    ck_assert_int_eq(wg_mean_and_var(WG_NONE, WG_AXES(1), 0, &m, &s), WG_ERR_TAPE);
    wg_tape_free(t);
}
END_TEST

Suite *suite_maxout(void) {
    Suite *s = suite_create("maxout");
    TCase *c = tcase_create("maxout");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_maxout);
    tcase_add_test(c, test_maxout_random);
    tcase_add_test(c, test_maxout_errors);
    tcase_add_test(c, test_pair);
    tcase_add_test(c, test_pair_edges);
    suite_add_tcase(s, c);
    return s;
}
