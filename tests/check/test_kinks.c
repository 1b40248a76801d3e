/* The gradient check at kinks: subgradients, smooth ties, jumps. */
#include "tests/check/gradcheck_helpers.h"

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

extern Suite *suite_gradcheck_kinks(void);
Suite *suite_gradcheck_kinks(void) {
    const TTest *const undecided[] = {
        takes_a_subgradient, passes_on_a_smooth_tie, names_the_kink, is_a_kink_at_a_jump,
        takes_the_course_s_ties, catches_what_is_no_subgradient, passes_on_a_lasting_tie,
        a_fail_outweighs_a_kink};
    Suite *s = suite_create("gradcheck_kinks");
    ADD(s, "undecided", undecided);
    return s;
}
