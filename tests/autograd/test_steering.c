/* Sweep after sweep: what adds up and what starts from zero, and what a change in between does. */
#include "tests/suites.h"
#include "wengert.h"

#include <string.h>

static wg_tape *t;
static wg_params *p;
static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    ck_assert_ptr_nonnull(p = wg_params_new());
}
static void teardown(void) {
    wg_tape_free(t);
    wg_params_free(p);
}

static double at(wg_var v, int64_t i) {
    const double *data = wg_data(v);
    ck_assert_ptr_nonnull(data);
    return data[i];
}

static void says(wg_status status, const char *text) {
    ck_assert_msg(status == WG_ERR_STATE && strstr(wg_tape_message(t), text) != NULL,
                  "%s (%s), expected %s", wg_tape_message(t), wg_status_name(status), text);
    wg_tape_rewind(t);
}

/* ---- the same recording again --------------------------------------------------------------- */

/* A second backward: leaves and parameters add it, inner values are those of one. */
START_TEST(test_twice) {
    wg_param *w = wg_param_new(p, "w", WG_F64, WG_SHAPE(2));
    ((double *)wg_param_data(w))[0] = 3;
    ((double *)wg_param_data(w))[1] = 4;
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_keep_grads(t, keep);
        wg_tape_rewind(t);
        wg_params_clear_grads(p);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){1, 2}), s = wg_scalar(t, 10);
        wg_var h = wg_mul(x, wg_use(t, w)), q = wg_mul(s, s), f = wg_mul(wg_sum(h), q);
        for (int round = 1; round <= 3; ++round) {
            ck_assert_int_eq(wg_backward(f), WG_OK);
            ck_assert(at(wg_grad(x), 0) == 300 * round && at(wg_grad(x), 1) == 400 * round);
            ck_assert(((const double *)wg_param_grad(w))[1] == 200 * round);
            ck_assert(wg_item(wg_grad(s)) == 220 * round);
            ck_assert(wg_item(wg_grad(q)) == 11);
            if (keep) ck_assert(at(wg_grad(h), 0) == 100);
        }
        wg_clear_grads(t);
        wg_params_clear_grads(p);
        ck_assert_int_eq(wg_backward(f), WG_OK);
        ck_assert(at(wg_grad(x), 0) == 300 && ((const double *)wg_param_grad(w))[1] == 200);
    }
}
END_TEST

/* Two roots over one leaf, and a root below the other: inner values are those of the last. */
START_TEST(test_two_roots) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){1, 2});
    wg_var h = wg_square(x), f = wg_sum(h), g = wg_sum(wg_scale(h, 10)), top = wg_mul(f, g);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_OK);
    ck_assert(at(wg_grad(x), 1) == 4 + 40 && at(wg_grad(h), 1) == 10);
    ck_assert(wg_item(wg_grad(f)) == 0); /* g does not depend on it */
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(top), WG_OK); /* 10 (x.x)^2 */
    ck_assert(at(wg_grad(x), 0) == 200 && at(wg_grad(x), 1) == 400);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(at(wg_grad(x), 1) == 404 && at(wg_grad(h), 1) == 1);
    ck_assert(wg_item(wg_grad(top)) == 0);
}
END_TEST

/* A recorded gradient neither reads nor writes the gradients of wg_backward. */
START_TEST(test_recorded_beside) {
    wg_var x = wg_scalar(t, 3), f = wg_square(x), d;
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(wg_gradients(f, 1, &x, &d), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == 6 && wg_item(d) == 6);
    ck_assert_int_eq(wg_backward(d), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == 6 + 2);
}
END_TEST

/* What is detached, or computed in a section, is a constant of that moment. */
START_TEST(test_constants) {
    wg_var x = wg_scalar(t, 3), c = wg_detach(x), f = wg_mul(x, c);
    wg_no_grad_begin(t);
    wg_no_grad_begin(t);
    wg_var s = wg_square(x);
    wg_no_grad_end(t);
    wg_var r = wg_square(s);
    wg_no_grad_end(t);
    wg_var g = wg_mul(x, r), h = wg_mul(x, x);
    ck_assert(wg_item(f) == 9 && wg_item(g) == 243);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == 3 && wg_item(wg_grad(c)) == 0);
    ck_assert_int_eq(wg_backward(g), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == 3 + 81);
    ck_assert_int_eq(wg_gradcheck(wg_add(f, h), NULL, NULL), WG_OK);
    wg_set(x, &(double){5}, sizeof(double));
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert(wg_item(f) == 15);
    says(wg_replay(g), "square was computed in a no-gradient section; it cannot be replayed");
}
END_TEST

/* ---- micro-batches -------------------------------------------------------------------------- */

enum { N = 16, D = 5, C = 3, PARTS = 4 };

static wg_var loss(const double *x, const int64_t *labels, int64_t n, double weight) {
    wg_param *w = wg_params_find(p, "w"), *b = wg_params_find(p, "b");
    wg_var rows = wg_const(t, WG_F64, WG_SHAPE(n, D), x);
    wg_var scores = wg_add(wg_matmul(wg_tanh(rows), wg_use(t, w)), wg_use(t, b));
    wg_var l = wg_softmax_loss(scores, wg_const(t, WG_I64, WG_SHAPE(n), labels));
    return wg_scale(l, weight);
}

/* Four micro-batches, each loss weighed by its part of the batch, give the gradient of the batch,
 * whether the tape is rewound between them or not; and so the same step. */
START_TEST(test_micro_batches) {
    double x[N * D], whole[D * C], stepped[D * C];
    int64_t labels[N];
    wg_param *w = wg_param_new(p, "w", WG_F64, WG_SHAPE(D, C));
    ck_assert_ptr_nonnull(wg_param_new(p, "b", WG_F64, WG_SHAPE(C)));
    for (int i = 0; i < N * D; ++i) x[i] = 0.3 * (i % 7) - 0.1 * (i % 11);
    for (int i = 0; i < N; ++i) labels[i] = i * i % C;
    double *data = wg_param_data(w);
    const double *grad = wg_param_grad(w);
    for (int i = 0; i < D * C; ++i) data[i] = 0.1 * i - 0.5;
    ck_assert_int_eq(wg_backward(loss(x, labels, N, 1)), WG_OK);
    memcpy(whole, grad, sizeof whole);
    wg_optim *o = wg_optim_new("sgd", p, &(wg_optim_options){.rate = 0.5}, NULL);
    for (int rewound = 0; rewound < 2; ++rewound) {
        wg_params_clear_grads(p);
        for (int k = 0; k < PARTS; ++k) {
            if (rewound) wg_tape_rewind(t);
            wg_var l = loss(x + k * N / PARTS * D, labels + k * N / PARTS, N / PARTS, 1.0 / PARTS);
            ck_assert_int_eq(wg_backward(l), WG_OK);
        }
        for (int i = 0; i < D * C; ++i) check_near(grad[i], whole[i], 1e-15);
    }
    for (int i = 0; i < D * C; ++i) stepped[i] = data[i] - 0.5 * whole[i];
    wg_optim_step(o);
    for (int i = 0; i < D * C; ++i) check_near(data[i], stepped[i], 1e-15);
    wg_optim_free(o);
}
END_TEST

/* ---- changes between forward and backward --------------------------------------------------- */

START_TEST(test_changed_leaf_is_named) {
    static const struct {
        int which;
        const char *text;
    } rows[] = {{0, "backward: speed was changed"}, {1, "gradients: speed was changed"},
                {2, "jvp: speed was changed"}, {3, "gradcheck: speed was changed"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        wg_var x = wg_name(wg_scalar(t, 3), "speed"), f = wg_square(x), d;
        wg_var one = wg_const(t, WG_F64, WG_RANK0, &(double){1});
        ck_assert_int_eq(wg_set(x, &(double){4}, sizeof(double)), WG_OK);
        says(rows[i].which == 0   ? wg_backward(f)
             : rows[i].which == 1 ? wg_gradients(f, 1, &x, &d)
             : rows[i].which == 2 ? wg_jvp(f, 1, &x, &one, &d)
                                  : wg_gradcheck(f, NULL, NULL),
             rows[i].text);
    }
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1), NULL), y = wg_scalar(t, 1);
    wg_set(x, &(double){4}, sizeof(double));
    ck_assert_int_eq(wg_backward(wg_square(y)), WG_OK); /* of which the root knows nothing */
    says(wg_backward(wg_sum(x)), "backward: value 1 was changed");
}
END_TEST

/* Values that a replay of another root left behind say for which leaf they are too old: of two that
 * changed the one that did. */
START_TEST(test_outdated_value_names_its_leaf) {
    for (int which = 0; which < 2; ++which) {
        wg_var x = wg_name(wg_scalar(t, 1), "x"), y = wg_name(wg_scalar(t, 2), "y");
        wg_var both = wg_name(wg_mul(x, y), "both"), f = wg_square(x), g = wg_square(y);
        wg_var sum = wg_add(f, g);
        wg_set(x, &(double){3}, sizeof(double));
        wg_set(y, &(double){4}, sizeof(double));
        ck_assert_int_eq(wg_replay(both), WG_OK);
        ck_assert_int_eq(wg_replay(sum), WG_OK);
        ck_assert_int_eq(wg_backward(both), WG_OK);
        ck_assert_int_eq(wg_backward(sum), WG_OK);
        wg_set(y, &(double){5}, sizeof(double)); /* y, then x; replayed in one order or the other */
        wg_set(x, &(double){6}, sizeof(double));
        ck_assert_int_eq(wg_replay(which ? f : g), WG_OK);
        ck_assert_int_eq(wg_replay(which ? g : f), WG_OK);
        if (which) says(wg_backward(both), "backward: both is older than y, which was changed");
        else says(wg_backward(both), "backward: both is older than x, which was changed");
    }
    wg_var x = wg_name(wg_scalar(t, 1), "x"), y = wg_name(wg_scalar(t, 2), "y");
    wg_var both = wg_mul(x, y), f = wg_square(x), g = wg_square(y);
    wg_set(y, &(double){5}, sizeof(double));
    ck_assert_int_eq(wg_replay(g), WG_OK);
    ck_assert_int_eq(wg_replay(f), WG_OK); /* of a leaf that did not change */
    wg_mark mark = wg_tape_mark(t);
    wg_set(wg_scalar(t, 1), &(double){5}, sizeof(double));
    wg_tape_release(t, mark);
    says(wg_backward(both), "value 3 is older than y, which was changed; wg_replay");

    wg_param *w = wg_param_new(p, "w", WG_F64, WG_RANK0); /* a parameter is not set */
    wg_var u = wg_use(t, w), a = wg_square(u), b = wg_square(u);
    wg_params_changed(p);
    ck_assert_int_eq(wg_replay(a), WG_OK);
    says(wg_backward(b), "value 3 is older than a leaf that was changed; wg_replay");
}
END_TEST

/* An optimizer's step between forward and backward. */
START_TEST(test_step_in_between) {
    wg_param *w = wg_param_new(p, "fc1.w", WG_F32, WG_SHAPE(2));
    wg_optim *o = wg_optim_new("sgd", p, NULL, NULL);
    wg_var f = wg_sum(wg_square(wg_use(t, w)));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    wg_optim_step(o);
    says(wg_backward(f),
         "backward: the parameter fc1.w was changed after it was used; record again");
    wg_optim_free(o);
}
END_TEST

/* Written without a word: found by the checksum, and the right one of two is named. */
START_TEST(test_watch) {
    wg_param *a = wg_param_new(p, "a", WG_F32, WG_SHAPE(3));
    wg_param *b = wg_param_new(p, "b", WG_F32, WG_SHAPE(3));
    float *to = wg_param_data(b);
    for (int watch = 0; watch < 2; ++watch) {
        wg_tape_watch_params(t, watch);
        wg_var f = wg_sum(wg_mul(wg_use(t, a), wg_use(t, b))), other = wg_sum(wg_use(t, a));
        to[2] += 1;
        if (!watch) {
            ck_assert_int_eq(wg_backward(f), WG_OK); /* nobody looks */
            wg_tape_rewind(t);
            continue;
        }
        ck_assert_int_eq(wg_backward(other), WG_OK); /* does not use b */
        says(wg_backward(f), "backward: the parameter b was written after it was used, without");
    }
    wg_var f = wg_sum(wg_mul(wg_use(t, a), wg_use(t, b)));
    to[0] = -1;
    wg_params_changed(p);
    says(wg_backward(f), "backward: the parameter b was changed after it was used");
    f = wg_sum(wg_mul(wg_use(t, a), wg_use(t, b)));
    wg_var g = wg_sum(wg_use(t, b));
    to[0] = 5;
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    says(wg_backward(g), "backward: the parameter b was written"); /* its leaf was not replayed */
    wg_tape_watch_params(t, 0);
    wg_tape_watch_params(NULL, 1);
}
END_TEST

/* Each single byte of a parameter counts. */
START_TEST(test_watch_every_byte) {
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(5));
    char *bytes = wg_param_data(w);
    wg_tape_watch_params(t, 1);
    for (size_t i = 0; i < 5 * sizeof(float); ++i) {
        wg_var f = wg_sum(wg_use(t, w));
        bytes[i] ^= 1;
        says(wg_backward(f), "the parameter w was written");
    }
}
END_TEST

extern Suite *suite_steering(void);
Suite *suite_steering(void) {
    Suite *s = suite_create("steering");
    TCase *c = tcase_create("steering");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_twice);
    tcase_add_test(c, test_two_roots);
    tcase_add_test(c, test_recorded_beside);
    tcase_add_test(c, test_constants);
    tcase_add_test(c, test_micro_batches);
    tcase_add_test(c, test_changed_leaf_is_named);
    tcase_add_test(c, test_outdated_value_names_its_leaf);
    tcase_add_test(c, test_step_in_between);
    tcase_add_test(c, test_watch);
    tcase_add_test(c, test_watch_every_byte);
    suite_add_tcase(s, c);
    return s;
}
