/* test_shape.c: cast, broadcast_to, slice_grad, concat, zero_pad of every element type, and the
 * derivatives of all that changes shapes, with values that are used twice. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

static const wg_dtype dtypes[] = {WG_F32, WG_F64, WG_I64, WG_BOOL};

/* ---- slice_grad ------------------------------------------------------------------------------ */

START_TEST(slice_grad_values) {
    wg_tape *t = wg_tape_new();
    double data[] = {1, 2, 3, 4}, forward[] = {0, 1, 0, 2, 0, 0, 3, 0, 4, 0},
           backward[] = {0, 3, 1, 0, 4, 2}, zeros[] = {0, 0, 0};
    wg_var x = wg_cast(wg_const(t, WG_F64, WG_SHAPE(2, 2), data), dtypes[_i]);
    for (int k = 0; k < 10 && dtypes[_i] == WG_BOOL; ++k) forward[k] = forward[k] != 0;
    for (int k = 0; k < 6 && dtypes[_i] == WG_BOOL; ++k) backward[k] = backward[k] != 0;
    probe_equal(wg_slice_grad(x, 1, 1, 2, 5), 10, forward);
    probe_equal(wg_slice_grad(wg_transpose(x), 1, 2, -1, 3), 6, backward);
    probe_equal(wg_slice_grad(wg_slice(x, 0, 0, 0, 1), 0, 0, 1, 0), 0, NULL);
    probe_equal(wg_slice_grad(wg_reshape(wg_slice(x, 0, 0, 0, 1), WG_SHAPE(0)), 0, 0, 1, 3), 3,
                zeros);
    wg_tape_free(t);
}
END_TEST

START_TEST(slice_grad_errors) {
    wg_tape *t = wg_tape_new();
    wg_shape s = WG_SHAPE(2, 3);
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, s, NULL), 1, 2, 2, 6), WG_ERR_RANGE,
                "slice_grad: 3 places from 2 by 2 do not fit into 6");
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, s, NULL), 1, 1, -1, 6), WG_ERR_RANGE, "fit");
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, s, NULL), 1, 0, INT64_MAX, 6), WG_ERR_RANGE,
                "fit");
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, s, NULL), 1, 0, 0, 6), WG_ERR_RANGE, "step");
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, s, NULL), -3, 0, 1, 6), WG_ERR_RANGE, "axis -3");
    probe_fails(wg_slice_grad(wg_const(t, WG_F64, WG_SHAPE(0), NULL), 0, 0, 1, -1), WG_ERR_RANGE,
                "fit");
    wg_tape_free(t);
}
END_TEST

/* ---- concat, zero_pad, broadcast_to ---------------------------------------------------------- */

/* Cutting a value up and joining the parts gives it back, along every axis, from views too. */
START_TEST(concat_joins_what_slice_cut) {
    wg_tape *t = wg_tape_new();
    static double data[PROBE_MAX];
    wg_var base = probe_leaf(t, dtypes[_i], WG_SHAPE(5, 4, 6));
    wg_var forms[] = {base, wg_transpose(base), wg_slice(base, 1, WG_OMIT, WG_OMIT, -1)};
    for (int f = 0; f < 3; ++f)
        for (int axis = -3; axis < 3; ++axis) {
            wg_var parts[] = {wg_slice(forms[f], axis, 0, 1, 1), wg_slice(forms[f], axis, 1, 1, 1),
                              wg_slice(forms[f], axis, 1, -1, 1),
                              wg_slice(forms[f], axis, -1, WG_OMIT, 1)};
            probe_read(forms[f], 120, data);
            wg_var y = wg_concat(4, parts, axis);
            probe_shape(y, wg_shape_of(forms[f]));
            probe_equal(y, 120, data);
        }
    probe_shape(wg_concat(1, &base, 0), WG_SHAPE(5, 4, 6));
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(concat_errors) {
    wg_tape *t = wg_tape_new();
    wg_var a = wg_const(t, WG_F64, WG_SHAPE(2, 3), NULL);
    wg_var b = wg_const(t, WG_F64, WG_SHAPE(2, 4), NULL);
    wg_var c = wg_const(t, WG_F64, WG_SHAPE(2), NULL);
    wg_var d = wg_const(t, WG_F32, WG_SHAPE(2, 3), NULL);
    wg_var ab[] = {a, b}, ac[] = {a, c}, ad[] = {a, d}, number[] = {wg_number(t, 1)};
    ck_assert_uint_eq(wg_concat(2, ab, 0).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "x[1] is (2, 4), x[0] (2, 3)"));
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_SHAPE);
    probe_shape(wg_concat(2, ab, 1), WG_SHAPE(2, 7));
    ck_assert_uint_eq(wg_concat(2, ac, 0).index, 0);
    ck_assert_uint_eq(wg_concat(2, ad, 0).index, 0);
    ck_assert_uint_eq(wg_concat(1, number, 0).index, 0);
    ck_assert_ptr_null(wg_concat(0, NULL, 0).tape);
    wg_tape_rewind(t);
    a = wg_const(t, WG_F64, WG_SHAPE(2, 3), NULL);
    probe_fails(wg_concat(1, &a, 2), WG_ERR_RANGE, "concat: axis 2 of a value of rank 2");
    wg_tape_free(t);
}
END_TEST

START_TEST(zero_pad_values) {
    wg_tape *t = wg_tape_new();
    double data[] = {1, 1, 1, 1, 1, 1}, around[20] = {0};
    wg_shape none = WG_RANK0;
    wg_var x = wg_cast(wg_const(t, WG_F64, WG_SHAPE(2, 3), data), dtypes[_i]);
    for (int r = 1; r < 3; ++r)
        for (int k = 2; k < 5; ++k) around[r * 5 + k] = 1;
    wg_var y = wg_zero_pad(x, WG_SHAPE(1, 2), WG_SHAPE(1, 0));
    probe_shape(y, WG_SHAPE(4, 5));
    probe_equal(y, 20, around);
    y = wg_zero_pad(wg_transpose(x), WG_SHAPE(0, 1), none); /* (3, 2) -> (3, 3) */
    probe_shape(y, WG_SHAPE(3, 3));
    double columns[] = {0, 1, 1, 0, 1, 1, 0, 1, 1};
    probe_equal(y, 9, columns);
    y = wg_zero_pad(wg_reshape(x, WG_SHAPE(6)), WG_SHAPE(0), none);
    probe_equal(y, 6, data);
    y = wg_zero_pad(wg_slice(x, 0, 0, 0, 1), WG_SHAPE(1, 0), none);
    probe_equal(y, 3, (double[]){0, 0, 0});
    probe_shape(wg_zero_pad(probe_leaf(t, dtypes[_i], none), none, none), none);
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(zero_pad_errors) {
    wg_tape *t = wg_tape_new();
    wg_shape s = WG_SHAPE(2, 3), none = WG_RANK0;
    probe_fails(wg_zero_pad(wg_const(t, WG_F64, s, NULL), WG_SHAPE(1), none), WG_ERR_SHAPE,
                "zero_pad: before has 1 entries for a value of rank 2");
    probe_fails(wg_zero_pad(wg_const(t, WG_F64, s, NULL), none, WG_SHAPE(0, -1)), WG_ERR_RANGE,
                "zero_pad: after is -1 at axis 1");
    probe_fails(wg_zero_pad(wg_const(t, WG_F64, s, NULL), WG_SHAPE(0, INT64_MAX), WG_SHAPE(0, 1)),
                WG_ERR_MEMORY, "too many");
    wg_tape_free(t);
}
END_TEST

START_TEST(broadcast_and_back) {
    wg_tape *t = wg_tape_new();
    wg_shape to = WG_SHAPE(2, 3, 4);
    double x[3], big[24], back[3];
    wg_var v = probe_leaf(t, WG_F64, WG_SHAPE(3, 1)), y = wg_broadcast_to(v, to);
    probe_read(v, 3, x);
    for (int i = 0; i < 24; ++i) big[i] = x[i / 4 % 3];
    for (int i = 0; i < 3; ++i) back[i] = 8 * x[i];
    probe_shape(y, to);
    probe_equal(y, 24, big);
    probe_equal(wg_sum_to(y, WG_SHAPE(3, 1)), 3, back);
    probe_shape(wg_broadcast_to(wg_const(t, WG_F64, WG_SHAPE(1), NULL), WG_SHAPE(0)), WG_SHAPE(0));
    probe_equal(wg_sum_to(wg_const(t, WG_F32, WG_SHAPE(0, 2), NULL), WG_SHAPE(2)), 2,
                (double[]){0, 0});
    probe_fails(wg_broadcast_to(wg_const(t, WG_F64, WG_SHAPE(2), NULL), to), WG_ERR_SHAPE,
                "broadcast_to: (2) cannot be repeated to (2, 3, 4)");
    probe_fails(wg_broadcast_to(wg_const(t, WG_F64, to, NULL), WG_SHAPE(4)), WG_ERR_SHAPE,
                "cannot be repeated");
    probe_fails(wg_broadcast_to(wg_const(t, WG_F64, to, NULL), WG_SHAPE(-1)), WG_ERR_SHAPE,
                "has the extent -1");
    probe_fails(wg_sum_to(wg_const(t, WG_F64, to, NULL), WG_SHAPE(2, 4)), WG_ERR_SHAPE,
                "sum_to: (2, 3, 4) is not what (2, 4) is repeated to");
    probe_fails(wg_sum_to(wg_const(t, WG_F64, WG_RANK0, NULL), WG_SHAPE(1)), WG_ERR_SHAPE,
                "sum_to: () is not what (1) is repeated to");
    wg_tape_free(t);
}
END_TEST

/* ---- cast ----------------------------------------------------------------------------------- */

START_TEST(cast_values) {
    wg_tape *t = wg_tape_new();
    double x[] = {-1.75, 0, 0.25, 3, 1e10}, whole[] = {-1, 0, 0, 3, 1e10};
    double truth[] = {1, 0, 1, 1, 1};
    for (int from = 0; from < 2; ++from) {
        wg_var v = wg_cast(wg_const(t, WG_F64, WG_SHAPE(5), x), dtypes[from]);
        ck_assert_int_eq(wg_dtype_of(v), dtypes[from]);
        probe_equal(wg_cast(v, WG_F32), 5, x);
        probe_equal(wg_cast(v, WG_F64), 5, x);
        probe_equal(wg_cast(v, WG_I64), 5, whole);
        probe_equal(wg_cast(v, WG_BOOL), 5, truth);
    }
    wg_var i = wg_cast(wg_const(t, WG_F64, WG_SHAPE(5), x), WG_I64), b = wg_cast(i, WG_BOOL);
    double of_whole[] = {1, 0, 0, 1, 1};
    for (int to = 0; to < 3; ++to) probe_equal(wg_cast(i, dtypes[to]), 5, whole);
    for (int to = 0; to < 4; ++to) probe_equal(wg_cast(b, dtypes[to]), 5, of_whole);
    float third = 1.0f / 3;
    double as_double = (double)third, nan = NAN, one = 1;
    probe_equal(wg_cast(wg_const(t, WG_F32, WG_RANK0, &third), WG_F64), 1, &as_double);
    probe_equal(wg_cast(wg_const(t, WG_F64, WG_RANK0, &nan), WG_F32), 1, &nan);
    probe_equal(wg_cast(wg_const(t, WG_F64, WG_RANK0, &nan), WG_BOOL), 1, &one);
    probe_shape(wg_cast(wg_const(t, WG_F64, WG_SHAPE(2, 0), NULL), WG_I64), WG_SHAPE(2, 0));
    wg_tape_free(t);
}
END_TEST

START_TEST(cast_errors) {
    wg_tape *t = wg_tape_new();
    double bad[] = {0, 1, 2, NAN, INFINITY, 0}, large[] = {9223372036854775808.0};
    float single[] = {1, -1e20f};
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_SHAPE(6), bad), WG_I64), WG_ERR_VALUE,
                "cast: element 3 is nan, which int64 cannot hold");
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_SHAPE(2, 3), bad), WG_I64), WG_ERR_VALUE,
                "cast: element (1, 0) is nan");
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_RANK0, large), WG_I64), WG_ERR_VALUE,
                "the value is 9");
    probe_fails(wg_cast(wg_const(t, WG_F32, WG_SHAPE(2), single), WG_I64), WG_ERR_VALUE,
                "element 1 is -1");
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_RANK0, large), (wg_dtype)7), WG_ERR_DTYPE,
                "dtype is 7; it is 0 to 3");
    double least[] = {-9223372036854775808.0};
    probe_equal(wg_cast(wg_const(t, WG_F64, WG_SHAPE(1), least), WG_I64), 1, least);
    wg_tape_free(t);
}
END_TEST

START_TEST(cast_passes_gradients_between_floats) {
    wg_tape *t = wg_tape_new();
    float data[] = {1, 2, 3};
    double expected[] = {2, 4, 6}, zeros[] = {0, 0, 0};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(3), data);
    wg_var y = wg_sum(wg_square(wg_cast(x, WG_F64)));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_dtype_of(wg_grad(x)), WG_F32);
    probe_equal(wg_grad(x), 3, expected);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_cast(wg_cast(x, WG_I64), WG_F32))), WG_OK);
    probe_equal(wg_grad(x), 3, zeros);
    wg_tape_free(t);
}
END_TEST

/* ---- derivatives ---------------------------------------------------------------------------- */

static wg_var views_of_views(const wg_var *x) {
    wg_var y = wg_slice(wg_transpose(wg_slice(x[0], 1, WG_OMIT, WG_OMIT, -2)), 1, 1, WG_OMIT, 1);
    return wg_square(wg_reshape(wg_transpose(y), WG_SHAPE(-1, 2)));
}
static wg_var reshaped_twice(const wg_var *x) {
    wg_var y = wg_exp(x[0]);
    return wg_mul(wg_reshape(y, WG_SHAPE(12)), wg_reshape(wg_transpose(y), WG_SHAPE(12)));
}
static wg_var same_reshape_twice(const wg_var *x) {
    wg_var y = wg_reshape(x[0], WG_SHAPE(4, 3));
    return wg_mul(y, wg_add(y, wg_square(y)));
}
static wg_var square_of_a_sum(const wg_var *x) {
    wg_var y = wg_transpose(x[0]);
    return wg_mul(wg_add(y, x[1]), wg_add(y, x[1]));
}
static wg_var twice_itself(const wg_var *x) {
    wg_var y = wg_add(x[0], x[0]);
    return wg_square(wg_add(wg_transpose(y), wg_transpose(y)));
}
static wg_var broadcast_partners(const wg_var *x) {
    wg_var y = wg_broadcast_to(x[1], WG_SHAPE(2, 4, 3));
    wg_var second = wg_reshape(wg_slice(y, 0, 1, 2, 1), WG_SHAPE(4, 3));
    return wg_mul(wg_transpose(wg_mul(x[0], wg_transpose(second))), y);
}
static wg_var cut_and_joined(const wg_var *x) {
    wg_var column = wg_broadcast_to(wg_reshape(x[1], WG_SHAPE(3, 1)), WG_SHAPE(3, 2));
    wg_var parts[] = {wg_slice(x[0], 1, 2, WG_OMIT, 1), column,
                      wg_slice(x[0], 1, WG_OMIT, 1, -1), x[0]};
    return wg_square(wg_concat(4, parts, -1));
}
static wg_var padded(const wg_var *x) {
    wg_var y = wg_zero_pad(wg_transpose(x[0]), WG_SHAPE(1, 0), WG_SHAPE(0, 2));
    return wg_mul(y, wg_exp(wg_slice(y, 1, WG_OMIT, WG_OMIT, -1)));
}
static wg_var spread(const wg_var *x) {
    wg_var y = wg_slice_grad(wg_square(x[0]), 1, 7, -2, 9);
    return wg_mul(y, wg_slice_grad(x[0], -1, 1, 2, 9));
}
static wg_var rank_eight(const wg_var *x) {
    wg_var y = wg_reshape(x[0], WG_SHAPE(1, 3, 1, 2, 1, 2, 1, 1));
    return wg_square(wg_slice(wg_transpose(y), 4, WG_OMIT, WG_OMIT, -1));
}
static wg_var cast_between(const wg_var *x) { return wg_square(wg_cast(x[0], WG_F64)); }
static wg_var empty_part(const wg_var *x) {
    wg_var parts[] = {x[0], wg_slice(wg_square(x[0]), 0, 2, 2, 1)};
    return wg_square(wg_concat(2, parts, 0));
}

START_TEST(derivatives) {
    static probe_build *const builds[] = {
        views_of_views,     reshaped_twice, same_reshape_twice, square_of_a_sum,
        twice_itself,       broadcast_partners, cut_and_joined, padded,
        spread,             rank_eight,     cast_between,       empty_part};
    const wg_shape shapes[] = {WG_SHAPE(3, 4), WG_SHAPE(3)};
    probe_gradients(builds[_i], 2, shapes, -2, 2);
}
END_TEST

/* A view's cotangent is the source's own array: it may not be added to in place. */
START_TEST(cotangents_of_views_are_not_shared) {
    wg_tape *t = wg_tape_new();
    for (int keep = 0; keep < 2; ++keep) {
        double data[] = {1, 2, 3, 4}, expected[] = {14, 20, 26, 32}, of_y[] = {12, 16, 20, 24};
        wg_tape_keep_grads(t, keep);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(4), data);
        wg_var y = wg_scale(x, 1);
        wg_var a = wg_reshape(y, WG_SHAPE(2, 2)), b = wg_reshape(y, WG_SHAPE(4));
        /* d/dy of 2 y.y + 3 y.y (a and b share y) + 2 y.y, plus x.x at x */
        wg_var f = wg_add(wg_scale(wg_sum(wg_square(a)), 2), wg_scale(wg_sum(wg_mul(b, y)), 4));
        f = wg_add(f, wg_add(wg_sum(wg_square(x)), wg_sum(wg_scale(b, 0))));
        ck_assert_int_eq(wg_backward(f), WG_OK);
        for (int i = 0; i < 4; ++i) {
            of_y[i] = 12 * data[i];
            expected[i] = 14 * data[i];
        }
        probe_equal(wg_grad(x), 4, expected);
        if (keep) probe_equal(wg_grad(y), 4, of_y);
        wg_tape_rewind(t);
    }
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_shape(void);
Suite *suite_shape(void) {
    Suite *s = suite_create("shape");
    TCase *c = tcase_create("copies");
    tcase_add_loop_test(c, slice_grad_values, 0, 4);
    tcase_add_test(c, slice_grad_errors);
    tcase_add_loop_test(c, concat_joins_what_slice_cut, 0, 4);
    tcase_add_test(c, concat_errors);
    tcase_add_loop_test(c, zero_pad_values, 0, 4);
    tcase_add_test(c, zero_pad_errors);
    tcase_add_test(c, broadcast_and_back);
    tcase_add_test(c, cast_values);
    tcase_add_test(c, cast_errors);
    suite_add_tcase(s, c);
    c = tcase_create("derivatives");
    tcase_add_test(c, cast_passes_gradients_between_floats);
    tcase_add_loop_test(c, derivatives, 0, 12);
    tcase_add_test(c, cotangents_of_views_are_not_shared);
    suite_add_tcase(s, c);
    return s;
}
