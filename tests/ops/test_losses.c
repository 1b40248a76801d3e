/* test_losses.c: the losses with a reduction and the normalisations beside batch_norm: values
 * against closed forms, special points, and what they refuse. */
#include "tests/ops/hold.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

extern Suite *suite_losses(void);

static wg_var row(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

/* The elements of v, and of the gradient of its sum with respect to x where d is given. */
static void numbers(wg_var v, wg_var x, size_t n, double *y, double *d) {
    wg_shape s = wg_shape_of(v);
    ck_assert_int_eq(wg_read(v, y, (size_t)wg_shape_size(s) * sizeof *y), WG_OK);
    if (!d) return;
    wg_clear_grads(v.tape);
    ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), d, n * sizeof *d), WG_OK);
}

START_TEST(test_reductions) {
    static const double a[] = {1, -2, 4, 0.5}, b[] = {0, 1, 1, 0.5};
    double y[4];
    wg_tape *t = wg_tape_new();
    wg_var x = row(t, 4, a), z = row(t, 4, b);
    check_near(wg_item(wg_mse_loss(x, z, WG_REDUCTION_MEAN)), 19.0 / 4, 1e-15);
    check_near(wg_item(wg_mse_loss(x, z, WG_REDUCTION_SUM)), 19, 1e-15);
    numbers(wg_mse_loss(x, z, WG_REDUCTION_NONE), x, 4, y, NULL);
    check_near(y[1], 9, 0);
    check_near(wg_item(wg_l1_loss(x, z, WG_REDUCTION_SUM)), 7, 0);
    wg_var none = wg_input(t, WG_F64, WG_SHAPE(0), NULL);
    ck_assert(isnan(wg_item(wg_mse_loss(none, none, WG_REDUCTION_MEAN))));
    check_near(wg_item(wg_mse_loss(none, none, WG_REDUCTION_SUM)), 0, 0);
    wg_tape_free(t);
}
END_TEST

/* Both pieces, the seam, a tie, and what flows. */
START_TEST(test_robust_losses) {
    static const double a[] = {3, -3, 0.5, 2, 0, (double)NAN, (double)INFINITY}, zero[7] = {0};
    static const double huber[] = {4, 4, 0.125, 2, 0}, slope[] = {2, -2, 0.5, 2, 0};
    double y[7], d[7];
    wg_tape *t = wg_tape_new();
    wg_var x = row(t, 7, a), z = row(t, 7, zero);
    numbers(wg_huber_loss(x, z, 2, WG_REDUCTION_NONE), x, 7, y, d);
    for (int i = 0; i < 5; ++i) check_near(y[i], huber[i], 1e-15);
    for (int i = 0; i < 5; ++i) check_near(d[i], slope[i], 1e-15);
    ck_assert(isnan(y[5]) && isnan(d[5]) && isinf(y[6]));
    check_near(d[6], 2, 0);
    numbers(wg_smooth_l1_loss(x, z, 2, WG_REDUCTION_NONE), x, 7, y, d);
    for (int i = 0; i < 5; ++i) check_near(y[i], huber[i] / 2, 1e-15);
    for (int i = 0; i < 5; ++i) check_near(d[i], slope[i] / 2, 1e-15);
    numbers(wg_smooth_l1_loss(x, z, 0, WG_REDUCTION_NONE), x, 7, y, d);
    check_near(y[0], 3, 0);
    check_near(d[1], -1, 0);
    check_near(d[4], 0, 0);
    numbers(wg_l1_loss(x, z, WG_REDUCTION_NONE), x, 7, y, d);
    check_near(y[1], 3, 0);
    check_near(d[4], 0, 0);
    ck_assert(isnan(d[5]));
    wg_tape_free(t);
}
END_TEST

START_TEST(test_bce) {
    const double inf = (double)INFINITY;
    const double a[] = {1e4, -1e4, 1e4, -1e4, 0, 0.75, inf, -inf, inf};
    static const double b[] = {0, 1, 1, 0, 0.5, 0.25, 1, 0, 0};
    double y[9], d[9];
    wg_tape *t = wg_tape_new();
    wg_var x = row(t, 9, a);
    numbers(wg_bce_with_logits(x, row(t, 9, b), WG_REDUCTION_NONE), x, 9, y, d);
    check_near(y[0], 1e4, 0);
    check_near(y[1], 1e4, 0);
    check_near(y[2], 0, 0);
    check_near(y[3], 0, 0);
    check_near(y[4], log(2), 1e-15);
    long double p = 1 / (1 + expl(-0.75L)), l = -0.25L * logl(p) - 0.75L * logl(1 - p);
    check_near(y[5], (double)l, 1e-15);
    check_near(d[5], (double)(p - 0.25L), 1e-15);
    check_near(y[6], 0, 0);
    check_near(y[7], 0, 0);
    ck_assert(isinf(y[8]) && y[8] > 0);
    check_near(d[0], 1, 0);
    check_near(d[2], 0, 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_kl) {
    double a[] = {-1, -(double)INFINITY, -2, -1}, b[] = {0.25, 0, 0.75, -1}, y[4], d[4];
    wg_tape *t = wg_tape_new();
    wg_var x = row(t, 4, a), z = row(t, 4, b);
    numbers(wg_kl_div(x, z, WG_REDUCTION_NONE), x, 4, y, d);
    check_near(y[0], 0.25 * (log(0.25) + 1), 1e-15);
    check_near(y[1], 0, 0);
    check_near(y[2], 0.75 * (log(0.75) + 2), 1e-15);
    ck_assert(isnan(y[3]));
    check_near(d[2], -0.75, 0);
    check_near(d[1], 0, 0);
    wg_tape_free(t);
}
END_TEST

/* softmax_loss_with without options is softmax_loss; nll_loss of log_softmax too. */
START_TEST(test_softmax_family) {
    static const double a[] = {1, 2, -1, 1e4, -1e4, 0, 0.5, 0.25, 0}, w[] = {0.5, 2, 1};
    static const int64_t label[] = {2, 1, 0};
    double y[3], lp[3][3];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3, 3), a);
    wg_var l = wg_const(t, WG_I64, WG_SHAPE(3), label), weights = row(t, 3, w);
    double plain = wg_item(wg_softmax_loss(x, l));
    check_near(wg_item(wg_softmax_loss_with(x, l, NULL)), plain, 1e-12);
    check_near(wg_item(wg_nll_loss(wg_log_softmax(x, -1), l, WG_REDUCTION_MEAN)), plain, 1e-12);
    ck_assert_int_eq(wg_read(wg_log_softmax(x, -1), lp, sizeof lp), WG_OK);
    wg_softmax_loss_options o = {.weights = weights, .smoothing = 0.3, .ignores = 1, .ignore = 1};
    double want = 0;
    for (int i = 0; i < 3; i += 2)
        for (int j = 0; j < 3; ++j) want -= w[j] * (0.7 * (j == label[i]) + 0.1) * lp[i][j];
    check_near(wg_item(wg_softmax_loss_with(x, l, &o)), want / (w[2] + w[0]), 1e-12);
    o.reduction = WG_REDUCTION_NONE;
    numbers(wg_softmax_loss_with(x, l, &o), x, 9, y, NULL);
    check_near(y[1], 0, 0);
    wg_var hot = wg_one_hot(l, 3, WG_F64);
    check_near(wg_item(wg_softmax_loss_soft(x, hot, NULL)), plain, 1e-12);
    static const int64_t padded[] = {2, -1, -1};
    o = (wg_softmax_loss_options){.ignores = 1, .ignore = -1}; /* no class, and ignored */
    wg_var some = wg_softmax_loss_with(x, wg_const(t, WG_I64, WG_SHAPE(3), padded), &o);
    check_near(wg_item(some), -lp[0][2], 1e-12);
    double d[9];
    numbers(some, x, 9, y, d);
    check_near(d[2], exp(lp[0][2]) - 1, 1e-12);
    check_near(d[5], 0, 0);
    o.ignore = 2;
    o.reduction = WG_REDUCTION_MEAN;
    static const int64_t all[] = {2, 2, 2};
    ck_assert(isnan(wg_item(wg_softmax_loss_with(x, wg_const(t, WG_I64, WG_SHAPE(3), all), &o))));
    wg_tape_free(t);
}
END_TEST

START_TEST(test_svm_with) {
    static const double a[] = {3.2, 5.1, -1.7, 1.3, 4.9, 2.0};
    static const int64_t label[] = {0, 1};
    double y[2];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a), l = wg_const(t, WG_I64, WG_SHAPE(2), label);
    wg_svm_loss_options o = {.reduction = WG_REDUCTION_NONE};
    check_near(wg_item(wg_svm_loss_with(x, l, NULL)), wg_item(wg_svm_loss(x, l)), 1e-15);
    numbers(wg_svm_loss_with(x, l, &o), x, 6, y, NULL);
    check_near(y[0], 2.9, 1e-15);
    check_near(y[1], 0, 0);
    o.squared = 1;
    numbers(wg_svm_loss_with(x, l, &o), x, 6, y, NULL);
    check_near(y[0], 2.9 * 2.9, 1e-14);
    o = (wg_svm_loss_options){.reduction = WG_REDUCTION_NONE, .against_all = 1, .margin = 2};
    numbers(wg_svm_loss_with(x, l, &o), x, 6, y, NULL);
    check_near(y[0], 7.1 + 0.3, 1e-14);
    check_near(y[1], 3.3 + 4.0, 1e-14);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_metric_losses) {
    static const double a[] = {3, 4, 0, 0}, b[] = {4, 3, 1, 2}, c[] = {0, 0, 3, 0};
    static const unsigned char alike[] = {1, 0};
    double y[2], d[4];
    wg_tape *t = wg_tape_new();
    wg_var p = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), q = wg_input(t, WG_F64, WG_SHAPE(2, 2), b);
    wg_var r = wg_input(t, WG_F64, WG_SHAPE(2, 2), c), m = wg_const(t, WG_BOOL, WG_SHAPE(2), alike);
    numbers(wg_cosine_similarity(p, q, -1, 1e-8), p, 4, y, d);
    check_near(y[0], 24.0 / 25, 1e-15);
    check_near(y[1], 0, 0);
    check_near(d[0], 4.0 / 25 - 0.96 * 3 / 25, 1e-15);
    ck_assert(isnan(wg_item(wg_cosine_similarity(row(t, 2, c), row(t, 2, a), 0, 0))));
    numbers(wg_cosine_embedding_loss(p, q, m, -0.5, 1e-8, WG_REDUCTION_NONE), p, 4, y, NULL);
    check_near(y[0], 0.04, 1e-15);
    check_near(y[1], 0.5, 1e-15);
    numbers(wg_triplet_loss(p, q, r, 4, 0, WG_REDUCTION_NONE), p, 4, y, d);
    check_near(y[0], sqrt(2) - 5 + 4, 1e-14);
    check_near(y[1], sqrt(5) - 3 + 4, 1e-14);
    check_near(d[2], -1 / sqrt(5) + 1, 1e-14);
    numbers(wg_triplet_loss(p, p, r, 6, 0, WG_REDUCTION_NONE), p, 4, y, d); /* a distance of 0 */
    check_near(y[0], 1, 1e-14);
    check_near(d[0], -0.6, 1e-14);
    numbers(wg_triplet_loss(p, q, r, 30, 1, WG_REDUCTION_NONE), p, 4, y, NULL);
    check_near(y[0], 2 - 25 + 30, 1e-14);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_loss_errors) {
    wg_tape *t = wg_tape_new();
#define ZEROS(...) wg_input(t, WG_F64, WG_SHAPE(__VA_ARGS__), NULL)
    check_refused(wg_mse_loss(ZEROS(3, 1), ZEROS(3), WG_REDUCTION_MEAN), WG_ERR_SHAPE,
                  "mse_loss: x (3, 1) and y (3); a loss does not broadcast");
    check_refused(wg_bce_with_logits(ZEROS(3), wg_scalar(t, 1), WG_REDUCTION_SUM), WG_ERR_SHAPE,
                  "a loss does not broadcast");
    check_refused(wg_l1_loss(ZEROS(3), ZEROS(3), (wg_reduction)7), WG_ERR_RANGE, "reduction 7");
    check_refused(wg_huber_loss(ZEROS(3), ZEROS(3), 0, WG_REDUCTION_SUM), WG_ERR_RANGE,
                  "delta = 0; it is finite and positive");
    check_refused(wg_smooth_l1_loss(ZEROS(3), ZEROS(3), -1, WG_REDUCTION_SUM), WG_ERR_RANGE,
                  "beta = -1; it is finite and not negative");
    check_refused(wg_nll_loss(ZEROS(3, 2), ZEROS(2), WG_REDUCTION_MEAN), WG_ERR_SHAPE,
                  "log_probabilities (3, 2) with labels (2)");
    static const int64_t bad[] = {0, 2};
    check_refused(wg_nll_loss(ZEROS(2, 2), wg_const(t, WG_I64, WG_SHAPE(2), bad),
                              WG_REDUCTION_MEAN),
                  WG_ERR_RANGE, "element 1 is 2; with 2 classes it is 0 to 1");
    wg_softmax_loss_options o = {.smoothing = 1.5};
    check_refused(wg_softmax_loss_with(ZEROS(2, 2), ZEROS(2), &o), WG_ERR_RANGE, "smoothing = 1.5");
    o = (wg_softmax_loss_options){.weights = ZEROS(3)};
    check_refused(wg_softmax_loss_with(ZEROS(2, 2), ZEROS(2), &o), WG_ERR_SHAPE,
                  "weights have shape (3); they are (2)");
    check_refused(wg_softmax_loss_soft(ZEROS(2, 2), ZEROS(2), NULL), WG_ERR_SHAPE,
                  "they are both (..., C)");
    wg_svm_loss_options v = {.margin = -1};
    check_refused(wg_svm_loss_with(ZEROS(2, 2), ZEROS(2), &v), WG_ERR_RANGE, "margin = -1");
    check_refused(wg_cosine_similarity(ZEROS(2, 2), ZEROS(2), 0, 0), WG_ERR_SHAPE, "one shape");
    check_refused(wg_cosine_similarity(ZEROS(2), ZEROS(2), 1, 0), WG_ERR_RANGE, "axis 1");
    check_refused(wg_cosine_embedding_loss(ZEROS(2, 2), ZEROS(2, 2), ZEROS(2), 2, 0,
                                           WG_REDUCTION_MEAN),
                  WG_ERR_RANGE, "it lies in [-1, 1]");
    check_refused(wg_triplet_loss(ZEROS(2, 2), ZEROS(2, 2), ZEROS(2, 1), 1, 0, WG_REDUCTION_MEAN),
                  WG_ERR_SHAPE, "a loss does not broadcast");
    wg_tape_free(t);
}
END_TEST

/* ---- normalisation -------------------------------------------------------------------------- */

/* The same numbers, seen as one layer, two groups, and channels on their own. */
START_TEST(test_normalisations) {
    static const double a[] = {1, 2, 3, 8, 5, 0, 7, -2}; /* (1, 2, 4): two places, four channels */
    static const double gamma[] = {1, 2, 3, 4}, beta[] = {0, 1, 0, -1};
    double y[8];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 2, 4), a), w = row(t, 4, gamma), b = row(t, 4, beta);
    numbers(wg_layer_norm(x, w, b, WG_AXES(-1), 0), x, 8, y, NULL);
    double d = sqrt((6.25 + 2.25 + 0.25 + 20.25) / 4); /* of 1, 2, 3, 8 about 3.5 */
    check_near(y[1], 2 * -1.5 / d + 1, 1e-14);
    check_near(y[3], 4 * 4.5 / d - 1, 1e-14);
    numbers(wg_group_norm(x, w, b, 2, 0), x, 8, y, NULL);
    d = sqrt((1 + 0 + 9 + 4) / 4.0); /* of 1, 2, 5, 0 about 2 */
    check_near(y[0], -1 / d, 1e-14);
    check_near(y[5], 2 * -2 / d + 1, 1e-14);
    numbers(wg_instance_norm(x, w, WG_NONE, 0), x, 8, y, NULL);
    check_near(y[2], -3, 1e-14);
    check_near(y[3], 4, 1e-14);
    numbers(wg_rms_norm(x, w, WG_AXES(2), 0.5), x, 8, y, NULL);
    check_near(y[3], 4 * 8 / sqrt(78.0 / 4 + 0.5), 1e-14);
    numbers(wg_local_response_norm(x, 3, 0.5, 0.75, 2), x, 8, y, NULL);
    check_near(y[0], 1 / pow(2 + 0.5 * 5, 0.75), 1e-14);
    check_near(y[2], 3 / pow(2 + 0.5 * 77, 0.75), 1e-14);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_norm_special) {
    static const double same[] = {3, 3, 3}, odd[] = {1, (double)NAN, 2};
    double y[3];
    wg_tape *t = wg_tape_new();
    wg_var x = row(t, 3, same);
    numbers(wg_layer_norm(x, WG_NONE, WG_NONE, WG_AXES(0), 1e-5), x, 3, y, NULL);
    check_near(y[0], 0, 0);
    numbers(wg_layer_norm(x, WG_NONE, WG_NONE, WG_AXES(0), 0), x, 3, y, NULL);
    ck_assert(isnan(y[0]));
    numbers(wg_rms_norm(row(t, 3, odd), WG_NONE, WG_AXES(0), 0), x, 3, y, NULL);
    ck_assert(isnan(y[0]) && isnan(y[1]));
    check_refused(wg_layer_norm(ZEROS(2, 3), ZEROS(2), WG_NONE, WG_AXES(-1), 0), WG_ERR_SHAPE,
                  "gamma has shape (2); it is (3)");
    check_refused(wg_layer_norm(ZEROS(2, 3), WG_NONE, WG_NONE, WG_AXES(2), 0), WG_ERR_RANGE,
                  "axis 2 of a value of rank 2");
    check_refused(wg_rms_norm(ZEROS(2), WG_NONE, WG_AXES(0), -1), WG_ERR_RANGE, "eps = -1");
    check_refused(wg_group_norm(ZEROS(2, 3), WG_NONE, WG_NONE, 2, 0), WG_ERR_RANGE,
                  "3 channels are not divided by groups = 2");
    check_refused(wg_group_norm(ZEROS(3), WG_NONE, WG_NONE, 1, 0), WG_ERR_SHAPE, "(N, ..., C)");
    check_refused(wg_instance_norm(ZEROS(2), WG_NONE, WG_NONE, 0), WG_ERR_SHAPE, "(N, ..., C)");
    check_refused(wg_local_response_norm(ZEROS(2), 0, 1, 1, 1), WG_ERR_RANGE, "size = 0");
    check_refused(wg_local_response_norm(ZEROS(2), 1, -1, 1, 1), WG_ERR_RANGE, "alpha = -1");
    wg_tape_free(t);
}
END_TEST

Suite *suite_losses(void) {
    Suite *s = suite_create("losses");
    TCase *c = tcase_create("losses");
    tcase_add_test(c, test_reductions);
    tcase_add_test(c, test_robust_losses);
    tcase_add_test(c, test_bce);
    tcase_add_test(c, test_kl);
    tcase_add_test(c, test_softmax_family);
    tcase_add_test(c, test_svm_with);
    tcase_add_test(c, test_metric_losses);
    tcase_add_test(c, test_loss_errors);
    tcase_add_test(c, test_normalisations);
    tcase_add_test(c, test_norm_special);
    suite_add_tcase(s, c);
    return s;
}
