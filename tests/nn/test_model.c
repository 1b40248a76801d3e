/* Layers and models: first numbers, the course's figures, shapes, batch normalisation's running
 * statistics, memory that runs out. */
#include "autograd/tape.h"
#include "backend/random.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "tests/oom.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

/* ---- first numbers -------------------------------------------------------------------------- */

START_TEST(deviations) {
    check_near(wg_init_deviation(WG_INIT_XAVIER, WG_SHAPE(100, 50)), 0.1, 1e-15);
    check_near(wg_init_deviation(WG_INIT_AUTO, WG_SHAPE(100, 50)), 0.1, 1e-15);
    check_near(wg_init_deviation(WG_INIT_HE, WG_SHAPE(50, 7)), 0.2, 1e-15);
    check_near(wg_init_deviation(WG_INIT_GLOROT, WG_SHAPE(30, 20)), 0.2, 1e-15);
    /* 5x5 over 4 channels: fan_in 100; 8 filters: fan_out 200 */
    check_near(wg_init_deviation(WG_INIT_XAVIER, WG_SHAPE(8, 5, 5, 4)), 0.1, 1e-15);
    check_near(wg_init_deviation(WG_INIT_HE, WG_SHAPE(8, 5, 5, 4)), sqrt(0.02), 1e-15);
    check_near(wg_init_deviation(WG_INIT_GLOROT, WG_SHAPE(8, 5, 5, 4)), sqrt(2.0 / 300), 1e-15);
    ck_assert(isnan(wg_init_deviation(WG_INIT_XAVIER, WG_SHAPE(3))));
    ck_assert(isnan(wg_init_deviation(WG_INIT_XAVIER, WG_SHAPE(0, 3))));
    ck_assert(isnan(wg_init_deviation(WG_INIT_NORMAL, WG_SHAPE(3, 3))));
}
END_TEST

/* Mean and deviation of a float32 parameter. */
static void moments(wg_model *m, const char *name, double *mean, double *deviation) {
    wg_param *p = wg_params_find(wg_model_params(m), name);
    ck_assert_msg(p != NULL, "no parameter %s", name);
    const float *x = wg_param_data(p);
    int64_t n = wg_shape_size(wg_param_shape(p));
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i) sum += x[i];
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; ++i) squares += (x[i] - *mean) * (x[i] - *mean);
    *deviation = sqrt(squares / (double)n);
}

static void check_start(wg_model *m, const char *name, double expected) {
    double mean, deviation;
    moments(m, name, &mean, &deviation);
    wg_param *p = wg_params_find(wg_model_params(m), name);
    double n = (double)wg_shape_size(wg_param_shape(p));
    check_near(mean, 0, 5 * expected / sqrt(n)); /* five standard errors */
    check_near(deviation, expected, 5 * expected / sqrt(2 * n));
}

START_TEST(starts) {
    wg_model *m = wg_model_new("CONV3x32-BN-RELU-CONV3x32-TANH-FC200-LRELU-FC100", 8, 8, 16, 10,
                               &(wg_model_options){.seed = 3}, NULL);
    check_start(m, "conv1.w", sqrt(2.0 / 144)); /* He: BN passes the rectifier on */
    check_start(m, "conv2.w", sqrt(1.0 / 288)); /* Xavier */
    check_start(m, "fc1.w", sqrt(2.0 / 2048));
    check_start(m, "fc2.w", sqrt(1.0 / 200));
    check_start(m, "fc3.w", sqrt(1.0 / 100));
    check_start(m, "conv1.b", 0);
    check_start(m, "fc3.b", 0);
    double mean, deviation;
    moments(m, "bn1.gamma", &mean, &deviation);
    check_near(mean, 1, 0);
    moments(m, "bn1.var", &mean, &deviation);
    check_near(mean, 1, 0);
    check_start(m, "bn1.beta", 0);
    check_start(m, "bn1.mean", 0);
    wg_model_free(m);
}
END_TEST

START_TEST(starts_by_name) {
    wg_model_options o = {.size = sizeof o, .init = WG_INIT_GLOROT};
    wg_model *m = wg_model_new("FC300-RELU", 10, 10, 1, 10, &o, NULL);
    check_start(m, "fc1.w", sqrt(2.0 / 400));
    wg_model_free(m);
    o.init = WG_INIT_NORMAL;
    o.deviation = 0.25;
    m = wg_model_new("FC300-RELU", 10, 10, 1, 10, &o, NULL);
    check_start(m, "fc1.w", 0.25);
    wg_model_free(m);
}
END_TEST

START_TEST(seeds) {
    wg_model_options o = {.seed = 7};
    wg_model *a = wg_model_new("FC30", 3, 3, 1, 10, &o, NULL);
    wg_model *b = wg_model_new("FC30", 3, 3, 1, 10, &o, NULL);
    o.seed = 8;
    wg_model *c = wg_model_new("FC30", 3, 3, 1, 10, &o, NULL);
    const void *x = wg_param_data(wg_params_at(wg_model_params(a), 0));
    const void *y = wg_param_data(wg_params_at(wg_model_params(b), 0));
    const void *z = wg_param_data(wg_params_at(wg_model_params(c), 0));
    ck_assert_int_eq(memcmp(x, y, 270 * sizeof(float)), 0);
    ck_assert_int_ne(memcmp(x, z, 270 * sizeof(float)), 0);
    /* parameters of one model differ: both layers draw 300 numbers from streams of their own */
    ck_assert_int_ne(memcmp(x, wg_param_data(wg_params_find(wg_model_params(a), "fc2.w")),
                            270 * sizeof(float)), 0);
    wg_model_free(a);
    wg_model_free(b);
    wg_model_free(c);
}
END_TEST

/* ---- the course's figures ------------------------------------------------------------------- */

START_TEST(first_losses) {
    enum { N = 100, D = 3072 };
    static float x[N * D];
    int64_t labels[N];
    wgi_fill_normal_f32(x, N * D, 0, 1, 11, 0, 0);
    for (int i = 0; i < N; ++i) labels[i] = i % 10;
    wg_model_options o = {.init = WG_INIT_NORMAL, .deviation = 1e-4};
    wg_model *m = wg_model_new("FC50-RELU", 32, 32, 3, 10, &o, NULL);
    ck_assert_int_eq(wg_model_size(m), 3072 * 50 + 50 + 500 + 10);
    wg_tape *t = wg_tape_new();
    wg_var scores = wg_model_forward(m, t, wg_const(t, WG_F32, WG_SHAPE(N, 32, 32, 3), x), 1);
    wg_var y = wg_const(t, WG_I64, WG_SHAPE(N), labels);
    check_near(wg_item(wg_softmax_loss(scores, y)), 2.303, 0.001);
    check_near(wg_item(wg_svm_loss(scores, y)), 9.0, 0.001);
    wg_tape_free(t);
    wg_model_free(m);
}
END_TEST

/* ---- models --------------------------------------------------------------------------------- */

START_TEST(forward) {
    wg_model_options o = {.dtype = WG_F64, .seed = 1};
    wg_model *m = wg_model_new("CONV3x4-RELU-POOL2-DROP0.5-FC5-SIGMOID", 4, 6, 2, 3, &o, NULL);
    ck_assert_str_eq(wg_model_arch(m), "CONV3x4-RELU-POOL2-DROP0.5-FC5-SIGMOID");
    ck_assert_int_eq(wg_model_classes(m), 3);
    ck_assert_int_eq(wg_model_dtype(m), WG_F64);
    ck_assert_int_eq((int64_t)wg_params_count(wg_model_params(m)), 6);
    double data[5 * 4 * 6 * 2];
    wgi_fill_normal_f64(data, 5 * 48, 0, 1, 1, 1, 0);
    wg_tape *t = wg_tape_new();
    wg_var x = wg_const(t, WG_F64, WG_SHAPE(5, 4, 6, 2), data);
    wg_var y = wg_model_forward(m, t, x, 0), z = wg_model_forward(m, t, x, 0);
    ck_assert_int_eq(wg_shape_of(y).rank, 2);
    ck_assert_int_eq(wg_shape_of(y).dim[0], 5);
    ck_assert_int_eq(wg_shape_of(y).dim[1], 3);
    ck_assert_int_eq(memcmp(wg_data(y), wg_data(z), 15 * sizeof(double)), 0);
    wg_var d = wg_model_forward(m, t, x, 1); /* dropout draws in training alone */
    ck_assert_int_ne(memcmp(wg_data(y), wg_data(d), 15 * sizeof(double)), 0);
    wg_var none = wg_model_forward(m, t, wg_const(t, WG_F64, WG_SHAPE(0, 4, 6, 2), NULL), 0);
    ck_assert_int_eq(wg_shape_of(none).dim[0], 0);
    ck_assert_int_eq(wg_shape_of(none).dim[1], 3);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_var bad = wg_model_forward(m, t, wg_const(t, WG_F64, WG_SHAPE(5, 4, 5, 2), NULL), 0);
    ck_assert_int_eq(bad.index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
    ck_assert_str_eq(wg_tape_message(t), "model: its input is (N, 4, 6, 2), not (5, 4, 5, 2)");
    ck_assert_int_eq(wg_shape_of(wg_model_forward(m, t, bad, 0)).rank, -1);
    wg_tape_free(t);
    wg_model_free(m);
}
END_TEST

/* What the layers of all places and the forms of dropout compute before the class layer. */
START_TEST(pools_and_dropouts) {
    static const double data[] = {1, 8, 3, 4}; /* (1, 2, 2, 1) */
    static const char *const archs[] = {"GMP", "GAP", "PDROP0.25", "SDROP0.25-GMP"};
    static const double inputs[] = {8, 4, 0, 8}; /* of the class layer, where it is one number */
    for (int i = 0; i < 4; ++i) {
        wg_model_options o = {.dtype = WG_F64, .init = WG_INIT_NORMAL, .deviation = 1, .seed = 3};
        wg_model *m = wg_model_new(archs[i], 2, 2, 1, 1, &o, NULL);
        ck_assert_ptr_nonnull(m);
        const double *w = wg_param_data(wg_params_at(wg_model_params(m), 0));
        wg_tape *t = wg_tape_new();
        wg_var x = wg_const(t, WG_F64, WG_SHAPE(1, 2, 2, 1), data);
        double want = i == 2 ? 0.25 * (w[0] + 8 * w[1] + 3 * w[2] + 4 * w[3]) : inputs[i] * w[0];
        check_near(wg_item(wg_model_forward(m, t, x, 0)), want, 1e-14);
        int seen[2] = {0, 0}; /* dropped, kept: in training SDROP gives 0 or 4 times the largest */
        for (int k = 0; k < 200 && i == 3; ++k) {
            double y = wg_item(wg_model_forward(m, t, x, 1));
            ck_assert(y == 0 || fabs(y - 32 * w[0]) < 1e-12);
            ++seen[y != 0];
        }
        ck_assert(i != 3 || (seen[0] > 110 && seen[1] > 20)); /* 150 and 50 are likely */
        wg_tape_free(t);
        wg_model_free(m);
    }
}
END_TEST

START_TEST(bad_options) {
    wg_error e;
    ck_assert_ptr_null(wg_model_new("", 0, 4, 1, 3, NULL, &e));
    ck_assert_str_eq(e.text, "arch: no input is (0, 4, 1)");
    ck_assert_ptr_null(wg_model_new("", 4, 4, 1, 0, NULL, &e));
    ck_assert_int_eq(e.status, WG_ERR_RANGE);
    ck_assert_ptr_null(wg_model_new("", 4, 4, 1, 3, &(wg_model_options){.dtype = WG_I64}, &e));
    ck_assert_int_eq(e.status, WG_ERR_DTYPE);
    wg_model_options o = {.init = WG_INIT_NORMAL, .deviation = (double)NAN};
    ck_assert_ptr_null(wg_model_new("", 4, 4, 1, 3, &o, &e));
    ck_assert_int_eq(e.status, WG_ERR_RANGE);
    ck_assert_ptr_null(wg_model_new("FC", 4, 4, 1, 3, NULL, NULL)); /* no error wanted */
    wg_model_free(NULL);
}
END_TEST

START_TEST(layer_errors) {
    wg_params *p = wg_params_new();
    wg_dense_layer d;
    ck_assert_int_eq(wg_dense_layer_init(&d, p, "a", WG_F32, 2, 3), WG_OK);
    ck_assert_int_eq(wg_dense_layer_init(&d, p, "a", WG_F32, 2, 3), WG_ERR_NAME);
    ck_assert_str_eq(wg_params_message(p), "a.w: there is a parameter of that name");
    wg_params_free(p);
    p = wg_params_new();
    wg_conv_layer c;
    ck_assert_int_eq(wg_conv_layer_init(&c, p, "c", WG_F32, 3, 1, -1, 1, 1), WG_ERR_SHAPE);
    wg_params_free(p);
    wg_tape *t = wg_tape_new();
    ck_assert_int_eq(wg_flatten(wg_scalar(t, 1)).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
    wg_tape_free(t);
}
END_TEST

/* A network that is no chain, from the layers alone: x + relu(x w + b), differentiated. */
START_TEST(layers_by_hand) {
    wg_params *p = wg_params_new();
    wg_dense_layer d;
    ck_assert_int_eq(wg_dense_layer_init(&d, p, "d", WG_F64, 2, 2), WG_OK);
    double w[] = {1, 2, -3, 4}, b[] = {0.5, -20}, x[] = {2, 1};
    memcpy(wg_param_data(d.w), w, sizeof w);
    memcpy(wg_param_data(d.b), b, sizeof b);
    wg_tape *t = wg_tape_new();
    wg_var in = wg_input(t, WG_F64, WG_SHAPE(1, 2), x);
    wg_var y = wg_add(in, wg_relu(wg_dense_layer_apply(&d, in)));
    const double *v = wg_data(y); /* x w + b = (2 - 3 + 0.5, 4 + 4 - 20) */
    check_near(v[0], 2, 0);
    check_near(v[1], 1, 0);
    ((double *)wg_param_data(d.b))[0] = 3; /* (2, -12): the first passes */
    wg_params_changed(p);
    y = wg_add(in, wg_relu(wg_dense_layer_apply(&d, in)));
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    const double *g = wg_param_grad(d.w), *gb = wg_param_grad(d.b);
    check_near(g[0], 2, 0);
    check_near(g[1], 0, 0);
    check_near(g[2], 1, 0);
    check_near(g[3], 0, 0);
    check_near(gb[0], 1, 0);
    check_near(gb[1], 0, 0);
    wg_tape_free(t);
    wg_params_free(p);
}
END_TEST

/* ---- batch normalisation -------------------------------------------------------------------- */

START_TEST(running_statistics) {
    wg_params *p = wg_params_new();
    wg_norm_layer n;
    ck_assert_int_eq(wg_norm_layer_init(&n, p, "n", WG_F64, 2), WG_OK);
    ck_assert_int_eq(wg_norm_layer_reset(&n), WG_OK);
    const double x[] = {1, 10, 3, 10, 5, 40}; /* means 3, 20; variances 4, 300, unbiased */
    double *mean = wg_param_data(n.mean), *var = wg_param_data(n.var);
    wg_tape *t = wg_tape_new();
    ck_assert_int_eq(wg_norm_layer_update(&n), WG_OK); /* nothing was seen */
    check_near(mean[0], 0, 0);
    wg_var y = wg_norm_layer_apply(&n, wg_const(t, WG_F64, WG_SHAPE(3, 2), x), 1);
    const double *v = wg_data(y);
    check_near(v[0], -2 / sqrt(8.0 / 3 + 1e-5), 1e-12);
    check_near(v[2], 0, 1e-12);
    check_near(mean[0], 0, 0); /* forward changes nothing */
    ck_assert_int_eq(wg_norm_layer_update(&n), WG_OK);
    check_near(mean[0], 0.3, 1e-12);
    check_near(mean[1], 2, 1e-12);
    check_near(var[0], 0.9 + 0.4, 1e-12);
    check_near(var[1], 0.9 + 30, 1e-9);
    ck_assert_int_eq(wg_norm_layer_update(&n), WG_OK); /* once a step */
    check_near(mean[0], 0.3, 1e-12);
    y = wg_norm_layer_apply(&n, wg_const(t, WG_F64, WG_SHAPE(3, 2), x), 0);
    v = wg_data(y);
    check_near(v[0], (1 - 0.3) / sqrt(1.3 + 1e-5), 1e-12);
    (void)wg_norm_layer_apply(&n, wg_const(t, WG_F64, WG_SHAPE(3, 2), x), 1);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_norm_layer_update(&n), WG_ERR_STALE);
    ck_assert_str_eq(wg_tape_message(t), "n.mean: its last batch was rewound");
    wg_tape_free(t);
    wg_params_free(p);
}
END_TEST

START_TEST(running_statistics_of_one) {
    wg_model *m = wg_model_new("BN-FC3", 1, 1, 2, 2, NULL, NULL); /* the variance of one is 0 */
    const float x[] = {4, -2};
    wg_tape *t = wg_tape_new();
    wg_var s = wg_model_forward(m, t, wg_const(t, WG_F32, WG_SHAPE(1, 1, 1, 2), x), 1);
    ck_assert_int_ne(s.index, 0);
    ck_assert_int_eq(wg_model_update(m), WG_OK);
    const float *mean = wg_param_data(wg_params_find(wg_model_params(m), "bn1.mean"));
    const float *var = wg_param_data(wg_params_find(wg_model_params(m), "bn1.var"));
    check_near(mean[0], 0.4, 1e-6);
    check_near(var[0], 0.9, 1e-6);
    wg_tape_free(t);
    wg_model_free(m);
}
END_TEST

/* A variance far below eps: 1/(v + eps) no longer tells it in float32. */
START_TEST(running_statistics_of_little) {
    wg_params *p = wg_params_new();
    wg_norm_layer n;
    ck_assert_int_eq(wg_norm_layer_init(&n, p, "n", WG_F32, 1), WG_OK);
    ck_assert_int_eq(wg_norm_layer_reset(&n), WG_OK);
    n.momentum = 0;
    const float x[] = {0, 0x1p-20f}; /* unbiased variance 2^-41 */
    wg_tape *t = wg_tape_new();
    (void)wg_norm_layer_apply(&n, wg_const(t, WG_F32, WG_SHAPE(2, 1), x), 1);
    ck_assert_int_eq(wg_norm_layer_update(&n), WG_OK);
    ck_assert(((float *)wg_param_data(n.var))[0] == 0x1p-41f);
    wg_tape_free(t);
    wg_params_free(p);
}
END_TEST

/* ---- no memory ------------------------------------------------------------------------------ */

static wg_status make_model(void) {
    wg_error e = {WG_OK, ""};
    wg_model *m = wg_model_new("(CONV3x4-BN-RELU)*2-POOL2-RES3x4-RES3x8s2-FC8-RELU", 8, 8, 1, 10,
                                NULL, &e);
    wg_model_free(m);
    return m ? WG_OK : e.status;
}

START_TEST(no_memory) { ck_assert_int_gt(run_out_of_memory("model", make_model), 20); }
END_TEST

extern Suite *suite_model(void);
Suite *suite_model(void) {
    Suite *s = suite_create("model");
    TCase *c = tcase_create("model");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, deviations);
    tcase_add_test(c, starts);
    tcase_add_test(c, starts_by_name);
    tcase_add_test(c, seeds);
    tcase_add_test(c, first_losses);
    tcase_add_test(c, forward);
    tcase_add_test(c, pools_and_dropouts);
    tcase_add_test(c, bad_options);
    tcase_add_test(c, layer_errors);
    tcase_add_test(c, layers_by_hand);
    tcase_add_test(c, running_statistics);
    tcase_add_test(c, running_statistics_of_one);
    tcase_add_test(c, running_statistics_of_little);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
