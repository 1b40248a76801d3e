/* Hooks: what they see, what they may give back, in every kind of sweep. */
#include "autograd/tape.h"
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static int calls;
static double seen[4];
static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    calls = 0;
}
static void teardown(void) { wg_tape_free(t); }

static wg_var see(wg_var g, void *user) {
    ck_assert(!user || user == &calls);
    ck_assert_int_le(wg_shape_size(wg_shape_of(g)), 4);
    if (wg_dtype_of(g) == WG_F64)
        ck_assert_int_eq(wg_read(g, seen, (size_t)wg_shape_size(wg_shape_of(g)) * sizeof *seen),
                         WG_OK);
    ++calls;
    return g;
}
static wg_var reverse(wg_var g, void *user) {
    (void)user;
    ++calls;
    return wg_neg(g);
}
static wg_var cut(wg_var g, void *user) {
    (void)g, (void)user;
    ++calls;
    return WG_NONE;
}
static wg_var square(wg_var g, void *user) {
    (void)user;
    return wg_mul(g, g);
}
static wg_var bound(wg_var g, void *user) {
    double most = *(const double *)user;
    return wg_minimum(wg_maximum(g, wg_number(g.tape, -most)), wg_number(g.tape, most));
}

static wg_var input(double a, double b) {
    return wg_input(t, WG_F64, WG_SHAPE(2), (double[]){a, b});
}
static double at(wg_var v, int64_t i) {
    const double *data = wg_data(v);
    ck_assert_ptr_nonnull(data);
    return data[i];
}

/* Once, with the sum over all uses; the value is the same. */
START_TEST(test_sees_the_sum) {
    wg_var x = input(2, 3), h = wg_hook(x, see, &calls);
    ck_assert(at(h, 0) == 2 && at(h, 1) == 3);
    wg_var f = wg_add(wg_sum(wg_mul(h, h)), wg_sum(wg_scale(h, 10)));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(calls, 1);
    ck_assert(seen[0] == 14 && seen[1] == 16);
    ck_assert(at(wg_grad(x), 0) == 14 && at(wg_grad(x), 1) == 16 && at(wg_grad(h), 1) == 16);
    ck_assert_int_eq(wg_backward(f), WG_OK); /* each sweep; the leaf adds up */
    ck_assert_int_eq(calls, 2);
    ck_assert(seen[0] == 14 && at(wg_grad(x), 0) == 28);
}
END_TEST

START_TEST(test_scalar) {
    wg_var x = wg_scalar(t, 3), h = wg_hook(x, see, NULL), f = wg_add(wg_mul(h, h), x);
    ck_assert(wg_item(f) == 12);
    ck_assert(wgi_node_at(t, f.index - 1)->flags & WGI_PARTIALS); /* h h, by the short way */
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(calls, 1);
    ck_assert(seen[0] == 6 && wg_item(wg_grad(x)) == 7); /* x + h^2: the other use does not pass */
    wg_var n = wg_number(t, 2);
    ck_assert_uint_eq(wg_hook(n, see, NULL).index, n.index);
    wg_set(x, &(double){5}, sizeof(double));
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert(wg_item(f) == 30);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(seen[0] == 10 && wg_item(wg_grad(x)) == 11);
}
END_TEST

START_TEST(test_replaces) {
    double most = 5;
    wg_var x = input(2, 3), y = input(2, 3), z = input(2, 3);
    wg_var f = wg_sum(wg_square(wg_hook(x, reverse, NULL)));
    f = wg_add(f, wg_sum(wg_square(wg_hook(y, cut, NULL))));
    f = wg_add(f, wg_sum(wg_square(wg_hook(z, bound, &most))));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(at(wg_grad(x), 0) == -4 && at(wg_grad(x), 1) == -6);
    ck_assert(at(wg_grad(y), 0) == 0 && at(wg_grad(y), 1) == 0);
    ck_assert(at(wg_grad(z), 0) == 4 && at(wg_grad(z), 1) == 5);
    ck_assert_int_eq(calls, 2);
}
END_TEST

/* Gradients of inner values that are let go, of views, of no elements, in float32. */
START_TEST(test_storage) {
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        calls = 0;
        double m[4] = {1, 2, 3, 4};
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), m);
        wg_var h = wg_hook(wg_transpose(x), see, NULL), k = wg_const(t, WG_F64, WG_SHAPE(2, 2), m);
        wg_var f = wg_sum(wg_mul(wg_hook(wg_mul(h, h), reverse, NULL), k));
        ck_assert_int_eq(wg_backward(f), WG_OK);
        ck_assert_int_eq(calls, 2);
        ck_assert(seen[1] == -2 * 3 * 2 && at(wg_grad(x), 2) == -12 && at(wg_grad(x), 1) == -12);
        wg_var e = wg_input(t, WG_F64, WG_SHAPE(0), NULL);
        ck_assert_int_eq(wg_backward(wg_sum(wg_hook(e, see, NULL))), WG_OK);
        wg_var s = wg_input(t, WG_F32, WG_SHAPE(2), (float[]){1, 2});
        ck_assert_int_eq(wg_backward(wg_sum(wg_square(wg_hook(s, reverse, NULL)))), WG_OK);
        ck_assert(wg_item(wg_sum(wg_grad(s))) == -6);
    }
}
END_TEST

/* A recorded hook is part of the gradient: of any order, and replayed. */
START_TEST(test_recorded) {
    wg_var x = input(2, 3), f = wg_sum(wg_square(wg_hook(x, square, NULL))), d, dd;
    ck_assert_int_eq(wg_gradients(f, 1, &x, &d), WG_OK); /* (2x)^2 */
    ck_assert(at(d, 0) == 16 && at(d, 1) == 36);
    ck_assert_int_eq(wg_gradients(wg_sum(d), 1, &x, &dd), WG_OK); /* 8x through the hook, squared:
        the cotangent of x in sum (2h)^2 is 8h, which passes the hook again */
    ck_assert(at(dd, 0) == 256 && at(dd, 1) == 576);
    wg_set(x, (double[]){1, 5}, 2 * sizeof(double));
    ck_assert_int_eq(wg_replay(wg_sum(d)), WG_OK);
    ck_assert(at(d, 0) == 4 && at(d, 1) == 100);
    wg_var one = wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, 1}), dy;
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert_int_eq(wg_jvp(f, 1, &x, &one, &dy), WG_OK); /* forward: the identity */
    ck_assert(wg_item(dy) == 2 + 10);
}
END_TEST

START_TEST(test_check) {
    wg_var x = input(2, 3);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_sin(wg_hook(x, see, NULL))), NULL, NULL), WG_OK);
    ck_assert_int_gt(calls, 0);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_sin(wg_hook(x, reverse, NULL))), NULL, NULL),
                     WG_ERR_CHECK);
}
END_TEST

START_TEST(test_not_called) {
    wg_var x = input(2, 3), c = wg_const(t, WG_F64, WG_RANK0, NULL);
    wg_no_grad_begin(t);
    wg_var h = wg_hook(x, see, NULL);
    wg_no_grad_end(t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(h, x))), WG_OK);
    ck_assert_int_eq(wg_backward(wg_hook(c, see, NULL)), WG_OK);
    (void)wg_hook(x, see, NULL); /* nothing depends on it */
    ck_assert_int_eq(wg_backward(wg_sum(x)), WG_OK);
    ck_assert_int_eq(calls, 0);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

static void says(wg_status status, wg_status expected, const char *text) {
    ck_assert_msg(status == expected && strstr(wg_tape_message(t), text) != NULL,
                  "%s (%s), expected %s (%s)", wg_tape_message(t), wg_status_name(status), text,
                  wg_status_name(expected));
    wg_tape_rewind(t);
}

static wg_var shorter(wg_var g, void *user) {
    (void)user;
    return wg_sum(g);
}
static wg_var narrower(wg_var g, void *user) {
    (void)user;
    return wg_cast(g, WG_F32);
}
static wg_var given(wg_var g, void *user) {
    (void)g;
    return *(const wg_var *)user;
}
static wg_var poisoned(wg_var g, void *user) {
    (void)user;
    return wg_reshape(g, WG_SHAPE(3));
}

static wg_status swept(wg_grad_hook *hook, void *user) {
    wg_var x = wg_name(input(1, 2), "weights");
    return wg_backward(wg_sum(wg_square(wg_hook(x, hook, user))));
}

START_TEST(test_errors) {
    says(swept(shorter, NULL), WG_ERR_SHAPE,
         "hook of weights: it returned () float64 for a cotangent (2) float64");
    says(swept(narrower, NULL), WG_ERR_DTYPE,
         "hook of weights: it returned (2) float32 for a cotangent (2) float64");
    wg_var x = input(1, 2), d;
    says(wg_gradients(wg_sum(wg_hook(x, shorter, NULL)), 1, &x, &d), WG_ERR_SHAPE,
         "it returned ()");
    wg_tape *other = wg_tape_new();
    wg_var stranger = wg_input(other, WG_F64, WG_SHAPE(2), NULL), gone = input(1, 2);
    says(swept(given, &stranger), WG_ERR_TAPE, "hook: it returned another tape's value");
    wg_tape_free(other);
    wg_tape_rewind(t);
    says(swept(given, &gone), WG_ERR_STALE, "hook: value 1 was rewound or released");
    says(swept(poisoned, NULL), WG_ERR_SHAPE, "reshape");
    ck_assert_uint_eq(wg_hook(input(1, 2), NULL, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_VALUE, "hook: the function is NULL");
    ck_assert_uint_eq(wg_hook(wg_const(t, WG_I64, WG_SHAPE(2), NULL), see, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_DTYPE, "hook: int64 has no gradient");
    ck_assert_ptr_null(wg_hook(WG_NONE, see, NULL).tape);
}
END_TEST

static wg_var root_of_all, leaf;
static int which;
static wg_mark begin;
static wg_var meddles(wg_var g, void *user) {
    wg_var d;
    (void)user;
    switch (which) {
    case 0: ck_assert_int_eq(wg_backward(root_of_all), WG_ERR_STATE); break;
    case 1: ck_assert_int_eq(wg_replay(root_of_all), WG_ERR_STATE); break;
    case 2: wg_tape_rewind(g.tape); break;
    case 3: wg_tape_clear(g.tape); break;
    case 4: wg_tape_release(g.tape, begin); break;
    case 5: wg_clear_grads(g.tape); break;
    case 6: ck_assert_int_eq(wg_gradients(root_of_all, 1, &root_of_all, &d), WG_ERR_STATE); break;
    case 7: ck_assert_int_eq(wg_jvp(root_of_all, 1, &root_of_all, &root_of_all, &d), WG_ERR_STATE);
        break;
    case 8:
        ck_assert_int_eq(wg_set(leaf, (double[]){7, 7}, 2 * sizeof(double)), WG_ERR_STATE);
        break;
    }
    return g;
}

/* A hook that would pull the tape from under its sweep is told so, and the sweep comes out
 * right. */
START_TEST(test_meddling) {
    static const char *const who[] = {"backward", "replay", "rewind", "clear", "release",
                                      "clear_grads", "gradients", "jvp", "set"};
    for (which = 0; which < 9; ++which) {
        begin = wg_tape_mark(t);
        wg_var x = leaf = input(1, 2);
        root_of_all = wg_sum(wg_square(wg_hook(x, meddles, NULL)));
        ck_assert_int_eq(wg_backward(root_of_all), WG_OK);
        ck_assert(at(wg_grad(x), 1) == 4);
        ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
        ck_assert_ptr_nonnull(strstr(wg_tape_message(t), who[which]));
        says(wg_tape_status(t), WG_ERR_STATE, "called by a hook, whose sweep is under way");
    }
}
END_TEST

/* A recorded sweep leaves the tape whole: a hook may take a gradient of its own there. */
static wg_var add_norm_gradient(wg_var g, void *user) {
    wg_var x = *(const wg_var *)user, d;
    ck_assert_int_eq(wg_gradients(wg_sum(wg_square(x)), 1, &x, &d), WG_OK);
    return wg_add(g, d);
}
START_TEST(test_gradient_within) {
    wg_var x = input(2, 3), h = wg_hook(x, add_norm_gradient, &x), d;
    ck_assert_int_eq(wg_gradients(wg_sum(h), 1, &x, &d), WG_OK);
    ck_assert(at(d, 0) == 5 && at(d, 1) == 7);
}
END_TEST

extern Suite *suite_hook(void);
Suite *suite_hook(void) {
    Suite *s = suite_create("hook");
    TCase *c = tcase_create("hook");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_sees_the_sum);
    tcase_add_test(c, test_scalar);
    tcase_add_test(c, test_replaces);
    tcase_add_test(c, test_storage);
    tcase_add_test(c, test_recorded);
    tcase_add_test(c, test_check);
    tcase_add_test(c, test_not_called);
    tcase_add_test(c, test_errors);
    tcase_add_test(c, test_meddling);
    tcase_add_test(c, test_gradient_within);
    suite_add_tcase(s, c);
    return s;
}
