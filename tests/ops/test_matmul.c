/* test_matmul.c: products against the sum that defines them, in every layout; errors. */
#include "tests/oom.h"
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_ops_matmul(void);
extern const wg_gate wg_gate_matmul;

/* Numbers without pattern, in (-1, 1). */
static double number(int64_t i) { return sin(12.9898 * (double)(i + 1)) * 0.9; }

static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape s, int64_t seed) {
    double d[4096];
    float f[4096];
    int64_t n = wg_shape_size(s);
    ck_assert_int_le(n, 4096);
    for (int64_t i = 0; i < n; ++i) f[i] = (float)(d[i] = (double)(float)number(i + seed));
    return wg_input(t, dtype, s, dtype == WG_F32 ? (const void *)f : (const void *)d);
}

/* All elements as doubles. */
static void numbers(wg_var v, double *x) {
    int64_t n = wg_shape_size(wg_shape_of(v));
    if (wg_dtype_of(v) == WG_F64) {
        ck_assert_int_eq(wg_read(v, x, (size_t)n * sizeof *x), WG_OK);
        return;
    }
    float f[4096];
    ck_assert_int_le(n, 4096);
    ck_assert_int_eq(wg_read(v, f, (size_t)n * sizeof *f), WG_OK);
    for (int64_t i = 0; i < n; ++i) x[i] = (double)f[i];
}

/* Asserts x y = the sums, x (b, n, k) and y (b, k, m), either without its batch axis. */
static void check_product(wg_var x, wg_var y) {
    static double a[4096], b[4096], v[4096];
    wg_shape sx = wg_shape_of(x), sy = wg_shape_of(y);
    wg_var z = wg_matmul(x, y);
    ck_assert_msg(z.index != 0, "%s", wg_tape_message(x.tape));
    wg_shape sz = wg_shape_of(z);
    int64_t n = sx.dim[sx.rank - 2], k = sx.dim[sx.rank - 1], m = sy.dim[sy.rank - 1];
    int64_t batch = sz.rank == 3 ? sz.dim[0] : 1;
    ck_assert_int_eq(sz.dim[sz.rank - 2], n);
    ck_assert_int_eq(sz.dim[sz.rank - 1], m);
    numbers(x, a), numbers(y, b), numbers(z, v);
    for (int64_t i = 0; i < batch * n * m; ++i) {
        int64_t at = i / (n * m), r = i / m % n, c = i % m;
        const double *xa = a + (sx.rank == 3 && sx.dim[0] > 1 ? at * n * k : 0);
        const double *yb = b + (sy.rank == 3 && sy.dim[0] > 1 ? at * k * m : 0);
        double sum = 0;
        for (int64_t j = 0; j < k; ++j) sum += xa[r * k + j] * yb[j * m + c];
        check_near(v[i], sum, wg_dtype_of(x) == WG_F32 ? 2e-5 : 1e-13);
    }
}

static const wg_dtype floats[] = {WG_F32, WG_F64};

START_TEST(test_layouts) {
    static const int64_t sizes[][3] = {{1, 1, 1}, {2, 3, 4},  {5, 1, 3},   {1, 7, 1},
                                       {4, 9, 1}, {1, 3, 17}, {33, 20, 9}, {16, 40, 48}};
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        int64_t n = sizes[i][0], k = sizes[i][1], m = sizes[i][2];
        wg_var x = leaf(t, floats[_i], WG_SHAPE(n, k), 1);
        wg_var y = leaf(t, floats[_i], WG_SHAPE(k, m), 2);
        wg_var xt = wg_transpose(leaf(t, floats[_i], WG_SHAPE(k, n), 3));
        wg_var yt = wg_transpose(leaf(t, floats[_i], WG_SHAPE(m, k), 4));
        check_product(x, y);
        check_product(xt, y);
        check_product(x, yt);
        check_product(xt, yt);
        wg_tape_rewind(t);
    }
    wg_tape_free(t);
}
END_TEST

/* Rows further apart than their length, rows backwards, every second column, repeated rows. */
START_TEST(test_strides) {
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, floats[_i], WG_SHAPE(6, 10), 1), y = leaf(t, floats[_i], WG_SHAPE(5, 7), 2);
    wg_var wide = wg_slice(x, 1, 2, 7, 1), turned = wg_slice(wide, 0, -1, -7, -1);
    check_product(wide, y);
    check_product(turned, y);
    check_product(wg_slice(x, 1, 0, 10, 2), y);
    check_product(wg_broadcast_to(wg_slice(wide, 0, 0, 1, 1), WG_SHAPE(3, 5)), y);
    check_product(wg_transpose(y), wg_transpose(turned));
    wg_tape_free(t);
}
END_TEST

/* Transposed and sliced operands are read where they lie: no memory beyond what the product of
 * dense ones took. */
START_TEST(test_no_copies) {
    enum { N = 600 };
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(N, N), NULL);
    wg_var y = wg_input(t, WG_F32, WG_SHAPE(N, N), NULL);
    wg_var tall = wg_input(t, WG_F32, WG_SHAPE(N, 2 * N), NULL);
    wg_var left[] = {x, wg_transpose(x), wg_slice(tall, 1, N, 2 * N, 1)};
    wg_var right[] = {y, wg_transpose(y)}, columns = wg_slice(tall, 1, 0, 2 * N, 2);
    wg_mark mark = wg_tape_mark(t);
    wg_matmul(x, y);
    wg_tape_release(t, mark);
    count_allocations();
    for (int i = 0; i < 6; ++i) {
        ck_assert(wg_matmul(left[i % 3], right[i % 2]).index != 0);
        wg_tape_release(t, mark);
    }
    ck_assert_int_eq(allocations_counted(), 0);
    wg_matmul(columns, y); /* every second column: must be packed */
    ck_assert_int_gt(allocations_counted(), 0);
    wg_set_allocator(NULL);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_batches) {
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, floats[_i], WG_SHAPE(3, 4, 5), 1);
    wg_var y = leaf(t, floats[_i], WG_SHAPE(3, 5, 2), 2);
    wg_var turned = wg_permute(leaf(t, floats[_i], WG_SHAPE(3, 2, 5), 7), WG_AXES(0, 2, 1));
    wg_var m = leaf(t, floats[_i], WG_SHAPE(5, 2), 3), n = leaf(t, floats[_i], WG_SHAPE(4, 5), 4);
    wg_var row = leaf(t, floats[_i], WG_SHAPE(3, 1, 5), 5), one = wg_reshape(m, WG_SHAPE(1, 5, 2));
    check_product(x, y);
    check_product(x, m);
    check_product(n, y);
    check_product(row, m);
    check_product(x, one);
    check_product(wg_slice(x, 0, -1, -4, -1), y);
    check_product(wg_permute(leaf(t, floats[_i], WG_SHAPE(4, 3, 5), 6), WG_AXES(1, 0, 2)), y);
    check_product(x, turned);
    wg_var deep = wg_matmul(leaf(t, floats[_i], WG_SHAPE(2, 1, 2, 3), 8),
                            leaf(t, floats[_i], WG_SHAPE(4, 3, 1), 9));
    ck_assert_int_eq(wg_shape_of(deep).rank, 4);
    ck_assert_int_eq(wg_shape_size(wg_shape_of(deep)), 2 * 4 * 2);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_vectors) {
    static const double a[] = {1, 2, 3}, b[] = {4, -5, 6}, m[] = {1, 0, 2, -1, 0, 3};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), a), y = wg_input(t, WG_F64, WG_SHAPE(3), b);
    wg_var w = wg_input(t, WG_F64, WG_SHAPE(3, 2), m);
    double v[2];
    wg_var inner = wg_matmul(x, y);
    ck_assert_int_eq(wg_shape_of(inner).rank, 0);
    check_near(wg_item(inner), 12, 0);
    ck_assert_int_eq(wg_read(wg_matmul(x, w), v, sizeof v), WG_OK);
    check_near(v[0], 1 * 1 + 2 * 2 + 3 * 0, 0);
    check_near(v[1], 1 * 0 + 2 * -1 + 3 * 3, 0);
    ck_assert_int_eq(wg_read(wg_matmul(wg_transpose(w), y), v, sizeof v), WG_OK);
    check_near(v[0], 4 - 10, 0);
    check_near(v[1], 5 + 18, 0);
    check_near(wg_item(wg_matmul(wg_slice(x, 0, -1, -4, -1), y)), 3 * 4 - 2 * 5 + 6, 0);
    wg_tape_free(t);
}
END_TEST

/* sum((W x)^2) at the figures that the manual shows. */
START_TEST(test_figure) {
    static const double m[] = {0.1, 0.5, -0.3, 0.8}, v[] = {0.2, 0.4};
    static const double dm[] = {0.088, 0.176, 0.104, 0.208}, dv[] = {-0.112, 0.636};
    wg_tape *t = wg_tape_new();
    wg_var w = wg_input(t, WG_F64, WG_SHAPE(2, 2), m), x = wg_input(t, WG_F64, WG_SHAPE(2), v);
    wg_var y = wg_sum(wg_square(wg_matmul(w, x)));
    double dw[4], dx[2];
    check_near(wg_item(y), 0.116, 1e-15);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(w), dw, sizeof dw), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), dx, sizeof dx), WG_OK);
    for (int i = 0; i < 4; ++i) check_near(dw[i], dm[i], 1e-15);
    for (int i = 0; i < 2; ++i) check_near(dx[i], dv[i], 1e-15);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_gradients) {
    static const wg_sample samples[] = {
        {.shapes = "1,3|3,1"},     {.shapes = "0,3|3,2"},     {.shapes = "2,0|0,3"},
        {.shapes = "0|0"},         {.shapes = "1|1"},         {.shapes = "2,3|3,0"},
        {.shapes = "0,2,3|3,2"},   {.shapes = "3,1,2|2,2"},   {.shapes = "1,2,3|4,3,2"},
        {.shapes = "2,2,2,3|3,2"}, {.shapes = "2,3,2|2"},     {.shapes = "2|3,2,2"},
        {.shapes = "3,1,2,2|2,2,1"}, {.shapes = NULL},
    };
    hold_samples(&wg_gate_matmul, samples);
    if (wg_gate_matmul.samples) hold_samples(&wg_gate_matmul, wg_gate_matmul.samples);
}
END_TEST

/* A product's cotangent comes on top of one that belongs to another value. */
START_TEST(test_shared_gradient) {
    double a[] = {1, 2, 3, 4}, w[] = {1, 10, 100, 1000}, got[4], y[4];
    for (int keep = 0; keep < 2; ++keep) {
        wg_tape *t = wg_tape_new();
        wg_tape_keep_grads(t, keep);
        wg_var leaf = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), x = wg_scale(leaf, 2);
        wg_var m = wg_matmul(x, wg_const(t, WG_F64, WG_SHAPE(2, 2), w));
        wg_var s = wg_add(x, m); /* reached first: x shows the gradient of s */
        ck_assert_int_eq(wg_backward(wg_sum(wg_square(s))), WG_OK);
        wg_read(wg_grad(leaf), got, sizeof got);
        wg_read(s, y, sizeof y);
        for (int i = 0; i < 4; ++i) {
            int row = i / 2, j = i % 2;
            double g = 2 * (2 * y[i] + 2 * y[2 * row] * w[2 * j] +
                            2 * y[2 * row + 1] * w[2 * j + 1]);
            check_near(got[i], g, 1e-9);
        }
        if (keep) wg_read(wg_grad(s), got, sizeof got);
        for (int i = 0; i < 4 && keep; ++i) check_near(got[i], 2 * y[i], 1e-9);
        wg_tape_free(t);
    }
}
END_TEST

/* k = 0: an empty sum. */
START_TEST(test_empty) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 0), NULL);
    wg_var y = wg_input(t, WG_F32, WG_SHAPE(0, 3), NULL);
    float v[6] = {1, 1, 1, 1, 1, 1};
    ck_assert_int_eq(wg_read(wg_matmul(x, y), v, sizeof v), WG_OK);
    for (int i = 0; i < 6; ++i) ck_assert(v[i] == 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_nan) {
    double a[] = {1, 2, NAN, 4}, b[] = {1, 0, 0, 1}, v[4];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), a), y = wg_input(t, WG_F64, WG_SHAPE(2, 2), b);
    ck_assert_int_eq(wg_read(wg_matmul(x, y), v, sizeof v), WG_OK);
    check_near(v[0], 1, 0);
    ck_assert(isnan(v[2]) && isnan(v[3]));
    wg_tape_free(t);
}
END_TEST

static wg_var zeros(wg_tape *t, wg_dtype dtype, wg_shape s) { return wg_input(t, dtype, s, NULL); }

START_TEST(test_errors) {
    wg_tape *t = wg_tape_new();
    check_refused(wg_matmul(zeros(t, WG_F32, WG_SHAPE(32, 10)), zeros(t, WG_F32, WG_SHAPE(12, 4))),
                  WG_ERR_SHAPE, "matmul: inner dimensions differ: (32, 10) x (12, 4)");
    check_refused(wg_matmul(zeros(t, WG_F32, WG_SHAPE(3)), zeros(t, WG_F32, WG_SHAPE(4))),
                  WG_ERR_SHAPE, "matmul: inner dimensions differ: (3) x (4)");
    wg_var deep = zeros(t, WG_F32, WG_SHAPE(2, 3, 4));
    check_refused(wg_matmul(deep, zeros(t, WG_F32, WG_SHAPE(3, 4, 5))), WG_ERR_SHAPE,
                  "batch axes do not broadcast: (2, 3, 4) x (3, 4, 5)");
    check_refused(wg_matmul(wg_scalar(t, 2), zeros(t, WG_F64, WG_SHAPE(4))), WG_ERR_SHAPE,
                  "a value of rank 0");
    check_refused(wg_matmul(zeros(t, WG_F32, WG_SHAPE(2, 2)), zeros(t, WG_F64, WG_SHAPE(2, 2))),
                  WG_ERR_DTYPE, "float32 and float64");
    int64_t whole[] = {1, 2};
    wg_var i = wg_const(t, WG_I64, WG_SHAPE(2), whole);
    check_refused(wg_matmul(i, i), WG_ERR_DTYPE, "int64");
    wg_tape_free(t);
}
END_TEST

Suite *suite_ops_matmul(void) {
    Suite *s = suite_create("ops_matmul");
    TCase *c = tcase_create("matmul");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_layouts, 0, 2);
    tcase_add_loop_test(c, test_strides, 0, 2);
    tcase_add_test(c, test_no_copies);
    tcase_add_loop_test(c, test_batches, 0, 2);
    tcase_add_test(c, test_vectors);
    tcase_add_test(c, test_figure);
    tcase_add_test(c, test_gradients);
    tcase_add_test(c, test_shared_gradient);
    tcase_add_test(c, test_empty);
    tcase_add_test(c, test_nan);
    tcase_add_test(c, test_errors);
    suite_add_tcase(s, c);
    return s;
}
