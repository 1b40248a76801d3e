/* Frozen parameters: which names match, what wg_use and the optimizers make of them. */
#include "autograd/store.h"
#include "autograd/tape.h"
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_params *p;
static void setup(void) { ck_assert_ptr_nonnull(p = wg_params_new()); }
static void teardown(void) { wg_params_free(p); }

START_TEST(patterns) {
    static const char *const names[] = {"conv1.w", "conv1.b", "conv2.w", "conv10.w", "fc1.w", "w*"};
    static const struct {
        const char *pattern;
        const char *which; /* a digit a parameter */
    } rows[] = {{"conv*", "111100"},    {"*.w", "101110"},   {"conv?.w", "101000"},
                {"conv1.w", "100000"},  {"", "000000"},      {"*", "111111"},
                {"**", "111111"},       {"?*", "111111"},    {"*1*.w", "100110"},
                {"*v*1*", "110100"},    {"conv", "000000"},  {"conv1.w?", "000000"},
                {"CONV*", "000000"},    {"*w", "101110"},    {"?????", "000010"},
                {"w\\*", "000000"},     {"w*", "000001"},    {"*conv1*w*", "100100"},
                {"*c*c*", "000000"}};
    for (size_t i = 0; i < 6; ++i)
        ck_assert_ptr_nonnull(wg_param_new(p, names[i], WG_F32, WG_SHAPE(1)));
    ck_assert_ptr_nonnull(wg_buffer_new(p, "conv1.mean", WG_F32, WG_SHAPE(1)));
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        size_t expected = 0;
        wg_params_freeze(p, "*", 0);
        for (size_t i = 0; i < 6; ++i) expected += rows[r].which[i] == '1';
        ck_assert_msg(wg_params_freeze(p, rows[r].pattern, 1) == expected, "%s", rows[r].pattern);
        for (size_t i = 0; i < 6; ++i)
            ck_assert_msg(wg_param_frozen(wg_params_at(p, i)) == (rows[r].which[i] == '1'),
                          "%s and %s", rows[r].pattern, names[i]);
        ck_assert_int_eq(wg_param_frozen(wg_params_at(p, 6)), 0);
    }
    wg_params_freeze(p, "*", 7);
    ck_assert_int_eq(wg_param_frozen(wg_params_at(p, 0)), 1);
    ck_assert_uint_eq(wg_params_freeze(p, "conv1.*", 0), 2);
    ck_assert(!wg_param_frozen(wg_params_at(p, 1)) && wg_param_frozen(wg_params_at(p, 2)));
    ck_assert_uint_eq(wg_params_freeze(NULL, "*", 1) + wg_params_freeze(p, NULL, 1), 0);
    ck_assert_int_eq(wg_param_frozen(NULL), 0);
}
END_TEST

/* A frozen parameter is a constant: nothing is added to its gradient. */
START_TEST(use) {
    wg_param *w = wg_param_new(p, "w", WG_F64, WG_SHAPE(2));
    wg_param *b = wg_param_new(p, "b", WG_F64, WG_SHAPE(2));
    double *wd = wg_param_data(w), *bd = wg_param_data(b);
    wd[0] = 2, wd[1] = 3, bd[0] = 5, bd[1] = 7;
    wg_params_freeze(p, "w", 1);
    wg_tape *t = wg_tape_new();
    wg_var wv = wg_use(t, w), bv = wg_use(t, b), f = wg_sum(wg_mul(wv, bv)), d[2], x[] = {wv, bv};
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(((const double *)wg_param_grad(w))[0] == 0);
    ck_assert(((const double *)wg_param_grad(b))[1] == 3);
    ck_assert(wg_item(wg_sum(wg_grad(wv))) == 0 && wg_item(wg_sum(wg_grad(bv))) == 5);
    ck_assert_int_eq(wg_gradients(f, 2, x, d), WG_OK);
    ck_assert(wg_item(wg_sum(d[0])) == 0 && wg_item(wg_sum(d[1])) == 5);
    wg_gradcheck_report r = {.size = sizeof r};
    ck_assert_int_eq(wg_gradcheck(f, NULL, &r), WG_OK);
    ck_assert_uint_eq(r.n, 1);
    ck_assert_str_eq(r.leaf[0]->name, "b");
    wg_gradcheck_report_clear(&r);
    wg_params_freeze(p, "w", 0);
    ck_assert_int_eq(wg_backward(f), WG_OK); /* the leaf stays what it was */
    ck_assert(((const double *)wg_param_grad(w))[0] == 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(wg_use(t, w), wg_detach(bv)))), WG_OK);
    ck_assert(((const double *)wg_param_grad(w))[0] == 5);
    wg_params_freeze(p, "*", 1);
    wv = wg_use(t, w);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(wv, wg_use(t, b)))), WG_OK);
    ck_assert(((const double *)wg_param_grad(w))[0] == 5); /* what it had */
    ck_assert(wg_item(wg_sum(wg_grad(wv))) == 0);          /* what this leaf got */
    wg_tape_free(t);
}
END_TEST

/* ---- optimizers ----------------------------------------------------------------------------- */

enum { PARAMS = 5, EACH = 700 }; /* more than a cache line, parts of blocks of the norm */

static void fill(wg_params *store, wg_dtype dtype) {
    for (int i = 0; i < PARAMS; ++i) {
        char name[8] = {'p', (char)('0' + i), 0};
        ck_assert_ptr_nonnull(wg_param_new(store, name, dtype,
                                           i % 2 ? WG_SHAPE(EACH) : WG_SHAPE(7, EACH / 7)));
    }
    for (int i = 0; i < PARAMS; ++i) {
        wg_param *q = wg_params_at(store, (size_t)i);
        void *x = wg_param_data(q), *g = wgi_param_grad_data(q);
        for (int k = 0; k < EACH; ++k) {
            double a = sin(i + 0.01 * k), b = cos(2 * i + 0.02 * k);
            if (dtype == WG_F32) ((float *)x)[k] = (float)a, ((float *)g)[k] = (float)b;
            else ((double *)x)[k] = a, ((double *)g)[k] = b;
        }
    }
}

static double number(wg_params *store, int i, int k) {
    const wg_param *q = wg_params_at(store, (size_t)i);
    const void *x = wg_param_data((wg_param *)(uintptr_t)q);
    return wg_param_dtype(q) == WG_F32 ? (double)((const float *)x)[k] : ((const double *)x)[k];
}

/* Beside an optimizer that freezes nothing: the free parameters take the same steps, the frozen
 * ones none; freed again, they go on with the state they had. */
START_TEST(steps) {
    wg_optim_options o = {.rate = 0.1, .decay = 0.01};
    for (size_t r = 0; wg_optim_rule(r); ++r)
        for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
            wg_params *a = wg_params_new(), *b = wg_params_new();
            fill(a, (wg_dtype)dtype);
            fill(b, (wg_dtype)dtype);
            wg_optim *all = wg_optim_new(wg_optim_rule(r), a, &o, NULL);
            wg_optim *some = wg_optim_new(wg_optim_rule(r), b, &o, NULL);
            ck_assert(all && some);
            wg_optim_step(all);
            wg_optim_step(some);
            double before = number(b, 3, 9);
            ck_assert_uint_eq(wg_params_freeze(b, "p[13]", 1), 0);
            ck_assert_uint_eq(wg_params_freeze(b, "p1", 1) + wg_params_freeze(b, "p3", 1), 2);
            wg_optim_step(all);
            wg_optim_step(some);
            for (int k = 0; k < EACH; ++k) {
                for (int i = 0; i < PARAMS; i += 2) ck_assert(number(a, i, k) == number(b, i, k));
                ck_assert(number(a, 1, k) != number(b, 1, k));
            }
            ck_assert(number(b, 3, 9) == before);
            wg_params_freeze(b, "*", 0);
            wg_optim_step(some);
            if (strcmp(wg_optim_rule(r), "adam") != 0) /* whose t counted the step not made */
                for (int k = 0; k < EACH; ++k) ck_assert(number(a, 3, k) == number(b, 3, k));
            else ck_assert(number(b, 3, 9) != before);
            wg_optim_free(all);
            wg_optim_free(some);
            wg_params_free(a);
            wg_params_free(b);
        }
}
END_TEST

/* The norm that clips is that of the free parameters. */
START_TEST(norm) {
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
        wg_params *store = wg_params_new();
        double sum = 0;
        fill(store, (wg_dtype)dtype);
        wg_optim *o = wg_optim_new("sgd", store, &(wg_optim_options){.clip = 1e9}, NULL);
        wg_params_freeze(store, "p1", 1);
        wg_params_freeze(store, "p4", 1);
        wg_optim_step(o);
        for (int i = 0; i < PARAMS; ++i)
            for (int k = 0; k < EACH && i != 1 && i != 4; ++k)
                sum += cos(2 * i + 0.02 * k) * cos(2 * i + 0.02 * k);
        check_near(wg_optim_grad_norm(o), sqrt(sum), dtype == WG_F32 ? 1e-5 : 1e-11);
        wg_params_freeze(store, "*", 1);
        double before = number(store, 0, 0);
        wg_optim_step(o);
        ck_assert(wg_optim_grad_norm(o) == 0 && number(store, 0, 0) == before);
        wg_optim_free(o);
        wg_params_free(store);
    }
}
END_TEST

/* Training leaves a frozen layer bit for bit as it was, and moves the others. */
START_TEST(training) {
    wg_error e = {WG_OK, ""};
    wg_dataset *data = wg_dataset_open("spiral", &e);
    ck_assert_msg(data != NULL, "%s", e.text);
    wg_partition split;
    memset(&split, 0, sizeof split);
    ck_assert_int_eq(wg_dataset_split(data, 0.1, 0.2, 0, &split, &e), WG_OK);
    wg_model *m = wg_model_new("FC8-BN-RELU-FC8-RELU", data->height, data->width, data->channels,
                               data->classes, NULL, &e);
    ck_assert_ptr_nonnull(m);
    wg_params *params = wg_model_params(m);
    float before[16], other[64], mean;
    wg_param *first = wg_params_find(params, "fc1.w"), *second = wg_params_find(params, "fc2.w");
    wg_param *running = wg_params_find(params, "bn1.mean");
    ck_assert(first && second && running);
    memcpy(before, wg_param_data(first), sizeof before);
    memcpy(other, wg_param_data(second), sizeof other);
    ck_assert_uint_eq(wg_params_freeze(params, "fc1.*", 1), 2);
    ck_assert_uint_eq(wg_params_freeze(params, "bn1.*", 1), 2); /* gamma and beta */
    mean = *(const float *)wg_param_data(running);
    wg_train_options o = {.epochs = 2, .batch = 16, .optim = &(wg_optim_options){.decay = 0.1}};
    ck_assert_int_eq(wg_train(m, data, NULL, &split, &o, NULL, &e), WG_OK);
    ck_assert_int_eq(memcmp(before, wg_param_data(first), sizeof before), 0);
    ck_assert_int_ne(memcmp(other, wg_param_data(second), sizeof other), 0);
    ck_assert(*(const float *)wg_param_data(running) != mean); /* statistics go on */
    wg_model_free(m);
    wg_partition_clear(&split);
    wg_dataset_free(data);
}
END_TEST

extern Suite *suite_freeze(void);
Suite *suite_freeze(void) {
    Suite *s = suite_create("freeze");
    TCase *c = tcase_create("freeze");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, patterns);
    tcase_add_test(c, use);
    tcase_add_test(c, steps);
    tcase_add_test(c, norm);
    tcase_add_test(c, training);
    suite_add_tcase(s, c);
    return s;
}
