/* The gradient check: what is right passes, what is wrong is caught by name and index, what cannot
 * be decided says so, and the caller's tape is left alone. */
#include "tests/suites.h"

#include "check/check.h"
#include "ops/ops.h"
#include "tests/oom.h"

#include <math.h>
#include <string.h>

extern Suite *suite_gradcheck(void);

static wg_tape *t;
static wg_gradcheck_report r;

static void setup(void) {
    t = wg_tape_new();
    ck_assert_ptr_nonnull(t);
    memset(&r, 0, sizeof r);
}
static void teardown(void) {
    wg_gradcheck_report_clear(&r);
    wg_tape_free(t);
}

/* Weights w of x's shape, all different, so that no cotangent is one. */
static wg_var weighted_sum(wg_var x) {
    double w[64];
    wg_shape shape = wg_shape_of(x);
    int64_t n = wg_shape_size(shape);
    ck_assert(n <= 64);
    for (int64_t i = 0; i < n; ++i) w[i] = sin(1.7 * (double)i + 0.4) + 0.1;
    wg_var c = wg_const(t, WG_F64, shape, w);
    if (wg_dtype_of(x) == WG_F32) c = wg_cast(c, WG_F32);
    return wg_sum_to(wg_mul(x, c), WG_RANK0);
}

static wg_var matrix(wg_dtype dtype, int64_t rows, int64_t cols, double lo, double hi) {
    double x[64];
    float f[64];
    int64_t n = rows * cols;
    for (int64_t i = 0; i < n; ++i) {
        x[i] = lo + (hi - lo) * (0.5 + 0.5 * sin(2.3 * (double)i + lo));
        f[i] = (float)x[i];
    }
    return wg_input(t, dtype, WG_SHAPE(rows, cols), dtype == WG_F32 ? (void *)f : (void *)x);
}

static void expect(wg_var root, wg_verdict verdict) {
    wg_status s = wg_gradcheck(root, NULL, &r);
    for (size_t i = 0; i < r.n; ++i)
        if (r.leaf[i]->verdict != verdict && r.verdict != verdict)
            ck_abort_msg("%s [%lld]: analytic %.17g numeric %.17g tolerance %g, %s: %s",
                         r.leaf[i]->name, (long long)r.leaf[i]->worst, r.leaf[i]->analytic,
                         r.leaf[i]->numeric, r.leaf[i]->tolerance,
                         wg_verdict_name(r.leaf[i]->verdict), r.leaf[i]->message);
    ck_assert_msg(s == (verdict == WG_VERDICT_PASS ? WG_OK : WG_ERR_CHECK), "%s: %s",
                  wg_status_name(s), r.error.text);
    ck_assert_int_eq(r.verdict, verdict);
}

/* ---- what is right passes ------------------------------------------------------------------- */

START_TEST(passes_on_scalars) {
    wg_var w0 = wg_name(wg_scalar(t, 2), "w0"), x0 = wg_name(wg_scalar(t, -1), "x0");
    wg_var w1 = wg_name(wg_scalar(t, -3), "w1"), x1 = wg_name(wg_scalar(t, -2), "x1");
    wg_var w2 = wg_scalar(t, -3);
    wg_var s = wg_add(wg_add(wg_mul(w0, x0), wg_mul(w1, x1)), w2);
    wg_var y = wg_div(wg_number(t, 1), wg_shift(wg_exp(wg_neg(s)), 1));
    expect(y, WG_VERDICT_PASS);
    ck_assert_uint_eq(r.n, 5);
    ck_assert_str_eq(r.leaf[0]->name, "w0");
    ck_assert_str_eq(r.leaf[4]->name, "leaf 5");
    ck_assert_uint_eq(r.leaf[4]->index, w2.index);
    check_near(r.leaf[1]->analytic, 0.3932238664829637, 1e-12);
    check_near(r.leaf[1]->numeric, 0.3932238664829637, 1e-9);
    check_near(r.value, 0.7310585786300049, 1e-15);
    for (size_t i = 0; i < r.n; ++i) {
        ck_assert_int_eq(r.leaf[i]->checked, 1);
        ck_assert_int_eq(r.leaf[i]->worst, 0);
        ck_assert_str_eq(r.leaf[i]->message, "");
        ck_assert(r.leaf[i]->abs_error <= r.leaf[i]->tolerance);
        ck_assert(r.leaf[i]->step > 1e-7 && r.leaf[i]->step < 1e-3);
    }
    ck_assert_ptr_nonnull(strstr(r.rule, "rtol = 1e-07"));
}
END_TEST

START_TEST(passes_on_arrays) {
    wg_var x = matrix(WG_F64, 3, 4, -2, 2), y = matrix(WG_F64, 1, 4, 0.5, 1.5);
    expect(weighted_sum(wg_mul(wg_tanh(wg_mul(x, y)), wg_exp(wg_div(x, y)))), WG_VERDICT_PASS);
    ck_assert_uint_eq(r.n, 2);
    ck_assert_int_eq(r.leaf[0]->checked, 12);
    ck_assert_int_eq(r.leaf[0]->shape.rank, 2);
    ck_assert_int_eq(r.leaf[1]->checked, 4);
}
END_TEST

START_TEST(passes_away_from_kinks) {
    wg_var x = matrix(WG_F64, 2, 3, -2, 2), y = matrix(WG_F64, 3, 1, -1, 1);
    wg_var y2 = wg_broadcast_to(wg_sum_to(y, WG_SHAPE(1, 1)), WG_SHAPE(2, 3));
    wg_var mask = wg_greater(x, y2);
    wg_var v = wg_where(mask, wg_relu(x), wg_maximum(wg_abs(y2), wg_square(x)));
    expect(weighted_sum(v), WG_VERDICT_PASS);
}
END_TEST

/* Beside a kink, but the step can be made small enough. */
START_TEST(shrinks_the_step_beside_a_kink) {
    expect(wg_relu(wg_scalar(t, 1e-8)), WG_VERDICT_PASS);
    check_near(r.leaf[0]->numeric, 1, 1e-12); /* from the side on which x lies */
}
END_TEST

/* The domain ends within the default step. */
START_TEST(shrinks_the_step_beside_the_end_of_the_domain) {
    expect(wg_log(wg_scalar(t, 1e-7)), WG_VERDICT_PASS);
    check_near(r.leaf[0]->analytic, 1e7, 1e-2);
}
END_TEST

START_TEST(passes_where_the_function_is_steep) {
    expect(wg_sin(wg_scale(wg_scalar(t, 1), 1e4)), WG_VERDICT_PASS);
    wg_gradcheck_report_clear(&r);
    expect(wg_square(wg_scalar(t, 1e9)), WG_VERDICT_PASS);
    wg_gradcheck_report_clear(&r);
    expect(wg_square(wg_scalar(t, 1e-12)), WG_VERDICT_PASS);
}
END_TEST

START_TEST(passes_on_float32) {
    wg_var x = matrix(WG_F32, 4, 5, -1, 1), w = matrix(WG_F32, 1, 5, -1, 1);
    wg_var h = wg_tanh(wg_mul(x, w));
    wg_var s = wg_sum_to(wg_mul(h, wg_exp(w)), WG_SHAPE(4, 1));
    expect(wg_sum_to(wg_square(wg_shift(s, -0.3)), WG_RANK0), WG_VERDICT_PASS);
    ck_assert_int_eq(r.leaf[0]->dtype, WG_F32);
    ck_assert_ptr_nonnull(strstr(r.rule, "0.001 |float64|"));
}
END_TEST

START_TEST(passes_on_mixed_dtypes) {
    wg_var x = matrix(WG_F64, 2, 3, -1, 1);
    expect(weighted_sum(wg_sin(wg_cast(x, WG_F32))), WG_VERDICT_PASS);
}
END_TEST

START_TEST(checks_parameters) {
    wg_params *store = wg_params_new();
    wg_param *p = wg_param_new(store, "dense1.w", WG_F64, WG_SHAPE(2, 2));
    const double w[4] = {0.1, 0.5, -0.3, 0.8};
    memcpy(wg_param_data(p), w, sizeof w);
    wg_var v = wg_use(t, p);
    wg_var root = wg_sum_to(wg_square(wg_sin(v)), WG_RANK0);
    expect(root, WG_VERDICT_PASS);
    ck_assert_str_eq(r.leaf[0]->name, "dense1.w");
    ck_assert_mem_eq(wg_param_data(p), w, sizeof w);
    const double *g = wg_param_grad(p);
    for (int i = 0; i < 4; ++i) ck_assert(g[i] == 0);
    wg_params_changed(store);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "dense1.w"));
    wg_params_free(store);
}
END_TEST

START_TEST(passes_on_a_leaf_as_root) {
    expect(wg_scalar(t, 3), WG_VERDICT_PASS);
    check_near(r.leaf[0]->numeric, 1, 1e-9);
}
END_TEST

START_TEST(passes_on_a_flat_root) { expect(wg_sign(wg_scalar(t, 3)), WG_VERDICT_PASS); }
END_TEST

START_TEST(passes_on_an_empty_leaf) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(0, 3), NULL), y = wg_scalar(t, 2);
    expect(wg_add(wg_sum_to(wg_square(x), WG_RANK0), wg_square(y)), WG_VERDICT_PASS);
    ck_assert_uint_eq(r.n, 2);
    ck_assert_int_eq(r.leaf[0]->checked, 0);
    ck_assert_int_eq(r.leaf[0]->worst, -1);
}
END_TEST

START_TEST(checks_a_second_derivative) {
    wg_var x = wg_scalar(t, 0.7), dx;
    ck_assert_int_eq(wg_gradients(wg_sin(wg_square(x)), 1, &x, &dx), WG_OK);
    expect(dx, WG_VERDICT_PASS);
    check_near(r.leaf[0]->analytic, 2 * cos(0.49) - 4 * 0.49 * sin(0.49), 1e-12);
}
END_TEST

/* Values of a no-gradient section and detached ones are constants. */
START_TEST(takes_cut_values_as_constants) {
    wg_var x = matrix(WG_F64, 2, 3, -1, 1);
    wg_no_grad_begin(t);
    wg_var c = wg_exp(x);
    wg_no_grad_end(t);
    expect(weighted_sum(wg_mul(wg_sin(x), wg_mul(c, wg_detach(x)))), WG_VERDICT_PASS);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

/* ---- what is wrong is caught ---------------------------------------------------------------- */

extern const wg_gate wg_gate_square, wg_gate_tanh, wg_gate_sum_to, wg_gate_where;

static double wrong_square(const double *x, const void *attrs, double *partial) {
    (void)attrs;
    partial[0] = 2.002 * x[0];
    return x[0] * x[0];
}

START_TEST(catches_a_wrong_partial) {
    wg_elementwise wrong = *wg_gate_square.elementwise;
    wg_gate gate = wg_gate_square;
    wrong.scalar = wrong_square;
    gate.elementwise = &wrong;
    wg_var x = wg_name(wg_scalar(t, 3), "x");
    expect(wg_record(&gate, 1, &x, NULL), WG_VERDICT_FAIL);
    ck_assert_str_eq(r.leaf[0]->name, "x");
    check_near(r.leaf[0]->analytic, 6.006, 1e-12);
    check_near(r.leaf[0]->numeric, 6, 1e-7);
    check_near(r.leaf[0]->abs_error, 0.006, 1e-7);
    check_near(r.leaf[0]->rel_error, 0.006 / 6.006, 1e-7);
    ck_assert_str_eq(r.leaf[0]->message, "analytic is 1.001 times numeric");
}
END_TEST

static void tanh_rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_shift(wg_neg(p->y), 1)); }

/* The sweep is right, what wg_gradients records is not. */
START_TEST(catches_a_wrong_recorded_rule) {
    wg_gate gate = wg_gate_tanh;
    gate.rule = tanh_rule;
    wg_var x = wg_name(matrix(WG_F64, 2, 3, -1, 1), "x");
    expect(weighted_sum(wg_record(&gate, 1, &x, NULL)), WG_VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(r.leaf[0]->message, "by wg_gradients"));
}
END_TEST

START_TEST(allows_a_gate_without_a_recorded_rule) {
    wg_gate gate = wg_gate_tanh;
    gate.rule = NULL;
    wg_var x = matrix(WG_F64, 2, 3, -1, 1);
    expect(weighted_sum(wg_record(&gate, 1, &x, NULL)), WG_VERDICT_PASS);
}
END_TEST

static double factor_of_rule;
static void scaled_rule(wg_pull *p) {
    wg_gate_sum_to.rule(p);
    p->dx[0] = wg_scale(p->dx[0], factor_of_rule);
}

static wg_var sum_by(void (*rule)(wg_pull *p), wg_var x) {
    static wg_gate gate;
    gate = wg_gate_sum_to;
    gate.rule = rule;
    wg_shape shape = WG_RANK0; /* the whole of the gate's attributes */
    return wg_record(&gate, 1, &x, &shape);
}

START_TEST(catches_a_wrong_sign) {
    factor_of_rule = -1;
    wg_var x = wg_name(matrix(WG_F64, 2, 3, -1, 1), "x");
    expect(sum_by(scaled_rule, wg_exp(x)), WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->failed, 6);
    ck_assert_str_eq(r.leaf[0]->message, "the sign is wrong");
}
END_TEST

START_TEST(catches_one_percent) {
    factor_of_rule = 1.01;
    wg_var x = wg_name(matrix(WG_F64, 2, 3, -1, 1), "x");
    wg_var y = wg_name(wg_scalar(t, 0.5), "y");
    expect(wg_add(wg_sin(y), sum_by(scaled_rule, wg_exp(x))), WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->verdict, WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[1]->verdict, WG_VERDICT_PASS);
    ck_assert_str_eq(r.leaf[0]->message, "analytic is 1.01 times numeric");
}
END_TEST

START_TEST(catches_one_percent_in_float32) {
    factor_of_rule = 1.01;
    wg_var x = wg_name(matrix(WG_F32, 2, 3, -1, 1), "x");
    expect(sum_by(scaled_rule, wg_exp(x)), WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->failed, 6);
}
END_TEST

/* What is small everywhere is not accepted for being small. */
START_TEST(catches_one_percent_of_little) {
    factor_of_rule = 1.01;
    wg_var x = matrix(WG_F64, 2, 3, -1, 1);
    expect(wg_scale(sum_by(scaled_rule, wg_exp(x)), 1e-12), WG_VERDICT_FAIL);
    wg_gradcheck_report_clear(&r);
    wg_var big = wg_scalar(t, 3e6);
    expect(sum_by(scaled_rule, wg_scale(big, 1e-6)), WG_VERDICT_FAIL);
}
END_TEST

static void one_element_rule(wg_pull *p) {
    const double w[6] = {1, 1, 1, 1, 0.5, 1};
    wg_gate_sum_to.rule(p);
    p->dx[0] = wg_mul(p->dx[0], wg_const(p->g.tape, WG_F64, WG_SHAPE(2, 3), w));
}

START_TEST(names_the_worst_index) {
    wg_var x = wg_name(matrix(WG_F64, 2, 3, -1, 1), "weights of \"x\"");
    expect(sum_by(one_element_rule, wg_exp(x)), WG_VERDICT_FAIL);
    ck_assert_str_eq(r.leaf[0]->name, "weights of \"x\"");
    ck_assert_int_eq(r.leaf[0]->worst, 4);
    ck_assert_int_eq(r.leaf[0]->failed, 1);
    ck_assert_int_eq(r.leaf[0]->checked, 6);
    ck_assert_str_eq(r.leaf[0]->message, "analytic is 0.5 times numeric");
}
END_TEST

static void dropping_rule(wg_pull *p) {
    wg_gate_where.rule(p);
    p->dx[2] = WG_NONE;
}

START_TEST(catches_a_dropped_operand) {
    wg_gate gate = wg_gate_where;
    gate.rule = dropping_rule;
    const unsigned char mask[3] = {1, 0, 1};
    wg_var x = wg_name(matrix(WG_F64, 1, 3, -1, 1), "x"), y = wg_name(wg_scalar(t, 2), "y");
    wg_var xs[3] = {wg_const(t, WG_BOOL, WG_SHAPE(1, 3), mask), x, y};
    expect(weighted_sum(wg_record(&gate, 3, xs, NULL)), WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->verdict, WG_VERDICT_PASS);
    ck_assert_int_eq(r.leaf[1]->verdict, WG_VERDICT_FAIL);
    ck_assert_str_eq(r.leaf[1]->name, "y");
    ck_assert(r.leaf[1]->analytic == 0);
    ck_assert_ptr_nonnull(strstr(r.leaf[1]->message, "differ by"));
}
END_TEST

static void nan_rule(wg_pull *p) {
    wg_gate_sum_to.rule(p);
    p->dx[0] = wg_scale(p->dx[0], (double)NAN);
}

START_TEST(nan_never_passes) {
    expect(sum_by(nan_rule, matrix(WG_F64, 1, 3, -1, 1)), WG_VERDICT_FAIL);
    ck_assert(isnan(r.leaf[0]->analytic) && isnan(r.leaf[0]->abs_error));
    ck_assert_str_eq(r.leaf[0]->message, "the analytic value is NaN");
    wg_gradcheck_report_clear(&r);
    expect(wg_square(wg_scalar(t, (double)NAN)), WG_VERDICT_FAIL);
    wg_gradcheck_report_clear(&r);
    expect(wg_log(wg_scalar(t, 0)), WG_VERDICT_FAIL); /* the analytic value is infinite */
    wg_gradcheck_report_clear(&r);
    expect(wg_scale(wg_exp(wg_scalar(t, 710)), 0), WG_VERDICT_FAIL); /* 0 inf on both sides */
    wg_gradcheck_report_clear(&r);
}
END_TEST

/* The domain ends at the point: differences from the side that has values. */
START_TEST(stays_inside_the_domain) {
    wg_var x = wg_scalar(t, 0), one = wg_scalar(t, 1);
    expect(wg_pow(x, wg_number(t, 3.5)), WG_VERDICT_PASS);
    wg_gradcheck_report_clear(&r);
    expect(wg_sqrt(wg_sub(one, one)), WG_VERDICT_FAIL); /* infinite */
    wg_gradcheck_report_clear(&r);
    wg_var y = wg_scalar(t, 0);
    expect(wg_pow(y, wg_number(t, 2.5)), WG_VERDICT_PASS);
    wg_gradcheck_report_clear(&r);
    /* h^1.5/h settles slowly: the bound says so */
    expect(wg_pow(y, wg_number(t, 1.5)), WG_VERDICT_INCONCLUSIVE);
    ck_assert(r.leaf[0]->abs_error <= r.leaf[0]->numeric_error);
}
END_TEST

/* Under loose tolerances as well. */
START_TEST(nan_never_passes_by_tolerance) {
    wg_gradcheck_options o = {.size = sizeof o, .rtol = 1e300, .atol = HUGE_VAL};
    ck_assert_int_eq(wg_gradcheck(wg_log(wg_scalar(t, -1)), &o, &r), WG_ERR_CHECK);
    ck_assert_int_eq(r.verdict, WG_VERDICT_FAIL);
}
END_TEST

/* ---- what cannot be decided ----------------------------------------------------------------- */

/* The derivative 0 that relu, abs and a tie of maximum have lies between those of both sides. */
START_TEST(takes_a_subgradient) {
    wg_var x = wg_name(wg_scalar(t, 0), "x"), y = wg_name(wg_scalar(t, 0), "y");
    wg_var kinks[] = {wg_relu(x), wg_abs(x), wg_maximum(x, y), wg_neg(wg_abs(x))};
    double left[] = {0, -1, 0, 1}, right[] = {1, 1, 1, -1};
    for (size_t i = 0; i < sizeof kinks / sizeof *kinks; ++i) {
        ck_assert_int_eq(wg_gradcheck(kinks[i], NULL, &r), WG_OK);
        ck_assert_int_eq(r.verdict, WG_VERDICT_SUBGRADIENT);
        ck_assert_int_eq(r.leaf[0]->subgradients, 1);
        check_near(r.leaf[0]->left, left[i], 1e-9);
        check_near(r.leaf[0]->right, right[i], 1e-9);
        ck_assert_ptr_nonnull(strstr(r.leaf[0]->message, "a kink"));
        wg_gradcheck_report_clear(&r);
    }
}
END_TEST

/* A kink that the function does not show is none: its two sides have one derivative. */
START_TEST(passes_on_a_smooth_tie) {
    wg_var x = wg_scalar(t, 0);
    expect(wg_square(wg_relu(x)), WG_VERDICT_PASS);
    wg_gradcheck_report_clear(&r);
    expect(wg_mul(x, wg_abs(x)), WG_VERDICT_PASS);
}
END_TEST

START_TEST(names_the_kink) {
    const double x[4] = {1, -1, 0, 2};
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(4), x);
    ck_assert_int_eq(wg_gradcheck(weighted_sum(wg_relu(v)), NULL, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->worst, 2);
    ck_assert_int_eq(r.leaf[0]->subgradients, 1);
    ck_assert_int_eq(r.leaf[0]->failed, 0);
}
END_TEST

/* A jump has no derivative on either side. */
START_TEST(is_a_kink_at_a_jump) {
    wg_var x = wg_scalar(t, 0);
    expect(wg_mul(wg_shift(x, 1), wg_sign(x)), WG_VERDICT_KINK);
    ck_assert_int_eq(r.leaf[0]->kinks, 1);
}
END_TEST

/* The course's scores, the second and third exactly at the margin, and four equal ones in a pool.
 * */
START_TEST(takes_the_course_s_ties) {
    double s[3] = {10, 9, 9}, four[4] = {2, 2, 2, 2};
    int64_t label = 0;
    wg_var scores = wg_input(t, WG_F64, WG_SHAPE(1, 3), s);
    wg_var loss = wg_svm_loss(scores, wg_const(t, WG_I64, WG_SHAPE(1), &label));
    ck_assert_int_eq(wg_gradcheck(loss, NULL, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->subgradients, 3);
    wg_gradcheck_report_clear(&r);
    wg_var image = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), four);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_max_pool2d(image, NULL)), NULL, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->subgradients, 4);
    wg_gradcheck_report_clear(&r);
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(4), four);
    ck_assert_int_eq(wg_gradcheck(wg_max(x), NULL, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->subgradients, 4);
}
END_TEST

/* Outside the derivatives of both sides: 1.5 where they are 0 and 1. */
START_TEST(catches_what_is_no_subgradient) {
    factor_of_rule = 3;
    expect(sum_by(scaled_rule, wg_maximum(wg_scalar(t, 0), wg_scalar(t, 0))), WG_VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(r.leaf[0]->message, "outside ["));
}
END_TEST

/* A tie that no step undoes is no kink. */
START_TEST(passes_on_a_lasting_tie) {
    wg_var x = wg_scalar(t, 0.3);
    expect(wg_maximum(x, x), WG_VERDICT_PASS);
}
END_TEST

/* A fail outweighs a kink. */
START_TEST(a_fail_outweighs_a_kink) {
    factor_of_rule = -1;
    const double x[3] = {0, 1, 2};
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(3), x);
    expect(sum_by(scaled_rule, wg_relu(v)), WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->failed, 2);
    ck_assert_int_eq(r.leaf[0]->subgradients, 1);
    ck_assert_int_ge(r.leaf[0]->worst, 1);
}
END_TEST

/* ---- options -------------------------------------------------------------------------------- */

static int64_t calls, last_done;
static void count_progress(const char *leaf, int64_t done, int64_t total, void *user) {
    ck_assert_str_eq(leaf, user);
    ck_assert(done <= total && done > 0);
    ++calls;
    last_done = done;
}

START_TEST(samples_coordinates) {
    wg_gradcheck_options o = {.size = sizeof o, .coordinates = 5, .seed = 3,
                              .progress = count_progress, .user = (void *)(uintptr_t)"x"};
    wg_var x = wg_name(matrix(WG_F64, 8, 8, -1, 1), "x");
    calls = 0;
    ck_assert_int_eq(wg_gradcheck(weighted_sum(wg_exp(x)), &o, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->checked, 5);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(last_done, 5);
}
END_TEST

START_TEST(takes_tolerances) {
    wg_gradcheck_options o = {.size = sizeof o, .rtol = 1e-16, .atol = 1e-300};
    factor_of_rule = 1 + 1e-7;
    wg_var root = sum_by(scaled_rule, wg_sin(matrix(WG_F64, 2, 3, -1, 1)));
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck(root, &o, &r), WG_ERR_CHECK);
    ck_assert_ptr_nonnull(strstr(r.rule, "atol = 1e-300"));
}
END_TEST

START_TEST(refuses_bad_options) {
    wg_var root = wg_square(wg_scalar(t, 2));
    wg_gradcheck_options bad[] = {{.rtol = -1}, {.atol = (double)NAN}, {.step = -1},
                                  {.step = HUGE_VAL}, {.coordinates = -3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_int_eq(wg_gradcheck(root, &bad[i], &r), WG_ERR_RANGE);
        ck_assert_int_eq(r.verdict, WG_VERDICT_INCONCLUSIVE);
        ck_assert_int_eq(r.error.status, WG_ERR_RANGE);
        wg_gradcheck_report_clear(&r);
    }
}
END_TEST

/* ---- what cannot run ------------------------------------------------------------------------ */

START_TEST(says_why_it_cannot_run) {
    wg_var x = wg_scalar(t, 2), c = wg_number(t, 2), y = wg_square(x);
    ck_assert_int_eq(wg_gradcheck(WG_NONE, NULL, &r), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck(WG_NONE, NULL, NULL), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck(wg_exp(c), NULL, &r), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "no leaf"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
    ck_assert_int_eq(wg_gradcheck(matrix(WG_F64, 2, 2, 0, 1), NULL, &r), WG_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "(2, 2)"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE); /* the first error stays */
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_OK);
    const double three = 3;
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_set(x, &three, sizeof three), WG_OK);
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_ERR_STATE);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_ERR_STALE);
    ck_assert_int_eq(wg_gradcheck(y, NULL, NULL), WG_ERR_STALE);
}
END_TEST

/* ---- side effects --------------------------------------------------------------------------- */

START_TEST(leaves_the_tape_alone) {
    wg_params *store = wg_params_new();
    wg_param *p = wg_param_new(store, "w", WG_F64, WG_SHAPE(3));
    const double w[3] = {0.5, -1, 2};
    memcpy(wg_param_data(p), w, sizeof w);
    wg_var x = matrix(WG_F64, 2, 3, -1, 1), h = wg_tanh(wg_mul(x, wg_use(t, p)));
    wg_var s = wg_scalar(t, 0.3), root = wg_mul(wg_sin(s), weighted_sum(h));
    ck_assert_int_eq(wg_backward(root), WG_OK);
    ck_assert_int_eq(wg_backward(root), WG_OK);
    double value[6], dx[6], dh[6], dw[3], ds = wg_item(wg_grad(s));
    wg_read(wg_grad(x), dx, sizeof dx);
    wg_read(wg_grad(h), dh, sizeof dh);
    wg_read(h, value, sizeof value);
    memcpy(dw, wg_param_grad(p), sizeof dw);
    wg_var before = wg_number(t, 0);

    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);

    ck_assert_uint_eq(wg_number(t, 0).index, before.index + 1);
    ck_assert_mem_eq(wg_data(h), value, sizeof value);
    ck_assert_mem_eq(wg_data(wg_grad(x)), dx, sizeof dx);
    ck_assert_mem_eq(wg_data(wg_grad(h)), dh, sizeof dh);
    ck_assert_mem_eq(wg_param_grad(p), dw, sizeof dw);
    ck_assert_mem_eq(wg_param_data(p), w, sizeof w);
    double after = wg_item(wg_grad(s));
    ck_assert_mem_eq(&after, &ds, sizeof ds);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_params_free(store);
}
END_TEST

START_TEST(clears_twice) {
    ck_assert_int_eq(wg_gradcheck(wg_square(wg_scalar(t, 2)), NULL, &r), WG_OK);
    wg_gradcheck_report_clear(&r);
    ck_assert_uint_eq(r.n, 0);
    ck_assert_ptr_null(r.leaf);
    wg_gradcheck_report_clear(&r);
    wg_gradcheck_report_clear(NULL);
    ck_assert_int_eq(wg_gradcheck(wg_square(wg_scalar(t, 2)), NULL, NULL), WG_OK);
}
END_TEST

/* ---- no memory ------------------------------------------------------------------------------ */

static wg_status scenario(void) {
    const double x[4] = {0.1, 0.2, 0.3, 0.4};
    wg_gradcheck_report report = {.size = sizeof report};
    wg_tape *own = wg_tape_new();
    wg_var v = wg_name(wg_input(own, WG_F64, WG_SHAPE(2, 2), x), "v");
    wg_var b = wg_broadcast_to(wg_sum_to(v, WG_SHAPE(2)), WG_SHAPE(2, 2)), c;
    wg_no_grad_begin(own);
    c = wg_broadcast_to(wg_sum_to(v, WG_SHAPE(1, 2)), WG_SHAPE(2, 2)); /* a view to be packed */
    wg_no_grad_end(own);
    wg_var root = wg_sum_to(wg_mul(wg_relu(v), wg_mul(wg_sin(b), c)), WG_RANK0);
    wg_status s = own ? wg_tape_status(own) : WG_ERR_MEMORY;
    if (s == WG_OK) {
        s = wg_gradcheck(root, NULL, &report);
        if (s != WG_OK) ck_assert_ptr_nonnull(strstr(report.error.text, "memory"));
        ck_assert_int_eq(report.error.status, s);
        ck_assert_int_eq(report.verdict, s ? WG_VERDICT_INCONCLUSIVE : WG_VERDICT_PASS);
        wg_gradcheck_report_clear(&report);
    }
    wg_tape_free(own);
    return s;
}

START_TEST(survives_no_memory) { ck_assert_int_gt(run_out_of_memory("gradcheck", scenario), 8); }
END_TEST

static void add_tests(Suite *s, const char *name, const TTest *const *tests, size_t n) {
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < n; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}
#define ADD(suite, name, tests) add_tests(suite, name, tests, sizeof(tests) / sizeof *(tests))

Suite *suite_gradcheck(void) {
    const TTest *const right[] = {
        passes_on_scalars, passes_on_arrays, passes_away_from_kinks, shrinks_the_step_beside_a_kink,
        shrinks_the_step_beside_the_end_of_the_domain, passes_where_the_function_is_steep,
        passes_on_float32, passes_on_mixed_dtypes, checks_parameters, passes_on_a_leaf_as_root,
        passes_on_a_flat_root, passes_on_an_empty_leaf, checks_a_second_derivative,
        takes_cut_values_as_constants};
    const TTest *const wrong[] = {
        catches_a_wrong_partial, catches_a_wrong_recorded_rule,
        allows_a_gate_without_a_recorded_rule, catches_a_wrong_sign, catches_one_percent,
        catches_one_percent_in_float32, catches_one_percent_of_little, names_the_worst_index,
        catches_a_dropped_operand, stays_inside_the_domain, nan_never_passes,
        nan_never_passes_by_tolerance};
    const TTest *const undecided[] = {takes_a_subgradient, passes_on_a_smooth_tie, names_the_kink,
        is_a_kink_at_a_jump, takes_the_course_s_ties, catches_what_is_no_subgradient,
                                      passes_on_a_lasting_tie, a_fail_outweighs_a_kink};
    const TTest *const around[] = {samples_coordinates,    takes_tolerances,
                                   refuses_bad_options,    says_why_it_cannot_run,
                                   leaves_the_tape_alone,  clears_twice,
                                   survives_no_memory};
    Suite *s = suite_create("gradcheck");
    ADD(s, "right", right);
    ADD(s, "wrong", wrong);
    ADD(s, "undecided", undecided);
    ADD(s, "around", around);
    return s;
}
