/* test_elementwise.c: elementwise gates where mathematics gives out: kinks, ties, zeros of either
 * sign, infinities, NaN, the ends of the range.  Each point is met on every path: float64 scalar,
 * tensors of both float types, the inline partials and the recorded rule. */
#include "tests/ops/points.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <string.h>

static wg_var leaky_relu(wg_var x) { return wg_leaky_relu(x, 0.01); }
static wg_var elu(wg_var x) { return wg_elu(x, 1); }
static wg_var elu_half(wg_var x) { return wg_elu(x, 0.5); }
static wg_var softplus(wg_var x) { return wg_softplus(x, 1); }
static wg_var softplus2(wg_var x) { return wg_softplus(x, 2); }
static wg_var twice(wg_var x) { return wg_scale(x, 2); }
static wg_var plus1(wg_var x) { return wg_shift(x, 1); }

static const point specials[] = {
    ONE(wg_neg, INF, -INF, -1), ONE(wg_neg, NOT, NOT, -1),
    ONE(twice, -INF, -INF, 2), ONE(twice, NOT, NOT, 2), ONE(plus1, INF, INF, 1),
    ONE(wg_abs, 0, 0, 0), ONE(wg_abs, -0.0, 0, 0), ONE(wg_abs, 1e-300, 1e-300, 1),
    ONE(wg_abs, -1e300, 1e300, -1), ONE(wg_abs, -INF, INF, -1), ONE(wg_abs, INF, INF, 1),
    ONE(wg_abs, NOT, NOT, NOT),
    ONE(wg_sign, 0, 0, 0), ONE(wg_sign, -0.0, 0, 0), ONE(wg_sign, -1e-300, -1, 0),
    ONE(wg_sign, INF, 1, 0), ONE(wg_sign, NOT, NOT, 0),
    ONE(wg_step, 0, 0, 0), ONE(wg_step, 1e-300, 1, 0), ONE(wg_step, -INF, 0, 0),
    ONE(wg_step, INF, 1, 0), ONE(wg_step, NOT, NOT, 0),
    ONE(wg_square, -INF, INF, -INF), ONE(wg_square, 1e300, INF, 2e300),
    ONE(wg_square, 1e-300, 0, 2e-300), ONE(wg_square, NOT, NOT, NOT),
    ONE(wg_sqrt, 0, 0, INF), ONE(wg_sqrt, -0.0, 0, -INF), ONE(wg_sqrt, 1e300, 1e150, 5e-151),
    ONE(wg_sqrt, 1e-300, 1e-150, 5e149), ONE(wg_sqrt, INF, INF, 0), ONE(wg_sqrt, -1, NOT, NOT),
    ONE(wg_sqrt, NOT, NOT, NOT),
    ONE(wg_exp, 1000, INF, INF), ONE(wg_exp, -1000, 0, 0), ONE(wg_exp, INF, INF, INF),
    ONE(wg_exp, -INF, 0, 0), ONE(wg_exp, NOT, NOT, NOT),
    ONE(wg_log, 0, -INF, INF), ONE(wg_log, -0.0, -INF, -INF), ONE(wg_log, INF, INF, 0),
    ONE(wg_log, 1e300, 690.77552789821368, 1e-300), ONE(wg_log, -2, NOT, -0.5),
    ONE(wg_log, 1e-300, -690.77552789821368, 1e300), ONE(wg_log, NOT, NOT, NOT),
    ONE(wg_sin, 0, 0, 1), ONE(wg_sin, INF, NOT, NOT), ONE(wg_cos, 0, 1, 0),
    ONE(wg_cos, -INF, NOT, NOT),
    ONE(wg_tanh, 0, 0, 1), ONE(wg_tanh, 1e-300, 1e-300, 1), ONE(wg_tanh, 1e300, 1, 0),
    ONE(wg_tanh, -INF, -1, 0), ONE(wg_tanh, NOT, NOT, NOT),
    ONE(wg_sigmoid, 0, 0.5, 0.25), ONE(wg_sigmoid, 1e4, 1, 0), ONE(wg_sigmoid, -1e4, 0, 0),
    ONE(wg_sigmoid, -80, 1.8048513878454153e-35, 1.8048513878454153e-35),
    ONE(wg_sigmoid, -700, 9.8596765437597708e-305, 9.8596765437597708e-305),
    ONE(wg_sigmoid, INF, 1, 0), ONE(wg_sigmoid, -INF, 0, 0), ONE(wg_sigmoid, NOT, NOT, NOT),
    ONE(wg_relu, 0, 0, 0), ONE(wg_relu, -0.0, 0, 0), ONE(wg_relu, 1e-300, 1e-300, 1),
    ONE(wg_relu, -1e300, 0, 0), ONE(wg_relu, INF, INF, 1), ONE(wg_relu, -INF, 0, 0),
    ONE(wg_relu, NOT, NOT, NOT),
    ONE(leaky_relu, 0, 0, 0.01), ONE(leaky_relu, INF, INF, 1), ONE(leaky_relu, -INF, -INF, 0.01),
    ONE(leaky_relu, -2, -0.02, 0.01), ONE(leaky_relu, NOT, NOT, 0.01),
    ONE(elu, 0, 0, 1), ONE(elu_half, 0, 0, 0.5), ONE(elu, 1e4, 1e4, 1), ONE(elu, -1e4, -1, 0),
    ONE(elu, -1e-300, -1e-300, 1), ONE(elu, INF, INF, 1), ONE(elu_half, -INF, -0.5, 0),
    ONE(elu, NOT, NOT, NOT),
    ONE(softplus, 0, 0.69314718055994531, 0.5), ONE(softplus, 1e4, 1e4, 1),
    ONE(softplus, -1e4, 0, 0), ONE(softplus2, -40, 9.0242569392270765e-36, 1.8048513878454153e-35),
    ONE(softplus, INF, INF, 1), ONE(softplus, -INF, 0, 0), ONE(softplus, NOT, NOT, NOT),

    TWO(wg_add, INF, -INF, NOT, 1, 1), TWO(wg_sub, INF, INF, NOT, 1, -1),
    TWO(wg_mul, 0, INF, NOT, INF, 0), TWO(wg_mul, 1e300, 1e300, INF, 1e300, 1e300),
    TWO(wg_div, 1, 0, INF, INF, -INF), TWO(wg_div, 1, -0.0, -INF, -INF, -INF),
    TWO(wg_div, 0, 0, NOT, INF, NOT), TWO(wg_div, 2, INF, 0, 0, 0),
    TWO(wg_div, 1e300, 1e-300, INF, 1e300, -INF),
    TWO(wg_maximum, 2, 2, 2, 0.5, 0.5), TWO(wg_maximum, 0, -0.0, 0, 0.5, 0.5),
    TWO(wg_maximum, INF, INF, INF, 0.5, 0.5), TWO(wg_maximum, -INF, INF, INF, 0, 1),
    TWO(wg_maximum, NOT, 1, NOT, 0.5, 0.5), TWO(wg_maximum, 1, NOT, NOT, 0.5, 0.5),
    TWO(wg_minimum, 2, 2, 2, 0.5, 0.5), TWO(wg_minimum, -0.0, 0, 0, 0.5, 0.5),
    TWO(wg_minimum, INF, INF, INF, 0.5, 0.5), TWO(wg_minimum, -INF, INF, -INF, 1, 0),
    TWO(wg_minimum, NOT, 1, NOT, 0.5, 0.5), TWO(wg_minimum, 1, NOT, NOT, 0.5, 0.5),
    TWO(wg_share, 2, 2, 0.5, 0, 0), TWO(wg_share, INF, INF, 0.5, 0, 0),
    TWO(wg_share, NOT, 1, 0.5, 0, 0), TWO(wg_share, 3, 1, 1, 0, 0),
    TWO(wg_pow, 0, 2, 0, 0, 0), TWO(wg_pow, 0, 1, 0, 1, 0), TWO(wg_pow, 0, 0, 1, 0, 0),
    TWO(wg_pow, -0.0, 1, 0, 1, 0), TWO(wg_pow, -0.0, 0, 1, 0, 0), TWO(wg_pow, 0, 0.5, 0, INF, 0),
    TWO(wg_pow, 0, -1, INF, -INF, -INF), TWO(wg_pow, -2, 3, -8, 12, NOT),
    TWO(wg_pow, -2, -1, -0.5, -0.25, NOT), TWO(wg_pow, -2, 0, 1, 0, NOT),
    TWO(wg_pow, -2, 0.5, NOT, NOT, NOT), TWO(wg_pow, 2, 0, 1, 0, 0.69314718055994531),
    TWO(wg_pow, 1, 3, 1, 3, 0), TWO(wg_pow, INF, 2, INF, INF, INF),
    TWO(wg_pow, NOT, 0, 1, NOT, NOT), TWO(wg_pow, NOT, 2, NOT, NOT, NOT),
    TWO(wg_pow, 2, NOT, NOT, NOT, NOT), TWO(wg_pow, 1e300, 1, 1e300, 1, 6.9077552789821368e302),
    TWO(wg_pow, 1e-300, 1, 1e-300, 1, -6.9077552789821368e-298),
    TWO(wg_pow, 1e300, -1, 1e-300, 0, 6.9077552789821368e-298),
};
enum { N_SPECIALS = sizeof specials / sizeof *specials };

START_TEST(test_special) { hold_point(&specials[_i], 1e-14, 2e-6); }
END_TEST

/* ---- second order --------------------------------------------------------------------------- */

/* d2y/dx2 at a number, by differentiating the recorded gradient. */
static double second(wg_var x, wg_var y) {
    wg_var d, dd;
    ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
    ck_assert_int_eq(wg_gradients(d, 1, &x, &dd), WG_OK);
    return wg_item(dd);
}

START_TEST(test_second_order) {
    static const struct {
        unary *f;
        double x, want;
    } cases[] = {
        {wg_abs, 0, 0}, {wg_relu, 0, 0}, {wg_relu, -0.0, 0}, {leaky_relu, 0, 0},
        {elu, 0, 1}, {elu, 1e4, 0}, {elu, -1e4, 0}, {elu_half, 0, 0.5},
        {softplus, 0, 0.25}, {softplus, 1e4, 0}, {softplus, -1e4, 0}, {softplus2, 0, 0.5},
        {wg_sigmoid, 0, 0}, {wg_sigmoid, 1e4, 0}, {wg_sigmoid, -1e4, 0},
        {wg_sqrt, 0, -INF}, {wg_sqrt, 4, -0.03125}, {wg_log, 2, -0.25}, {wg_square, 0, 2}};
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        wg_var x = wg_scalar(t, cases[i].x);
        double got = second(x, cases[i].f(x)), want = cases[i].want;
        ck_assert_msg(got == want || fabs(got - want) < 1e-15, "case %zu at %g: %.17g, not %.17g",
                      i, cases[i].x, got, want);
    }
    wg_tape_free(t);
}
END_TEST

/* x^n in x at 0, n = 0 .. 4, to third order; and where both vary, (-2)^3 among them. */
START_TEST(test_pow_derivatives) {
    static const double first[] = {0, 1, 0, 0, 0}, twice_[] = {0, 0, 2, 0, 0},
                        third[] = {0, 0, 0, 6, 0};
    wg_tape *t = wg_tape_new();
    for (int n = 0; n < 5; ++n) {
        wg_var x = wg_scalar(t, 0), d, dd, ddd;
        wg_var y = wg_pow(x, n % 2 ? wg_number(t, n) : wg_scalar(t, n));
        ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
        ck_assert_int_eq(wg_gradients(d, 1, &x, &dd), WG_OK);
        ck_assert_int_eq(wg_gradients(dd, 1, &x, &ddd), WG_OK);
        ck_assert_msg(wg_item(d) == first[n] && wg_item(dd) == twice_[n] &&
                          wg_item(ddd) == third[n],
                      "x^%d: %g %g %g", n, wg_item(d), wg_item(dd), wg_item(ddd));
    }
    wg_var x = wg_scalar(t, -2);
    ck_assert(second(x, wg_pow(x, wg_number(t, 3))) == -12);
    /* d2/dxdy x^y = x^(y-1) (1 + y ln x), from either side; at y = 0 too, where it is 1/x */
    for (int n = 0; n < 3; ++n) {
        wg_var xs[2] = {wg_scalar(t, 1.5), wg_scalar(t, n)}, d[2], xy, yx;
        ck_assert_int_eq(wg_gradients(wg_pow(xs[0], xs[1]), 2, xs, d), WG_OK);
        ck_assert_int_eq(wg_gradients(d[0], 1, &xs[1], &xy), WG_OK);
        ck_assert_int_eq(wg_gradients(d[1], 1, &xs[0], &yx), WG_OK);
        double want = pow(1.5, n - 1) * (1 + n * log(1.5));
        check_near(wg_item(xy), want, 1e-14);
        check_near(wg_item(yx), want, 1e-14);
    }
    wg_tape_free(t);
}
END_TEST

/* A slope that is a number takes the dtype of x in the rule too. */
START_TEST(test_prelu_of_a_number) {
    const double x[2] = {-2, 3};
    double d[2];
    wg_tape *t = wg_tape_new();
    wg_var v = put(t, WG_F32, WG_SHAPE(2), 2, x, 1), g;
    wg_var root = wg_sum(wg_prelu(v, wg_number(t, 0.25)));
    ck_assert_int_eq(wg_gradients(root, 1, &v, &g), WG_OK);
    ck_assert(take(g, 2, d) && d[0] == 0.25 && d[1] == 1);
    wg_tape_free(t);
}
END_TEST

/* ---- attributes ----------------------------------------------------------------------------- */

START_TEST(test_softplus_range) {
    static const double bad[] = {0, -1, INF, NOT};
    for (int i = 0; i < 8; ++i) {
        wg_tape *t = wg_tape_new();
        double x[2] = {1, 2};
        wg_var v = i < 4 ? wg_scalar(t, 1) : put(t, WG_F32, WG_SHAPE(2), 2, x, 1);
        ck_assert_uint_eq(wg_softplus(v, bad[i % 4]).index, 0);
        ck_assert_int_eq(wg_tape_status(t), WG_ERR_RANGE);
        ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "softplus: beta is"));
        wg_tape_free(t);
    }
}
END_TEST

/* What an expression says without a number: slope 0.01, alpha 1, beta 1. */
START_TEST(test_presets) {
    static const struct {
        const char *gate, *attr;
        double preset;
    } want[] = {{"leaky_relu", "slope", 0.01}, {"elu", "alpha", 1}, {"softplus", "beta", 1}};
    for (size_t i = 0; i < 3; ++i) {
        const wg_gate *g = wgi_gate_find(want[i].gate, strlen(want[i].gate));
        ck_assert_ptr_nonnull(g);
        ck_assert_str_eq(g->attrs[0].name, want[i].attr);
        ck_assert(g->attrs[0].preset == want[i].preset);
    }
}
END_TEST

extern Suite *suite_elementwise(void);
Suite *suite_elementwise(void) {
    Suite *s = suite_create("elementwise");
    TCase *c = tcase_create("points");
    tcase_add_loop_test(c, test_special, 0, N_SPECIALS);
    tcase_add_test(c, test_second_order);
    tcase_add_test(c, test_pow_derivatives);
    tcase_add_test(c, test_prelu_of_a_number);
    tcase_add_test(c, test_softplus_range);
    tcase_add_test(c, test_presets);
    suite_add_tcase(s, c);
    return s;
}
