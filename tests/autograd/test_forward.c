/* test_forward.c: forward mode and the calls made of it: wg_jvp, wg_hvp, wg_jacobian, wg_hessian.
 * Every gate's tangent is held against differences in tests/ops/forward_checks.c. */
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { t = wg_tape_new(); }
static void teardown(void) { wg_tape_free(t); }

static wg_var vector(int64_t n, const double *x) { return wg_input(t, WG_F64, WG_SHAPE(n), x); }
static double at(wg_var v, size_t i) { return ((const double *)wg_data(v))[i]; }

/* ---- jvp ------------------------------------------------------------------------------------ */

START_TEST(test_scalars) {
    wg_var x = wg_scalar(t, 0.5), y = wg_scalar(t, 3), out;
    wg_var f = wg_add(wg_mul(wg_sin(x), y), wg_square(x));
    wg_var xs[2] = {x, y}, vs[2] = {wg_scalar(t, 2), wg_scalar(t, -1)};
    ck_assert_int_eq(wg_jvp(f, 2, xs, vs, &out), WG_OK);
    check_near(wg_item(out), 2 * (3 * cos(0.5) + 1) - sin(0.5), 1e-15);
    ck_assert_int_eq(wg_shape_of(out).rank, 0);
}
END_TEST

/* The tangent of an inner value adds to what comes from below it, as its cotangent would. */
START_TEST(test_inner_values) {
    wg_var x = wg_scalar(t, 2), q = wg_square(x), f = wg_mul(q, wg_scalar(t, 5)), out;
    wg_var xs[2] = {q, x}, one = wg_scalar(t, 1), vs[2] = {one, one};
    ck_assert_int_eq(wg_jvp(f, 2, xs, vs, &out), WG_OK);
    check_near(wg_item(out), 5 + 5 * 2 * 2, 0);
    ck_assert_int_eq(wg_jvp(x, 1, &x, &one, &out), WG_OK); /* of itself */
    check_near(wg_item(out), 1, 0);
    ck_assert_int_eq(wg_jvp(x, 1, &f, &one, &out), WG_OK); /* upside down */
    check_near(wg_item(out), 0, 0);
    wg_var twice[2] = {x, x};
    ck_assert_int_eq(wg_jvp(f, 2, twice, vs, &out), WG_OK);
    check_near(wg_item(out), 2 * 5 * 2 * 2, 0);
}
END_TEST

/* Zeros of y's shape where y does not depend on x, for constants and behind flat and detached
 * values; none of the xs is no error. */
START_TEST(test_zero) {
    double d[3] = {1, 2, 3};
    wg_var x = vector(3, d), c = wg_const(t, WG_F64, WG_SHAPE(3), d), out;
    wg_var ys[] = {wg_square(c), wg_sign(x), wg_detach(x), wg_mul(c, wg_detach(x))};
    for (size_t i = 0; i < sizeof ys / sizeof *ys; ++i) {
        ck_assert_int_eq(wg_jvp(ys[i], 1, &x, &c, &out), WG_OK);
        ck_assert_int_eq(wg_shape_of(out).dim[0], 3);
        for (size_t k = 0; k < 3; ++k) check_near(at(out, k), 0, 0);
    }
    ck_assert_int_eq(wg_jvp(wg_mul(x, c), 1, &c, &x, &out), WG_OK);
    check_near(at(out, 2), 0, 0);
    ck_assert_int_eq(wg_jvp(x, 0, NULL, NULL, &out), WG_OK);
    check_near(at(out, 1), 0, 0);
}
END_TEST

/* A gate whose tangent is its rule differentiated once more, in a no-gradient section. */
START_TEST(test_no_grad) {
    double d[4] = {1, 2, 3, 4};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), d), y = wg_matmul(x, x), out;
    wg_var v = wg_const(t, WG_F64, WG_SHAPE(2, 2), (double[]){1, 0, 0, 0});
    wg_no_grad_begin(t);
    ck_assert_int_eq(wg_jvp(y, 1, &x, &v, &out), WG_OK);
    wg_no_grad_end(t);
    double want[4] = {2, 2, 3, 0}; /* v x + x v */
    for (size_t i = 0; i < 4; ++i) check_near(at(out, i), want[i], 0);
    wg_var after = wg_square(x); /* the section was left as it was */
    ck_assert_int_eq(wg_backward(wg_sum(after)), WG_OK);
    check_near(at(wg_grad(x), 3), 8, 0);
}
END_TEST

/* Derivatives of sin at 0.7 up to the fifth, forward over forward. */
START_TEST(test_nested) {
    wg_var x = wg_scalar(t, 0.7), one = wg_scalar(t, 1), y = wg_sin(x);
    double want[5] = {cos(0.7), -sin(0.7), -cos(0.7), sin(0.7), cos(0.7)};
    for (size_t i = 0; i < 5; ++i) {
        ck_assert_int_eq(wg_jvp(y, 1, &x, &one, &y), WG_OK);
        check_near(wg_item(y), want[i], 1e-14);
    }
    wg_var g;
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK); /* and the sixth, by reverse mode */
    check_near(wg_item(g), -sin(0.7), 1e-14);
}
END_TEST

START_TEST(test_float32) {
    float d[2] = {1, 2};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2), d), v = wg_const(t, WG_F32, WG_SHAPE(2), d), out;
    ck_assert_int_eq(wg_jvp(wg_softmax(x, 0), 1, &x, &v, &out), WG_OK);
    ck_assert_int_eq(wg_dtype_of(out), WG_F32);
    const float *dy = wg_data(out);
    double p = 1 / (1 + exp(1));
    check_near(dy[0], -p * (1 - p), 1e-6);
    check_near(dy[1], p * (1 - p), 1e-6);
    /* beside a number, which takes the dtype of its partner */
    wg_var sum = wg_sub(wg_number(t, 3), x);
    ck_assert_int_eq(wg_jvp(sum, 1, &x, &v, &out), WG_OK);
    dy = wg_data(out);
    check_near(dy[1], -2, 0);
}
END_TEST

START_TEST(test_jvp_refuses) {
    double d[3] = {1, 2, 3};
    int64_t whole[3] = {1, 2, 3};
    wg_tape *other = wg_tape_new();
    wg_var x = vector(3, d), y = wg_square(x), out, none = WG_NONE;
    wg_var bad[] = {wg_const(t, WG_F64, WG_SHAPE(2), d), wg_const(t, WG_F64, WG_SHAPE(3, 1), d),
                    wg_const(t, WG_I64, WG_SHAPE(3), whole), wg_scalar(other, 1), none};
    wg_status want[] = {WG_ERR_SHAPE, WG_ERR_SHAPE, WG_ERR_DTYPE, WG_ERR_TAPE, WG_ERR_TAPE};
    for (size_t i = 0; i < 5; ++i) {
        ck_assert_int_eq(wg_jvp(y, 1, &x, &bad[i], &out), want[i]);
        ck_assert_uint_eq(out.index, 0);
        ck_assert_str_ne(wg_tape_message(t), "");
        wg_tape_clear(t);
        x = vector(3, d);
        y = wg_square(x);
        bad[0] = wg_const(t, WG_F64, WG_SHAPE(2), d);
        bad[1] = wg_const(t, WG_F64, WG_SHAPE(3, 1), d);
        bad[2] = wg_const(t, WG_I64, WG_SHAPE(3), whole);
    }
    wg_var i64 = wg_const(t, WG_I64, WG_SHAPE(3), whole);
    ck_assert_int_eq(wg_jvp(y, 1, &i64, &x, &out), WG_ERR_DTYPE);
    ck_assert_int_eq(wg_jvp(i64, 1, &x, &x, &out), WG_ERR_DTYPE);
    ck_assert_int_eq(wg_jvp(none, 1, &x, &x, &out), WG_ERR_TAPE);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_jvp(y, 1, &x, &x, &out), WG_ERR_STALE);
    wg_tape_free(other);
}
END_TEST

/* A leaf that was changed and not replayed is named, as by wg_backward. */
START_TEST(test_jvp_of_changed) {
    wg_var x = wg_name(wg_scalar(t, 2), "weight"), y = wg_square(x), one = wg_scalar(t, 1), out;
    double three = 3;
    ck_assert_int_eq(wg_set(x, &three, sizeof three), WG_OK);
    ck_assert_int_eq(wg_jvp(y, 1, &x, &one, &out), WG_ERR_STATE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "weight"));
    wg_tape_clear(t);
}
END_TEST

/* ---- matrices ------------------------------------------------------------------------------- */

/* The course's point: the Jacobian of relu over 4,096 numbers is a 4,096 x 4,096 matrix, diagonal,
 * with 1 where the number is positive; backward multiplies by the diagonal and never makes it. */
START_TEST(test_relu_jacobian) {
    enum { N = 4096 };
    static double d[N];
    for (size_t i = 0; i < N; ++i) d[i] = (double)(i * 2654435761u % 8191) - 4095.5;
    wg_var x = vector(N, d), y = wg_relu(x), j = wg_jacobian(y, x);
    ck_assert_int_eq(wg_shape_of(j).rank, 2);
    const double *m = wg_data(j);
    for (size_t i = 0; i < N; ++i)
        for (size_t k = 0; k < N; ++k)
            if (m[i * N + k] != (i == k && d[i] > 0 ? 1.0 : 0.0))
                ck_abort_msg("element %zu, %zu is %g", i, k, m[i * N + k]);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    for (size_t i = 0; i < N; ++i) check_near(at(wg_grad(x), i), d[i] > 0 ? 1.0 : 0.0, 0);
}
END_TEST

/* Wide, tall and square ones, by whichever mode: y = A x has the Jacobian A. */
START_TEST(test_jacobian_of_product) {
    double a[12], x[4] = {1, -1, 2, 0.5};
    for (size_t i = 0; i < 12; ++i) a[i] = (double)i - 5.5;
    int64_t rows[] = {1, 3, 2, 3}, columns[] = {4, 4, 2, 1};
    for (size_t i = 0; i < 4; ++i) {
        wg_var m = wg_const(t, WG_F64, WG_SHAPE(rows[i], columns[i]), a);
        wg_var v = vector(columns[i], x), j = wg_jacobian(wg_matmul(m, v), v);
        ck_assert_int_eq(wg_shape_of(j).dim[0], rows[i]);
        ck_assert_int_eq(wg_shape_of(j).dim[1], columns[i]);
        ck_assert_mem_eq(wg_data(j), a, (size_t)(rows[i] * columns[i]) * sizeof *a);
    }
}
END_TEST

/* Shapes of y and x one after the other; rank 0 and size 0. */
START_TEST(test_jacobian_shapes) {
    double d[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), d), s = wg_scalar(t, 4);
    wg_var j = wg_jacobian(wg_transpose(x), x);
    ck_assert_int_eq(wg_shape_of(j).rank, 4);
    for (size_t i = 0; i < 3; ++i)
        for (size_t k = 0; k < 2; ++k)
            for (size_t m = 0; m < 6; ++m)
                check_near(at(j, (i * 2 + k) * 6 + m), m == k * 3 + i ? 1.0 : 0.0, 0);
    check_near(wg_item(wg_jacobian(wg_square(s), s)), 8, 0);
    ck_assert_int_eq(wg_shape_of(wg_jacobian(wg_mul(x, s), s)).rank, 2);
    ck_assert_int_eq(wg_shape_of(wg_jacobian(wg_mul(s, s), x)).rank, 2);
    wg_var none = vector(0, NULL);
    ck_assert_int_eq(wg_shape_of(wg_jacobian(wg_square(none), none)).rank, 2);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_var deep = wg_input(t, WG_F64, WG_SHAPE(1, 1, 1, 1, 1), d);
    ck_assert_uint_eq(wg_jacobian(wg_square(deep), deep).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
}
END_TEST

/* A row has x's dtype and a column y's; the matrix has the wider one. */
START_TEST(test_jacobian_of_cast) {
    double d[2] = {1, 2};
    wg_var x = vector(2, d), y = wg_cast(wg_square(x), WG_F32), s = wg_scalar(t, 3);
    wg_var rows = wg_jacobian(y, x), column = wg_jacobian(wg_cast(wg_mul(x, s), WG_F32), s);
    ck_assert_int_eq(wg_dtype_of(rows), WG_F64);
    check_near(at(rows, 3), 4, 0);
    check_near(at(rows, 1), 0, 0);
    check_near(at(column, 1), 2, 0);
}
END_TEST

/* Rosenbrock's (1 - x)^2 + 100 (y - x^2)^2, whose Hessian is known. */
static wg_var rosenbrock(wg_var v) {
    wg_var x = wg_slice(v, 0, 0, 1, 1), y = wg_slice(v, 0, 1, 2, 1);
    wg_var a = wg_square(wg_sub(wg_number(t, 1), x)), b = wg_square(wg_sub(y, wg_square(x)));
    return wg_sum(wg_add(a, wg_scale(b, 100)));
}

START_TEST(test_hessian) {
    double d[2] = {-1.2, 1}, want[4] = {1200 * 1.44 - 400 + 2, 480, 480, 200};
    wg_var v = vector(2, d), root = rosenbrock(v);
    for (int section = 0; section < 2; ++section) {
        if (section) wg_no_grad_begin(t);
        wg_var h = wg_hessian(root, v);
        for (size_t i = 0; i < 4; ++i) check_near(at(h, i), want[i], 1e-11);
        if (section) wg_no_grad_end(t);
    }
    wg_var u = wg_const(t, WG_F64, WG_SHAPE(2), (double[]){0.5, -2}), hv;
    ck_assert_int_eq(wg_hvp(root, 1, &v, &u, &hv), WG_OK);
    check_near(at(hv, 0), 0.5 * want[0] - 2 * want[1], 1e-11);
    check_near(at(hv, 1), 0.5 * want[2] - 2 * want[3], 1e-11);
    wg_var s = wg_scalar(t, 2);
    check_near(wg_item(wg_hessian(wg_exp(s), s)), exp(2), 1e-14);
}
END_TEST

/* Over two values the products take the mixed blocks in: f = x^2 y. */
START_TEST(test_hvp_of_two) {
    wg_var x = wg_scalar(t, 3), y = wg_scalar(t, 5), f = wg_mul(wg_square(x), y);
    wg_var xs[2] = {x, y}, vs[2] = {wg_scalar(t, 1), wg_scalar(t, 10)}, out[2], third;
    ck_assert_int_eq(wg_hvp(f, 2, xs, vs, out), WG_OK);
    check_near(wg_item(out[0]), 2 * 5 * 1 + 2 * 3 * 10, 0);
    check_near(wg_item(out[1]), 2 * 3 * 1, 0);
    ck_assert_int_eq(wg_gradients(out[0], 1, &x, &third), WG_OK); /* recorded */
    check_near(wg_item(third), 2 * 10, 0);
}
END_TEST

/* The tape's memory does not grow with the number of sweeps: nodes are released after each. */
START_TEST(test_released) {
    double d[64] = {0};
    wg_var x = vector(64, d), y = wg_softmax(x, 0);
    wg_mark before = wg_tape_mark(t);
    wg_var j = wg_jacobian(y, x);
    ck_assert_uint_eq(j.index, before.count);
    ck_assert_uint_eq(wg_tape_mark(t).count, before.count + 1);
    wg_var loss = wg_sum(wg_square(x));
    wg_mark mark = wg_tape_mark(t);
    ck_assert_uint_ne(wg_hessian(loss, x).index, 0);
    ck_assert_uint_eq(wg_tape_mark(t).count, mark.count + 1);
}
END_TEST

START_TEST(test_matrices_refuse) {
    double d[2] = {1, 2};
    wg_tape *other = wg_tape_new();
    wg_var x = vector(2, d), none = WG_NONE, out;
    ck_assert_ptr_null(wg_jacobian(none, x).tape);
    ck_assert_ptr_null(wg_hessian(none, x).tape);
    ck_assert_int_eq(wg_hvp(none, 1, &x, &x, &out), WG_ERR_TAPE);
    wg_var calls[] = {wg_jacobian(x, wg_scalar(other, 1)), wg_jacobian(x, none),
                      wg_jacobian(x, wg_const(t, WG_I64, WG_SHAPE(1), NULL)),
                      wg_jacobian(wg_const(t, WG_I64, WG_SHAPE(1), NULL), x), wg_hessian(x, x),
                      wg_hessian(wg_sum(x), wg_scalar(other, 1)), wg_hessian(wg_sum(x), none)};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
        ck_assert_ptr_eq(calls[i].tape, t);
        ck_assert_msg(calls[i].index == 0, "call %zu", i);
    }
    ck_assert_int_ne(wg_tape_status(t), WG_OK);
    ck_assert_int_eq(wg_hvp(x, 1, &x, &x, &out), WG_ERR_SHAPE);
    wg_tape_free(other);
}
END_TEST

extern Suite *suite_forward(void);
Suite *suite_forward(void) {
    Suite *s = suite_create("forward");
    TCase *c = tcase_create("jvp");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_scalars);
    tcase_add_test(c, test_inner_values);
    tcase_add_test(c, test_zero);
    tcase_add_test(c, test_no_grad);
    tcase_add_test(c, test_nested);
    tcase_add_test(c, test_float32);
    tcase_add_test(c, test_jvp_refuses);
    tcase_add_test(c, test_jvp_of_changed);
    tcase_add_test(c, test_relu_jacobian);
    tcase_add_test(c, test_jacobian_of_product);
    tcase_add_test(c, test_jacobian_shapes);
    tcase_add_test(c, test_jacobian_of_cast);
    tcase_add_test(c, test_hessian);
    tcase_add_test(c, test_hvp_of_two);
    tcase_add_test(c, test_released);
    tcase_add_test(c, test_matrices_refuse);
    suite_add_tcase(s, c);
    return s;
}
