/* test_loss.c: softmax and the two losses: the course's figures, extremes, labels, gradients. */
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_loss(void);
extern const wg_gate wg_gate_softmax, wg_gate_log_softmax, wg_gate_softmax_grad,
    wg_gate_log_softmax_grad, wg_gate_softmax_loss, wg_gate_svm_loss, wg_gate_softmax_loss_grad,
    wg_gate_svm_loss_grad;

static const double course[] = {3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1};

static wg_var matrix(wg_tape *t, int64_t n, int64_t c, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n, c), x);
}
static wg_var labels(wg_tape *t, int64_t n, const int64_t *l) {
    return wg_const(t, WG_I64, WG_SHAPE(n), l);
}

/* ---- the course ----------------------------------------------------------------------------- */

START_TEST(test_course_svm) {
    static const double want[] = {2.9, 0, 12.9};
    static const int64_t l[] = {0, 1, 2};
    wg_tape *t = wg_tape_new();
    for (int i = 0; i < 3; ++i)
        check_near(wg_item(wg_svm_loss(matrix(t, 1, 3, course + 3 * i), labels(t, 1, l + i))),
                   want[i], 1e-14);
    wg_var all = wg_svm_loss(matrix(t, 3, 3, course), labels(t, 3, l));
    ck_assert_int_eq(wg_shape_of(all).rank, 0);
    check_near(wg_item(all), 15.8 / 3, 1e-14);
    check_near(wg_item(all), 5.27, 0.005);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_course_softmax) {
    static const double want[] = {0.13, 0.87, 0.00};
    static const int64_t l[] = {0};
    wg_tape *t = wg_tape_new();
    wg_var s = matrix(t, 1, 3, course);
    double p[3];
    ck_assert_int_eq(wg_read(wg_softmax(s, -1), p, sizeof p), WG_OK);
    for (int i = 0; i < 3; ++i) check_near(p[i], want[i], 0.005);
    check_near(p[0] + p[1] + p[2], 1, 1e-15);
    check_near(wg_item(wg_softmax_loss(s, labels(t, 1, l))), 2.04, 0.005);
    check_near(wg_item(wg_softmax_loss(s, labels(t, 1, l))), -log(p[0]), 1e-14);
    wg_tape_free(t);
}
END_TEST

/* Equal scores cost ln C and C - 1. */
START_TEST(test_equal_scores) {
    static const int64_t l[] = {9, 0};
    double s[20] = {0};
    wg_tape *t = wg_tape_new();
    check_near(wg_item(wg_softmax_loss(matrix(t, 2, 10, s), labels(t, 2, l))), log(10.0), 1e-15);
    check_near(wg_item(wg_svm_loss(matrix(t, 2, 10, s), labels(t, 2, l))), 9, 0);
    wg_tape_free(t);
}
END_TEST

/* ---- extremes ------------------------------------------------------------------------------- */

START_TEST(test_large_scores) {
    static const float s[] = {1e4f, -1e4f, 1e4f - 1};
    static const int64_t l[] = {1};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(1, 3), s);
    float p[3], q[3], d[3];
    ck_assert_int_eq(wg_read(wg_softmax(x, 1), p, sizeof p), WG_OK);
    ck_assert_int_eq(wg_read(wg_log_softmax(x, 1), q, sizeof q), WG_OK);
    double e = exp(-1.0);
    check_near((double)p[0], 1 / (1 + e), 1e-6);
    check_near((double)p[1], 0, 0);
    check_near((double)q[0], -log1p(e), 1e-6);
    check_near((double)q[1], -2e4 - log1p(e), 2e-3);
    wg_var y = wg_softmax_loss(x, labels(t, 1, l));
    check_near(wg_item(y), 2e4 + log1p(e), 2e-3);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), d, sizeof d), WG_OK);
    check_near((double)d[0], 1 / (1 + e), 1e-6);
    check_near((double)d[1], -1, 1e-6);
    check_near((double)d[2], e / (1 + e), 1e-6);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_nan_row) {
    double s[] = {1, NAN, 0, 1, 2, 3}, p[6];
    static const int64_t l[] = {0, 2};
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t, 2, 3, s);
    ck_assert_int_eq(wg_read(wg_softmax(x, 1), p, sizeof p), WG_OK);
    for (int i = 0; i < 3; ++i) ck_assert(isnan(p[i]) && isfinite(p[3 + i]));
    ck_assert(isnan(wg_item(wg_softmax_loss(x, labels(t, 2, l)))));
    ck_assert(isnan(wg_item(wg_svm_loss(x, labels(t, 2, l)))));
    wg_tape_free(t);
}
END_TEST

/* No rows: the mean of nothing is NaN, and the empty scores have an empty gradient. */
START_TEST(test_no_rows) {
    wg_tape *t = wg_tape_new();
    wg_var s = matrix(t, 0, 3, NULL), l = labels(t, 0, NULL);
    wg_var a = wg_softmax_loss(s, l), b = wg_svm_loss(s, l);
    ck_assert(isnan(wg_item(a)) && isnan(wg_item(b)));
    ck_assert_int_eq(wg_backward(wg_add(a, b)), WG_OK);
    ck_assert_int_eq(wg_shape_of(wg_grad(s)).dim[0], 0);
    wg_tape_free(t);
}
END_TEST

/* At the margin exactly the hinge has derivative 0; just beyond it has 1. */
START_TEST(test_margin) {
    static const double s[] = {2, 1, 1.5};
    static const int64_t l[] = {0};
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t, 1, 3, s), y = wg_svm_loss(x, labels(t, 1, l));
    double d[3];
    check_near(wg_item(y), 0.5, 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), d, sizeof d), WG_OK);
    check_near(d[0], -1, 0);
    check_near(d[1], 0, 0);
    check_near(d[2], 1, 0);
    wg_tape_free(t);
}
END_TEST

/* The hash of the pieces that scores lie in. */
static uint64_t hinge_signature(double s1) {
    double s[] = {2, s1, 0};
    int64_t l[] = {0};
    wg_value scores = {WG_F64, 2, {1, 3}, {3, 1}, s, NULL}, label = {WG_I64, 1, {1}, {1}, l, NULL};
    const wg_value *x[] = {&scores, &label};
    wg_call c;
    memset(&c, 0, sizeof c);
    c.gate = &wg_gate_svm_loss;
    c.n = 2;
    c.x = x;
    return wg_gate_svm_loss.signature(&c);
}

START_TEST(test_signature) {
    ck_assert(hinge_signature(0.5) == hinge_signature(0.25));
    ck_assert(hinge_signature(0.5) != hinge_signature(1.5));
    ck_assert(hinge_signature(1) != hinge_signature(1.5));
    ck_assert(hinge_signature(1) != hinge_signature(0.5));
}
END_TEST

/* ---- gradients ------------------------------------------------------------------------------ */

START_TEST(test_softmax_axes) {
    static const struct {
        int axis;
    } first = {0}, middle = {1}, last = {-1};
    static const wg_sample one[] = {
        {.shapes = "1,1", .attrs = &last},   {.shapes = "2,1,3", .attrs = &middle},
        {.shapes = "3,4", .attrs = &first},  {.shapes = "0,3", .attrs = &last},
        {.shapes = "2,0", .attrs = &last},   {.shapes = NULL},
    };
    static const wg_sample two[] = {
        {.shapes = "1,1|1,1", .attrs = &last}, {.shapes = "2,3,2|2,3,2", .attrs = &middle},
        {.shapes = "0,3|0,3", .attrs = &first}, {.shapes = NULL},
    };
    hold_samples(&wg_gate_softmax, one);
    hold_samples(&wg_gate_log_softmax, one);
    hold_samples(&wg_gate_softmax_grad, two);
    hold_samples(&wg_gate_log_softmax_grad, two);
}
END_TEST

START_TEST(test_loss_gradients) {
    static const wg_sample loss[] = {
        {.shapes = "5,3|5", .limit = 3}, {.shapes = "1,1|1", .limit = 1}, {.shapes = NULL}};
    static const wg_sample grad[] = {
        {.shapes = "5,3|5|", .limit = 3}, {.shapes = "1,1|1|", .limit = 1}, {.shapes = NULL}};
    hold_samples(&wg_gate_softmax_loss, loss);
    hold_samples(&wg_gate_svm_loss, loss);
    hold_samples(&wg_gate_softmax_loss_grad, grad);
    hold_samples(&wg_gate_svm_loss_grad, grad);
}
END_TEST

/* After a replay the rule must see the new probabilities, not those kept at recording. */
START_TEST(test_replay) {
    static const double a[] = {0.1, 0.7, -0.2}, b[] = {1.5, -0.5, 0.25};
    static const int64_t l[] = {1};
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t, 1, 3, a), y = wg_softmax_loss(x, labels(t, 1, l));
    double d[3], sum = exp(b[0]) + exp(b[1]) + exp(b[2]);
    ck_assert_int_eq(wg_set(x, b, sizeof b), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), d, sizeof d), WG_OK);
    for (int i = 0; i < 3; ++i) check_near(d[i], exp(b[i]) / sum - (i == 1), 1e-15);
    wg_tape_free(t);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

START_TEST(test_labels) {
    static const int64_t high[] = {0, 3}, low[] = {-1, 0};
    wg_tape *t = wg_tape_new();
    check_refused(wg_softmax_loss(matrix(t, 2, 3, course), labels(t, 2, high)), WG_ERR_RANGE,
                  "softmax_loss: label 3 of row 1; with 3 classes it is 0 to 2");
    check_refused(wg_svm_loss(matrix(t, 2, 3, course), labels(t, 2, low)), WG_ERR_RANGE,
                  "svm_loss: label -1 of row 0");
    double half[] = {0, 0.5}, nan[] = {NAN, 1};
    check_refused(wg_svm_loss(matrix(t, 2, 3, course), wg_const(t, WG_F64, WG_SHAPE(2), half)),
                  WG_ERR_VALUE, "0.5");
    check_refused(wg_softmax_loss(matrix(t, 2, 3, course), wg_const(t, WG_F64, WG_SHAPE(2), nan)),
                  WG_ERR_VALUE, "nan");
    double whole[] = {2, 0};
    wg_var y = wg_svm_loss(matrix(t, 2, 3, course), wg_const(t, WG_F64, WG_SHAPE(2), whole));
    ck_assert(isfinite(wg_item(y)));
    wg_tape_free(t);
}
END_TEST

START_TEST(test_shapes) {
    static const int64_t l[] = {0, 1, 2};
    wg_tape *t = wg_tape_new();
    check_refused(wg_softmax_loss(matrix(t, 2, 3, course), labels(t, 3, l)), WG_ERR_SHAPE,
                  "scores (2, 3) with labels (3); they are (N, C) and (N)");
    check_refused(wg_svm_loss(wg_input(t, WG_F64, WG_SHAPE(3), course), labels(t, 3, l)),
                  WG_ERR_SHAPE, "scores (3)");
    check_refused(wg_softmax(matrix(t, 2, 3, course), 2), WG_ERR_RANGE,
                  "softmax: axis 2 of a value of rank 2");
    check_refused(wg_log_softmax(wg_scalar(t, 1), 0), WG_ERR_RANGE, "rank 0");
    wg_var g = matrix(t, 3, 2, course);
    check_refused(wg_softmax_grad(matrix(t, 2, 3, course), g, 1), WG_ERR_SHAPE,
                  "shapes differ: (2, 3) and (3, 2)");
    g = wg_input(t, WG_F64, WG_SHAPE(2), course);
    check_refused(wg_svm_loss_grad(matrix(t, 2, 3, course), labels(t, 2, l), g), WG_ERR_SHAPE,
                  "g has shape (2); it is of rank 0");
    wg_tape_free(t);
}
END_TEST

Suite *suite_loss(void) {
    Suite *s = suite_create("loss");
    TCase *c = tcase_create("loss");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_course_svm);
    tcase_add_test(c, test_course_softmax);
    tcase_add_test(c, test_equal_scores);
    tcase_add_test(c, test_large_scores);
    tcase_add_test(c, test_nan_row);
    tcase_add_test(c, test_no_rows);
    tcase_add_test(c, test_margin);
    tcase_add_test(c, test_signature);
    tcase_add_test(c, test_softmax_axes);
    tcase_add_test(c, test_loss_gradients);
    tcase_add_test(c, test_replay);
    tcase_add_test(c, test_labels);
    tcase_add_test(c, test_shapes);
    suite_add_tcase(s, c);
    return s;
}
