/* test_reduce.c: sum, mean, max, min, moments, argmax: naive loops on whole numbers, exact in every
 * order of summation; views, any axes; ties, NaN, empty; threads; memory; derivatives. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include "autograd/program.h"

#include <math.h>
#include <stdlib.h>

/* ---- naive ---------------------------------------------------------------------------------- */

typedef struct naive {
    int64_t outputs, count;
    double sum[PROBE_MAX], max[PROBE_MAX], min[PROBE_MAX], squares[PROBE_MAX];
} naive;

/* The output that element i of the shape belongs to, reduced over the axes of the mask. */
static int64_t output_of(wg_shape s, unsigned mask, int64_t i) {
    int64_t at = 0, stride = 1;
    for (int axis = s.rank - 1; axis >= 0; --axis) {
        int64_t k = i % s.dim[axis];
        i /= s.dim[axis];
        if (mask >> axis & 1) continue;
        at += k * stride;
        stride *= s.dim[axis];
    }
    return at;
}

static void reduce_naively(wg_shape s, unsigned mask, const double *x, naive *r) {
    int64_t size = wg_shape_size(s);
    r->outputs = 1;
    for (int axis = 0; axis < s.rank; ++axis) r->outputs *= mask >> axis & 1 ? 1 : s.dim[axis];
    r->count = r->outputs ? size / r->outputs : 0;
    for (int64_t k = 0; k < r->outputs; ++k) {
        r->sum[k] = r->squares[k] = 0;
        r->max[k] = -(double)INFINITY;
        r->min[k] = (double)INFINITY;
    }
    for (int64_t i = 0; i < size; ++i) {
        int64_t k = output_of(s, mask, i);
        r->sum[k] += x[i];
        r->squares[k] += x[i] * x[i];
        if (x[i] > r->max[k]) r->max[k] = x[i];
        if (x[i] < r->min[k]) r->min[k] = x[i];
    }
}

static wg_axes axes_of(unsigned mask, int rank) {
    wg_axes a = {0, {0}};
    for (int axis = rank - 1; axis >= 0; --axis)
        if (mask >> axis & 1) {
            a.axis[a.n] = a.n % 2 ? axis : axis - rank;
            ++a.n;
        }
    return a;
}

/* Holds every reduction of x over the axes of the mask against the naive one. */
static void check_reductions(wg_var x, unsigned mask) {
    static naive r;
    static double data[PROBE_MAX], out[2 * PROBE_MAX];
    wg_shape s = wg_shape_of(x), kept = s;
    probe_read(x, wg_shape_size(s), data);
    reduce_naively(s, mask, data, &r);
    wg_axes axes = axes_of(mask, s.rank);
    for (int axis = 0; axis < s.rank; ++axis)
        if (mask >> axis & 1) kept.dim[axis] = 1;
    for (int keep = 0; keep < 2; ++keep) {
        wg_var sum = wg_sum_over(x, axes, keep);
        if (keep) probe_shape(sum, kept);
        ck_assert_int_eq(wg_dtype_of(sum), wg_dtype_of(x));
        probe_equal(sum, r.outputs, r.sum);
        probe_equal(wg_max_over(x, axes, keep), r.outputs, r.max);
        probe_equal(wg_min_over(x, axes, keep), r.outputs, r.min);
        probe_read(wg_mean_over(x, axes, keep), r.outputs, out);
        for (int64_t k = 0; k < r.outputs; ++k)
            check_near(out[k], r.sum[k] / (double)r.count, 1e-6);
    }
    probe_equal(wg_sum_to(x, kept), r.outputs, r.sum);
    probe_read(wg_moments(x, axes), 2 * r.outputs, out);
    for (int64_t k = 0; k < r.outputs; ++k) {
        double mean = r.sum[k] / (double)r.count;
        check_near(out[k], mean, 1e-6);
        check_near(out[r.outputs + k], r.squares[k] / (double)r.count - mean * mean, 1e-5);
    }
}

static void check_all_axes(wg_var x) {
    int rank = wg_shape_of(x).rank;
    for (unsigned mask = 1; mask < 1u << rank; ++mask) check_reductions(x, mask);
    if (rank == 0) check_reductions(x, 0);
}

/* ---- values --------------------------------------------------------------------------------- */

START_TEST(dense_any_axes) {
    static const wg_shape shapes[] = {{0, {0}}, {1, {1}}, {1, {300}}, {2, {7, 5}}, {2, {1, 9}},
                                      {3, {3, 40, 5}}, {4, {2, 3, 1, 17}}, {3, {2, 3, 300}},
                                      {8, {2, 1, 2, 3, 1, 2, 2, 2}}};
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        check_all_axes(probe_leaf(t, _i ? WG_F64 : WG_F32, shapes[i]));
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(views_any_axes) {
    wg_tape *t = wg_tape_new();
    wg_var x = probe_leaf(t, _i ? WG_F64 : WG_F32, WG_SHAPE(4, 6, 5));
    check_all_axes(wg_transpose(x));
    check_all_axes(wg_permute(x, WG_AXES(1, 0, 2)));
    check_all_axes(wg_slice(x, 1, 1, WG_OMIT, 2));
    check_all_axes(wg_slice(x, 2, WG_OMIT, WG_OMIT, -1));
    check_all_axes(wg_transpose(wg_slice(wg_transpose(x), 0, 4, 0, -2)));
    check_all_axes(wg_broadcast_to(wg_slice(x, 0, 1, 2, 1), WG_SHAPE(2, 3, 6, 5)));
    check_all_axes(wg_broadcast_to(wg_slice(x, 2, 1, 2, 1), WG_SHAPE(4, 6, 7)));
    ck_assert_str_eq(wg_tape_message(t), "");
    wg_tape_free(t);
}
END_TEST

START_TEST(all_axes_at_once) {
    wg_tape *t = wg_tape_new();
    wg_var x = probe_leaf(t, WG_F64, WG_SHAPE(3, 4));
    double data[12], sum = 0;
    probe_read(x, 12, data);
    for (int i = 0; i < 12; ++i) sum += data[i];
    probe_shape(wg_sum(x), WG_RANK0);
    ck_assert_double_eq(wg_item(wg_sum(x)), sum);
    check_near(wg_item(wg_mean(x)), sum / 12, 1e-14);
    wg_axes all = {0, {0}};
    probe_shape(wg_sum_over(x, all, 1), WG_SHAPE(1, 1));
    ck_assert_double_eq(wg_item(wg_max(x)), wg_item(wg_max_over(x, WG_AXES(0, 1), 0)));
    ck_assert_double_eq(wg_item(wg_min(x)), wg_item(wg_neg(wg_max(wg_neg(x)))));
    wg_tape_free(t);
}
END_TEST

START_TEST(empty) {
    wg_tape *t = wg_tape_new();
    double zeros[3] = {0, 0, 0}, nans[6] = {NAN, NAN, NAN, NAN, NAN, NAN};
    wg_var x = wg_const(t, WG_F64, WG_SHAPE(0, 3), NULL);
    probe_equal(wg_sum(x), 1, zeros);
    probe_equal(wg_sum_over(x, WG_AXES(0), 0), 3, zeros);
    probe_equal(wg_mean_over(x, WG_AXES(0), 0), 3, nans);
    probe_equal(wg_moments(x, WG_AXES(0)), 6, nans);
    probe_shape(wg_max_over(x, WG_AXES(1), 0), WG_SHAPE(0)); /* no outputs: no winner is missing */
    probe_shape(wg_argmax(x, 1), WG_SHAPE(0));
    probe_fails(wg_max_over(x, WG_AXES(0), 0), WG_ERR_VALUE, "max: of no elements");
    x = wg_const(t, WG_F64, WG_SHAPE(0, 3), NULL);
    probe_fails(wg_min(x), WG_ERR_VALUE, "min: of no elements: the shape is (0, 3)");
    x = wg_const(t, WG_F64, WG_SHAPE(0, 3), NULL);
    probe_fails(wg_argmax(x, 0), WG_ERR_VALUE, "argmax: axis 0 has no elements");
    wg_tape_free(t);
}
END_TEST

START_TEST(bad_axes) {
    wg_tape *t = wg_tape_new();
    wg_shape s = WG_SHAPE(2, 3);
    wg_axes many = {9, {0}};
    probe_fails(wg_sum_over(wg_const(t, WG_F64, s, NULL), WG_AXES(0, -2), 0), WG_ERR_RANGE,
                "sum: axis -2 is given twice");
    probe_fails(wg_mean_over(wg_const(t, WG_F64, s, NULL), WG_AXES(2), 0), WG_ERR_RANGE,
                "mean: axis 2 of a value of rank 2");
    probe_fails(wg_max_over(wg_const(t, WG_F64, s, NULL), WG_AXES(-3), 0), WG_ERR_RANGE,
                "max: axis -3 of a value of rank 2");
    probe_fails(wg_min_over(wg_const(t, WG_F64, s, NULL), many, 0), WG_ERR_RANGE, "min: 9 axes");
    probe_fails(wg_moments(wg_const(t, WG_F64, s, NULL), WG_AXES(5)), WG_ERR_RANGE, "axis 5");
    probe_fails(wg_argmax(wg_const(t, WG_F64, WG_RANK0, NULL), 0), WG_ERR_RANGE,
                "argmax: axis 0 of a value of rank 0");
    probe_fails(wg_sum(wg_const(t, WG_I64, s, NULL)), WG_ERR_DTYPE, "not defined for int64");
    wg_tape_free(t);
}
END_TEST

START_TEST(nan_flows) {
    wg_tape *t = wg_tape_new();
    for (int place = 0; place < 40; place += 13) {
        float data[40] = {0};
        data[place] = NAN;
        data[(place + 1) % 40] = INFINITY;
        wg_var x = wg_const(t, WG_F32, WG_SHAPE(40), data);
        ck_assert(isnan(wg_item(wg_sum(x))));
        ck_assert(isnan(wg_item(wg_max(x))));
        ck_assert(isnan(wg_item(wg_min(x))));
        ck_assert_double_eq(wg_item(wg_argmax(x, 0)), place);
        double row[4];
        probe_read(wg_max_over(wg_reshape(x, WG_SHAPE(10, 4)), WG_AXES(0), 0), 4, row);
        for (int k = 0; k < 4; ++k) ck_assert_int_eq(isnan(row[k]) != 0, k == place % 4);
    }
    wg_tape_free(t);
}
END_TEST

START_TEST(argmax_takes_the_first) {
    wg_tape *t = wg_tape_new();
    double data[] = {1, 5, 5, 2, 7, 7, 7, 0, -1, -1, -3, -1}, by_row[] = {1, 0, 0},
           by_column[] = {1, 1, 1, 0};
    wg_var x = wg_const(t, WG_F64, WG_SHAPE(3, 4), data);
    ck_assert_int_eq(wg_dtype_of(wg_argmax(x, 1)), WG_I64);
    probe_equal(wg_argmax(x, -1), 3, by_row);
    data[3] = 2;
    probe_equal(wg_argmax(x, 0), 4, by_column);
    probe_equal(wg_argmax(wg_transpose(x), 0), 3, by_row);
    float nan_row[] = {3, NAN, 9, NAN};
    ck_assert_double_eq(wg_item(wg_argmax(wg_const(t, WG_F32, WG_SHAPE(4), nan_row), 0)), 1);
    wg_tape_free(t);
}
END_TEST

/* ---- accuracy and threads ------------------------------------------------------------------- */

START_TEST(float32_sums_are_good) {
    enum { N = 1 << 20 };
    wg_tape *t = wg_tape_new();
    float *data = malloc(N * sizeof *data);
    double exact = 0, columns[4] = {0, 0, 0, 0}, have[4];
    for (int i = 0; i < N; ++i) {
        data[i] = 1000 + (float)probe_random();
        exact += (double)data[i]; /* exact to 2^-53 N: nothing against float32 */
        columns[i % 4] += (double)data[i];
    }
    wg_var x = wg_const(t, WG_F32, WG_SHAPE(N), data);
    check_near(wg_item(wg_sum(x)), exact, 1.2e-7 * exact);
    probe_read(wg_sum_over(wg_reshape(x, WG_SHAPE(-1, 4)), WG_AXES(0), 0), 4, have);
    for (int k = 0; k < 4; ++k) check_near(have[k], columns[k], 1.2e-7 * columns[k]);
    double variance = 0, two[2];
    for (int i = 0; i < N; ++i) {
        double d = (double)data[i] - exact / N;
        variance += d * d / N;
    }
    probe_read(wg_moments(x, WG_AXES(0)), 2, two);
    check_near(two[1], variance, 1e-5 * variance);
    free(data);
    wg_tape_free(t);
}
END_TEST

/* All reductions of one float32 array, as bytes. */
static size_t reduce_bytes(wg_tape *t, wg_shape s, const void *data, unsigned mask, char *out) {
    wg_var x = wg_const(t, WG_F32, s, data);
    wg_axes a = axes_of(mask, s.rank);
    wg_var y[4] = {wg_sum_over(x, a, 0), wg_mean_over(x, a, 0), wg_max_over(x, a, 0),
                   wg_moments(x, a)};
    size_t used = 0;
    for (int i = 0; i < 4; ++i) {
        size_t bytes = (size_t)wg_shape_size(wg_shape_of(y[i])) * sizeof(float);
        ck_assert_int_eq(wg_read(y[i], out + used, bytes), WG_OK);
        used += bytes;
    }
    return used;
}

START_TEST(same_bits_for_any_threads) {
    enum { N = 210000 };
    static const wg_shape shapes[] = {{1, {N}}, {2, {70000, 3}}, {2, {3, 70000}},
                                      {3, {100, 300, 7}}, {2, {300, 700}}};
    static float data[N];
    static char one[4 * 5 * N], many[4 * 5 * N];
    wg_tape *t = wg_tape_new();
    for (int i = 0; i < N; ++i) data[i] = (float)(probe_random() - 0.3);
    int threads = wg_threads();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (unsigned mask = 1; mask < 1u << shapes[i].rank; ++mask) {
            use_threads(1);
            size_t bytes = reduce_bytes(t, shapes[i], data, mask, one);
            use_threads(3);
            ck_assert_uint_eq(reduce_bytes(t, shapes[i], data, mask, many), bytes);
            ck_assert_mem_eq(one, many, bytes);
            wg_tape_rewind(t);
        }
    use_threads(threads);
    wg_tape_free(t);
}
END_TEST

/* ---- derivatives ---------------------------------------------------------------------------- */

static wg_var sum_cubes(const wg_var *x) {
    return wg_sum_over(wg_mul(x[0], wg_square(x[0])), WG_AXES(0, 2), 0);
}
static wg_var square_mean(const wg_var *x) { return wg_square(wg_mean_over(x[0], WG_AXES(1), 1)); }
static wg_var square_max(const wg_var *x) { return wg_square(wg_max_over(x[0], WG_AXES(1), 0)); }
static wg_var square_min(const wg_var *x) { return wg_square(wg_min_over(x[0], WG_AXES(0, 2), 1)); }
static wg_var all_together(const wg_var *x) {
    return wg_add(wg_mul(wg_max(x[0]), wg_sum(x[0])), wg_mul(wg_min(x[0]), wg_mean(x[0])));
}
static wg_var square_moments(const wg_var *x) {
    return wg_square(wg_moments(x[0], WG_AXES(0, 1)));
}
static wg_var moments_of_a_view(const wg_var *x) {
    return wg_exp(wg_moments(wg_transpose(x[0]), WG_AXES(-1)));
}
static wg_var sum_to_columns(const wg_var *x) {
    return wg_square(wg_sum_to(wg_square(x[0]), WG_SHAPE(3, 1)));
}

START_TEST(derivatives) {
    static probe_build *const builds[] = {
        sum_cubes,    square_mean,    square_max,        square_min,
        all_together, square_moments, moments_of_a_view, sum_to_columns};
    wg_shape s = WG_SHAPE(2, 3, 2);
    probe_gradients(builds[_i], 1, &s, -2, 2);
}
END_TEST

START_TEST(ties_share_the_gradient) {
    wg_tape *t = wg_tape_new();
    double data[] = {3, 1, 3, 3, 0, 2}, weight[] = {4, 8}, at_max[] = {2, 0, 2, 8, 0, 0},
           at_min[] = {0, 1, 0, 0, 1, 0};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), data);
    wg_var c = wg_const(t, WG_F64, WG_SHAPE(2), weight);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(wg_max_over(x, WG_AXES(1), 0), c))), WG_OK);
    probe_equal(wg_grad(x), 6, at_max);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_min_over(x, WG_AXES(1), 0))), WG_OK);
    probe_equal(wg_grad(x), 6, at_min);
    double equal[] = {5, 5, 5, 5}, quarter[] = {0.25, 0.25, 0.25, 0.25};
    x = wg_input(t, WG_F64, WG_SHAPE(2, 2), equal);
    ck_assert_int_eq(wg_backward(wg_max(x)), WG_OK);
    probe_equal(wg_grad(x), 4, quarter);
    wg_tape_free(t);
}
END_TEST

START_TEST(nan_takes_the_gradient_of_max) {
    wg_tape *t = wg_tape_new();
    double data[] = {3, NAN, 4}, expected[] = {0, 1, 0};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), data);
    ck_assert_int_eq(wg_backward(wg_max(x)), WG_OK);
    probe_equal(wg_grad(x), 3, expected);
    wg_tape_free(t);
}
END_TEST

START_TEST(empty_has_an_empty_gradient) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(0, 3), NULL), g;
    ck_assert_int_eq(wg_backward(wg_sum(x)), WG_OK);
    probe_shape(wg_grad(x), WG_SHAPE(0, 3));
    wg_var y = wg_sum(wg_mean_over(x, WG_AXES(0), 0));
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK);
    probe_shape(g, WG_SHAPE(0, 3));
    wg_tape_free(t);
}
END_TEST

/* The signature of max, min or argmax (0, 1, 2) of three numbers. */
static uint64_t sign_of(int which, const double *data) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_const(t, WG_F64, WG_SHAPE(3), data);
    wg_var y = which == 0 ? wg_max(x) : which == 1 ? wg_min(x) : wg_argmax(x, 0);
    wg_error e = {WG_OK, ""};
    uint64_t hash = 0;
    wgi_program *p = wgi_program_new(y, 0, &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    ck_assert_int_eq(wgi_program_signature(p, &hash, &e), WG_OK);
    wgi_program_free(p);
    wg_tape_free(t);
    return hash;
}

START_TEST(signatures_tell_winners_apart) {
    double a[] = {1, 2, 3}, near_a[] = {1.5, 2.5, 3.5}, b[] = {3, 2, 1}, tie[] = {3, 2, 3},
           low_tie[] = {1, 2, 1};
    ck_assert(sign_of(_i, a) == sign_of(_i, near_a));
    ck_assert(sign_of(_i, a) != sign_of(_i, b));
    const double *t = _i == 1 ? low_tie : tie;
    ck_assert(sign_of(_i, a) != sign_of(_i, t));
    ck_assert(sign_of(_i, b) != sign_of(_i, t));
}
END_TEST

extern Suite *suite_reduce(void);
Suite *suite_reduce(void) {
    Suite *s = suite_create("reduce");
    TCase *c = tcase_create("values");
    tcase_add_loop_test(c, dense_any_axes, 0, 2);
    tcase_add_loop_test(c, views_any_axes, 0, 2);
    tcase_add_test(c, all_axes_at_once);
    tcase_add_test(c, empty);
    tcase_add_test(c, bad_axes);
    tcase_add_test(c, nan_flows);
    tcase_add_test(c, argmax_takes_the_first);
    tcase_add_test(c, float32_sums_are_good);
    tcase_add_test(c, same_bits_for_any_threads);
    suite_add_tcase(s, c);
    c = tcase_create("derivatives");
    tcase_add_loop_test(c, derivatives, 0, 8);
    tcase_add_test(c, ties_share_the_gradient);
    tcase_add_test(c, nan_takes_the_gradient_of_max);
    tcase_add_test(c, empty_has_an_empty_gradient);
    tcase_add_loop_test(c, signatures_tell_winners_apart, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
