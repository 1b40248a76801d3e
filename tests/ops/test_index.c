/* test_index.c: gather, scatter_add, one_hot, and what an operand of indices or a mask may be:
 * naive loops, errors that name place and value, derivatives. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include "autograd/tape.h"

#include <math.h>

static const wg_dtype dtypes[] = {WG_F32, WG_F64, WG_I64, WG_BOOL};

/* ---- naive ---------------------------------------------------------------------------------- */

/* The place in x that element i of the index picks. */
static int64_t picked(wg_shape x, wg_shape index, int axis, int64_t i, double entry) {
    int64_t at[WG_MAX_RANK], place = 0;
    for (int k = index.rank - 1; k >= 0; --k) {
        at[k] = i % index.dim[k];
        i /= index.dim[k];
    }
    at[axis] = (int64_t)entry;
    for (int k = 0; k < x.rank; ++k) place = place * x.dim[k] + at[k];
    return place;
}

/* An index of that shape with entries in [0, limit), as int64 or as floats. */
static wg_var index_leaf(wg_tape *t, wg_dtype dtype, wg_shape s, int64_t limit) {
    static double data[PROBE_MAX];
    int64_t n = wg_shape_size(s);
    for (int64_t i = 0; i < n; ++i) data[i] = floor(probe_random() * (double)limit);
    return wg_cast(wg_const(t, WG_F64, s, data), dtype);
}

static void check_gather(wg_var x, wg_var index, int axis) {
    static double data[PROBE_MAX], at[PROBE_MAX], expected[PROBE_MAX];
    wg_shape s = wg_shape_of(x), i = wg_shape_of(index);
    int64_t n = wg_shape_size(i);
    probe_read(x, wg_shape_size(s), data);
    probe_read(index, n, at);
    for (int64_t k = 0; k < n; ++k) expected[k] = data[picked(s, i, axis, k, at[k])];
    wg_var y = wg_gather(x, index, axis - s.rank);
    probe_shape(y, i);
    ck_assert_int_eq(wg_dtype_of(y), wg_dtype_of(x));
    probe_equal(y, n, expected);
}

static void check_scatter(wg_var x, wg_var index, wg_var src, int axis) {
    static double data[PROBE_MAX], at[PROBE_MAX], add[PROBE_MAX];
    wg_shape s = wg_shape_of(x), i = wg_shape_of(index);
    int64_t n = wg_shape_size(i), size = wg_shape_size(s);
    probe_read(x, size, data);
    probe_read(index, n, at);
    probe_read(src, n, add);
    for (int64_t k = 0; k < n; ++k) data[picked(s, i, axis, k, at[k])] += add[k];
    wg_var y = wg_scatter_add(x, index, src, axis);
    probe_shape(y, s);
    probe_equal(y, size, data);
}

/* ---- values --------------------------------------------------------------------------------- */

START_TEST(gather_values) {
    wg_tape *t = wg_tape_new();
    wg_dtype as = _i % 2 ? WG_I64 : WG_F32;
    wg_var x = probe_leaf(t, dtypes[_i], WG_SHAPE(3, 4, 5));
    check_gather(x, index_leaf(t, as, WG_SHAPE(7, 4, 5), 3), 0);
    check_gather(x, index_leaf(t, as, WG_SHAPE(3, 2, 5), 4), 1);
    check_gather(x, index_leaf(t, as, WG_SHAPE(3, 4, 9), 5), 2);
    check_gather(x, index_leaf(t, as, WG_SHAPE(2, 6, 3), 4), 1); /* shorter beside the axis */
    check_gather(x, index_leaf(t, as, WG_SHAPE(0, 4, 5), 3), 0);
    check_gather(wg_transpose(x), wg_transpose(index_leaf(t, as, WG_SHAPE(3, 2, 5), 4)), 1);
    check_gather(wg_slice(x, 2, WG_OMIT, WG_OMIT, -2), index_leaf(t, as, WG_SHAPE(3, 4, 4), 3), 2);
    check_gather(wg_reshape(x, WG_SHAPE(3, 1, 2, 1, 2, 1, 5, 1)),
                 index_leaf(t, as, WG_SHAPE(3, 1, 2, 1, 2, 1, 6, 1), 5), 6);
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(scatter_add_values) {
    wg_tape *t = wg_tape_new();
    wg_dtype d = dtypes[_i], as = _i % 2 ? WG_I64 : WG_F32;
    wg_shape long0 = WG_SHAPE(7, 4, 5), short1 = WG_SHAPE(2, 6, 3), last = WG_SHAPE(3, 4, 9),
             none = WG_SHAPE(3, 0, 5);
    wg_var x = probe_leaf(t, d, WG_SHAPE(3, 4, 5));
    check_scatter(x, index_leaf(t, as, long0, 3), probe_leaf(t, d, long0), 0);
    check_scatter(x, index_leaf(t, as, short1, 4), probe_leaf(t, d, short1), 1);
    check_scatter(x, index_leaf(t, as, last, 5), probe_leaf(t, d, last), 2);
    check_scatter(x, index_leaf(t, as, none, 1), probe_leaf(t, d, none), 1);
    check_scatter(wg_transpose(x), index_leaf(t, as, WG_SHAPE(5, 4, 2), 3),
                  wg_slice(probe_leaf(t, d, WG_SHAPE(5, 4, 4)), 2, WG_OMIT, WG_OMIT, -2), 2);
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(one_hot_values) {
    wg_tape *t = wg_tape_new();
    double labels[] = {2, 0, 1, 1}, rows[] = {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0};
    wg_var i = wg_const(t, WG_F64, WG_SHAPE(2, 2), labels);
    wg_var y = wg_one_hot(wg_cast(i, dtypes[_i % 3]), 3, dtypes[_i / 3]);
    probe_shape(y, WG_SHAPE(2, 2, 3));
    ck_assert_int_eq(wg_dtype_of(y), dtypes[_i / 3]);
    probe_equal(y, 12, rows);
    probe_equal(wg_one_hot(wg_number(t, 1), 3, WG_F64), 3, rows + 6);
    probe_shape(wg_one_hot(wg_slice(i, 0, 0, 0, 1), 0, WG_F32), WG_SHAPE(0, 2, 0));
    wg_tape_free(t);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

START_TEST(index_errors) {
    wg_tape *t = wg_tape_new();
    double at[] = {0, 1, 5, 0, -1, 0};
    wg_shape s = WG_SHAPE(2, 3);
#define X wg_const(t, WG_F64, s, NULL)
#define I(shape) wg_const(t, WG_F64, shape, at)
    probe_fails(wg_gather(X, I(WG_SHAPE(1, 3)), 0), WG_ERR_RANGE,
                "gather: index: element (0, 2) is 5, outside [0, 2)");
    probe_fails(wg_scatter_add(X, I(s), X, 1), WG_ERR_RANGE,
                "scatter_add: index: element (0, 2) is 5, outside [0, 3)");
    at[2] = 1;
    probe_fails(wg_gather(X, I(s), 0), WG_ERR_RANGE, "element (1, 1) is -1, outside [0, 2)");
    probe_fails(wg_one_hot(I(WG_SHAPE(6)), 2, WG_F64), WG_ERR_RANGE,
                "one_hot: index: element 4 is -1, outside [0, 2)");
    probe_fails(wg_one_hot(wg_number(t, 7), 7, WG_F64), WG_ERR_RANGE, "the value is 7");
    probe_fails(wg_gather(X, I(WG_SHAPE(3)), 0), WG_ERR_SHAPE,
                "gather: index (3) does not go with x (2, 3) along axis 0");
    probe_fails(wg_gather(X, I(WG_SHAPE(1, 4)), 0), WG_ERR_SHAPE, "index (1, 4)");
    probe_fails(wg_gather(X, I(s), 2), WG_ERR_RANGE, "gather: axis 2 of a value of rank 2");
    probe_fails(wg_scatter_add(X, I(s), I(WG_SHAPE(3, 2)), 0), WG_ERR_SHAPE,
                "scatter_add: src (3, 2) has another shape than index (2, 3)");
    probe_fails(wg_one_hot(I(s), -1, WG_F64), WG_ERR_RANGE, "classes is -1");
    probe_fails(wg_one_hot(I(s), 3, WG_I64), WG_ERR_DTYPE, "dtype is 2; 0 is float32");
    probe_fails(wg_one_hot(I(WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1)), 3, WG_F64), WG_ERR_SHAPE, "rank 8");
#undef X
#undef I
    wg_tape_free(t);
}
END_TEST

/* Calls the converter as the choke point does, for a gate "softmax_loss" and its labels. */
static wg_var labels(wg_tape *t, wg_dtype from, wg_dtype to, wg_shape s, const double *data) {
    wg_var x = wg_const(t, WG_F64, s, data);
    return wgi_whole(from == WG_F64 ? x : wg_cast(x, from), to, "softmax_loss", "labels");
}

START_TEST(whole_values) {
    wg_tape *t = wg_tape_new();
    double whole[] = {-3, 0, 7, 1048576}, mask[] = {0, 1, 1, 0};
    for (int from = 0; from < 3; ++from) {
        wg_var y = labels(t, dtypes[from], WG_I64, WG_SHAPE(4), whole);
        ck_assert_int_eq(wg_dtype_of(y), WG_I64);
        probe_equal(y, 4, whole);
    }
    for (int from = 0; from < 4; ++from) {
        wg_var y = labels(t, dtypes[from], WG_BOOL, WG_SHAPE(2, 2), mask);
        ck_assert_int_eq(wg_dtype_of(y), WG_BOOL);
        probe_equal(y, 4, mask);
        probe_equal(wg_transpose(wgi_whole(wg_transpose(y), WG_I64, "g", "x")), 4, mask);
    }
    probe_shape(labels(t, WG_F64, WG_I64, WG_SHAPE(0, 2), NULL), WG_SHAPE(0, 2));
    double least = -9223372036854775808.0, zero = 0;
    probe_equal(labels(t, WG_F64, WG_I64, WG_RANK0, &least), 1, &least);
    probe_equal(wgi_whole(wg_number(t, zero), WG_BOOL, "g", "x"), 1, &zero);
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(whole_errors) {
    wg_tape *t = wg_tape_new();
    double x[] = {0, 1, 2, 1.5, 0, 0}, nan[] = {0, NAN}, big[] = {1, 1e19}, mask[] = {1, 0, 2};
    probe_fails(labels(t, WG_F64, WG_I64, WG_SHAPE(6), x), WG_ERR_VALUE,
                "softmax_loss: labels: element 3 is 1.5, not whole");
    probe_fails(labels(t, WG_F32, WG_I64, WG_SHAPE(2, 3), x), WG_ERR_VALUE,
                "softmax_loss: labels: element (1, 0) is 1.5, not whole");
    probe_fails(labels(t, WG_F64, WG_I64, WG_SHAPE(2), nan), WG_ERR_VALUE,
                "softmax_loss: labels: element 1 is nan, not a whole number");
    probe_fails(labels(t, WG_F64, WG_I64, WG_SHAPE(2), big), WG_ERR_VALUE, "int64 cannot hold");
    for (int from = 0; from < 3; ++from)
        probe_fails(labels(t, dtypes[from], WG_BOOL, WG_SHAPE(3), mask), WG_ERR_VALUE,
                    "softmax_loss: labels: element 2 is 2, a mask is 0 or 1");
    probe_fails(labels(t, WG_F64, WG_BOOL, WG_SHAPE(2), nan), WG_ERR_VALUE, "element 1 is nan");
    probe_fails(labels(t, WG_F64, WG_I64, WG_RANK0, x + 3), WG_ERR_VALUE, "the value is 1.5");
    probe_fails(wg_one_hot(wg_const(t, WG_F64, WG_SHAPE(6), x), 3, WG_F64), WG_ERR_VALUE,
                "one_hot: index: element 3 is 1.5, not whole");
    wg_tape_free(t);
}
END_TEST

/* A label that stops being whole is noticed when the tape is replayed. */
START_TEST(whole_replays) {
    wg_tape *t = wg_tape_new();
    double good[] = {0, 1}, better[] = {1, 0}, bad[] = {0, 0.5}, hot[] = {0, 1, 1, 0};
    wg_var i = wg_const(t, WG_F64, WG_SHAPE(2), good), y = wg_one_hot(i, 2, WG_F64);
    ck_assert_int_eq(wg_set(i, better, sizeof better), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_OK);
    probe_equal(y, 4, hot);
    ck_assert_int_eq(wg_set(i, bad, sizeof bad), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_ERR_VALUE);
    ck_assert_str_eq(wg_tape_message(t), "one_hot: index: element 1 is 0.5, not whole");
    wg_tape_free(t);
}
END_TEST

/* ---- derivatives ---------------------------------------------------------------------------- */

static wg_var picks(const wg_var *x) {
    static const int64_t at[] = {2, 0, 2, 1, 2, 2, 0, 1};
    wg_var i = wg_const(x[0].tape, WG_I64, WG_SHAPE(2, 4), at);
    return wg_square(wg_gather(x[0], i, 0));
}
static wg_var picks_of_a_view(const wg_var *x) {
    static const int64_t at[] = {2, 0, 2, 1, 2, 2};
    wg_var i = wg_const(x[0].tape, WG_I64, WG_SHAPE(3, 2), at);
    wg_var y = wg_transpose(wg_slice(x[0], 1, 0, 2, 1));
    return wg_mul(wg_gather(y, wg_transpose(i), -1), wg_exp(y));
}
static wg_var adds(const wg_var *x) {
    static const double at[] = {2, 2, 0, 1, 2, 2, 0, 1};
    wg_var i = wg_const(x[0].tape, WG_F64, WG_SHAPE(2, 4), at);
    return wg_square(wg_scatter_add(wg_square(x[0]), i, x[1], 0));
}
static wg_var adds_along_the_last(const wg_var *x) {
    static const int64_t at[] = {3, 3, 3, 0, 1, 3, 2, 2};
    wg_var i = wg_const(x[0].tape, WG_I64, WG_SHAPE(2, 4), at);
    return wg_square(wg_scatter_add(x[0], i, wg_mul(x[1], x[1]), 1));
}
static wg_var times_one_hot(const wg_var *x) {
    static const double at[] = {3, 0, 1};
    wg_var i = wg_const(x[0].tape, WG_F64, WG_SHAPE(3), at);
    return wg_square(wg_mul(wg_one_hot(i, 4, WG_F64), x[0]));
}

START_TEST(derivatives) {
    static probe_build *const builds[] = {picks, picks_of_a_view, adds, adds_along_the_last,
                                          times_one_hot};
    const wg_shape shapes[] = {WG_SHAPE(3, 4), WG_SHAPE(2, 4)};
    probe_gradients(builds[_i], 2, shapes, -2, 2);
}
END_TEST

/* Labels get no gradient, though they were given as floats that want one. */
START_TEST(labels_are_flat) {
    wg_tape *t = wg_tape_new();
    double data[] = {1, 2, 3}, at[] = {2, 2}, dx[] = {0, 0, 2}, di[] = {0, 0};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), data), i = wg_input(t, WG_F64, WG_SHAPE(2), at);
    ck_assert_int_eq(wg_backward(wg_sum(wg_gather(x, i, 0))), WG_OK);
    probe_equal(wg_grad(x), 3, dx);
    probe_equal(wg_grad(i), 2, di);
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_index(void);
Suite *suite_index(void) {
    Suite *s = suite_create("index");
    TCase *c = tcase_create("values");
    tcase_add_loop_test(c, gather_values, 0, 4);
    tcase_add_loop_test(c, scatter_add_values, 0, 2);
    tcase_add_loop_test(c, one_hot_values, 0, 6);
    tcase_add_test(c, whole_values);
    suite_add_tcase(s, c);
    c = tcase_create("errors");
    tcase_add_test(c, index_errors);
    tcase_add_test(c, whole_errors);
    tcase_add_test(c, whole_replays);
    suite_add_tcase(s, c);
    c = tcase_create("derivatives");
    tcase_add_loop_test(c, derivatives, 0, 5);
    tcase_add_test(c, labels_are_flat);
    suite_add_tcase(s, c);
    return s;
}
