/* The residual block, the networks made of it, and convolutions without bias. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */
#include "backend/random.h"
#include "check/check.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* He et al. count 0.27, 0.46, 0.66 and 0.85 million. */
START_TEST(sizes_of_the_published_networks) {
    const char *names[] = {"resnet20", "resnet32", "resnet44", "resnet56"};
    const int64_t sizes[] = {269722, 464154, 658586, 853018};
    for (int i = 0; i < 4; ++i) {
        wg_model *m = wg_model_new(names[i], 32, 32, 3, 10, NULL, NULL);
        ck_assert_ptr_nonnull(m);
        ck_assert_int_eq(wg_model_size(m), sizes[i]);
        wg_model_free(m);
    }
    wg_model *m = wg_model_new("resnet20", 32, 32, 3, 10, NULL, NULL);
    ck_assert_str_eq(wg_model_arch(m), "CONV3x16b0-BN-RELU-(RES3x16)*3-RES3x32s2-(RES3x32)*2-"
                                       "RES3x64s2-(RES3x64)*2-GAP");
    ck_assert_ptr_null(wg_params_find(wg_model_params(m), "conv1.b"));
    ck_assert_ptr_nonnull(wg_params_find(wg_model_params(m), "res9.bn2.var"));
    ck_assert_ptr_null(wg_params_find(wg_model_params(m), "res10.conv1.w"));
    wg_model_free(m);
}
END_TEST

START_TEST(table) {
    wg_error e;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    ck_assert_int_eq(wg_arch_describe("CONV3x2b0-RES3x2-RES3x5s2", 5, 8, 1, 2, f, &e), WG_OK);
    fclose(f);
    ck_assert_str_eq(text, "layer            output               parameters\n"
                           "input            5 x 8 x 1                     0\n"
                           "CONV3x2b0        5 x 8 x 2                    18\n"
                           "RES3x2           5 x 8 x 2                    80\n"
                           "RES3x5s2         3 x 4 x 5                   335\n"
                           "classes          2                           122\n"
                           "                                             555\n");
    free(text);
}
END_TEST

/* With 1x1 filters all of it can be worked out by hand.  In evaluation at first a normalisation
 * divides by sqrt(1 + eps).  x (1, 3, 1, 1), stride 2: places 0 and 2 stay. */
START_TEST(by_hand) {
    wg_params *p = wg_params_new();
    wg_residual_layer l;
    ck_assert_int_eq(wg_residual_layer_init(&l, p, "r", WG_F64, 1, 1, 2, 2), WG_OK);
    ck_assert_int_eq(wg_residual_layer_reset(&l), WG_OK);
    const double x[] = {3, 100, -2}, w1[] = {2, -1}, w2[] = {1, 4, -0.5, 3};
    memcpy(wg_param_data(l.conv[0].w), w1, sizeof w1);
    memcpy(wg_param_data(l.conv[1].w), w2, sizeof w2);
    wg_tape *t = wg_tape_new();
    wg_var y = wg_residual_layer_apply(&l, wg_const(t, WG_F64, WG_SHAPE(1, 3, 1, 1), x), 0);
    const double *v = wg_data(y);
    ck_assert_ptr_nonnull(v);
    wg_shape s = wg_shape_of(y);
    ck_assert(s.rank == 4 && s.dim[1] == 2 && s.dim[2] == 1 && s.dim[3] == 2);
    double k = 1 / sqrt(1 + 1e-5), k2 = k * k;
    /* x = 3: h = (6, 0) k; conv2 (6, -3) k^2; plus (3, 0).  x = -2: h = (0, 2) k; (8, 6) k^2 */
    check_near(v[0], 6 * k2 + 3, 1e-12);
    check_near(v[1], 0, 0);
    check_near(v[2], 8 * k2 - 2, 1e-12);
    check_near(v[3], 6 * k2, 1e-12);
    wg_tape_free(t);
    wg_params_free(p);
}
END_TEST

START_TEST(gradients_agree_with_differences) {
    double x[2 * 5 * 4 * 2];
    wg_model_options o = {.dtype = WG_F64, .seed = 4};
    wg_model *m = wg_model_new("RES3x2-RES3x3s2-GAP", 5, 4, 2, 3, &o, NULL);
    ck_assert_ptr_nonnull(m);
    wgi_fill_normal_f64(x, sizeof x / sizeof *x, 0, 1, 9, 0, 0);
    wg_tape *t = wg_tape_new();
    wg_var in = wg_input(t, WG_F64, WG_SHAPE(2, 5, 4, 2), x);
    const int64_t labels[] = {2, 0};
    wg_var loss = wg_softmax_loss(wg_model_forward(m, t, in, 1),
                                  wg_const(t, WG_I64, WG_SHAPE(2), labels));
    wg_gradcheck_report r = {0};
    ck_assert_int_eq(wg_gradcheck(loss, NULL, &r), WG_OK);
    ck_assert_uint_eq(r.n, 1 + 2 * 6 + 2); /* x, two blocks, the class layer */
    wg_gradcheck_report_clear(&r);
    wg_tape_free(t);
    wg_model_free(m);
}
END_TEST

/* All four normalisations take in the batch once a step. */
START_TEST(running_statistics) {
    float x[4 * 4 * 4 * 2];
    const char *const means[] = {"res1.bn1.mean", "res1.bn2.mean", "res2.bn1.mean",
                                 "res2.bn2.mean"};
    wg_model *m = wg_model_new("RES3x2-RES3x4s2", 4, 4, 2, 3, NULL, NULL);
    wgi_fill_normal_f32(x, sizeof x / sizeof *x, 1, 1, 9, 0, 0);
    wg_tape *t = wg_tape_new();
    wg_var in = wg_const(t, WG_F32, WG_SHAPE(4, 4, 4, 2), x);
    ck_assert_int_ne(wg_model_forward(m, t, in, 0).index, 0);
    ck_assert_int_eq(wg_model_update(m), WG_OK);
    for (int i = 0; i < 4; ++i)
        check_near(*(float *)wg_param_data(wg_params_find(wg_model_params(m), means[i])), 0, 0);
    ck_assert_int_ne(wg_model_forward(m, t, in, 1).index, 0);
    ck_assert_int_eq(wg_model_update(m), WG_OK);
    for (int i = 0; i < 4; ++i) {
        float *mean = wg_param_data(wg_params_find(wg_model_params(m), means[i]));
        ck_assert_msg(isfinite(*mean) && *mean != 0, "%s = %g", means[i], (double)*mean);
    }
    wg_tape_free(t);
    wg_model_free(m);
}
END_TEST

/* He: both filter banks feed a rectifier, and draw different numbers. */
START_TEST(starts) {
    wg_model *m = wg_model_new("RES3x32", 4, 4, 32, 10, &(wg_model_options){.seed = 3}, NULL);
    const float *w[2];
    for (int k = 0; k < 2; ++k) {
        double squares = 0, n = 9 * 32 * 32;
        w[k] = wg_param_data(wg_params_at(wg_model_params(m), k ? 5 : 0));
        for (int i = 0; i < 9 * 32 * 32; ++i) squares += w[k][i] * w[k][i];
        check_near(sqrt(squares / n), sqrt(2.0 / 288), 5 * sqrt(2.0 / 288) / sqrt(2 * n));
    }
    ck_assert(memcmp(w[0], w[1], 9 * 32 * 32 * sizeof(float)) != 0);
    wg_model_free(m);
}
END_TEST

static void refused(const char *arch, wg_status status, const char *text) {
    wg_error e;
    ck_assert_ptr_null(wg_model_new(arch, 8, 8, 3, 10, NULL, &e));
    ck_assert_msg(e.status == status && strcmp(e.text, text) == 0, "%s", e.text);
}

START_TEST(errors) {
    refused("RES2x8", WG_ERR_SHAPE,
            "arch, column 1: RES has filters of odd size, not 2x2\n  RES2x8\n  ^");
    refused("RES3x2", WG_ERR_SHAPE,
            "arch, column 1: RES cannot go from 3 channels down to 2\n  RES3x2\n  ^");
    refused("FC8-RES3x8", WG_ERR_SHAPE,
            "arch, column 5: RES needs an image, what comes before gives 8 numbers\n"
            "  FC8-RES3x8\n      ^");
    refused("CONV3x8b2", WG_ERR_RANGE,
            "arch, column 9: the bias must be 0 to 1\n  CONV3x8b2\n          ^");
    wg_params *p = wg_params_new();
    wg_residual_layer l;
    ck_assert_int_eq(wg_residual_layer_init(&l, p, "r", WG_F32, 3, 2, 2, 1), WG_OK);
    ck_assert_int_eq(wg_residual_layer_init(&l, p, "r", WG_F32, 3, 2, 2, 1), WG_ERR_NAME);
    ck_assert_str_eq(wg_params_message(p), "r.conv1.w: there is a parameter of that name");
    wg_params_free(p);
}
END_TEST

/* b0 against a bias of zero. */
START_TEST(without_bias) {
    float x[25];
    wg_model_options o = {.seed = 6};
    wg_model *a = wg_model_new("CONV3x4b0", 5, 5, 1, 2, &o, NULL);
    wg_model *b = wg_model_new("CONV3x4b1", 5, 5, 1, 2, &o, NULL);
    ck_assert_int_eq(wg_model_size(a) + 4, wg_model_size(b));
    wgi_fill_normal_f32(x, 25, 0, 1, 9, 0, 0);
    wg_tape *t = wg_tape_new();
    wg_var in = wg_const(t, WG_F32, WG_SHAPE(1, 5, 5, 1), x);
    const float *u = wg_data(wg_model_forward(a, t, in, 1));
    const float *v = wg_data(wg_model_forward(b, t, in, 1));
    for (int i = 0; i < 2; ++i) check_near(u[i], v[i], 1e-5);
    wg_tape_free(t);
    wg_model_free(a);
    wg_model_free(b);
}
END_TEST

extern Suite *suite_residual(void);
Suite *suite_residual(void) {
    Suite *s = suite_create("residual");
    TCase *c = tcase_create("residual");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, sizes_of_the_published_networks);
    tcase_add_test(c, table);
    tcase_add_test(c, by_hand);
    tcase_add_test(c, gradients_agree_with_differences);
    tcase_add_test(c, running_statistics);
    tcase_add_test(c, starts);
    tcase_add_test(c, errors);
    tcase_add_test(c, without_bias);
    suite_add_tcase(s, c);
    return s;
}
