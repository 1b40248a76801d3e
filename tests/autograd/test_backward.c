/* Backward and recorded gradients: adding up, no aliasing, order, accumulation, replay. */
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static double grad(wg_var x) { return wg_item(wg_grad(x)); }

START_TEST(test_course_example) {
    wg_var x = wg_scalar(t, -2), y = wg_scalar(t, 5), z = wg_scalar(t, -4);
    WG_LET(q, wg_add(x, y));
    wg_var f = wg_mul(q, z);
    ck_assert(wg_item(f) == -12);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(grad(x) == -4 && grad(y) == -4 && grad(z) == 3 && grad(q) == -4 && grad(f) == 1);
}
END_TEST

START_TEST(test_shared_operands) {
    wg_var x = wg_scalar(t, 2), y = wg_scalar(t, 3);
    wg_var f = wg_mul(wg_add(x, y), wg_add(x, y)); /* (x + y)^2 */
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(grad(x) == 10 && grad(y) == 10);
    wg_tape_rewind(t);
    x = wg_scalar(t, 2);
    ck_assert_int_eq(wg_backward(wg_add(x, x)), WG_OK);
    ck_assert(grad(x) == 2);
    wg_tape_rewind(t);
    x = wg_scalar(t, 2);
    ck_assert_int_eq(wg_backward(wg_div(wg_mul(x, x), x)), WG_OK);
    ck_assert(grad(x) == 1);
}
END_TEST

/* The same with tensors, where buffers could be shared. */
START_TEST(test_shared_operands_dense) {
    double a[3] = {1, 2, 3}, b[3] = {4, 5, 6}, got[3];
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), a), y = wg_input(t, WG_F64, WG_SHAPE(3), b);
    wg_var s = wg_add(x, y);
    wg_var f = wg_sum(wg_mul(wg_add(x, y), s));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    wg_read(wg_grad(x), got, sizeof got);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 2 * (a[i] + b[i]));
    wg_read(wg_grad(y), got, sizeof got);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 2 * (a[i] + b[i]));
    wg_read(wg_grad(s), got, sizeof got);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == a[i] + b[i]);
    wg_tape_rewind(t);
    x = wg_input(t, WG_F64, WG_SHAPE(3), a);
    wg_var d = wg_add(x, x), e = wg_add(d, d);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(e, d))), WG_OK); /* 8 x^2 */
    wg_read(wg_grad(x), got, sizeof got);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 16 * a[i]);
    wg_read(wg_grad(e), got, sizeof got);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 2 * a[i]);
}
END_TEST

START_TEST(test_reshape_twice) {
    for (int keep = 0; keep < 2; ++keep) {
        double a[4] = {1, -2, 3, 5}, got[4];
        wg_tape_rewind(t);
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(4), a), h = wg_square(x);
        wg_var u = wg_reshape(h, WG_SHAPE(2, 2)), v = wg_reshape(h, WG_SHAPE(4, 1));
        wg_var f = wg_add(wg_sum(wg_mul(u, u)), wg_sum(wg_mul(v, v))); /* 2 sum x^4 */
        f = wg_add(f, wg_sum(wg_add(u, u)));                          /* + 2 sum x^2 */
        ck_assert_int_eq(wg_backward(f), WG_OK);
        wg_read(wg_grad(x), got, sizeof got);
        for (int i = 0; i < 4; ++i)
            check_near(got[i], 8 * a[i] * a[i] * a[i] + 4 * a[i], 1e-12);
    }
}
END_TEST

START_TEST(test_broadcast_is_summed) {
    double a[6] = {1, 2, 3, 4, 5, 6}, b[3] = {10, 20, 30}, got[6];
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), a), y = wg_input(t, WG_F64, WG_SHAPE(3), b);
    wg_var c = wg_scalar(t, 2);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(wg_mul(x, y), c))), WG_OK);
    wg_read(wg_grad(y), got, 3 * sizeof *got);
    for (int j = 0; j < 3; ++j) ck_assert(got[j] == 2 * (a[j] + a[3 + j]));
    wg_read(wg_grad(x), got, 6 * sizeof *got);
    for (int i = 0; i < 6; ++i) ck_assert(got[i] == 2 * b[i % 3]);
    ck_assert(grad(c) == 10 * 5 + 20 * 7 + 30 * 9);
}
END_TEST

START_TEST(test_accumulates) {
    wg_var x = wg_scalar(t, 3), y = wg_square(x), z = wg_exp(wg_neg(x));
    ck_assert_uint_eq(wg_grad(x).index, 0); /* no backward yet */
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_STATE);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(grad(x) == 6 && grad(y) == 1 && grad(z) == 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(grad(x) == 12);
    ck_assert(grad(y) == 1); /* inner nodes start from zero */
    ck_assert_int_eq(wg_backward(z), WG_OK);
    check_near(grad(x), 12 - exp(-3), 1e-15);
    ck_assert(grad(y) == 0);
    wg_clear_grads(t);
    ck_assert(grad(x) == 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(grad(x) == 6);
}
END_TEST

START_TEST(test_second_order) {
    wg_var x = wg_scalar(t, 0.7), y = wg_scalar(t, 1.3);
    wg_var xs[2] = {x, y}, g[2], h[2];
    wg_var f = wg_mul(wg_sin(wg_mul(x, y)), wg_exp(x));
    ck_assert_int_eq(wg_gradients(f, 2, xs, g), WG_OK);
    double s = sin(0.7 * 1.3), c = cos(0.7 * 1.3), e = exp(0.7);
    check_near(wg_item(g[0]), e * (s + 1.3 * c), 1e-14);
    check_near(wg_item(g[1]), e * 0.7 * c, 1e-14);
    ck_assert_int_eq(wg_gradients(g[0], 2, xs, h), WG_OK);
    check_near(wg_item(h[0]), e * (s + 2 * 1.3 * c - 1.3 * 1.3 * s), 1e-13);
    check_near(wg_item(h[1]), e * (0.7 * c + c - 1.3 * 0.7 * s), 1e-13);
    /* and by backward of the recorded gradient */
    ck_assert_int_eq(wg_backward(g[0]), WG_OK);
    check_near(grad(y), wg_item(h[1]), 1e-13);
    wg_var third;
    ck_assert_int_eq(wg_gradients(h[1], 1, &x, &third), WG_OK);
    ck_assert(isfinite(wg_item(third)));
}
END_TEST

START_TEST(test_inner_targets) {
    wg_var x = wg_scalar(t, 2), a = wg_square(x), b = wg_mul(a, x);
    wg_var xs[3] = {x, a, b}, g[3];
    ck_assert_int_eq(wg_gradients(b, 3, xs, g), WG_OK);
    ck_assert(wg_item(g[0]) == 12 && wg_item(g[1]) == 2 && wg_item(g[2]) == 1);
    wg_var later = wg_exp(x), zero;
    ck_assert_int_eq(wg_gradients(b, 1, &later, &zero), WG_OK);
    ck_assert(wg_item(zero) == 0);
}
END_TEST

START_TEST(test_replay) {
    wg_var x = wg_scalar(t, 2), y = wg_scalar(t, 3), f = wg_add(wg_mul(x, y), wg_scale(x, 5));
    double v = 7;
    ck_assert_int_eq(wg_set(x, &v, sizeof v), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_ERR_STATE); /* changed and not replayed */
    wg_tape *other = wg_tape_new();
    ck_assert_int_eq(wg_replay(f), WG_OK);
    ck_assert(wg_item(f) == 56);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(grad(x) == 8 && grad(y) == 7);
    ck_assert_int_eq(wg_set(f, &v, sizeof v), WG_ERR_STATE);
    ck_assert_int_eq(wg_set(x, &v, 4), WG_ERR_SHAPE);
    wg_tape_free(other);
}
END_TEST

START_TEST(test_numbers) {
    float a[2] = {1, 2}, got[2];
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2), a), n = wg_number(t, 0.1);
    wg_var y = wg_mul(wg_add(n, n), x); /* number by number stays a number */
    ck_assert_int_eq(wg_dtype_of(y), WG_F32);
    wg_read(y, got, sizeof got);
    ck_assert(got[0] == (float)0.2 && got[1] == (float)0.2 * 2);
    wg_var z = wg_mul(wg_scalar(t, 3), n);
    ck_assert(wg_item(z) == 3 * 0.1);
    wg_var mixed = wg_mul(x, wg_scalar(t, 1));
    ck_assert_uint_eq(mixed.index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_DTYPE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "float32"));
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "float64"));
}
END_TEST

START_TEST(test_no_grad) {
    wg_var x = wg_scalar(t, 2);
    wg_no_grad_begin(t);
    wg_var y = wg_square(x);
    wg_no_grad_end(t);
    ck_assert(wg_item(y) == 4);
    ck_assert_int_eq(wg_backward(wg_mul(x, y)), WG_OK);
    ck_assert(grad(x) == 4);
    ck_assert_int_eq(wg_replay(y), WG_ERR_STATE);
}
END_TEST

/* A zero cotangent is a strong zero: past an infinite derivative it is 0 and not NaN. */
START_TEST(test_zero_is_strong) {
    wg_var x = wg_scalar(t, 0), y = wg_scalar(t, 5);
    wg_var f = wg_mul(wg_scale(wg_log(x), 0), y);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(grad(x) == 0);
}
END_TEST

START_TEST(test_root_must_be_one_float) {
    double a[2] = {1, 2};
    int64_t i[1] = {3};
    ck_assert_int_eq(wg_backward(wg_input(t, WG_F64, WG_SHAPE(2), a)), WG_ERR_SHAPE);
    ck_assert_int_eq(wg_backward(wg_const(t, WG_I64, WG_SHAPE(1), i)), WG_ERR_DTYPE);
    ck_assert_int_eq(wg_backward(WG_NONE), WG_ERR_TAPE);
    wg_var one = wg_input(t, WG_F64, WG_SHAPE(1, 1), a);
    ck_assert_int_eq(wg_backward(wg_square(one)), WG_OK);
    ck_assert(grad(one) == 2);
}
END_TEST

/* A million gates deep, recorded and dense, on a stack of 256 KB. */
START_TEST(test_deep) {
    struct rlimit small = {256 << 10, 256 << 10};
    setrlimit(RLIMIT_STACK, &small);
    wg_var x = wg_scalar(t, 1), y = x;
    for (int i = 0; i < 1000000; ++i) y = wg_shift(wg_neg(y), 1e-9);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(grad(x) == 1);
    wg_tape_rewind(t);
    double one[1] = {1};
    x = wg_input(t, WG_F64, WG_SHAPE(1), one);
    y = x;
    for (int i = 0; i < 100000; ++i) y = wg_neg(y);
    wg_var g;
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK);
    ck_assert(wg_item(g) == 1);
    ck_assert_int_eq(wg_replay(y), WG_OK);
}
END_TEST

extern Suite *suite_backward(void);
Suite *suite_backward(void) {
    Suite *s = suite_create("backward");
    TCase *c = tcase_create("backward");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_course_example);
    tcase_add_test(c, test_shared_operands);
    tcase_add_test(c, test_shared_operands_dense);
    tcase_add_test(c, test_reshape_twice);
    tcase_add_test(c, test_broadcast_is_summed);
    tcase_add_test(c, test_accumulates);
    tcase_add_test(c, test_second_order);
    tcase_add_test(c, test_inner_targets);
    tcase_add_test(c, test_replay);
    tcase_add_test(c, test_numbers);
    tcase_add_test(c, test_no_grad);
    tcase_add_test(c, test_zero_is_strong);
    tcase_add_test(c, test_root_must_be_one_float);
    tcase_add_test(c, test_deep);
    suite_add_tcase(s, c);
    return s;
}
