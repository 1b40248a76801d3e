/* test_shape.c: cast, broadcast_to, transpose, reshape, slice, slice_grad, concat, zero_pad: against
 * naive loops; views of views; every element type; sizes 0 and 1, ranks 0 and 8; derivatives, with
 * values that are used twice. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

static const wg_dtype dtypes[] = {WG_F32, WG_F64, WG_I64, WG_BOOL};

/* ---- naive: y[i] = x[from(i)] --------------------------------------------------------------- */

/* The place in a dense array of shape s that coordinates at[] mean. */
static int64_t place(wg_shape s, const int64_t *at) {
    int64_t i = 0;
    for (int axis = 0; axis < s.rank; ++axis) i = i * s.dim[axis] + at[axis];
    return i;
}

static void coordinates(wg_shape s, int64_t i, int64_t *at) {
    for (int axis = s.rank - 1; axis >= 0; --axis) {
        at[axis] = i % s.dim[axis];
        i /= s.dim[axis];
    }
}

/* Fails unless y = x permuted: y's axis k is x's axis order[k]. */
static void check_permuted(wg_var x, const int *order) {
    static double data[PROBE_MAX], expected[PROBE_MAX];
    wg_shape s = wg_shape_of(x), to = s;
    wg_axes axes = {s.rank, {0}};
    int64_t n = wg_shape_size(s), at[WG_MAX_RANK], from[WG_MAX_RANK];
    for (int k = 0; k < s.rank; ++k) {
        axes.axis[k] = k % 2 ? order[k] : order[k] - s.rank;
        to.dim[k] = s.dim[order[k]];
    }
    probe_read(x, n, data);
    for (int64_t i = 0; i < n; ++i) {
        coordinates(to, i, at);
        for (int k = 0; k < s.rank; ++k) from[order[k]] = at[k];
        expected[i] = data[place(s, from)];
    }
    wg_var y = wg_permute(x, axes);
    probe_shape(y, to);
    probe_equal(y, n, expected);
}

START_TEST(transpose_values) {
    wg_tape *t = wg_tape_new();
    const int swap[] = {1, 0}, cycle[] = {1, 2, 0}, last[] = {0, 2, 1},
              eight[] = {7, 0, 6, 1, 5, 2, 4, 3};
    wg_var x = probe_leaf(t, dtypes[_i], WG_SHAPE(3, 4)),
           z = probe_leaf(t, dtypes[_i], WG_SHAPE(2, 3, 4));
    check_permuted(x, swap);
    check_permuted(z, cycle);
    check_permuted(z, last);
    check_permuted(wg_slice(wg_transpose(z), 1, WG_OMIT, WG_OMIT, -2), cycle);
    check_permuted(probe_leaf(t, dtypes[_i], WG_SHAPE(2, 3, 1, 2, 1, 2, 3, 2)), eight);
    probe_shape(wg_transpose(z), WG_SHAPE(4, 3, 2));
    probe_shape(wg_transpose(probe_leaf(t, dtypes[_i], WG_SHAPE(0, 5))), WG_SHAPE(5, 0));
    probe_shape(wg_transpose(probe_leaf(t, dtypes[_i], WG_RANK0)), WG_RANK0);
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(views_share_memory) {
    wg_tape *t = wg_tape_new();
    double six[] = {1, 2, 3, 4, 5, 6}, other[] = {6, 5, 4, 3, 2, 1},
           expected[] = {5, 2, 4, 1}; /* columns 0 and 1 of rows 2 to 1 of the transposed */
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), six);
    wg_var y = wg_slice(wg_transpose(x), 0, 1, WG_OMIT, 1); /* (3, 2) -> (2, 2) */
    wg_var z = wg_transpose(wg_reshape(wg_transpose(y), WG_SHAPE(2, 2, 1)));
    ck_assert_ptr_eq(wg_data(wg_reshape(x, WG_SHAPE(3, 2))), wg_data(x));
    ck_assert_ptr_eq(wg_data(wg_transpose(wg_transpose(x))), wg_data(x));
    ck_assert_int_eq(wg_set(x, other, sizeof other), WG_OK);
    ck_assert_int_eq(wg_replay(z), WG_OK);
    probe_shape(z, WG_SHAPE(1, 2, 2));
    probe_equal(z, 4, expected);
    wg_tape_free(t);
}
END_TEST

/* ---- reshape -------------------------------------------------------------------------------- */

/* Reshape keeps the row-major order, whatever the strides. */
static void check_reshaped(wg_var x, wg_shape to, wg_shape expected) {
    static double data[PROBE_MAX];
    int64_t n = wg_shape_size(wg_shape_of(x));
    probe_read(x, n, data);
    wg_var y = wg_reshape(x, to);
    probe_shape(y, expected);
    probe_equal(y, n, data);
}

START_TEST(reshape_values) {
    wg_tape *t = wg_tape_new();
    wg_var x = probe_leaf(t, dtypes[_i], WG_SHAPE(4, 6, 5));
    wg_shape flat = WG_SHAPE(-1), split = WG_SHAPE(2, 2, -1, 3, 5), joined = WG_SHAPE(24, -1),
             other = WG_SHAPE(5, 24), ones = WG_SHAPE(1, 4, 1, 6, 5, 1);
    wg_var forms[] = {x, wg_transpose(x), wg_permute(x, WG_AXES(1, 0, 2)),
                      wg_slice(wg_broadcast_to(x, WG_SHAPE(2, 4, 6, 5)), 0, 1, 2, 1)};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; ++k) {
        wg_var y = wg_reshape(forms[k], WG_SHAPE(4, 6, 5));
        check_reshaped(forms[k], flat, WG_SHAPE(120));
        check_reshaped(y, split, WG_SHAPE(2, 2, 2, 3, 5));
        check_reshaped(forms[k], joined, WG_SHAPE(24, 5));
        check_reshaped(forms[k], other, other);
        check_reshaped(wg_transpose(y), ones, ones);
    }
    wg_var every = wg_slice(x, 1, WG_OMIT, WG_OMIT, 2); /* (4, 3, 5) */
    check_reshaped(every, WG_SHAPE(2, 2, 3, 5), WG_SHAPE(2, 2, 3, 5));
    check_reshaped(every, WG_SHAPE(12, 5), WG_SHAPE(12, 5));
    check_reshaped(wg_slice(x, 2, WG_OMIT, WG_OMIT, -1), flat, WG_SHAPE(120));
    check_reshaped(wg_broadcast_to(wg_slice(x, 1, 0, 1, 1), WG_SHAPE(4, 6, 5)), WG_SHAPE(2, 2, 2, 3, 5),
                   WG_SHAPE(2, 2, 2, 3, 5));
    check_reshaped(probe_leaf(t, dtypes[_i], WG_RANK0), WG_SHAPE(1, 1), WG_SHAPE(1, 1));
    check_reshaped(probe_leaf(t, dtypes[_i], WG_SHAPE(1, 1)), WG_RANK0, WG_RANK0);
    check_reshaped(probe_leaf(t, dtypes[_i], WG_SHAPE(0, 3)), WG_SHAPE(7, -1, 2), WG_SHAPE(7, 0, 2));
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(reshape_copies_only_where_it_must) {
    wg_tape *t = wg_tape_new();
    wg_var x = probe_leaf(t, WG_F64, WG_SHAPE(4, 6));
    wg_var half = wg_slice(x, 1, 0, 3, 1);                                 /* (4, 3) */
    double old = ((const double *)wg_data(x))[0], zeros[24] = {0}, now[1], then[1];
    wg_var a = wg_reshape(half, WG_SHAPE(2, 2, 3)), b = wg_reshape(half, WG_SHAPE(12));
    /* a view sees a leaf change before any replay, a copy does not */
    ck_assert_int_eq(wg_set(x, zeros, sizeof zeros), WG_OK);
    probe_read(wg_slice(wg_slice(wg_slice(a, 0, 0, 1, 1), 1, 0, 1, 1), 2, 0, 1, 1), 1, now);
    probe_read(wg_slice(b, 0, 0, 1, 1), 1, then);
    ck_assert_double_eq(now[0], 0);
    ck_assert_double_eq(then[0], old);
    wg_tape_free(t);
}
END_TEST

START_TEST(reshape_errors) {
    wg_tape *t = wg_tape_new();
    wg_shape s = WG_SHAPE(2, 3), nine = {9, {0}};
    probe_fails(wg_reshape(wg_const(t, WG_F64, s, NULL), WG_SHAPE(-1, -1)), WG_ERR_SHAPE,
                "reshape: (-1, -1) has two extents of -1");
    probe_fails(wg_reshape(wg_const(t, WG_F64, s, NULL), WG_SHAPE(4, -1)), WG_ERR_SHAPE,
                "reshape: (4, -1) has another number of elements than (2, 3)");
    probe_fails(wg_reshape(wg_const(t, WG_F64, s, NULL), WG_SHAPE(5)), WG_ERR_SHAPE, "(5)");
    probe_fails(wg_reshape(wg_const(t, WG_F64, s, NULL), WG_SHAPE(-2, 3)), WG_ERR_SHAPE, "(-2, 3)");
    probe_fails(wg_reshape(wg_const(t, WG_F64, WG_SHAPE(0), NULL), WG_SHAPE(0, -1)), WG_ERR_SHAPE,
                "reshape: (0, -1) leaves the extent -1 undetermined");
    probe_fails(wg_reshape(wg_const(t, WG_F64, s, NULL), nine), WG_ERR_SHAPE, "rank 9");
    wg_tape_free(t);
}
END_TEST

/* ---- slice ---------------------------------------------------------------------------------- */

/* Python's list(range(n))[start:stop:step], by the language's own definition of indices(). */
static int64_t python(int64_t n, int64_t start, int64_t stop, int64_t step, double *out) {
    int64_t lower = step < 0 ? -1 : 0, upper = step < 0 ? n - 1 : n, count = 0;
    if (start == WG_OMIT) start = step < 0 ? upper : lower;
    else if (start < 0) start = start + n < lower ? lower : start + n;
    else if (start > upper) start = upper;
    if (stop == WG_OMIT) stop = step < 0 ? lower : upper;
    else if (stop < 0) stop = stop + n < lower ? lower : stop + n;
    else if (stop > upper) stop = upper;
    for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) out[count++] = (double)i;
    return count;
}

START_TEST(slice_is_pythons) {
    static const int64_t bounds[] = {WG_OMIT, -9, -5, -4, -1, 0, 1, 3, 4, 5, 8, INT64_MAX, INT64_MIN};
    static const int64_t steps[] = {1, 2, 3, 7, INT64_MAX, -1, -2, -7, -INT64_MAX};
    enum { B = sizeof bounds / sizeof *bounds, S = sizeof steps / sizeof *steps };
    wg_tape *t = wg_tape_new();
    double data[5] = {0, 1, 2, 3, 4}, expected[8];
    for (int64_t n = 0; n <= 5; ++n)
        for (int i = 0; i < B * B * S; ++i) {
            int64_t start = bounds[i % B], stop = bounds[i / B % B], step = steps[i / B / B];
            if (step > 9 || step < -9) { /* one step is enough */
                double first[8];
                int64_t m = python(n, start, stop, step > 0 ? 1 : -1, first);
                expected[0] = first[0];
                wg_var y = wg_slice(wg_const(t, WG_F64, WG_SHAPE(n), data), 0, start, stop, step);
                probe_equal(y, m > 0, expected);
                continue;
            }
            int64_t m = python(n, start, stop, step, expected);
            wg_var x = wg_const(t, WG_F64, WG_SHAPE(n), data);
            probe_equal(wg_slice(x, 0, start, stop, step), m, expected);
            wg_tape_rewind(t);
        }
    wg_tape_free(t);
}
END_TEST

START_TEST(slices_of_slices) {
    wg_tape *t = wg_tape_new();
    static double data[PROBE_MAX];
    wg_var x = probe_leaf(t, dtypes[_i], WG_SHAPE(4, 6, 5));
    probe_read(x, 120, data);
    /* x[3:0:-2, ::-1, 1:] and of its transpose the middle */
    wg_var y = wg_slice(wg_slice(wg_slice(x, 0, 3, 0, -2), 1, WG_OMIT, WG_OMIT, -1), -1, 1, WG_OMIT, 1);
    wg_var z = wg_slice(wg_transpose(y), 1, 1, -1, 1);
    probe_shape(y, WG_SHAPE(2, 6, 4));
    probe_shape(z, WG_SHAPE(4, 4, 2));
    double expected[32];
    for (int64_t k = 0, i = 0; k < 4; ++k)
        for (int64_t j = 1; j < 5; ++j)
            for (int64_t r = 0; r < 2; ++r, ++i)
                expected[i] = data[((3 - 2 * r) * 6 + (5 - j)) * 5 + k + 1];
    probe_equal(z, 32, expected);
    wg_tape_free(t);
}
END_TEST

START_TEST(slice_errors) {
    wg_tape *t = wg_tape_new();
    wg_shape s = WG_SHAPE(2, 3);
    probe_fails(wg_slice(wg_const(t, WG_F64, s, NULL), 2, 0, 1, 1), WG_ERR_RANGE,
                "slice: axis 2 of a value of rank 2");
    probe_fails(wg_slice(wg_const(t, WG_F64, s, NULL), 0, 0, 1, 0), WG_ERR_RANGE, "the step is 0");
    probe_fails(wg_slice(wg_const(t, WG_F64, s, NULL), 0, 0, 1, INT64_MIN), WG_ERR_RANGE, "step");
    probe_fails(wg_slice(wg_const(t, WG_F64, WG_RANK0, NULL), 0, 0, 1, 1), WG_ERR_RANGE, "rank 0");
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
    wg_var a = wg_const(t, WG_F64, WG_SHAPE(2, 3), NULL), b = wg_const(t, WG_F64, WG_SHAPE(2, 4), NULL),
           c = wg_const(t, WG_F64, WG_SHAPE(2), NULL), d = wg_const(t, WG_F32, WG_SHAPE(2, 3), NULL);
    wg_var ab[] = {a, b}, ac[] = {a, c}, ad[] = {a, d}, number[] = {wg_number(t, 1)};
    ck_assert_uint_eq(wg_concat(2, ab, 0).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "operand 1 is (2, 4), the first (2, 3)"));
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
    probe_shape(wg_zero_pad(wg_reshape(wg_slice(wg_slice(x, 0, 0, 1, 1), 1, 0, 1, 1), none), none, none), none);
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
                "out of range");
    probe_fails(wg_sum_to(wg_const(t, WG_F64, to, NULL), WG_SHAPE(2, 4)), WG_ERR_SHAPE,
                "sum_to: (2, 3, 4) is not what (2, 4) is repeated to");
    probe_fails(wg_sum_to(wg_const(t, WG_F64, WG_RANK0, NULL), WG_SHAPE(1)), WG_ERR_SHAPE, "sum_to");
    wg_tape_free(t);
}
END_TEST

/* ---- cast ----------------------------------------------------------------------------------- */

START_TEST(cast_values) {
    wg_tape *t = wg_tape_new();
    double x[] = {-1.75, 0, 0.25, 3, 1e10}, whole[] = {-1, 0, 0, 3, 1e10}, truth[] = {1, 0, 1, 1, 1};
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
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_RANK0, large), WG_I64), WG_ERR_VALUE, "the value is");
    probe_fails(wg_cast(wg_const(t, WG_F32, WG_SHAPE(2), single), WG_I64), WG_ERR_VALUE,
                "element 1 is -1");
    probe_fails(wg_cast(wg_const(t, WG_F64, WG_RANK0, large), (wg_dtype)7), WG_ERR_DTYPE,
                "7 is no dtype");
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
    wg_var parts[] = {wg_slice(x[0], 1, 2, WG_OMIT, 1), wg_transpose(wg_reshape(x[1], WG_SHAPE(3, 1))),
                      wg_slice(x[0], 1, WG_OMIT, 1, -1), x[0]};
    parts[1] = wg_broadcast_to(wg_transpose(parts[1]), WG_SHAPE(3, 2));
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
        wg_var y = wg_scale(x, 1), a = wg_reshape(y, WG_SHAPE(2, 2)), b = wg_reshape(y, WG_SHAPE(4));
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
    TCase *c = tcase_create("views");
    tcase_add_loop_test(c, transpose_values, 0, 4);
    tcase_add_test(c, views_share_memory);
    tcase_add_loop_test(c, reshape_values, 0, 4);
    tcase_add_test(c, reshape_copies_only_where_it_must);
    tcase_add_test(c, reshape_errors);
    tcase_add_test(c, slice_is_pythons);
    tcase_add_loop_test(c, slices_of_slices, 0, 4);
    tcase_add_test(c, slice_errors);
    suite_add_tcase(s, c);
    c = tcase_create("copies");
    tcase_add_loop_test(c, slice_grad_values, 0, 4);
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
