/* Lints: each mistake is found and named; a healthy step has none. */
#define _POSIX_C_SOURCE 200809L
#undef WG_NO_SITES
#include "tests/suites.h"
#include "tests/oom.h"
#include "wengert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 16 };

static wg_tape *t;
static wg_params *p;
static wg_lints l;

static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    ck_assert_ptr_nonnull(p = wg_params_new());
    memset(&l, 0, sizeof l);
}
static void teardown(void) {
    wg_lints_clear(&l);
    wg_tape_free(t);
    wg_params_free(p);
}

static wg_param *param(const char *name, wg_shape shape) {
    wg_param *q = wg_param_new(p, name, WG_F64, shape);
    ck_assert_ptr_nonnull(q);
    return q;
}

/* (n) or (n, m) numbers from -1 to 1 without pattern. */
static wg_var data(wg_shape shape) {
    static double v[4096];
    for (int i = 0; i < 4096; ++i) v[i] = sin(12.9898 * (i + 1));
    return wg_const(t, WG_F64, shape, v);
}

static wg_var labels(int n) {
    int64_t v[N];
    for (int i = 0; i < n; ++i) v[i] = i % 3;
    return wg_const(t, WG_I64, WG_SHAPE(n), v);
}

static void lint(wg_var loss, const wg_lint_options *o) {
    wg_lints_clear(&l);
    ck_assert_int_eq(wg_lint(loss, p, o, &l), WG_OK);
}

static void only(wg_lint_kind kind, const char *subject, const char *part) {
    ck_assert_msg(l.n == 1, "%zu findings, the last: %s", l.n,
                  l.n ? l.findings[l.n - 1].text : "");
    ck_assert_int_eq(l.findings[0].kind, kind);
    ck_assert_str_eq(l.findings[0].subject, subject);
    ck_assert_msg(strstr(l.findings[0].text, part) != NULL, "%s", l.findings[0].text);
}

/* Scores of 3 classes by one hidden layer of 8 units. */
static wg_param *w1, *b1, *w2;
static void network(void) {
    w1 = param("w1", WG_SHAPE(5, 8));
    b1 = param("b1", WG_SHAPE(8));
    w2 = param("w2", WG_SHAPE(8, 3));
    ck_assert_int_eq(wg_param_fill_normal(w1, 0.6, 1, 0), WG_OK);
    ck_assert_int_eq(wg_param_fill_normal(w2, 0.6, 1, 1), WG_OK);
}
static wg_var scores(void) {
    wg_var h = wg_add(wg_matmul(data(WG_SHAPE(N, 5)), wg_use(t, w1)), wg_use(t, b1));
    return wg_matmul(wg_relu(h), wg_use(t, w2));
}
static wg_var step(void) {
    wg_tape_rewind(t);
    wg_var loss = wg_softmax_loss(scores(), labels(N));
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    return loss;
}

/* ---- training ------------------------------------------------------------------------------- */

START_TEST(test_healthy) {
    wg_error e;
    network();
    wg_optim *o = wg_optim_new("adam", p, NULL, &e);
    for (int i = 0; i < 5; ++i) {
        wg_params_clear_grads(p);
        wg_var loss = step();
        lint(loss, NULL);
        ck_assert_msg(l.n == 0, "%s", l.n ? l.findings[0].text : "");
        wg_optim_step(o);
    }
    wg_params_clear_grads(p); /* two batches for a step */
    step();
    wg_var loss = step();
    wg_optim_step(o);
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 0);
    wg_optim_free(o);
}
END_TEST

START_TEST(test_steps) {
    wg_error e;
    network();
    wg_optim *o = wg_optim_new("sgd", p, NULL, &e);
    wg_params_clear_grads(p);
    wg_var loss = step();
    wg_optim_step(o);
    wg_optim_step(o); /* without a backward */
    lint(loss, NULL);
    only(WG_LINT_STALE_STEP, "optimizer", "1 of 2 steps were made without fresh gradients");
    wg_params_clear_grads(p);
    wg_optim_step(o); /* cleared, and nothing since */
    lint(loss, NULL);
    only(WG_LINT_STALE_STEP, "optimizer", "2 of 3 steps");
    wg_optim_free(o);
}
END_TEST

START_TEST(test_uncleared) {
    wg_error e;
    wg_var loss = WG_NONE;
    network();
    wg_optim *o = wg_optim_new("sgd", p, NULL, &e);
    for (int i = 0; i < 3; ++i) {
        loss = step();
        wg_optim_step(o);
    }
    lint(loss, NULL);
    only(WG_LINT_UNCLEARED, "optimizer", "2 of 3 steps were made with gradients added");
    ck_assert(strstr(l.findings[0].text, "call wg_params_clear_grads") != NULL);
    wg_lint_options skip = {.skip = 1u << WG_LINT_UNCLEARED};
    lint(loss, &skip);
    ck_assert_uint_eq(l.n, 0);
    wg_optim_free(o);
}
END_TEST

/* ---- parameters ----------------------------------------------------------------------------- */

START_TEST(test_unreached) {
    wg_param *extra = param("extra", WG_SHAPE(2)), *gate = param("gate", WG_SHAPE(2));
    wg_param *empty = param("empty", WG_SHAPE(0, 3));
    (void)empty;
    network();
    wg_tape_rewind(t);
    wg_var cut = wg_sum(wg_detach(wg_use(t, extra)));
    wg_var flat = wg_sum(wg_sign(wg_use(t, gate)));
    wg_var loss = wg_add(wg_softmax_loss(scores(), labels(N)), wg_mul(cut, flat));
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 2);
    ck_assert_str_eq(l.findings[0].subject, "extra"); /* its copy is no use of it */
    ck_assert(strstr(l.findings[0].text, "the loss does not read it") != NULL);
    ck_assert_str_eq(l.findings[1].subject, "gate");
    ck_assert(strstr(l.findings[1].text, "no gradient comes to it") != NULL);
    ck_assert_int_eq(l.findings[1].kind, WG_LINT_UNREACHED);
    wg_params_freeze(p, "extra", 1);
    wg_params_freeze(p, "gate", 1);
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

START_TEST(test_zero_gradient) {
    network();
    ck_assert_int_eq(wg_param_fill(w2, 0), WG_OK);
    wg_var loss = wg_softmax_loss(scores(), labels(N));
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 0); /* no backward ran */
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 2);
    ck_assert_str_eq(l.findings[0].subject, "w1");
    ck_assert_str_eq(l.findings[1].subject, "b1");
    ck_assert_int_eq(l.findings[1].kind, WG_LINT_ZERO_GRADIENT);
}
END_TEST

START_TEST(test_regulariser) {
    char here[300];
    network();
    wg_var fit = wg_softmax_loss(scores(), labels(N));
    wg_var small = wg_scale(wg_sum(wg_square(wg_use(t, w1))), 1e-3);
    lint(wg_add(fit, small), NULL);
    ck_assert_uint_eq(l.n, 0);
    wg_var large = wg_scale(wg_sum(wg_square(wg_use(t, w1))), 10);
    snprintf(here, sizeof here, "%s:%d", __FILE__, __LINE__ + 1);
    wg_var loss = wg_add(wg_add(large, fit), small);
    lint(loss, NULL);
    only(WG_LINT_REGULARISER, "loss", "before the first step the regulariser is ");
    ck_assert_str_eq(l.findings[0].site, here);
    lint(large, NULL); /* no data at all: not a fit; the other weights are unread */
    for (size_t i = 0; i < l.n; ++i) ck_assert_int_eq(l.findings[i].kind, WG_LINT_UNREACHED);
    double sum = 0;
    const double *w[2] = {wg_param_data(w1), wg_param_data(w2)};
    for (int i = 0; i < 40; ++i) sum += w[0][i] * w[0][i];
    for (int i = 0; i < 24; ++i) sum += w[1][i] * w[1][i];
    double edge = 2 * wg_item(fit) / sum; /* decay/2 |w|^2 = loss */
    wg_lint_options o = {.size = sizeof o, .decay = 0.999 * edge};
    lint(fit, &o);
    ck_assert_uint_eq(l.n, 0);
    o.decay = 1.001 * edge;
    lint(fit, &o);
    only(WG_LINT_REGULARISER, "loss", "loss of the data");
}
END_TEST

/* ---- gates ---------------------------------------------------------------------------------- */

START_TEST(test_dead_units) {
    network();
    double bias[8] = {-9, -9, -9, -9, 0, 0, 0, 0};
    memcpy(wg_param_data(b1), bias, sizeof bias);
    wg_var loss = wg_softmax_loss(scores(), labels(N));
    lint(loss, NULL);
    ck_assert_uint_eq(l.n, 0); /* half of them: not more than half */
    wg_lint_options o = {.dead = 0.4};
    lint(loss, &o);
    only(WG_LINT_DEAD_UNITS, "relu above b1",
         "4 of its 8 units have slope 0 for all 16 examples of the batch");
    bias[4] = -9;
    memcpy(wg_param_data(b1), bias, sizeof bias);
    loss = wg_softmax_loss(scores(), labels(N));
    lint(loss, NULL);
    only(WG_LINT_DEAD_UNITS, "relu above b1", "5 of its 8 units");
}
END_TEST

/* Images have a unit a channel; few examples say nothing; sigmoids are never quite flat. */
START_TEST(test_dead_units_elsewhere) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(8, 2, 2, 2), NULL);
    x = wg_sub(x, wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, -1}));
    ck_assert_int_eq(wg_lint(wg_sum(wg_relu(x)), NULL, &(wg_lint_options){.dead = 0.3}, &l), WG_OK);
    only(WG_LINT_DEAD_UNITS, "relu", "1 of its 2 units have slope 0 for all 8 examples");
    wg_lints_clear(&l);
    x = wg_sub(wg_input(t, WG_F64, WG_SHAPE(7, 2), NULL), wg_number(t, 1));
    ck_assert_int_eq(wg_lint(wg_sum(wg_relu(x)), NULL, NULL, &l), WG_OK);
    x = wg_sub(wg_input(t, WG_F64, WG_SHAPE(9, 2), NULL), wg_number(t, 1));
    ck_assert_int_eq(wg_lint(wg_sum(wg_sigmoid(x)), NULL, NULL, &l), WG_OK);
    ck_assert_int_eq(wg_lint(wg_sum(wg_leaky_relu(x, 0.01)), NULL, NULL, &l), WG_OK);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

START_TEST(test_broadcast) {
    wg_var row = data(WG_SHAPE(N)), column = wg_input(t, WG_F64, WG_SHAPE(N, 1), NULL);
    wg_var e = wg_sub(column, row);
    ck_assert_int_eq(wg_lint(wg_mean(wg_square(e)), NULL, NULL, &l), WG_OK);
    only(WG_LINT_BROADCAST, "sub", "(16, 1) and (16) were broadcast to (16, 16), larger");
    wg_lints_clear(&l);
    wg_var fine[4] = {wg_add(data(WG_SHAPE(N, 3)), data(WG_SHAPE(3))),
                      wg_mul(column, wg_reshape(row, WG_SHAPE(1, N))), /* said outright */
                      wg_mul(column, wg_number(t, 2)),
                      wg_sub(column, wg_reshape(row, WG_SHAPE(N, 1)))};
    for (int i = 0; i < 4; ++i)
        ck_assert_int_eq(wg_lint(wg_sum(fine[i]), NULL, NULL, &l), WG_OK);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

START_TEST(test_double_softmax) {
    char here[300];
    network();
    wg_var s = scores(), q = wg_reshape(s, WG_SHAPE(N, 3));
    snprintf(here, sizeof here, "%s:%d", __FILE__, __LINE__ + 1);
    wg_var twice = wg_softmax(q, 1);
    lint(wg_softmax_loss(wg_reshape(twice, WG_SHAPE(N, 3)), labels(N)), NULL);
    only(WG_LINT_DOUBLE_SOFTMAX, "softmax above w2", "softmax_loss, which applies softmax itself");
    ck_assert_str_eq(l.findings[0].site, here);
    lint(wg_softmax_loss_with(twice, labels(N), NULL), NULL);
    only(WG_LINT_DOUBLE_SOFTMAX, "softmax above w2", "softmax_loss_with, which");
    lint(wg_softmax_loss(wg_log_softmax(q, 1), labels(N)), NULL); /* harmless */
    ck_assert_uint_eq(l.n, 0);
    lint(wg_nll_loss(wg_log(twice), labels(N), WG_REDUCTION_MEAN), NULL);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

/* ---- the rest ------------------------------------------------------------------------------- */

START_TEST(test_names_and_errors) {
    for (int k = 0; k < WG_LINT_KINDS; ++k) {
        ck_assert_str_ne(wg_lint_name((wg_lint_kind)k), "unknown");
        for (int j = 0; j < k; ++j)
            ck_assert_str_ne(wg_lint_name((wg_lint_kind)k), wg_lint_name((wg_lint_kind)j));
    }
    ck_assert_str_eq(wg_lint_name(WG_LINT_KINDS), "unknown");
    ck_assert_int_eq(wg_lint(data(WG_SHAPE(3)), NULL, NULL, &l), WG_ERR_SHAPE);
    ck_assert_uint_eq(l.n, 0);
    wg_lints_clear(NULL);
    wg_tape_rewind(t);
    wg_var x = wg_scalar(t, 2);
    ck_assert_int_eq(wg_lint(wg_mul(x, x), NULL, NULL, &l), WG_OK);
    wg_lint_options old = {.size = sizeof(size_t), .skip = ~0u}; /* of a version without skip */
    x = wg_sub(wg_input(t, WG_F64, WG_SHAPE(9, 2), NULL), wg_number(t, 1));
    ck_assert_int_eq(wg_lint(wg_sum(wg_relu(x)), NULL, &old, &l), WG_OK);
    ck_assert_uint_eq(l.n, 1);
}
END_TEST

static wg_status out_of_memory(void) {
    wg_lints own = {0};
    wg_tape *tape = wg_tape_new();
    if (!tape) return WG_ERR_MEMORY;
    wg_var x = wg_sub(wg_input(tape, WG_F64, WG_SHAPE(9, 2), NULL), wg_number(tape, 1));
    for (int i = 0; i < 10; ++i) x = wg_sub(wg_relu(x), wg_number(tape, 1));
    wg_var loss = wg_sum(x);
    wg_status s = loss.index ? wg_lint(loss, NULL, NULL, &own) : wg_tape_status(tape);
    if (s == WG_OK) ck_assert_uint_eq(own.n, 10);
    wg_lints_clear(&own);
    wg_tape_free(tape);
    return s;
}

START_TEST(test_out_of_memory) { ck_assert_int_ge(run_out_of_memory("lint", out_of_memory), 10); }
END_TEST

/* ---- in wg_train ---------------------------------------------------------------------------- */

static int told[WG_LINT_KINDS];
static void count(const wg_lint_finding *f, void *user) {
    (void)user;
    ++told[f->kind];
}

static void train(const char *arch, wg_train_options o, const wg_model_options *m) {
    wg_error e = {WG_OK, ""};
    wg_partition split;
    memset(told, 0, sizeof told);
    memset(&split, 0, sizeof split);
    wg_dataset *d = wg_dataset_open("digits", &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 0, &split, &e), WG_OK);
    wg_model *model = wg_model_new(arch, d->height, d->width, d->channels, d->classes, m, &e);
    ck_assert_msg(model != NULL, "%s", e.text);
    o.epochs = 1;
    o.lint = count;
    ck_assert_msg(wg_train(model, d, NULL, &split, &o, NULL, &e) == WG_OK, "%s", e.text);
    wg_model_free(model);
    wg_partition_clear(&split);
    wg_dataset_free(d);
}

START_TEST(test_training) {
    static const char *const archs[] = {"FC32-RELU", "CONV3x8-RELU-POOL2-FC32-RELU", "FC16-TANH",
                                        "(FC64-RELU)*3", "CONV3x8-BN-RELU-POOL2"};
    wg_optim_options decay = {.decay = 1};
    for (size_t i = 0; i < sizeof archs / sizeof *archs; ++i) {
        train(archs[i], (wg_train_options){.seed = i}, &(wg_model_options){.seed = i});
        for (int k = 0; k < WG_LINT_KINDS; ++k)
            ck_assert_msg(told[k] == 0, "%s: %s", archs[i], wg_lint_name((wg_lint_kind)k));
    }
    train("FC32-RELU", (wg_train_options){.optim = &decay}, NULL);
    ck_assert_int_eq(told[WG_LINT_REGULARISER], 1);
    wg_optim_options fast = {.rate = 1};
    train("FC32-RELU-FC32-RELU", (wg_train_options){.optim = &fast}, NULL);
    ck_assert_int_ge(told[WG_LINT_DEAD_UNITS], 1); /* in the late batch */
    train("FC32-RELU", (wg_train_options){.batch = 5000}, /* one batch, all zeros */
          &(wg_model_options){.init = WG_INIT_NORMAL, .deviation = 0});
    ck_assert_int_eq(told[WG_LINT_DEAD_UNITS], 1);
    ck_assert_int_eq(told[WG_LINT_ZERO_GRADIENT], 3);
}
END_TEST

extern Suite *suite_lint(void);
Suite *suite_lint(void) {
    Suite *s = suite_create("lint");
    TCase *c = tcase_create("lint");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_healthy);
    tcase_add_test(c, test_steps);
    tcase_add_test(c, test_uncleared);
    tcase_add_test(c, test_unreached);
    tcase_add_test(c, test_zero_gradient);
    tcase_add_test(c, test_regulariser);
    tcase_add_test(c, test_dead_units);
    tcase_add_test(c, test_dead_units_elsewhere);
    tcase_add_test(c, test_broadcast);
    tcase_add_test(c, test_double_softmax);
    tcase_add_test(c, test_names_and_errors);
    tcase_add_test(c, test_out_of_memory);
    tcase_add_test(c, test_training);
    suite_add_tcase(s, c);
    return s;
}
