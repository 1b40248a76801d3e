/* wg_backward_from: a sweep from a value of any shape, with a cotangent. */
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static const double A[3] = {1, -2, 3}, G[3] = {10, 0.5, -4};

static void same(wg_var x, double a, double b, double c) {
    double got[3];
    ck_assert_int_eq(wg_read(x, got, sizeof got), WG_OK);
    check_near(got[0], a, 1e-12);
    check_near(got[1], b, 1e-12);
    check_near(got[2], c, 1e-12);
}

/* y = x^2: dx = 2 x g; a second sweep adds; the cotangent stays as it was. */
START_TEST(adds_into_leaves) {
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A), g = wg_const(t, WG_F64, WG_SHAPE(3), G);
        wg_var y = wg_square(x);
        ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
        same(wg_grad(x), 20, -2, -24);
        ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
        same(wg_grad(x), 40, -4, -48);
        same(g, 10, 0.5, -4);
        if (keep) same(wg_grad(y), 10, 0.5, -4);
    }
}
END_TEST

/* What is handed on as it is must not be added to: y = u + u + x with u = x, seen twice. */
START_TEST(leaves_the_cotangent_alone) {
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A), g = wg_input(t, WG_F64, WG_SHAPE(3), G);
        wg_var u = wg_reshape(x, WG_SHAPE(3, 1)), v = wg_add(u, u);
        wg_var y = wg_reshape(wg_add(v, u), WG_SHAPE(3));
        ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
        same(wg_grad(x), 30, 1.5, -12);
        same(g, 10, 0.5, -4);
        same(wg_grad(g), 0, 0, 0);
        ck_assert_int_eq(wg_backward_from(wg_neg(g), x), WG_OK); /* the leaf x as cotangent */
        same(wg_grad(g), -1, 2, -3);
        same(x, 1, -2, 3);
    }
}
END_TEST

/* The cotangent is a constant, though it was made of x and lies above y. */
START_TEST(takes_the_cotangent_as_constant) {
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A), y = wg_scale(x, 3);
        wg_mark mark = wg_tape_mark(t);
        wg_var g = wg_flip(wg_square(x), WG_AXES(0)); /* a view, (9, 4, 1) */
        ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
        same(wg_grad(x), 27, 12, 3);
        wg_tape_release(t, mark);
        same(wg_grad(x), 27, 12, 3);
        if (keep) same(wg_grad(y), 9, 4, 1);
    }
}
END_TEST

/* Against the recorded product, through gates with rules of their own. */
START_TEST(agrees_with_vjp) {
    const float a[6] = {1, 2, -3, 0.5f, 4, -1}, b[6] = {2, 0, 1, -1, 3, 1};
    const float c[4] = {1, -2, 0.25f, 8};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 3), a), w = wg_input(t, WG_F32, WG_SHAPE(3, 2), b);
    wg_var g = wg_const(t, WG_F32, WG_SHAPE(2, 2), c);
    wg_var y = wg_softmax(wg_matmul(wg_tanh(x), w), 1), xs[2] = {x, w}, out[2];
    ck_assert_int_eq(wg_vjp(y, g, 2, xs, out), WG_OK);
    ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
    for (int i = 0; i < 2; ++i) {
        const float *p = wg_data(out[i]), *q = wg_data(wg_grad(xs[i]));
        for (int k = 0; k < 6; ++k) check_near(p[k], q[k], 1e-6);
    }
}
END_TEST

START_TEST(edges) {
    wg_var x = wg_scalar(t, 3), y = wg_square(x);
    ck_assert_int_eq(wg_backward_from(y, wg_scalar(t, 0.5)), WG_OK); /* rank 0: 0.5 * 6 */
    check_near(wg_item(wg_grad(x)), 3, 0);
    ck_assert_int_eq(wg_backward_from(x, wg_scalar(t, 2)), WG_OK); /* a leaf */
    check_near(wg_item(wg_grad(x)), 5, 0);
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(3), A), g = wg_const(t, WG_F64, WG_SHAPE(3), G);
    ck_assert_int_eq(wg_backward_from(v, g), WG_OK);
    ck_assert_int_eq(wg_backward_from(v, g), WG_OK);
    same(wg_grad(v), 20, 1, -8);
    wg_var empty = wg_input(t, WG_F64, WG_SHAPE(0, 2), NULL);
    ck_assert_int_eq(wg_backward_from(wg_square(empty), empty), WG_OK);
    ck_assert_int_eq(wg_shape_of(wg_grad(empty)).dim[1], 2);
    ck_assert_int_eq(wg_backward_from(g, g), WG_OK); /* nothing below wants one */
    double nan = (double)NAN;
    wg_var n = wg_const(t, WG_F64, WG_RANK0, &nan);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward_from(y, n), WG_OK);
    ck_assert(isnan(wg_item(wg_grad(x))));
}
END_TEST

/* A gate without gradient keeps no pointer to the cotangent either. */
START_TEST(flat_roots) {
    wg_tape_keep_grads(t, 0);
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A), y = wg_sign(x);
    wg_mark mark = wg_tape_mark(t);
    ck_assert_int_eq(wg_backward_from(y, wg_const(t, WG_F64, WG_SHAPE(3), G)), WG_OK);
    wg_tape_release(t, mark);
    same(wg_grad(x), 0, 0, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(x, x))), WG_OK);
    same(wg_grad(x), 2, -4, 6);
}
END_TEST

static void refused(wg_var y, wg_var g, wg_status status, const char *text) {
    ck_assert_int_eq(wg_backward_from(y, g), status);
    ck_assert_str_eq(wg_tape_message(t), text);
    wg_tape_rewind(t);
}

START_TEST(errors) {
    const int64_t labels[3] = {1, 2, 3};
    wg_tape *other = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A);
    refused(x, wg_scalar(t, 1), WG_ERR_SHAPE,
            "backward_from: the value has shape (3), the cotangent ()");
    x = wg_input(t, WG_F64, WG_SHAPE(3), A);
    refused(x, wg_const(t, WG_F32, WG_SHAPE(3), NULL), WG_ERR_DTYPE,
            "backward_from: value is float64, cotangent float32");
    wg_var i = wg_const(t, WG_I64, WG_SHAPE(3), labels);
    refused(i, i, WG_ERR_DTYPE, "backward_from: value is int64, cotangent int64");
    x = wg_scalar(t, 1);
    refused(x, wg_scalar(other, 1), WG_ERR_TAPE,
            "backward_from: the cotangent is not of the value's tape");
    x = wg_scalar(t, 1);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_backward_from(x, x), WG_ERR_STALE);
    ck_assert_int_eq(wg_backward_from(WG_NONE, WG_NONE), WG_ERR_TAPE);
    wg_tape_free(other);
}
END_TEST

/* A leaf that was set shows what it has now; what lies above it must be replayed first. */
START_TEST(changed_leaves) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), A), g = wg_input(t, WG_F64, WG_SHAPE(3), A);
    wg_var y = wg_square(x), h = wg_scale(g, 2);
    ck_assert_int_eq(wg_set(g, G, sizeof G), WG_OK);
    ck_assert_int_eq(wg_backward_from(y, g), WG_OK);
    same(wg_grad(x), 20, -2, -24);
    ck_assert_int_eq(wg_backward_from(y, h), WG_ERR_STATE);
    ck_assert_int_eq(wg_replay(h), WG_OK);
    ck_assert_int_eq(wg_backward_from(y, h), WG_OK);
    same(wg_grad(x), 60, -6, -72);
}
END_TEST

extern Suite *suite_backward_from(void);
Suite *suite_backward_from(void) {
    Suite *s = suite_create("backward_from");
    TCase *c = tcase_create("backward_from");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, adds_into_leaves);
    tcase_add_test(c, leaves_the_cotangent_alone);
    tcase_add_test(c, takes_the_cotangent_as_constant);
    tcase_add_test(c, agrees_with_vjp);
    tcase_add_test(c, edges);
    tcase_add_test(c, flat_roots);
    tcase_add_test(c, errors);
    tcase_add_test(c, changed_leaves);
    suite_add_tcase(s, c);
    return s;
}
