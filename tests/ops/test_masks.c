/* test_masks.c: comparisons of every dtype, and the choice by a mask. */
#include "backend/memory.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

typedef wg_var binary(wg_var x, wg_var y);

START_TEST(test_comparisons) {
    static binary *const f[] = {wg_equal,      wg_not_equal, wg_less,
                                wg_less_equal, wg_greater,   wg_greater_equal};
    double x[6] = {1, 2, 3, -0.0, INF, NOT}, y[6] = {2, 2, 2, 0, INF, NOT};
    static const double want[6][6] = {{0, 1, 0, 1, 1, 0}, {1, 0, 1, 0, 0, 1}, {1, 0, 0, 0, 0, 0},
                                      {1, 1, 0, 1, 1, 0}, {0, 0, 1, 0, 0, 0}, {0, 1, 1, 1, 1, 0}};
    static const size_t count[4] = {6, 6, 4, 4}; /* whole numbers have no infinity and no NaN */
    wg_tape *t = wg_tape_new();
    for (int k = 0; k < 6; ++k)
        for (int d = WG_F32; d <= WG_I64; ++d) {
            size_t n = count[d];
            wg_shape s = WG_SHAPE((int64_t)n);
            double got[6];
            wg_var v = f[k](put(t, (wg_dtype)d, s, n, x, 0), put(t, (wg_dtype)d, s, n, y, 0));
            ck_assert_int_eq(wg_dtype_of(v), WG_BOOL);
            ck_assert(take(v, n, got));
            for (size_t i = 0; i < n; ++i)
                ck_assert_msg(got[i] == want[k][i], "%d of %s: element %zu", k,
                              wg_dtype_name((wg_dtype)d), i);
        }
    double a[4] = {0, 0, 1, 1}, b[4] = {0, 1, 0, 1}, got[4];
    static const double bools[6][4] = {{1, 0, 0, 1}, {0, 1, 1, 0}, {0, 1, 0, 0},
                                       {1, 1, 0, 1}, {0, 0, 1, 0}, {1, 0, 1, 1}};
    for (int k = 0; k < 6; ++k) {
        ck_assert(take(f[k](put(t, WG_BOOL, WG_SHAPE(4), 4, a, 0),
                            put(t, WG_BOOL, WG_SHAPE(4), 4, b, 0)), 4, got));
        ck_assert_mem_eq(got, bools[k], sizeof got);
    }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_comparisons_with_numbers) {
    wg_tape *t = wg_tape_new();
    double x[3] = {1, 2, 3}, got[3];
    wg_var i = put(t, WG_I64, WG_SHAPE(3), 3, x, 0);
    ck_assert(take(wg_less(i, wg_number(t, 2)), 3, got));
    ck_assert(got[0] == 1 && got[1] == 0 && got[2] == 0);
    wg_var f = put(t, WG_F32, WG_SHAPE(3), 3, x, 1);
    ck_assert(take(wg_greater_equal(wg_number(t, 2), f), 3, got));
    ck_assert(got[0] == 1 && got[1] == 1 && got[2] == 0);
    ck_assert_uint_eq(wg_less(i, wg_number(t, 2.5)).index, 0); /* 2.5 is no int64 */
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_DTYPE);
    wg_tape_free(t);
}
END_TEST

/* A change of order, a tie and a NaN give signatures of their own. */
START_TEST(test_signatures) {
    wg_tape *t = wg_tape_new();
    const double y[4] = {1, 2, 0, NOT};
    uint64_t seen[4];
    for (int i = 0; i < 4; ++i) {
        double x[2] = {1, y[i]};
        wg_value v[2] = {{.dtype = WG_F64, .data = &x[0]}, {.dtype = WG_F64, .data = &x[1]}};
        const wg_value *operands[2] = {&v[0], &v[1]};
        wgi_arena scratch = {0};
        const wg_gate *g = wgi_gate_find("less", 4);
        wg_call c = {.gate = g, .n = 2, .x = operands, .dtype = WG_F64, .scratch = &scratch};
        ck_assert_int_eq(g->infer(&c), WG_OK);
        seen[i] = g->signature(&c);
        for (int k = 0; k < i; ++k) ck_assert(seen[k] != seen[i]);
        ck_assert(g->signature(&c) == seen[i]);
        wgi_arena_free(&scratch);
    }
    wg_tape_free(t);
}
END_TEST

/* The gradient of a branch not taken is an exact zero, whatever its values and cotangent are. */
START_TEST(test_where_masks) {
    wg_tape *t = wg_tape_new();
    double x[3] = {-1, 0, 2}, bad[3] = {NOT, INF, -INF}, mask[3] = {1, 1, 1}, d[3];
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
        wg_var g[2], xs[2] = {put(t, (wg_dtype)dtype, WG_SHAPE(3), 3, x, 1),
                              put(t, (wg_dtype)dtype, WG_SHAPE(3), 3, bad, 1)};
        wg_var y = wg_where(put(t, WG_BOOL, WG_SHAPE(3), 3, mask, 0), xs[0], xs[1]);
        wg_var cot = put(t, (wg_dtype)dtype, WG_SHAPE(3), 3, bad, 0);
        ck_assert_int_eq(wg_vjp(y, cot, 2, xs, g), WG_OK);
        ck_assert(take(y, 3, d) && d[0] == -1 && d[1] == 0 && d[2] == 2);
        ck_assert(take(g[0], 3, d) && isnan(d[0]) && d[1] == INF && d[2] == -INF);
        ck_assert(take(g[1], 3, d) && d[0] == 0 && d[1] == 0 && d[2] == 0);
        ck_assert_int_eq(wg_backward(wg_sum_to(wg_mul(y, cot), WG_RANK0)), WG_OK);
        ck_assert(take(wg_grad(xs[1]), 3, d) && d[0] == 0 && d[1] == 0 && d[2] == 0);
    }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_tape_free(t);
}
END_TEST

/* sqrt x where x > 0, else 0: the root's infinite derivative at 0 stays behind the choice, in both
 * sweeps and to second order, whether the choice is made on the root or on its operand too. */
START_TEST(test_where_twice) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, 0), zero = wg_number(t, 0), d;
    wg_var mask = wg_greater(x, zero), safe = wg_where(mask, x, wg_number(t, 1));
    wg_var ys[2] = {wg_where(mask, wg_sqrt(x), zero), wg_where(mask, wg_sqrt(safe), zero)};
    for (int i = 0; i < 2; ++i) {
        ck_assert_int_eq(wg_gradients(ys[i], 1, &x, &d), WG_OK);
        ck_assert(wg_item(ys[i]) == 0 && wg_item(d) == 0);
        ck_assert_int_eq(wg_backward(ys[i]), WG_OK);
        ck_assert(wg_item(wg_grad(x)) == 0);
        ck_assert_int_eq(wg_gradients(d, 1, &x, &d), WG_OK);
        ck_assert(wg_item(d) == 0);
    }
    wg_tape_free(t);
}
END_TEST

/* A zero cotangent is a strong zero below every gate that leaves something out, for each of these
 * derivatives that are infinite or NaN at 0; beside it gradients are what they were. */
START_TEST(test_strong_zero) {
    wg_tape *t = wg_tape_new();
    double x[4] = {0, -0.0, 4, -1}, keep[4] = {0, 0, 1, 0}, d[4], e[4];
    wg_var (*const singular[])(wg_var) = {wg_sqrt, wg_log, wg_rsqrt, wg_reciprocal, wg_lgamma};
    double slope[5] = {0.25, 0.25, -0.0625, -0.0625, 1.2561176684318};
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype)
        for (size_t i = 0; i < sizeof singular / sizeof *singular; ++i) {
            wg_var v = put(t, (wg_dtype)dtype, WG_SHAPE(2, 2), 4, x, 1), g;
            wg_var mask = put(t, WG_BOOL, WG_SHAPE(2, 2), 4, keep, 0);
            wg_var y = wg_transpose(singular[i](wg_transpose(v)));
            wg_var sum = wg_sum(wg_where(mask, y, wg_square(v)));
            ck_assert_int_eq(wg_backward(sum), WG_OK);
            ck_assert_int_eq(wg_gradients(sum, 1, &v, &g), WG_OK);
            ck_assert(take(wg_grad(v), 4, d) && take(g, 4, e));
            double want[4] = {0, 0, slope[i], -2};
            for (int k = 0; k < 4; ++k)
                ck_assert(fabs(d[k] - want[k]) <= 1e-6 && fabs(e[k] - want[k]) <= 1e-6);
        }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_tape_free(t);
}
END_TEST

/* Scalars keep their partial derivatives in the node: relu(ln x), max(sqrt x, 1) and clamp at 0. */
START_TEST(test_strong_zero_of_scalars) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, 0), d;
    wg_var ys[3] = {wg_relu(wg_log(x)), wg_maximum(wg_sqrt(x), wg_number(t, 1)),
                    wg_clamp(wg_log(x), -3, INF)};
    for (int i = 0; i < 3; ++i) {
        wg_clear_grads(t);
        ck_assert_int_eq(wg_backward(ys[i]), WG_OK);
        ck_assert(wg_item(wg_grad(x)) == 0);
        ck_assert_int_eq(wg_gradients(ys[i], 1, &x, &d), WG_OK);
        ck_assert(wg_item(d) == 0);
    }
    wg_clear_grads(t); /* a cotangent that is not 0 meets the infinity */
    ck_assert_int_eq(wg_backward(wg_scale(wg_sqrt(x), 1e-300)), WG_OK);
    ck_assert(wg_item(wg_grad(x)) == INF);
    wg_tape_free(t);
}
END_TEST

/* A row that may see nothing: its softmax is NaN, and a mask behind it takes value and gradient
 * out, in both sweeps. */
START_TEST(test_masked_rows) {
    wg_var (*const gates[])(wg_var, int) = {wg_softmax, wg_log_softmax};
    double x[4] = {1, 2, 3, 4}, keep[4] = {1, 1, 0, 0}, d[4], e[4];
    for (int i = 0; i < 2; ++i)
        for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
            wg_tape *t = wg_tape_new();
            wg_var v = put(t, (wg_dtype)dtype, WG_SHAPE(2, 2), 4, x, 1), g;
            wg_var mask = put(t, WG_BOOL, WG_SHAPE(2, 2), 4, keep, 0);
            wg_var p = gates[i](wg_where(mask, v, wg_number(t, -INF)), -1);
            wg_var y = wg_sum(wg_square(wg_where(mask, p, wg_number(t, 0))));
            ck_assert_int_eq(wg_backward(y), WG_OK);
            ck_assert_int_eq(wg_gradients(y, 1, &v, &g), WG_OK);
            ck_assert(take(p, 4, d) && isnan(d[2]) && take(y, 1, d) && isfinite(d[0]));
            ck_assert(take(wg_grad(v), 4, d) && take(g, 4, e));
            for (int k = 0; k < 4; ++k) check_near(d[k], e[k], 1e-6);
            ck_assert(d[0] != 0 && d[1] != 0 && d[2] == 0 && d[3] == 0);
            wg_tape_free(t);
        }
}
END_TEST

START_TEST(test_absorb) {
    wg_tape *t = wg_tape_new();
    double x[6] = {NOT, NOT, INF, 3, NOT, 0}, y[6] = {0, 1, 0, 0, -0.0, NOT}, d[6];
    wg_var v = put(t, WG_F64, WG_SHAPE(6), 6, x, 1), w = put(t, WG_F64, WG_SHAPE(6), 6, y, 1);
    ck_assert(take(wg_absorb(v, w), 6, d));
    ck_assert(d[0] == 0 && isnan(d[1]) && d[2] == INF && d[3] == 3 && d[4] == 0 && d[5] == 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_where_dtypes) {
    wg_tape *t = wg_tape_new();
    double a[2] = {1, 0}, b[2] = {0, 1}, mask[2] = {1, 0}, got[2];
    for (int d = WG_F32; d <= WG_BOOL; ++d) {
        wg_var v = wg_where(put(t, WG_BOOL, WG_SHAPE(2), 2, mask, 0),
                            put(t, (wg_dtype)d, WG_SHAPE(2), 2, a, 0),
                            put(t, (wg_dtype)d, WG_SHAPE(2), 2, b, 0));
        ck_assert_int_eq((int)wg_dtype_of(v), d);
        ck_assert(take(v, 2, got) && got[0] == 1 && got[1] == 1);
    }
    double half[2] = {1, 0.5};
    wg_var x = put(t, WG_F64, WG_SHAPE(2), 2, a, 0);
    ck_assert_uint_eq(wg_where(put(t, WG_F64, WG_SHAPE(2), 2, half, 0), x, x).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_VALUE);
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_masks(void);
Suite *suite_masks(void) {
    Suite *s = suite_create("masks");
    TCase *c = tcase_create("masks");
    tcase_add_test(c, test_comparisons);
    tcase_add_test(c, test_comparisons_with_numbers);
    tcase_add_test(c, test_signatures);
    tcase_add_test(c, test_where_masks);
    tcase_add_test(c, test_where_twice);
    tcase_add_test(c, test_strong_zero);
    tcase_add_test(c, test_strong_zero_of_scalars);
    tcase_add_test(c, test_masked_rows);
    tcase_add_test(c, test_absorb);
    tcase_add_test(c, test_where_dtypes);
    suite_add_tcase(s, c);
    return s;
}
