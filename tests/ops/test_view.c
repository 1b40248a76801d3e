/* test_view.c: transpose, reshape, slice: against naive loops; views of views; every element type;
 * sizes 0 and 1, ranks 0 and 8. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

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
    wg_var repeated = wg_broadcast_to(wg_slice(x, 1, 0, 1, 1), WG_SHAPE(4, 6, 5));
    check_reshaped(repeated, WG_SHAPE(2, 2, 2, 3, 5), WG_SHAPE(2, 2, 2, 3, 5));
    check_reshaped(probe_leaf(t, dtypes[_i], WG_RANK0), WG_SHAPE(1, 1), WG_SHAPE(1, 1));
    check_reshaped(probe_leaf(t, dtypes[_i], WG_SHAPE(1, 1)), WG_RANK0, WG_RANK0);
    wg_var none = probe_leaf(t, dtypes[_i], WG_SHAPE(0, 3));
    check_reshaped(none, WG_SHAPE(7, -1, 2), WG_SHAPE(7, 0, 2));
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
    static const int64_t bounds[] = {WG_OMIT, -9, -5, -4, -1, 0, 1, 3, 4, 5, 8, INT64_MAX,
                                     INT64_MIN};
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
    wg_var y = wg_slice(wg_slice(x, 0, 3, 0, -2), 1, WG_OMIT, WG_OMIT, -1);
    y = wg_slice(y, -1, 1, WG_OMIT, 1);
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
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_view(void);
Suite *suite_view(void) {
    Suite *s = suite_create("view");
    TCase *c = tcase_create("transpose");
    tcase_add_loop_test(c, transpose_values, 0, 4);
    tcase_add_test(c, views_share_memory);
    suite_add_tcase(s, c);
    c = tcase_create("reshape");
    tcase_add_loop_test(c, reshape_values, 0, 4);
    tcase_add_test(c, reshape_copies_only_where_it_must);
    tcase_add_test(c, reshape_errors);
    suite_add_tcase(s, c);
    c = tcase_create("slice");
    tcase_add_test(c, slice_is_pythons);
    tcase_add_loop_test(c, slices_of_slices, 0, 4);
    tcase_add_test(c, slice_errors);
    suite_add_tcase(s, c);
    return s;
}
