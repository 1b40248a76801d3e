/* test_reduce_more.c: prod, var, std, logsumexp, norm, argmin, any, all and the scans: values
 * against closed forms, gradients at zeros, ties and infinities, what is refused. */
#include "tests/ops/hold.h"
#include "tests/ops/probe.h"

#include "ops/registry.h"

#include <math.h>
#include <string.h>

static const double inf = (double)INFINITY;

static wg_var vector(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

/* The gradient of y, of one element, with respect to x is exactly this; rewinds. */
static void gradient_is(wg_var y, wg_var x, int64_t n, const double *expected) {
    ck_assert_int_eq(wg_backward(y), WG_OK);
    probe_equal(wg_grad(x), n, expected);
    wg_tape_rewind(y.tape);
}

/* <c, H v> of y by two sweeps, H the Hessian: v contracts the recorded gradient. */
static void curvature_is(wg_var y, wg_var x, int64_t n, const double *v, const double *expected) {
    wg_var g, h;
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK);
    wg_var s = wg_sum(wg_mul(g, wg_const(x.tape, WG_F64, WG_SHAPE(n), v)));
    ck_assert_int_eq(wg_gradients(s, 1, &x, &h), WG_OK);
    probe_equal(h, n, expected);
    wg_tape_rewind(y.tape);
}

START_TEST(prod_zeros) {
    wg_tape *t = wg_tape_new();
    const double none[3] = {2, 3, 5}, one[3] = {2, 0, 5}, two[3] = {0, 3, 0}, v[3] = {1, 2, 4};
    wg_var x = vector(t, 3, none);
    ck_assert(wg_item(wg_prod(x)) == 30);
    gradient_is(wg_prod(x), x, 3, (double[]){15, 10, 6});
    x = vector(t, 3, one);
    gradient_is(wg_prod(x), x, 3, (double[]){0, 10, 0});
    x = vector(t, 3, two);
    gradient_is(wg_prod(x), x, 3, (double[]){0, 0, 0});
    /* the Hessian of x y z: off the diagonal the third one */
    x = vector(t, 3, one);
    curvature_is(wg_prod(x), x, 3, v, (double[]){2 * 5 + 4 * 0, 1 * 5 + 4 * 2, 1 * 0 + 2 * 2});
    x = vector(t, 3, two);
    curvature_is(wg_prod(x), x, 3, v, (double[]){2 * 0 + 4 * 3, 0, 1 * 3});
    ck_assert(wg_item(wg_prod(vector(t, 0, NULL))) == 1);
    wg_tape_free(t);
}
END_TEST

START_TEST(prod_axes) {
    wg_tape *t = wg_tape_new();
    const double a[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a);
    probe_equal(wg_prod_over(x, WG_AXES(0), 0), 3, (double[]){4, 10, 18});
    probe_equal(wg_prod_over(wg_transpose(x), WG_AXES(0), 1), 2, (double[]){6, 120});
    probe_shape(wg_prod_over(x, WG_AXES(1), 1), WG_SHAPE(2, 1));
    double nan[2] = {0, NAN};
    ck_assert(isnan(wg_item(wg_prod(vector(t, 2, nan)))));
    wg_tape_free(t);
}
END_TEST

START_TEST(scans) {
    wg_tape *t = wg_tape_new();
    const double a[6] = {1, 2, 3, 4, 0, 6}, z[4] = {2, 0, 3, 0}, v[4] = {1, 10, 100, 1000};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a);
    probe_equal(wg_cumsum(x, 1), 6, (double[]){1, 3, 6, 4, 4, 10});
    probe_equal(wg_cumsum(x, 0), 6, (double[]){1, 2, 3, 5, 2, 9});
    probe_equal(wg_cumprod(x, -1), 6, (double[]){1, 2, 6, 4, 0, 0});
    wg_var w = vector(t, 4, z), weights = wg_const(t, WG_F64, WG_SHAPE(4), v);
    /* d/dx of x0 + 10 x0 x1 + 100 x0 x1 x2 + 1000 x0 x1 x2 x3 */
    gradient_is(wg_sum(wg_mul(wg_cumprod(w, 0), weights)), w, 4,
                (double[]){1, 10 * 2 + 100 * 6, 0, 0});
    w = vector(t, 4, z);
    weights = wg_const(t, WG_F64, WG_SHAPE(4), v);
    curvature_is(wg_sum(wg_mul(wg_cumprod(w, 0), weights)), w, 4, (double[]){0, 1, 0, 0},
                 (double[]){10 + 100 * 3, 0, 100 * 2, 1000 * 6});
    x = vector(t, 3, a);
    probe_equal(wg_linear_scan(x, vector(t, 3, a), 0, 0), 3, (double[]){1, 4, 15});
    probe_equal(wg_linear_scan(x, vector(t, 3, a), 0, 1), 3, (double[]){9, 8, 3});
    probe_fails(wg_cumsum(x, 1), WG_ERR_RANGE, "cumsum: axis 1 of a value of rank 1");
    x = vector(t, 3, a);
    probe_fails(wg_linear_scan(x, vector(t, 4, z), 0, 0), WG_ERR_SHAPE, "shapes differ");
    wg_tape_free(t);
}
END_TEST

START_TEST(variances) {
    wg_tape *t = wg_tape_new();
    const double a[6] = {1e8 + 1, 1e8 + 2, 1e8 + 4, 1, 1, 1};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a), y;
    y = wg_var_over(x, WG_AXES(1), 0, 1);
    double v[2];
    probe_read(y, 2, v);
    check_near(v[0], 7.0 / 3, 1e-12);
    ck_assert(v[1] == 0);
    probe_read(wg_std_over(x, WG_AXES(-1), 0, 0), 2, v);
    check_near(v[0], sqrt(14.0 / 9), 1e-12);
    y = wg_slice(wg_std_over(x, WG_AXES(1), 0, 0), 0, 1, 2, 1); /* all equal: the derivative is 0 */
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    probe_equal(wg_grad(x), 6, (double[]){0, 0, 0, 0, 0, 0});
    ck_assert(isnan(wg_item(wg_var_over(vector(t, 1, a), WG_AXES(0), 0, 1))));
    ck_assert(isnan(wg_item(wg_std_over(vector(t, 0, NULL), WG_AXES(0), 0, 0))));
    ck_assert(wg_item(wg_var_over(vector(t, 1, a), WG_AXES(0), 0, 0)) == 0);
    probe_fails(wg_var_over(x, WG_AXES(1), 0, -1), WG_ERR_RANGE, "var: ddof is -1");
    wg_tape_free(t);
}
END_TEST

START_TEST(logsumexp_limits) {
    wg_tape *t = wg_tape_new();
    const double far[2] = {1e4, 1e4 - 1}, low[2] = {-1e4, -1e4}, none[2] = {-inf, -inf},
                 one[2] = {-inf, 3}, over[2] = {inf, 0};
    check_near(wg_item(wg_logsumexp(vector(t, 2, far))), 1e4 + log1p(exp(-1)), 1e-8);
    check_near(wg_item(wg_logsumexp(vector(t, 2, low))), -1e4 + log(2), 1e-8);
    wg_var x = vector(t, 2, none);
    ck_assert(wg_item(wg_logsumexp(x)) == -inf);
    gradient_is(wg_logsumexp(x), x, 2, (double[]){0, 0});
    x = vector(t, 2, one);
    ck_assert(wg_item(wg_logsumexp(x)) == 3);
    gradient_is(wg_logsumexp(x), x, 2, (double[]){0, 1});
    x = vector(t, 2, over);
    ck_assert(wg_item(wg_logsumexp(x)) == inf);
    gradient_is(wg_logsumexp(x), x, 2, (double[]){1, 0});
    x = vector(t, 2, (double[]){NAN, 0});
    ck_assert(isnan(wg_item(wg_logsumexp(x))));
    ck_assert(wg_item(wg_logsumexp(vector(t, 0, NULL))) == -inf);
    wg_tape_free(t);
}
END_TEST

START_TEST(norms) {
    wg_tape *t = wg_tape_new();
    wg_axes all = {0, {0}};
    const double a[2] = {3, -4}, big[2] = {3e300, 4e300}, small[2] = {3e-300, 4e-300},
                 zero[2] = {0, 0}, tie[3] = {-2, 1, 2};
    double ords[3] = {1, 2, inf};
    ck_assert(wg_item(wg_norm_over(vector(t, 2, a), 1, all, 0)) == 7);
    check_near(wg_item(wg_norm_over(vector(t, 2, a), 2, all, 0)), 5, 1e-14);
    ck_assert(wg_item(wg_norm_over(vector(t, 2, a), inf, all, 0)) == 4);
    check_near(wg_item(wg_norm_over(vector(t, 2, big), 2, all, 0)) / 1e300, 5, 1e-12);
    check_near(wg_item(wg_norm_over(vector(t, 2, small), 2, all, 0)) / 1e-300, 5, 1e-12);
    for (int i = 0; i < 3; ++i) {
        wg_var x = vector(t, 2, zero);
        ck_assert(wg_item(wg_norm_over(x, ords[i], all, 0)) == 0);
        gradient_is(wg_norm_over(x, ords[i], all, 0), x, 2, zero);
        ck_assert(isnan(wg_item(wg_norm_over(vector(t, 2, (double[]){1, NAN}), ords[i], all, 0))));
        ck_assert(wg_item(wg_norm_over(vector(t, 2, (double[]){1, -inf}), ords[i], all, 0)) == inf);
        ck_assert(wg_item(wg_norm_over(vector(t, 0, NULL), ords[i], all, 0)) == 0);
    }
    wg_var x = vector(t, 3, tie);
    gradient_is(wg_norm_over(x, inf, all, 0), x, 3, (double[]){-0.5, 0, 0.5});
    x = vector(t, 3, tie);
    probe_fails(wg_norm_over(x, 3, all, 0), WG_ERR_RANGE, "norm: ord is 3");
    wg_tape_free(t);
}
END_TEST

START_TEST(masks_and_places) {
    wg_tape *t = wg_tape_new();
    const unsigned char m[6] = {0, 0, 1, 0, 0, 0};
    wg_var mask = wg_const(t, WG_BOOL, WG_SHAPE(2, 3), m);
    wg_var not = wg_equal(mask, wg_less(mask, mask));
    probe_equal(wg_any_over(mask, WG_AXES(1), 0), 2, (double[]){1, 0});
    probe_equal(wg_any_over(wg_transpose(mask), WG_AXES(1), 1), 3, (double[]){0, 0, 1});
    probe_equal(wg_all_over(not, WG_AXES(0), 0), 3, (double[]){1, 1, 0});
    probe_equal(wg_all(not), 1, (double[]){0});
    wg_var empty = wg_const(t, WG_BOOL, WG_SHAPE(0), NULL);
    probe_equal(wg_any(empty), 1, (double[]){0});
    probe_equal(wg_all(empty), 1, (double[]){1});
    const double a[6] = {2, 1, 1, 5, NAN, 0};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a);
    probe_equal(wg_argmin(x, 1), 2, (double[]){1, 1});
    probe_equal(wg_argmin(x, 0), 3, (double[]){0, 1, 1});
    probe_fails(wg_argmin(vector(t, 0, NULL), 0), WG_ERR_VALUE, "argmin: axis 0 has no elements");
    wg_tape_free(t);
}
END_TEST

START_TEST(expressions) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"prod([2, 3])", 6},
        {"var([1, 3], axis=0, ddof=1)", 2},
        {"std([1, 3])", 1},
        {"logsumexp([0, 0], axis=0) - log(2)", 0},
        {"norm([3, -4], ord=1, axis=0)", 7},
        {"norm([3, -4], ord=inf)", 4},
        {"sum(cumsum([1, 2], axis=0))", 4},
        {"sum(cumprod([2, 3], axis=0))", 8},
    };
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        wg_var y = wg_parse(t, cases[i].text, 0, NULL, NULL);
        ck_assert_msg(y.index, "%s: %s", cases[i].text, wg_tape_message(t));
        check_near(wg_item(y), cases[i].value, 1e-15);
    }
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_reduce_more(void);
Suite *suite_reduce_more(void) {
    Suite *s = suite_create("reduce_more");
    TCase *c = tcase_create("values");
    tcase_add_test(c, prod_zeros);
    tcase_add_test(c, prod_axes);
    tcase_add_test(c, scans);
    tcase_add_test(c, variances);
    tcase_add_test(c, logsumexp_limits);
    tcase_add_test(c, norms);
    tcase_add_test(c, masks_and_places);
    tcase_add_test(c, expressions);
    suite_add_tcase(s, c);
    return s;
}
