/* The parameter store: layout, gradients that accumulate, changes that are noticed. */
#include "autograd/store.h"
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

START_TEST(test_use_and_gradient) {
    wg_param *w = wg_param_new(p, "w", WG_F64, WG_SHAPE(2));
    wg_param *b = wg_param_new(p, "b", WG_F64, WG_RANK0);
    double *wd = wg_param_data(w), *bd = wg_param_data(b);
    wd[0] = 2, wd[1] = 3, bd[0] = 5;
    for (int round = 1; round <= 3; ++round) {
        wg_tape_rewind(t);
        wg_var wv = wg_use(t, w), bv = wg_use(t, b);
        ck_assert_str_eq(wg_name_of(wv), "w");
        wg_var f = wg_add(wg_sum(wg_mul(wv, wv)), wg_mul(bv, bv));
        ck_assert(wg_item(f) == 38);
        ck_assert_int_eq(wg_backward(f), WG_OK);
        const double *wg = wg_param_grad(w), *bg = wg_param_grad(b);
        ck_assert(wg[0] == 4 * round && wg[1] == 6 * round && bg[0] == 10 * round);
        ck_assert(wg_item(wg_grad(bv)) == 10 * round);
    }
    wg_params_clear_grads(p);
    ck_assert(*(const double *)wg_param_grad(b) == 0);
}
END_TEST

/* The leaf reads the store, and a change between forward and backward is named. */
START_TEST(test_change_is_noticed) {
    wg_param *w = wg_param_new(p, "weights", WG_F32, WG_SHAPE(1));
    float *data = wg_param_data(w);
    data[0] = 2;
    wg_var x = wg_use(t, w), f = wg_square(x);
    data[0] = 3;
    wg_params_changed(p);
    ck_assert(wg_item(x) == 3);
    ck_assert_int_eq(wg_backward(f), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "weights"));
    wg_tape_rewind(t);
    x = wg_use(t, w);
    f = wg_square(x);
    ck_assert(wg_item(f) == 9);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == 6);
    data[0] = 4;
    wg_params_changed(p);
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert(wg_item(f) == 16);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(*(const float *)wg_param_grad(w) == 6 + 8);
}
END_TEST

START_TEST(test_bad_parameters) {
    ck_assert_ptr_nonnull(wg_param_new(p, "w", WG_F32, WG_SHAPE(2)));
    ck_assert_ptr_null(wg_param_new(p, "w", WG_F32, WG_SHAPE(2)));
    ck_assert_ptr_nonnull(strstr(wg_params_message(p), "w"));
    ck_assert_ptr_null(wg_param_new(p, "", WG_F32, WG_SHAPE(2)));
    ck_assert_ptr_null(wg_param_new(p, "i", WG_I64, WG_SHAPE(2)));
    ck_assert_ptr_null(wg_param_new(p, "n", WG_F32, WG_SHAPE(-2)));
    ck_assert_ptr_null(wg_param_new(NULL, "n", WG_F32, WG_SHAPE(2)));
    ck_assert_ptr_nonnull(wg_param_data(wg_params_find(p, "w")));
    ck_assert_ptr_null(wg_param_new(p, "late", WG_F32, WG_SHAPE(2)));
    ck_assert_uint_eq(wg_params_count(p), 1);
    ck_assert_uint_eq(wg_use(t, NULL).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
}
END_TEST

START_TEST(test_blocks) {
    wg_param *a = wg_param_new(p, "a", WG_F32, WG_SHAPE(3));
    wg_param *b = wg_param_new(p, "b", WG_F32, WG_SHAPE(0));
    wg_param *c = wg_param_new(p, "c", WG_F32, WG_SHAPE(2, 2));
    wg_param *r = wg_buffer_new(p, "r", WG_F32, WG_SHAPE(2));
    size_t n;
    void *values, *grads;
    ck_assert_int_eq(wg_params_block(p, WG_F32, &n, &values, &grads), WG_OK);
    ck_assert_ptr_eq(values, wg_param_data(a));
    ck_assert_uint_ge(n, 7);
    ck_assert((float *)wg_param_data(c) > (float *)values);
    ck_assert((float *)wg_param_data(c) + 4 <= (float *)values + n);
    ck_assert_ptr_null(wg_param_grad(r));
    ck_assert_int_eq(wg_param_trainable(r), 0);
    (void)b;
    wg_var v = wg_use(t, r);
    wg_var f = wg_sum(wg_mul(v, wg_use(t, wg_param_new(NULL, "x", WG_F32, WG_RANK0))));
    ck_assert_uint_eq(f.index, 0);
}
END_TEST

static float sum_of(const float *g, int n) {
    float s = 0;
    for (int i = 0; i < n; ++i) s += g[i];
    return s;
}

/* Cleared gradients read as zeros whoever reads them, and however long ago he asked where they
 * are; the first share after a clearing does not meet what lay there. */
START_TEST(test_clearing) {
    float ones[4] = {1, 1, 1, 1}, seen[4];
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(2, 2));
    wg_param *u = wg_param_new(p, "u", WG_F32, WG_SHAPE(2, 2)); /* used in the first round alone */
    memcpy(wg_param_data(w), ones, sizeof ones);
    memcpy(wg_param_data(u), ones, sizeof ones);
    for (int round = 0; round < 3; ++round) { /* no one has a pointer yet */
        wg_tape_rewind(t);
        wg_params_clear_grads(p);
        wg_var x = wg_const(t, WG_F32, WG_SHAPE(2, 2), ones), wv = wg_use(t, w), uv = wg_use(t, u);
        wg_var y = wg_matmul(x, wv);
        if (round == 0) y = wg_add(y, wg_matmul(wg_matmul(x, wv), uv));
        ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
        wg_read(wg_grad(wv), seen, sizeof seen);
        ck_assert(seen[0] == (round ? 2 : 6) && seen[3] == seen[0]);
        wg_read(wg_grad(uv), seen, sizeof seen);
        ck_assert(seen[0] == (round ? 0 : 4) && seen[3] == seen[0]);
    }
    wg_params_clear_grads(p);
    const float *gw = wg_param_grad(w), *gu = wg_param_grad(u);
    ck_assert(sum_of(gw, 4) == 0 && sum_of(gu, 4) == 0);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_matmul(wg_use(t, w), wg_use(t, u)))), WG_OK);
    ck_assert(sum_of(gw, 4) == 8 && sum_of(gu, 4) == 8);
    wg_params_clear_grads(p);
    ck_assert(sum_of(gw, 4) == 0 && sum_of(gu, 4) == 0);
}
END_TEST

/* A lint's look at gradients is no reason to write zeros at each clearing from then on. */
START_TEST(test_lint_leaves_clearing_lazy) {
    float ones[4] = {1, 1, 1, 1};
    wg_lints l = {0};
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(2, 2));
    wg_var x = wg_const(t, WG_F32, WG_SHAPE(2, 2), ones);
    wg_var loss = wg_sum(wg_matmul(x, wg_use(t, w)));
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_lint(loss, p, NULL, &l), WG_OK);
    wg_lints_clear(&l);
    wg_params_clear_grads(p);
    ck_assert(((float *)wgi_param_grad_room(w))[0] == 2);
    ck_assert(((const float *)wg_param_grad(w))[0] == 0);
}
END_TEST

/* A step takes what was not reached for zero. */
START_TEST(test_step_after_clearing) {
    float ones[2] = {1, 1};
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(2));
    memcpy(wg_param_data(w), ones, sizeof ones);
    wg_optim *o = wg_optim_new("sgd", p, NULL, NULL);
    ck_assert_int_eq(wg_backward(wg_sum(wg_use(t, w))), WG_OK);
    wg_params_clear_grads(p);
    wg_optim_step(o);
    ck_assert(memcmp(wg_param_data(w), ones, sizeof ones) == 0);
    wg_optim_free(o);
}
END_TEST

extern Suite *suite_params(void);
Suite *suite_params(void) {
    Suite *s = suite_create("params");
    TCase *c = tcase_create("params");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_use_and_gradient);
    tcase_add_test(c, test_change_is_noticed);
    tcase_add_test(c, test_bad_parameters);
    tcase_add_test(c, test_blocks);
    tcase_add_test(c, test_clearing);
    tcase_add_test(c, test_lint_leaves_clearing_lazy);
    tcase_add_test(c, test_step_after_clearing);
    suite_add_tcase(s, c);
    return s;
}
