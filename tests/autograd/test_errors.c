/* test_errors.c: the engine in hostile hands: handles that are gone, absent or another tape's,
 * calls out of order.  Each is an error that says what and where; nothing crashes, and what was
 * healthy stays so. */
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static wg_tape *t, *u;
static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    ck_assert_ptr_nonnull(u = wg_tape_new());
}
static void teardown(void) {
    wg_tape_free(t);
    wg_tape_free(u);
}

/* The tape's error is this one; begins anew. */
static void expect_on(wg_tape *tape, wg_status status, const char *text, int line) {
    const char *message = wg_tape_message(tape);
    ck_assert_msg(wg_tape_status(tape) == status && strstr(message, text),
                  "line %d: status %s, \"%s\"; expected %s, \"%s\"", line,
                  wg_status_name(wg_tape_status(tape)), message, wg_status_name(status), text);
    wg_tape_rewind(tape);
}
#define expect(status, text) expect_on(t, status, text, __LINE__)

static wg_var vector(wg_tape *tape, wg_dtype dtype, int64_t n) {
    return wg_input(tape, dtype, WG_SHAPE(n), NULL);
}

/* ---- handles -------------------------------------------------------------------------------- */

/* Every entry point given a value that is gone: the status is STALE and names it. */
static void use_gone(wg_var gone) {
    wg_var out, ok;
    double number;
    size_t n;
    const wg_var *order;
    ck_assert_uint_eq(wg_exp(gone).index, 0);
    expect(WG_ERR_STALE, "exp: x (value ");
    ck_assert_uint_eq(wg_add(wg_scalar(t, 1), gone).index, 0);
    expect(WG_ERR_STALE, "was rewound or released");
    ck_assert_int_eq(wg_backward(gone), WG_ERR_STALE);
    expect(WG_ERR_STALE, "backward");
    ck_assert_uint_eq(wg_grad(gone).index, 0);
    expect(WG_ERR_STALE, "grad");
    ck_assert_uint_eq(wg_detach(gone).index, 0);
    expect(WG_ERR_STALE, "detach");
    ck_assert_int_eq(wg_set(gone, &number, sizeof number), WG_ERR_STALE);
    expect(WG_ERR_STALE, "set");
    ck_assert_int_eq(wg_replay(gone), WG_ERR_STALE);
    expect(WG_ERR_STALE, "replay");
    ck_assert_int_eq(wg_read(gone, &number, sizeof number), WG_ERR_STALE);
    expect(WG_ERR_STALE, "read");
    ck_assert_int_eq(wg_toposort(gone, &n, &order), WG_ERR_STALE);
    expect(WG_ERR_STALE, "toposort");
    ck_assert(isnan(wg_item(gone)) && !wg_data(gone) && wg_shape_of(gone).rank == -1);
    ck_assert_int_eq(wg_dtype_of(gone), WG_F64);
    expect(WG_ERR_STALE, "item");
    wg_name(gone, "ghost");
    ck_assert_ptr_null(wg_name_of(gone));
    expect(WG_ERR_STALE, "name");
    ok = wg_scalar(t, 1);
    ck_assert_int_eq(wg_gradients(ok, 1, &gone, &out), WG_ERR_STALE);
    ck_assert_uint_eq(out.index, 0);
    expect(WG_ERR_STALE, "gradients");
    ok = wg_scalar(t, 1);
    ck_assert_int_eq(wg_vjp(ok, gone, 1, &ok, &out), WG_ERR_STALE);
    expect(WG_ERR_STALE, "vjp");
}

START_TEST(test_gone_by_rewind) {
    wg_var a = wg_mul(wg_scalar(t, 1), wg_scalar(t, 2));
    wg_tape_rewind(t);
    use_gone(a);
}
END_TEST

START_TEST(test_gone_by_clear) {
    wg_var a = wg_exp(vector(t, WG_F32, 3));
    wg_tape_clear(t);
    use_gone(a);
}
END_TEST

START_TEST(test_gone_by_release) {
    wg_var old = wg_scalar(t, 3);
    wg_mark mark = wg_tape_mark(t);
    wg_var gone = wg_exp(old);
    wg_tape_release(t, mark);
    ck_assert(wg_item(old) == 3);
    ck_assert_uint_eq(wg_exp(gone).index, 0); /* though the next value takes its place */
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STALE);
    wg_var next = wg_sin(old);
    ck_assert_uint_eq(next.index, gone.index);
    ck_assert_uint_eq(wg_exp(gone).index, 0);
    ck_assert(wg_item(wg_exp(old)) == exp(3));
    use_gone(gone);
}
END_TEST

START_TEST(test_poison_of_another_life) {
    wg_var out, bad = wg_add(vector(t, WG_F64, 2), vector(t, WG_F64, 3)), x;
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    ck_assert_int_eq(wg_backward(bad), WG_ERR_STALE);
    expect(WG_ERR_STALE, "backward: poison from before the last rewind");
    ck_assert_uint_eq(wg_exp(bad).index, 0);
    expect(WG_ERR_STALE, "exp: poison from before");
    x = wg_scalar(t, 1);
    ck_assert_int_eq(wg_gradients(x, 1, &bad, &out), WG_ERR_STALE);
    expect(WG_ERR_STALE, "gradients: poison");
}
END_TEST

START_TEST(test_two_tapes) {
    wg_var a = wg_scalar(t, 1), b = wg_scalar(u, 2), out;
    ck_assert_uint_eq(wg_mul(a, b).index, 0);
    ck_assert_int_eq(wg_tape_status(u), WG_OK);
    expect(WG_ERR_TAPE, "mul: y is a value of another tape");
    a = vector(t, WG_F64, 2);
    ck_assert_uint_eq(wg_where(vector(u, WG_F64, 2), a, a).index, 0);
    expect_on(u, WG_ERR_TAPE, "where: x is a value of another tape", __LINE__);
    a = wg_scalar(t, 1);
    b = wg_scalar(u, 1);
    ck_assert_int_eq(wg_gradients(a, 1, &b, &out), WG_ERR_TAPE);
    expect(WG_ERR_TAPE, "gradients: value 0 is not of the root's tape");
    a = wg_scalar(t, 1);
    ck_assert_int_eq(wg_vjp(a, b, 1, &a, &out), WG_ERR_TAPE);
    expect(WG_ERR_TAPE, "vjp: the cotangent is not of the value's tape");
    ck_assert(wg_item(b) == 1);
}
END_TEST

START_TEST(test_absent) {
    wg_var x = wg_scalar(t, 1), none = WG_NONE, out;
    size_t n;
    const wg_var *order;
    ck_assert_uint_eq(wg_add(x, none).index, 0);
    expect(WG_ERR_TAPE, "add: y is absent (WG_NONE)");
    ck_assert_uint_eq(wg_add(none, wg_scalar(t, 1)).index, 0);
    expect(WG_ERR_TAPE, "add: x is absent (WG_NONE)");
    ck_assert_ptr_null(wg_add(none, none).tape);
    ck_assert_ptr_null(wg_exp(none).tape);
    ck_assert_ptr_null(wg_scale(none, 2).tape);
    ck_assert_ptr_null(wg_grad(none).tape);
    ck_assert_ptr_null(wg_detach(none).tape);
    ck_assert_ptr_null(wg_name(none, "x").tape);
    ck_assert_int_eq(wg_backward(none), WG_ERR_TAPE);
    ck_assert_int_eq(wg_replay(none), WG_ERR_TAPE);
    ck_assert_int_eq(wg_set(none, NULL, 0), WG_ERR_TAPE);
    ck_assert_int_eq(wg_read(none, NULL, 0), WG_ERR_TAPE);
    ck_assert_int_eq(wg_toposort(none, &n, &order), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradients(none, 1, &none, &out), WG_ERR_TAPE);
    ck_assert(isnan(wg_item(none)) && !wg_data(none) && !wg_name_of(none));
    x = wg_scalar(t, 1);
    ck_assert_int_eq(wg_vjp(x, none, 1, &x, &out), WG_ERR_TAPE);
    expect(WG_ERR_TAPE, "vjp: the cotangent");
}
END_TEST

START_TEST(test_null_tape) {
    ck_assert_ptr_null(wg_scalar(NULL, 1).tape);
    ck_assert_ptr_null(wg_number(NULL, 1).tape);
    ck_assert_ptr_null(wg_input(NULL, WG_F64, WG_SHAPE(2), NULL).tape);
    ck_assert_ptr_null(wg_const(NULL, WG_F64, WG_SHAPE(2), NULL).tape);
    ck_assert_ptr_null(wg_use(NULL, NULL).tape);
    ck_assert_int_eq(wg_tape_status(NULL), WG_ERR_TAPE);
    ck_assert_str_eq(wg_tape_message(NULL), "no tape");
    wg_tape_free(NULL);
    wg_tape_rewind(NULL);
    wg_tape_clear(NULL);
    wg_tape_release(NULL, wg_tape_mark(NULL));
    wg_tape_seed(NULL, 1);
    wg_tape_keep_grads(NULL, 0);
    wg_tape_on_error(NULL, NULL, NULL);
    wg_no_grad_begin(NULL);
    wg_no_grad_end(NULL);
    wg_clear_grads(NULL);
    ck_assert_uint_eq(wg_use(t, NULL).index, 0);
    expect(WG_ERR_STATE, "use: the parameter is NULL");
}
END_TEST

/* ---- the record of errors ------------------------------------------------------------------- */

typedef struct heard {
    int n;
    wg_status status;
    char text[300];
} heard;

static void hear(wg_tape *tape, wg_status status, const char *text, void *user) {
    heard *h = user;
    ck_assert_ptr_eq(tape, t);
    ++h->n;
    h->status = status;
    snprintf(h->text, sizeof h->text, "%s", text);
}

START_TEST(test_first_error_stays) {
    heard h = {0};
    wg_tape_on_error(t, hear, &h);
    wg_var x = vector(t, WG_F64, 2), out;
    wg_var bad = wg_add(x, vector(t, WG_F64, 3));
    ck_assert_int_eq(h.n, 1);
    ck_assert_int_eq(h.status, WG_ERR_SHAPE);
    wg_var worse = wg_exp(wg_mul(wg_sum_to(bad, WG_RANK0), wg_scalar(t, 2))); /* poison flows */
    ck_assert_uint_eq(worse.index, 0);
    ck_assert(isnan(wg_item(worse)) && wg_shape_of(worse).rank == -1 && !wg_data(worse));
    ck_assert_int_eq(h.n, 1); /* the hook fires at the origin alone */
    ck_assert_int_eq(wg_backward(worse), WG_ERR_SHAPE);
    ck_assert_int_eq(wg_gradients(worse, 1, &x, &out), WG_ERR_SHAPE);
    ck_assert_int_eq(h.n, 1);
    wg_mul(x, vector(t, WG_F32, 2)); /* an error of its own, told but not kept */
    ck_assert_int_eq(h.n, 2);
    ck_assert_int_eq(h.status, WG_ERR_DTYPE);
    ck_assert_ptr_nonnull(strstr(h.text, "mul: dtypes differ"));
    wg_var y = wg_sum_to(wg_exp(x), WG_RANK0); /* healthy values go on */
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_item(y) == 2);
    expect(WG_ERR_SHAPE, "shapes do not broadcast: (2) and (3)");
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_on_error(t, NULL, NULL);
    wg_exp(x);
    ck_assert_int_eq(h.n, 2);
    expect(WG_ERR_STALE, "exp");
}
END_TEST

/* A status speaks of its own call, not of an earlier error. */
START_TEST(test_status_of_the_call) {
    wg_var gone = wg_scalar(t, 1), out;
    wg_tape_rewind(t);
    wg_var bad = wg_add(vector(t, WG_F64, 2), vector(t, WG_F64, 3)), x = wg_scalar(t, 1);
    ck_assert_int_eq(wg_backward(gone), WG_ERR_STALE);
    ck_assert_int_eq(wg_replay(gone), WG_ERR_STALE);
    ck_assert_int_eq(wg_vjp(x, wg_scalar(u, 1), 1, &x, &out), WG_ERR_TAPE);
    ck_assert_int_eq(wg_backward(bad), WG_ERR_SHAPE); /* what made it poison */
    expect(WG_ERR_SHAPE, "add: shapes do not broadcast");
}
END_TEST

/* Results may take the place of the values asked about, and are poison on failure. */
START_TEST(test_results_in_place) {
    wg_var x = wg_scalar(t, 3), y = wg_square(x), z = x;
    ck_assert_int_eq(wg_gradients(y, 1, &z, &z), WG_OK);
    ck_assert(wg_item(z) == 6);
    wg_var two[2] = {x, wg_scalar(u, 1)};
    ck_assert_int_eq(wg_gradients(y, 2, two, two), WG_ERR_TAPE);
    ck_assert(two[0].index == 0 && two[1].index == 0);
}
END_TEST

/* ---- sections and marks --------------------------------------------------------------------- */

START_TEST(test_sections) {
    wg_var x = wg_scalar(t, 2), out;
    wg_no_grad_begin(t);
    wg_no_grad_begin(t);
    wg_var y = wg_square(x);
    wg_no_grad_end(t);
    wg_var z = wg_square(y);
    wg_no_grad_end(t);
    ck_assert(wg_item(z) == 16);
    ck_assert_int_eq(wg_backward(z), WG_OK); /* depends on nothing that wants a gradient */
    ck_assert(wg_item(wg_grad(x)) == 0);
    ck_assert_int_eq(wg_gradients(wg_mul(z, x), 1, &x, &out), WG_OK);
    ck_assert(wg_item(out) == 16);
    ck_assert_int_eq(wg_replay(z), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "square was computed in a no-gradient"));
    wg_tape_rewind(t);
    wg_no_grad_end(t);
    expect(WG_ERR_STATE, "no_grad_end without no_grad_begin");
    x = wg_scalar(t, 3);
    ck_assert_int_eq(wg_backward(wg_square(x)), WG_OK); /* the depth is still 0 */
    ck_assert(wg_item(wg_grad(x)) == 6);
}
END_TEST

START_TEST(test_marks) {
    wg_var x = wg_scalar(t, 2);
    wg_mark outer = wg_tape_mark(t);
    wg_exp(x);
    wg_mark inner = wg_tape_mark(t);
    wg_tape_release(t, outer);
    wg_tape_release(t, inner);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
    ck_assert(wg_item(wg_exp(x)) == exp(2));
    wg_tape_release(t, outer); /* the same place twice is no mistake */
    ck_assert(wg_item(x) == 2);
    expect(WG_ERR_STATE, "release: the mark lies behind");
    wg_tape_release(t, outer);
    expect(WG_ERR_STATE, "release: the mark lies behind");
    wg_var data = wg_exp(vector(t, WG_F64, 1000));
    wg_scalar(u, 1);
    wg_tape_release(t, wg_tape_mark(u));
    ck_assert(((const double *)wg_data(data))[999] == 1);
    expect(WG_ERR_TAPE, "release: the mark is of another tape");
}
END_TEST

START_TEST(test_out_of_order) {
    wg_var x = wg_scalar(t, 2), y = wg_square(x);
    ck_assert_uint_eq(wg_grad(x).index, 0);
    expect(WG_ERR_STATE, "grad: no backward was run");
    double three = 3;
    x = wg_name(wg_scalar(t, 2), "speed");
    y = wg_square(x);
    ck_assert_int_eq(wg_set(x, &three, sizeof three), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "speed was changed after it was used"));
    ck_assert_int_eq(wg_replay(y), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_item(y) == 9 && wg_item(wg_grad(x)) == 6);
}
END_TEST

extern Suite *suite_errors(void);
Suite *suite_errors(void) {
    Suite *s = suite_create("errors");
    TCase *c = tcase_create("errors");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_gone_by_rewind);
    tcase_add_test(c, test_gone_by_clear);
    tcase_add_test(c, test_gone_by_release);
    tcase_add_test(c, test_poison_of_another_life);
    tcase_add_test(c, test_two_tapes);
    tcase_add_test(c, test_absent);
    tcase_add_test(c, test_null_tape);
    tcase_add_test(c, test_first_error_stays);
    tcase_add_test(c, test_status_of_the_call);
    tcase_add_test(c, test_results_in_place);
    tcase_add_test(c, test_sections);
    tcase_add_test(c, test_marks);
    tcase_add_test(c, test_out_of_order);
    suite_add_tcase(s, c);
    return s;
}
