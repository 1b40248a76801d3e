/* test_select.c: index_select, index_add, embedding, sort, topk, dot, outer: values, ties, NaN,
 * what is refused, and their calls in expressions. */
#include "tests/ops/hold.h"
#include "tests/ops/probe.h"

#include <math.h>
#include <string.h>

static const double six[6] = {1, 2, 3, 4, 5, 6};

static wg_var matrix(wg_tape *t) { return wg_input(t, WG_F64, WG_SHAPE(2, 3), six); }
static wg_var vector(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

START_TEST(picks) {
    wg_tape *t = wg_tape_new();
    const int64_t i[3] = {2, 0, 2}, bad[1] = {3};
    wg_var x = matrix(t), index = wg_const(t, WG_I64, WG_SHAPE(3), i);
    probe_equal(wg_index_select(x, index, 1), 6, (double[]){3, 1, 3, 6, 4, 6});
    wg_var one = wg_const(t, WG_I64, WG_RANK0, i + 1);
    probe_equal(wg_index_select(wg_transpose(x), one, -1), 3, (double[]){1, 2, 3});
    wg_var y = wg_index_add(x, index, wg_index_select(x, index, 1), 1);
    probe_equal(y, 6, (double[]){1 + 1, 2, 3 + 3 + 3, 4 + 4, 5, 6 + 6 + 6});
    wg_var table = wg_transpose(x);
    probe_equal(wg_embedding(table, index), 6, (double[]){3, 6, 1, 4, 3, 6});
    ck_assert_int_eq(wg_backward(wg_sum(wg_embedding(table, index))), WG_OK);
    probe_equal(wg_grad(x), 6, (double[]){1, 0, 2, 1, 0, 2});
    wg_var out = wg_const(t, WG_I64, WG_SHAPE(1), bad);
    probe_fails(wg_index_select(x, out, 1), WG_ERR_RANGE, "element 0 is 3, outside [0, 3)");
    index = wg_const(t, WG_I64, WG_SHAPE(3), i);
    probe_fails(wg_index_add(matrix(t), index, matrix(t), 0), WG_ERR_SHAPE, "src is (2, 3), not");
    index = wg_const(t, WG_I64, WG_SHAPE(3), i);
    probe_fails(wg_embedding(vector(t, 6, six), index), WG_ERR_SHAPE, "the table is (6)");
    wg_tape_free(t);
}
END_TEST

START_TEST(orders) {
    wg_tape *t = wg_tape_new();
    const double a[6] = {3, NAN, -1, 3, -(double)INFINITY, 0}, tie[4] = {2, 7, 2, 7},
                 weights[4] = {1, 10, 100, 1000};
    wg_var x = vector(t, 6, a), w = wg_const(t, WG_F64, WG_SHAPE(4), weights);
    probe_equal(wg_sort(x, 0), 6, (double[]){-(double)INFINITY, -1, 0, 3, 3, NAN});
    probe_equal(wg_topk(x, 2, 0), 2, (double[]){NAN, 3});
    probe_equal(wg_topk(matrix(t), 1, 0), 3, (double[]){4, 5, 6});
    probe_equal(wg_sort(wg_neg(matrix(t)), 1), 6, (double[]){-3, -2, -1, -6, -5, -4});
    x = vector(t, 4, tie); /* stable: places 0, 2, 1, 3 */
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(wg_sort(x, 0), w))), WG_OK);
    probe_equal(wg_grad(x), 4, (double[]){1, 100, 10, 1000});
    wg_var y = vector(t, 4, tie); /* the first of the two 7s, though 2 are wanted */
    ck_assert_int_eq(wg_backward(wg_sum(wg_topk(y, 1, 0))), WG_OK);
    probe_equal(wg_grad(y), 4, (double[]){0, 1, 0, 0});
    probe_equal(wg_topk(y, 0, 0), 0, NULL);
    probe_fails(wg_topk(y, 5, 0), WG_ERR_RANGE, "topk: k is 5, the axis has 4 elements");
    probe_fails(wg_sort(vector(t, 4, tie), 1), WG_ERR_RANGE, "sort: axis 1");
    wg_tape_free(t);
}
END_TEST

/* Lanes of many lengths against insertion: sorted, and a permutation that keeps ties in order. */
START_TEST(long_lanes) {
    wg_tape *t = wg_tape_new();
    double x[100], y[100], expected[100];
    for (int n = 0; n <= 100; n += 7) {
        for (int i = 0; i < n; ++i) {
            int k = i;
            x[i] = probe_whole();
            for (; k > 0 && expected[k - 1] > x[i]; --k) expected[k] = expected[k - 1];
            expected[k] = x[i];
        }
        probe_equal(wg_sort(vector(t, n, x), 0), n, expected);
        for (int i = 0; i < n; ++i) y[i] = expected[n - 1 - i];
        probe_equal(wg_topk(vector(t, n, x), n, 0), n, y);
        wg_tape_rewind(t);
    }
    wg_tape_free(t);
}
END_TEST

START_TEST(products) {
    wg_tape *t = wg_tape_new();
    wg_var x = vector(t, 3, six), y = vector(t, 2, six + 3);
    ck_assert(wg_item(wg_dot(x, x)) == 14);
    probe_equal(wg_outer(x, y), 6, (double[]){4, 5, 8, 10, 12, 15});
    probe_fails(wg_dot(x, y), WG_ERR_SHAPE, "dot: (3) and (2) are not two vectors of one length");
    probe_fails(wg_outer(matrix(t), matrix(t)), WG_ERR_SHAPE, "outer: (2, 3) and (2, 3)");
    wg_tape_free(t);
}
END_TEST

START_TEST(expressions) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"sum(index_select([1, 2, 3], [2, 2], axis=0))", 6},
        {"sum(embedding([[1, 2], [3, 4]], [1]))", 7},
        {"sum(topk([1, 5, 3], k=2, axis=-1))", 8},
        {"slice(sort([3, 1, 2]), axis=0, start=0, stop=1)", 1},
        {"dot([1, 2], [3, 4])", 11},
        {"sum(outer([1, 2], [3, 4]))", 21},
        {"sum(stack([1, 2], [3, 4], axis=0))", 10},
        {"sum(pad([[1, 2, 3], [4, 5, 6]], before=[0, 1], after=[0, 2], mode=reflect))", 40},
        {"dot(flip([1, 2], axis=0), [1, 10])", 12},
        {"dot(roll([1, 2], shift=1, axis=0), [1, 10])", 12},
        {"sum(tile([[1, 2]], reps=[2, 1]))", 6},
        {"sum(repeat([1, 2], n=3, axis=0))", 9},
        {"sum(tril([[1, 2], [3, 4]], k=0))", 8},
        {"sum(squeeze(expand_dims([1, 2], axis=0), axis=0))", 3},
    };
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        wg_var y = wg_parse(t, cases[i].text, 0, NULL, NULL);
        ck_assert_msg(y.index, "%s: %s", cases[i].text, wg_tape_message(t));
        check_near(wg_item(y), cases[i].value, 1e-14);
    }
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_select(void);
Suite *suite_select(void) {
    Suite *s = suite_create("select");
    TCase *c = tcase_create("values");
    tcase_add_test(c, picks);
    tcase_add_test(c, orders);
    tcase_add_test(c, long_lanes);
    tcase_add_test(c, products);
    tcase_add_test(c, expressions);
    suite_add_tcase(s, c);
    return s;
}
