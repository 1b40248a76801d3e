/* test_elementwise_edges.c: what elementwise gates document for zeros of either sign, poles, kinks,
 * borders of the domain, infinities and NaN; masks of masks; attributes out of range. */
#include "tests/ops/points.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <string.h>

#define PI 3.14159265358979323846
#define SELU 1.7580993408473766 /* scale times alpha */

static wg_var gelu(wg_var x) { return wg_gelu(x, WG_GELU_NONE); }
static wg_var gelu_tanh(wg_var x) { return wg_gelu(x, WG_GELU_TANH); }
static wg_var celu(wg_var x) { return wg_celu(x, 0.5); }
static wg_var trigamma(wg_var x) { return wg_polygamma(x, 1); }
static wg_var tetragamma(wg_var x) { return wg_polygamma(x, 2); }
static wg_var unit(wg_var x) { return wg_clamp(x, 0, 1); }
static wg_var from_zero(wg_var x) { return wg_clamp(x, 0, INF); }

static const point edges[] = {
    ONE(wg_rsqrt, 0, INF, -INF), ONE(wg_rsqrt, -0.0, -INF, -INF), ONE(wg_rsqrt, INF, 0, 0),
    ONE(wg_rsqrt, -1, NOT, NOT), ONE(wg_rsqrt, NOT, NOT, NOT),
    ONE(wg_reciprocal, 0, INF, -INF), ONE(wg_reciprocal, -0.0, -INF, -INF),
    ONE(wg_reciprocal, -INF, 0, 0), ONE(wg_reciprocal, NOT, NOT, NOT),
    ONE(wg_cbrt, 0, 0, INF), ONE(wg_cbrt, -0.0, 0, INF), ONE(wg_cbrt, -INF, -INF, 0),
    ONE(wg_cbrt, NOT, NOT, NOT),
    ONE(wg_exp2, -INF, 0, 0), ONE(wg_exp2, INF, INF, INF), ONE(wg_exp2, NOT, NOT, NOT),
    ONE(wg_expm1, 0, 0, 1), ONE(wg_expm1, -INF, -1, 0), ONE(wg_expm1, INF, INF, INF),
    ONE(wg_expm1, NOT, NOT, NOT),
    ONE(wg_log2, 0, -INF, INF), ONE(wg_log2, -0.0, -INF, -INF), ONE(wg_log2, INF, INF, 0),
    ONE(wg_log2, -1, NOT, -1.4426950408889634), ONE(wg_log2, NOT, NOT, NOT),
    ONE(wg_log10, 0, -INF, INF), ONE(wg_log10, INF, INF, 0), ONE(wg_log10, NOT, NOT, NOT),
    ONE(wg_log10, -1, NOT, -0.43429448190325183),
    ONE(wg_log1p, 0, 0, 1), ONE(wg_log1p, -1, -INF, INF), ONE(wg_log1p, -3, NOT, -0.5),
    ONE(wg_log1p, INF, INF, 0), ONE(wg_log1p, NOT, NOT, NOT),
    ONE(wg_tan, 0, 0, 1), ONE(wg_tan, INF, NOT, NOT), ONE(wg_tan, NOT, NOT, NOT),
    ONE(wg_asin, 1, PI / 2, INF), ONE(wg_asin, -1, -PI / 2, INF), ONE(wg_asin, 1.5, NOT, NOT),
    ONE(wg_asin, INF, NOT, NOT), ONE(wg_asin, NOT, NOT, NOT), ONE(wg_asin, 0, 0, 1),
    ONE(wg_acos, 1, 0, -INF), ONE(wg_acos, -1, PI, -INF), ONE(wg_acos, -1.5, NOT, NOT),
    ONE(wg_acos, 0, PI / 2, -1), ONE(wg_acos, NOT, NOT, NOT),
    ONE(wg_atan, INF, PI / 2, 0), ONE(wg_atan, -INF, -PI / 2, 0), ONE(wg_atan, NOT, NOT, NOT),
    ONE(wg_sinh, 0, 0, 1), ONE(wg_sinh, -INF, -INF, INF), ONE(wg_sinh, NOT, NOT, NOT),
    ONE(wg_cosh, 0, 1, 0), ONE(wg_cosh, -INF, INF, -INF), ONE(wg_cosh, NOT, NOT, NOT),
    ONE(wg_asinh, 0, 0, 1), ONE(wg_asinh, -INF, -INF, 0), ONE(wg_asinh, NOT, NOT, NOT),
    ONE(wg_acosh, 1, 0, INF), ONE(wg_acosh, 0.5, NOT, NOT), ONE(wg_acosh, -2, NOT, NOT),
    ONE(wg_acosh, INF, INF, 0), ONE(wg_acosh, NOT, NOT, NOT),
    ONE(wg_atanh, 0, 0, 1), ONE(wg_atanh, 1, INF, INF), ONE(wg_atanh, -1, -INF, INF),
    ONE(wg_atanh, 3, NOT, -0.125), ONE(wg_atanh, NOT, NOT, NOT),
    ONE(wg_erf, 0, 0, 1.1283791670955126), ONE(wg_erf, INF, 1, 0), ONE(wg_erf, -INF, -1, 0),
    ONE(wg_erf, 1e300, 1, 0), ONE(wg_erf, NOT, NOT, NOT),
    ONE(wg_erfc, 0, 1, -1.1283791670955126), ONE(wg_erfc, INF, 0, 0), ONE(wg_erfc, -INF, 2, 0),
    ONE(wg_erfc, NOT, NOT, NOT),
    ONE(wg_lgamma, 1, 0, -0.57721566490153286), ONE(wg_lgamma, 0, INF, -INF),
    ONE(wg_lgamma, -0.0, INF, INF), ONE(wg_lgamma, -3, INF, NOT), ONE(wg_lgamma, INF, INF, INF),
    ONE(wg_lgamma, -INF, INF, NOT), ONE(wg_lgamma, NOT, NOT, NOT),
    ONE(wg_digamma, 0, -INF, INF), ONE(wg_digamma, -0.0, INF, INF), ONE(wg_digamma, -2, NOT, INF),
    ONE(wg_digamma, INF, INF, 0), ONE(wg_digamma, -INF, NOT, NOT), ONE(wg_digamma, NOT, NOT, NOT),
    ONE(trigamma, 1, PI *PI / 6, -2.4041138063191886), ONE(trigamma, 0, INF, -INF),
    ONE(trigamma, -0.0, INF, INF), ONE(trigamma, -4, INF, NOT), ONE(trigamma, INF, 0, 0),
    ONE(trigamma, NOT, NOT, NOT), ONE(tetragamma, -1, NOT, INF), ONE(tetragamma, INF, 0, 0),

    ONE(wg_floor, -0.5, -1, 0), ONE(wg_floor, 2, 2, 0), ONE(wg_floor, -0.0, 0, 0),
    ONE(wg_floor, INF, INF, 0), ONE(wg_floor, NOT, NOT, 0), ONE(wg_floor, 1e300, 1e300, 0),
    ONE(wg_ceil, -0.5, 0, 0), ONE(wg_ceil, 2.25, 3, 0), ONE(wg_ceil, -INF, -INF, 0),
    ONE(wg_ceil, NOT, NOT, 0),
    ONE(wg_round, 0.5, 0, 0), ONE(wg_round, 1.5, 2, 0), ONE(wg_round, 2.5, 2, 0),
    ONE(wg_round, -0.5, 0, 0), ONE(wg_round, -1.5, -2, 0), ONE(wg_round, 0.75, 1, 0),
    ONE(wg_round, 4503599627370497.0, 4503599627370497.0, 0), ONE(wg_round, INF, INF, 0),
    ONE(wg_round, NOT, NOT, 0),

    ONE(wg_log_sigmoid, INF, 0, 0), ONE(wg_log_sigmoid, -INF, -INF, 1),
    ONE(wg_log_sigmoid, -1e300, -1e300, 1), ONE(wg_log_sigmoid, NOT, NOT, NOT),
    ONE(wg_relu6, 0, 0, 0), ONE(wg_relu6, 6, 6, 0), ONE(wg_relu6, 5.5, 5.5, 1),
    ONE(wg_relu6, INF, 6, 0), ONE(wg_relu6, -INF, 0, 0), ONE(wg_relu6, NOT, NOT, 1),
    ONE(wg_hardtanh, -1, -1, 0), ONE(wg_hardtanh, 1, 1, 0), ONE(wg_hardtanh, 0.5, 0.5, 1),
    ONE(wg_hardtanh, -INF, -1, 0), ONE(wg_hardtanh, NOT, NOT, 1),
    ONE(wg_hardsigmoid, -3, 0, 0), ONE(wg_hardsigmoid, 3, 1, 0),
    ONE(wg_hardsigmoid, 0, 0.5, 1.0 / 6), ONE(wg_hardsigmoid, INF, 1, 0),
    ONE(wg_hardsigmoid, NOT, NOT, 1.0 / 6),
    ONE(wg_hardswish, -3, 0, 0), ONE(wg_hardswish, 3, 3, 1), ONE(wg_hardswish, 0, 0, 0.5),
    ONE(wg_hardswish, INF, INF, 1), ONE(wg_hardswish, -INF, 0, 0), ONE(wg_hardswish, NOT, NOT, NOT),
    ONE(wg_selu, 0, 0, SELU), ONE(wg_selu, -INF, -SELU, 0), ONE(wg_selu, NOT, NOT, NOT),
    ONE(wg_selu, INF, INF, 1.0507009873554805),
    ONE(celu, 0, 0, 1), ONE(celu, 1e4, 1e4, 1), ONE(celu, INF, INF, 1), ONE(celu, -INF, -0.5, 0),
    ONE(celu, NOT, NOT, NOT),
    ONE(wg_silu, 0, 0, 0.5), ONE(wg_silu, -1e4, 0, 0), ONE(wg_silu, INF, INF, 1),
    ONE(wg_silu, -INF, 0, 0), ONE(wg_silu, 1e300, 1e300, 1), ONE(wg_silu, NOT, NOT, NOT),
    ONE(wg_mish, 0, 0, 0.6), ONE(wg_mish, -1e4, 0, 0), ONE(wg_mish, INF, INF, 1),
    ONE(wg_mish, -INF, 0, 0), ONE(wg_mish, -1e300, 0, 0), ONE(wg_mish, NOT, NOT, NOT),
    ONE(gelu, 0, 0, 0.5), ONE(gelu, -1e4, 0, 0), ONE(gelu, INF, INF, 1), ONE(gelu, -INF, 0, 0),
    ONE(gelu, 1e300, 1e300, 1), ONE(gelu, NOT, NOT, NOT),
    ONE(gelu_tanh, 0, 0, 0.5), ONE(gelu_tanh, -1e4, 0, 0), ONE(gelu_tanh, INF, INF, 1),
    ONE(gelu_tanh, -INF, 0, 0), ONE(gelu_tanh, -1e300, 0, 0), ONE(gelu_tanh, NOT, NOT, NOT),
    ONE(wg_softsign, 0, 0, 1), ONE(wg_softsign, INF, 1, 0), ONE(wg_softsign, -INF, -1, 0),
    ONE(wg_softsign, -1e300, -1, 0), ONE(wg_softsign, NOT, NOT, NOT),
    ONE(unit, 0, 0, 1), ONE(unit, 1, 1, 1), ONE(unit, -0.5, 0, 0), ONE(unit, 1.5, 1, 0),
    ONE(unit, INF, 1, 0), ONE(unit, -INF, 0, 0), ONE(unit, NOT, NOT, 1),
    ONE(from_zero, INF, INF, 1), ONE(from_zero, -1, 0, 0),

    TWO(wg_prelu, 0, 0.25, 0, 0.25, 0), TWO(wg_prelu, -2, 0.25, -0.5, 0.25, -2),
    TWO(wg_prelu, 2, 0.25, 2, 1, 0), TWO(wg_prelu, INF, 0.25, INF, 1, 0),
    TWO(wg_prelu, NOT, 0.25, NOT, 0.25, NOT), TWO(wg_prelu, 2, NOT, 2, 1, 0),
    TWO(wg_hypot, 0, 0, 0, 0, 0), TWO(wg_hypot, -0.0, 0, 0, 0, 0),
    TWO(wg_hypot, 3, -4, 5, 0.6, -0.8),
    TWO(wg_hypot, 3e300, 4e300, 5e300, 0.6, 0.8), TWO(wg_hypot, 3e-300, 4e-300, 5e-300, 0.6, 0.8),
    TWO(wg_hypot, 0, -2, 2, 0, -1), TWO(wg_hypot, -INF, 1, INF, -1, 0),
    TWO(wg_hypot, INF, INF, INF, 1, 1), TWO(wg_hypot, NOT, 1, NOT, NOT, NOT),
    TWO(wg_hypot, 1e-300, 1, 1, 1e-300, 1),
    TWO(wg_atan2, 0, 2, 0, 0.5, 0), TWO(wg_atan2, 0, -2, PI, -0.5, 0),
    TWO(wg_atan2, -0.0, -2, -PI, -0.5, 0), TWO(wg_atan2, 2, 0, PI / 2, 0, -0.5),
    TWO(wg_atan2, -2, 0, -PI / 2, 0, 0.5), TWO(wg_atan2, 0, 0, 0, NOT, NOT),
    TWO(wg_atan2, 1e300, 1e300, PI / 4, 5e-301, -5e-301),
    TWO(wg_atan2, 1e-300, 1e-300, PI / 4, 5e299, -5e299),
    TWO(wg_atan2, INF, 1, PI / 2, 0, 0), TWO(wg_atan2, 1, -INF, PI, 0, 0),
    TWO(wg_atan2, INF, INF, PI / 4, 0, 0), TWO(wg_atan2, NOT, 1, NOT, NOT, NOT),
};
enum { N_EDGES = sizeof edges / sizeof *edges };

START_TEST(test_edge) { hold_point(&edges[_i], 1e-14, 2e-6); }
END_TEST

/* ---- higher orders -------------------------------------------------------------------------- */

static double derivative(unary *f, double at, int order) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, at), y = f(x);
    for (int i = 0; i < order; ++i) ck_assert_int_eq(wg_gradients(y, 1, &x, &y), WG_OK);
    double value = wg_item(y);
    wg_tape_free(t);
    return value;
}

START_TEST(test_higher_orders) {
    static const struct {
        unary *f;
        double x;
        int order;
        double want;
    } cases[] = {
        {wg_erf, 0, 3, -2.2567583341910251}, {wg_expm1, -50, 3, 1.9287498479639178e-22},
        {wg_lgamma, 1, 3, -2.4041138063191886}, {wg_lgamma, 1, 5, -24.886266123440879},
        {wg_silu, 0, 2, 0.5}, {wg_silu, 1e4, 2, 0}, {wg_silu, -INF, 2, 0},
        {gelu, 0, 2, 0.79788456080286536}, {gelu, -1e4, 2, 0}, {gelu_tanh, 1e300, 2, 0},
        {wg_mish, 0, 2, 0.64}, {wg_mish, -1e4, 2, 0}, {wg_softsign, 0, 2, 0},
        {wg_softsign, 1, 2, -0.25}, {celu, 0, 2, 2}, {celu, 1e4, 2, 0}, {celu, -1e4, 2, 0},
        {wg_hardswish, 0, 2, 1.0 / 3}, {wg_hardswish, 3, 2, 0}, {wg_relu6, 6, 2, 0},
        {wg_atan, 1, 3, 0.5}, {wg_log_sigmoid, 0, 2, -0.25}, {wg_log_sigmoid, -1e4, 2, 0},
        {wg_acosh, 2, 2, -0.38490017945975050}, {wg_asinh, 1e200, 2, 0}, {unit, 1, 2, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        double got = derivative(cases[i].f, cases[i].x, cases[i].order);
        ck_assert_msg(fabs(got - cases[i].want) <= 1e-12 * fabs(cases[i].want),
                      "case %zu at %g: %.17g, not %.17g", i, cases[i].x, got, cases[i].want);
    }
}
END_TEST

/* The last of the polygammas: (-1)^101 100! zeta(101, x); its derivative is NaN, not an error. */
START_TEST(test_last_polygamma) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, 1), y = wg_polygamma(x, 100), d;
    check_near(wg_item(y) / 9.3326215443944153e157, -1, 1e-12);
    ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
    ck_assert(isnan(wg_item(d)));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(isnan(wg_item(wg_grad(x))));
    wg_tape_free(t);
}
END_TEST

/* ---- masks ---------------------------------------------------------------------------------- */

START_TEST(test_logical) {
    static binary *const f[] = {wg_logical_and, wg_logical_or, wg_logical_xor};
    static const double want[3][4] = {{0, 0, 0, 1}, {0, 1, 1, 1}, {0, 1, 1, 0}};
    static const wg_dtype dtypes[] = {WG_BOOL, WG_F64, WG_F32, WG_I64};
    double a[4] = {0, 0, 1, 1}, b[4] = {0, 1, 0, 1}, got[4];
    for (size_t d = 0; d < 4; ++d) {
        wg_tape *t = wg_tape_new();
        wg_var x = put(t, dtypes[d], WG_SHAPE(4), 4, a, 0);
        wg_var y = put(t, WG_BOOL, WG_SHAPE(4), 4, b, 0); /* masks may differ in dtype */
        for (int k = 0; k < 3; ++k) {
            wg_var v = f[k](x, y);
            ck_assert_int_eq(wg_dtype_of(v), WG_BOOL);
            ck_assert(take(v, 4, got));
            ck_assert_mem_eq(got, want[k], sizeof got);
        }
        ck_assert(take(wg_logical_not(x), 4, got));
        for (int i = 0; i < 4; ++i) ck_assert(got[i] == 1 - a[i]);
        ck_assert_int_eq(wg_tape_status(t), WG_OK);
        wg_tape_free(t);
    }
}
END_TEST

START_TEST(test_logical_mistakes) {
    wg_tape *t = wg_tape_new();
    double x[2] = {1, 2}, y[3] = {0, 1, 1};
    wg_var v = put(t, WG_F64, WG_SHAPE(2), 2, x, 1), w = put(t, WG_BOOL, WG_SHAPE(3), 3, y, 0);
    ck_assert_uint_eq(wg_logical_not(v).index, 0); /* 2 is neither 0 nor 1 */
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "logical_not"));
    wg_tape_clear(t);
    w = put(t, WG_BOOL, WG_SHAPE(3), 3, y, 0);
    ck_assert_uint_eq(wg_logical_or(w, put(t, WG_BOOL, WG_SHAPE(2), 2, y, 0)).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "do not broadcast"));
    wg_tape_free(t);
}
END_TEST

/* ---- attributes ----------------------------------------------------------------------------- */

static wg_var wrong(wg_var x, int i) {
    static const double alpha[] = {0, -1, INF, NOT};
    if (i < 4) return wg_celu(x, alpha[i]);
    if (i < 6) return wg_polygamma(x, i == 4 ? -1 : 101);
    if (i < 8) return wg_gelu(x, (wg_gelu_form)(i == 6 ? 2 : 7));
    return i == 8 ? wg_clamp(x, 1, 0.5) : i == 9 ? wg_clamp(x, NOT, 1) : wg_clamp(x, 0, NOT);
}

START_TEST(test_attributes_out_of_range) {
    static const char *const says[] = {"celu: alpha is",    "celu: alpha is", "celu: alpha is",
                                       "celu: alpha is",    "polygamma: n is", "polygamma: n is",
                                       "gelu: approximate", "gelu: approximate", "clamp: lo is",
                                       "clamp: lo is",      "clamp: lo is"};
    for (int i = 0; i < 22; ++i) {
        wg_tape *t = wg_tape_new();
        double x[2] = {1, 2};
        wg_var v = i < 11 ? wg_scalar(t, 1) : put(t, WG_F32, WG_SHAPE(2), 2, x, 1);
        ck_assert_uint_eq(wrong(v, i % 11).index, 0);
        ck_assert_int_eq(wg_tape_status(t), WG_ERR_RANGE);
        ck_assert_ptr_nonnull(strstr(wg_tape_message(t), says[i % 11]));
        wg_tape_free(t);
    }
}
END_TEST

extern Suite *suite_elementwise_edges(void);
Suite *suite_elementwise_edges(void) {
    Suite *s = suite_create("elementwise_edges");
    TCase *c = tcase_create("edges");
    tcase_add_loop_test(c, test_edge, 0, N_EDGES);
    tcase_add_test(c, test_higher_orders);
    tcase_add_test(c, test_last_polygamma);
    tcase_add_test(c, test_logical);
    tcase_add_test(c, test_logical_mistakes);
    tcase_add_test(c, test_attributes_out_of_range);
    suite_add_tcase(s, c);
    return s;
}
