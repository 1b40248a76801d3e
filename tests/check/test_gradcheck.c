/* The gradient check: what is right passes, what is wrong is caught by name and index. */
#include "tests/check/gradcheck_helpers.h"

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

extern Suite *suite_gradcheck(void);
Suite *suite_gradcheck(void) {
    const TTest *const right[] = {
        passes_on_scalars, passes_on_arrays, passes_away_from_kinks,
        shrinks_the_step_beside_a_kink, shrinks_the_step_beside_the_end_of_the_domain,
        passes_where_the_function_is_steep, passes_on_float32, passes_on_mixed_dtypes,
        checks_parameters, passes_on_a_leaf_as_root, passes_on_a_flat_root,
        passes_on_an_empty_leaf, checks_a_second_derivative, takes_cut_values_as_constants};
    const TTest *const wrong[] = {
        catches_a_wrong_partial, catches_a_wrong_recorded_rule,
        allows_a_gate_without_a_recorded_rule, catches_a_wrong_sign, catches_one_percent,
        catches_one_percent_in_float32, catches_one_percent_of_little, names_the_worst_index,
        catches_a_dropped_operand, stays_inside_the_domain, nan_never_passes,
        nan_never_passes_by_tolerance};
    Suite *s = suite_create("gradcheck");
    ADD(s, "right", right);
    ADD(s, "wrong", wrong);
    return s;
}
