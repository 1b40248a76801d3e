/* The gradient of a model in training: after so many steps, data loss and regulariser apart. */
#include "tests/oom.h"
#include "tests/suites.h"

#include "train/train.h"

#include <stdlib.h>
#include <string.h>

static wg_dataset *data;
static wg_model *model;
static wg_partition split;
static wg_train_check_result r;
static wg_error e;

static void start(const char *arch, wg_dtype dtype) {
    wg_model_options o = {.dtype = dtype};
    memset(&r, 0, sizeof r);
    data = wg_dataset_open("moons", &e);
    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(wg_dataset_split(data, 0.1, 0.2, 0, &split, &e), WG_OK);
    model = wg_model_new(arch, 1, 1, 2, 2, &o, &e);
    ck_assert_ptr_nonnull(model);
}

static void stop(void) {
    wg_train_check_clear(&r);
    wg_train_check_clear(&r);
    wg_model_free(model);
    wg_partition_clear(&split);
    wg_dataset_free(data);
}

static wg_status check(const wg_train_options *training, const wg_train_check_options *o) {
    return wg_train_check(model, data, NULL, &split, training, o, &r, &e);
}

static float first_weight(void) {
    return *(const float *)wg_param_data(wg_params_at(wg_model_params(model), 0));
}

/* All parameters, ten coordinates each, and of the decayed ones alone the regulariser. */
START_TEST(both_parts) {
    wg_optim_options optim = {.decay = 0.5};
    wg_train_options training = {.optim = &optim};
    start("FC8-BN-TANH-DROP0.5-FC4-TANH", WG_F32);
    float before = first_weight();
    ck_assert_msg(check(&training, NULL) == WG_OK, "%s", e.text);
    ck_assert_int_eq(r.steps, 0);
    ck_assert_int_eq(r.examples, 8);
    ck_assert_int_eq(r.verdict, WG_VERDICT_PASS);
    ck_assert_float_eq(first_weight(), before);
    ck_assert_uint_eq(r.data->n, 8);
    ck_assert_str_eq(r.data->leaf[0]->name, "fc1.w");
    ck_assert_int_eq(r.data->leaf[0]->checked, 10);
    ck_assert_uint_eq(r.regulariser->n, 3);
    ck_assert_str_eq(r.regulariser->leaf[1]->name, "fc2.w");
    double sum = 0;
    for (size_t i = 0; i < wg_params_count(wg_model_params(model)); ++i) {
        wg_param *p = wg_params_at(wg_model_params(model), i);
        const float *w = wg_param_data(p);
        if (wg_param_shape(p).rank < 2) continue;
        for (int64_t k = 0; k < wg_shape_size(wg_param_shape(p)); ++k) sum += 0.25 * w[k] * w[k];
    }
    check_near(r.regulariser->value, sum, 1e-9 * sum);
    stop();
}
END_TEST

static int64_t seen;
static int count(const wg_train_event *event, void *user) {
    ck_assert_ptr_eq(user, &seen);
    seen += event->moment == WG_TRAIN_BATCH;
    return 0;
}

/* The steps are those of wg_train. */
START_TEST(after_some_steps) {
    wg_train_options training = {.size = sizeof training, .epochs = 5, .batch = 10,
                                 .report = count, .user = &seen};
    wg_gradcheck_options few = {.size = sizeof few, .coordinates = 2, .directions = -1};
    wg_train_check_options o = {.size = sizeof o, .steps = 9, .examples = 3, .check = &few};
    start("FC6-TANH", WG_F64);
    seen = 0;
    ck_assert_msg(check(&training, &o) == WG_OK, "%s", e.text);
    ck_assert_int_eq(r.steps, 9);
    ck_assert_int_eq(seen, 9);
    ck_assert_int_eq(r.examples, 3);
    for (size_t i = 0; i < r.data->n; ++i) {
        ck_assert_int_eq(r.data->leaf[i]->checked, 2);
        ck_assert_int_eq(r.data->leaf[i]->directions, 0);
    }
    ck_assert_uint_eq(r.regulariser->n, 0);
    wg_train_check_clear(&r);
    o.steps = 1000; /* more than there are */
    ck_assert_int_eq(check(&training, &o), WG_OK);
    ck_assert_int_eq(r.steps, 35);
    stop();
}
END_TEST

/* What is frozen has no gradient to check. */
START_TEST(frozen) {
    wg_optim_options optim = {.decay = 0.5};
    wg_train_options training = {.optim = &optim};
    start("FC6-TANH", WG_F64);
    wg_params_freeze(wg_model_params(model), "fc1.*", 1);
    ck_assert_int_eq(check(&training, NULL), WG_OK);
    ck_assert_uint_eq(r.data->n, 2);
    ck_assert_str_eq(r.data->leaf[0]->name, "fc2.w");
    ck_assert_uint_eq(r.regulariser->n, 1);
    wg_train_check_clear(&r);
    wg_params_freeze(wg_model_params(model), "*", 1);
    ck_assert_int_eq(check(&training, NULL), WG_ERR_STATE);
    ck_assert_int_eq(r.verdict, WG_VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(e.text, "no leaf that wants a gradient"));
    stop();
}
END_TEST

START_TEST(refusals) {
    wg_train_check_options o = {.size = sizeof o, .steps = -1};
    start("FC6-TANH", WG_F64);
    ck_assert_int_eq(check(NULL, &o), WG_ERR_RANGE);
    ck_assert_int_eq(r.verdict, WG_VERDICT_INCONCLUSIVE);
    o.steps = 0;
    o.examples = -2;
    ck_assert_int_eq(check(NULL, &o), WG_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(e.text, "on -2 examples"));
    wg_partition none = {0};
    ck_assert_int_eq(wg_train_check(model, data, NULL, &none, NULL, NULL, NULL, NULL),
                     WG_ERR_RANGE);
    ck_assert_int_eq(wg_train_check(model, data, NULL, &split, NULL, NULL, NULL, NULL), WG_OK);
    wg_train_check_clear(NULL);
    stop();
}
END_TEST

static wg_status check_once(void) {
    wg_optim_options optim = {.decay = 0.1};
    wg_train_options training = {.optim = &optim, .epochs = 1, .batch = 2};
    wg_train_check_options o = {.size = sizeof o, .steps = 1, .examples = 2};
    wg_train_check_result result = {.size = sizeof result};
    int64_t index[] = {0, 1, 2, 3};
    wg_partition part = {4, 0, 0, index, NULL, NULL};
    wg_error error = {WG_OK, ""};
    wg_dataset *d = wg_dataset_new(4, 1, 1, 2, 0, 2, &error);
    wg_model *m = d ? wg_model_new("FC2-TANH", 1, 1, 2, 2, NULL, &error) : NULL;
    if (m) (void)wg_train_check(m, d, NULL, &part, &training, &o, &result, &error);
    wg_train_check_clear(&result);
    wg_model_free(m);
    wg_dataset_free(d);
    return error.status;
}

START_TEST(no_memory) { ck_assert_int_gt(run_out_of_memory("train_check", check_once), 50); }
END_TEST

extern Suite *suite_train_check(void);
Suite *suite_train_check(void) {
    Suite *s = suite_create("train_check");
    TCase *c = tcase_create("train_check");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, both_parts);
    tcase_add_test(c, after_some_steps);
    tcase_add_test(c, frozen);
    tcase_add_test(c, refusals);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
