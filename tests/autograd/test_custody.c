/* test_custody.c: whose memory a gradient, a name or a value is, and which numbers belong together:
 * what is read after a release, after a replay of a part, from a buffer that was handed on. */
#include "tests/suites.h"
#include "wengert.h"

#include "autograd/gate.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

/* Records enough to write over memory that was given back. */
static void scribble(void) {
    double junk[6] = {1e9, -1e9, 1e9, -1e9, 1e9, -1e9};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), junk), y = x;
    for (int i = 0; i < 8; ++i) y = wg_mul(y, wg_scalar(t, 3 + i));
    for (int i = 0; i < 8; ++i) wg_exp(wg_scalar(t, i));
}

/* The gradient of an older value can be the cotangent of a younger one, or a view of it. */
START_TEST(test_gradients_outlive_a_release) {
    double a[6] = {1, 2, 3, 4, 5, 6}, got[6];
    for (int how = 0; how < 4; ++how) {
        wg_tape_rewind(t);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a), h = wg_square(x), c = wg_shift(h, 0);
        wg_mark mark = wg_tape_mark(t);
        wg_var v = how == 0   ? h
                   : how == 1 ? wg_reshape(h, WG_SHAPE(6))
                   : how == 2 ? wg_transpose(wg_transpose(h))
                              : wg_reshape(wg_reshape(h, WG_SHAPE(3, 2)), WG_SHAPE(1, 6));
        if (how > 1) v = wg_mul(wg_scalar(t, 1), v);
        ck_assert_int_eq(wg_backward(wg_sum(v)), WG_OK);
        wg_tape_release(t, mark);
        scribble();
        ck_assert_int_eq(wg_read(wg_grad(h), got, sizeof got), WG_OK);
        for (int i = 0; i < 6; ++i) ck_assert_msg(got[i] == 1, "way %d: %g", how, got[i]);
        wg_read(wg_grad(x), got, sizeof got);
        for (int i = 0; i < 6; ++i) ck_assert(got[i] == 2 * a[i]);
        wg_read(wg_grad(c), got, sizeof got);
        for (int i = 0; i < 6; ++i) ck_assert(got[i] == 0);
    }
}
END_TEST

/* A gradient that was let go is not there to read; a zero would be a wrong number. */
START_TEST(test_gradients_let_go) {
    double a[3] = {1, 2, 3}, got[3];
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), a), h = wg_square(x), u = wg_exp(x);
    wg_tape_keep_grads(t, 0);
    ck_assert_int_eq(wg_backward(wg_sum(h)), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), got, sizeof got), WG_OK);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 2 * a[i]);
    ck_assert_int_eq(wg_read(wg_grad(u), got, sizeof got), WG_OK); /* not below the root */
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 0);
    ck_assert_uint_eq(wg_grad(h).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "wg_tape_keep_grads"));
}
END_TEST

/* ---- a rule that returns one buffer in two ways ---------------------------------------------- */

/* y = x + z^T: the cotangent of one operand and, from the same buffer, its transpose. */
static wg_status twice_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status twice_forward(wg_call *c) { /* y[i, j] = x[i, j] + z[j, i] */
    const double *x = c->x[0]->data, *z = c->x[1]->data;
    int64_t n = c->x[0]->dim[0];
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j)
            ((double *)c->y.data)[i * n + j] = x[i * n + j] + z[j * n + i];
    return WG_OK;
}
static void twice_rule(wg_pull *p) {
    p->dx[0] = wg_scale(p->g, 1); /* made by the rule: its buffer may be adopted */
    p->dx[1] = wg_transpose(p->dx[0]);
}
static const wg_gate twice_gate = {
    .size = sizeof(wg_gate),
    .name = "twice",
    .formula = "y = x + z^T",
    .arity = 2,
    .operands = {"x", "z"},
    .infer = twice_infer,
    .forward = {NULL, twice_forward, NULL, NULL},
    .rule = twice_rule,
};

/* y = x + z^T for symmetric cotangents: the cotangent itself, twice. */
static void both_rule(wg_pull *p) {
    p->dx[0] = p->g;
    p->dx[1] = wg_reshape(p->g, WG_SHAPE(2, 2));
}

START_TEST(test_one_cotangent_returned_twice) {
    double a[4] = {1, 2, 3, 4}, w[4] = {1, 10, 10, 5}, got[2][4];
    wg_gate both = twice_gate;
    both.rule = both_rule;
    wg_tape_keep_grads(t, 0);
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), z = wg_input(t, WG_F64, WG_SHAPE(2, 2), a);
    wg_var xs[2] = {x, z}, y = wg_record(&both, 2, xs, NULL);
    wg_var f = wg_sum(wg_mul(y, wg_const(t, WG_F64, WG_SHAPE(2, 2), w)));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(wg_backward(wg_sum(wg_square(x))), WG_OK); /* adds into x's alone */
    wg_read(wg_grad(x), got[0], sizeof got[0]);
    wg_read(wg_grad(z), got[1], sizeof got[1]);
    for (int i = 0; i < 4; ++i) ck_assert(got[0][i] == w[i] + 2 * a[i] && got[1][i] == w[i]);
}
END_TEST

static wg_tape *elsewhere;
static void lost_rule(wg_pull *p) { p->dx[0] = p->dx[1] = wg_scalar(elsewhere, 1); }

/* A rule is a user's code too. */
START_TEST(test_rule_returns_another_tape) {
    double a[4] = {1, 2, 3, 4};
    wg_gate lost = twice_gate;
    lost.rule = lost_rule;
    elsewhere = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), xs[2] = {x, x}, d;
    wg_var f = wg_sum(wg_record(&lost, 2, xs, NULL));
    ck_assert_int_eq(wg_backward(f), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "twice: its rule returns"));
    ck_assert_int_eq(wg_gradients(f, 1, &x, &d), WG_ERR_STATE);
    wg_tape_free(elsewhere);
}
END_TEST

START_TEST(test_one_buffer_returned_twice) {
    double a[4] = {1, 2, 3, 4}, w[4] = {1, 10, 100, 1000}, got[4], want[4] = {2, 110, 110, 2000};
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), xs[2] = {x, x};
        wg_var y = wg_record(&twice_gate, 2, xs, NULL);
        wg_var f = wg_sum(wg_mul(y, wg_const(t, WG_F64, WG_SHAPE(2, 2), w)));
        ck_assert_int_eq(wg_backward(f), WG_OK);
        wg_read(wg_grad(x), got, sizeof got);
        ck_assert_mem_eq(got, want, sizeof got);
    }
}
END_TEST

/* ---- replay of a part ------------------------------------------------------------------------ */

/* Replaying one root must not vouch for another that reads the same leaf. */
START_TEST(test_replay_of_another_root) {
    double a[2] = {1, 2}, b[2] = {5, 7}, got[2];
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), a);
    wg_var f = wg_sum(wg_square(x)), h = wg_exp(x), g = wg_sum(wg_mul(h, x));
    ck_assert_int_eq(wg_set(x, b, sizeof b), WG_OK);
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "wg_replay"));
    ck_assert_int_eq(wg_replay(h), WG_OK); /* g itself is still old */
    ck_assert_int_eq(wg_backward(g), WG_ERR_STATE);
    ck_assert_int_eq(wg_replay(g), WG_OK);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(g), WG_OK);
    wg_read(wg_grad(x), got, sizeof got);
    for (int i = 0; i < 2; ++i) check_near(got[i], exp(b[i]) * (1 + b[i]), 1e-9);
}
END_TEST

START_TEST(test_replay_of_another_scalar_root) {
    wg_var x = wg_scalar(t, 2), f = wg_square(x), g = wg_exp(wg_neg(x));
    double v = 3;
    ck_assert_int_eq(wg_set(x, &v, sizeof v), WG_OK);
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_ERR_STATE);
    wg_var d;
    ck_assert_int_eq(wg_gradients(g, 1, &x, &d), WG_ERR_STATE);
    wg_mark mark = wg_tape_mark(t);
    wg_var later = wg_mul(g, x); /* made of an old value: as old as that */
    ck_assert_int_eq(wg_backward(later), WG_ERR_STATE);
    wg_tape_release(t, mark);
    ck_assert_int_eq(wg_replay(g), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_OK);
    check_near(wg_item(wg_grad(x)), -exp(-3), 1e-15);
}
END_TEST

/* A replay that fails half-way leaves no root that passes for replayed. */
START_TEST(test_replay_that_fails) {
    wg_var x = wg_scalar(t, 2);
    wg_no_grad_begin(t);
    wg_var y = wg_square(x);
    wg_no_grad_end(t);
    wg_var f = wg_mul(wg_exp(x), y);
    double v = 3;
    ck_assert_int_eq(wg_set(x, &v, sizeof v), WG_OK);
    ck_assert_int_eq(wg_replay(f), WG_ERR_STATE);
    ck_assert_int_eq(wg_backward(f), WG_ERR_STATE);
}
END_TEST

/* The same with a parameter that a step of an optimizer changed. */
START_TEST(test_replay_after_a_step) {
    wg_params *params = wg_params_new();
    wg_param *p = wg_param_new(params, "w", WG_F64, WG_SHAPE(2));
    double *w = wg_param_data(p);
    wg_var x = wg_use(t, p), f = wg_sum(wg_exp(x)), g = wg_sum(wg_sin(x));
    w[0] = 1;
    wg_params_changed(params);
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_ERR_STATE);
    ck_assert_int_eq(wg_replay(g), WG_OK);
    ck_assert_int_eq(wg_backward(g), WG_OK);
    wg_tape_rewind(t);
    wg_params_free(params);
}
END_TEST

/* ---- names, shapes, sizes -------------------------------------------------------------------- */

START_TEST(test_a_name_given_to_itself) {
    wg_var x = wg_name(wg_scalar(t, 1), "a long enough name");
    wg_name(x, wg_name_of(x));
    ck_assert_str_eq(wg_name_of(x), "a long enough name");
    wg_name(x, wg_name_of(x) + 2);
    ck_assert_str_eq(wg_name_of(x), "long enough name");
    wg_var y = wg_name(wg_scalar(t, 1), wg_name_of(x));
    ck_assert_str_eq(wg_name_of(y), "long enough name");
}
END_TEST

/* No elements, but strides that no 64 bits hold. */
START_TEST(test_empty_and_enormous) {
    int64_t huge = (int64_t)1 << 62;
    ck_assert_int_eq(wg_shape_size(WG_SHAPE(0, huge, huge)), -1);
    ck_assert_int_eq(wg_shape_size(WG_SHAPE(huge, huge, 0)), -1);
    ck_assert_int_eq(wg_shape_size(WG_SHAPE(0, huge)), 0);
    ck_assert_uint_eq(wg_input(t, WG_F64, WG_SHAPE(0, huge, huge), NULL).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
    wg_tape_rewind(t);
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(0, 1 << 30), NULL);
    wg_var y = wg_broadcast_to(x, WG_SHAPE(1 << 30, 1 << 30, 0, 1 << 30));
    ck_assert_uint_eq(y.index, 0);
    ck_assert_uint_ne(wg_transpose(x).index, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_transpose(x))), WG_OK);
    ck_assert_uint_eq(wg_sum_over(y, WG_AXES(2), 0).index, 0);
}
END_TEST

extern Suite *suite_custody(void);
Suite *suite_custody(void) {
    Suite *s = suite_create("custody");
    TCase *c = tcase_create("custody");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_gradients_outlive_a_release);
    tcase_add_test(c, test_gradients_let_go);
    tcase_add_test(c, test_one_buffer_returned_twice);
    tcase_add_test(c, test_one_cotangent_returned_twice);
    tcase_add_test(c, test_rule_returns_another_tape);
    tcase_add_test(c, test_replay_of_another_root);
    tcase_add_test(c, test_replay_of_another_scalar_root);
    tcase_add_test(c, test_replay_that_fails);
    tcase_add_test(c, test_replay_after_a_step);
    tcase_add_test(c, test_a_name_given_to_itself);
    tcase_add_test(c, test_empty_and_enormous);
    suite_add_tcase(s, c);
    return s;
}
