/* test_operands.c: shapes, dtypes and sizes that do not fit or do not exist, and numbers, which
 * take their partner's dtype. */
#include "ops/registry.h"
#include "tests/suites.h"
#include "wengert.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

/* The tape's error is this one; begins anew. */
static void expect_error(wg_status status, const char *text, int line) {
    const char *message = wg_tape_message(t);
    ck_assert_msg(wg_tape_status(t) == status && strstr(message, text),
                  "line %d: status %s, \"%s\"; expected %s, \"%s\"", line,
                  wg_status_name(wg_tape_status(t)), message, wg_status_name(status), text);
    wg_tape_rewind(t);
}
#define expect(status, text) expect_error(status, text, __LINE__)

static wg_var vector(wg_dtype dtype, int64_t n) {
    return wg_input(t, dtype, WG_SHAPE(n), NULL);
}

START_TEST(test_dtypes_differ) {
    wg_var a = wg_name(vector(WG_F32, 2), "half"), b = vector(WG_F64, 2);
    ck_assert_uint_eq(wg_mul(a, b).index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "[x: half (2) float32, y: (2) float64]"));
    expect(WG_ERR_DTYPE, "mul: dtypes differ: float32 and float64");
    ck_assert_uint_eq(wg_exp(wg_const(t, WG_I64, WG_SHAPE(2), NULL)).index, 0);
    expect(WG_ERR_DTYPE, "exp: not defined for int64");
    ck_assert_uint_eq(wg_input(t, WG_I64, WG_SHAPE(2), NULL).index, 0);
    expect(WG_ERR_DTYPE, "int64 has no gradient; use wg_const");
    ck_assert_uint_eq(wg_const(t, (wg_dtype)9, WG_SHAPE(2), NULL).index, 0);
    expect(WG_ERR_DTYPE, "9 is no dtype");
    ck_assert_int_eq(wg_backward(wg_const(t, WG_I64, WG_RANK0, NULL)), WG_ERR_DTYPE);
    expect(WG_ERR_DTYPE, "backward: the root is int64");
    wg_var x = wg_scalar(t, 1), cot = wg_const(t, WG_F32, WG_RANK0, NULL), out;
    ck_assert_int_eq(wg_vjp(x, cot, 1, &x, &out), WG_ERR_DTYPE);
    expect(WG_ERR_DTYPE, "vjp: value is float64, cotangent float32");
}
END_TEST

START_TEST(test_shapes_differ) {
    wg_var a = wg_name(wg_input(t, WG_F64, WG_SHAPE(2, 3), NULL), "weights");
    wg_var b = wg_input(t, WG_F64, WG_SHAPE(2, 4), NULL);
    char where[64];
    snprintf(where, sizeof where, "test_operands.c:%d: add: ", __LINE__ + 1);
    wg_var bad = wg_add(a, b);
    ck_assert_uint_eq(bad.index, 0);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), where));
    ck_assert_ptr_nonnull(strstr(wg_tape_message(t), "x: weights (2, 3) float64"));
    expect(WG_ERR_SHAPE, "shapes do not broadcast: (2, 3) and (2, 4)");
    wg_var x = vector(WG_F64, 3), out;
    ck_assert_int_eq(wg_backward(x), WG_ERR_SHAPE);
    expect(WG_ERR_SHAPE, "backward: the root has shape (3); it must have one element");
    x = vector(WG_F64, 3);
    ck_assert_int_eq(wg_vjp(x, vector(WG_F64, 2), 1, &x, &out), WG_ERR_SHAPE);
    expect(WG_ERR_SHAPE, "vjp: the value has shape (3), the cotangent (2)");
}
END_TEST

START_TEST(test_impossible_shapes) {
    static const wg_shape bad[] = {
        {9, {1, 1, 1, 1, 1, 1, 1, 1}}, {-1, {0}}, {INT32_MAX, {0}}, {INT32_MIN, {0}},
        {1, {-1}}, {2, {3, -4}}, {2, {INT64_MAX, INT64_MAX}}, {2, {INT64_MIN, -1}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_int_eq(wg_shape_size(bad[i]), -1);
        ck_assert_uint_eq(wg_input(t, WG_F32, bad[i], NULL).index, 0);
        expect(WG_ERR_SHAPE, "input: ");
        ck_assert_uint_eq(wg_const(t, WG_BOOL, bad[i], "").index, 0);
        expect(WG_ERR_SHAPE, "const: ");
        ck_assert_uint_eq(wg_broadcast_to(wg_scalar(t, 1), bad[i]).index, 0);
        ck_assert_int_ne(wg_tape_status(t), WG_OK);
        wg_tape_rewind(t);
    }
}
END_TEST

START_TEST(test_huge_shapes) {
    int64_t big = (int64_t)1 << 58;
    ck_assert_uint_eq(wg_input(t, WG_F64, WG_SHAPE(big), NULL).index, 0);
    expect(WG_ERR_MEMORY, "input: no memory for");
    ck_assert_uint_eq(wg_input(t, WG_F64, WG_SHAPE(big, 31), NULL).index, 0);
    expect(WG_ERR_MEMORY, "input: no memory for the shape (288230376151711744, 31)");
    wg_var view = wg_broadcast_to(wg_input(t, WG_F32, WG_RANK0, NULL), WG_SHAPE(big)); /* free */
    ck_assert_uint_ne(view.index, 0);
    ck_assert_uint_eq(wg_exp(view).index, 0);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_MEMORY);
    ck_assert_int_eq(wg_shape_of(wg_reshape(view, WG_SHAPE(1, big))).rank, 2); /* a view again */
    wg_tape_rewind(t);
    wg_var row = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE(1, (int64_t)1 << 40));
    wg_var column = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE((int64_t)1 << 40, 1));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    ck_assert_uint_eq(wg_add(row, column).index, 0);
    expect(WG_ERR_MEMORY, "add: the result, (1099511627776, 1099511627776), would have too many");
}
END_TEST

START_TEST(test_sizes_in_bytes) {
    double data[3] = {1, 2, 3};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), data), y;
    ck_assert_int_eq(wg_set(x, data, 8), WG_ERR_SHAPE);
    expect(WG_ERR_SHAPE, "set: 8 bytes given, the leaf has 24");
    x = wg_input(t, WG_F64, WG_SHAPE(3), data);
    ck_assert_int_eq(wg_set(x, NULL, 24), WG_ERR_SHAPE);
    ck_assert(((const double *)wg_data(x))[2] == 3);
    wg_tape_rewind(t);
    x = wg_input(t, WG_F64, WG_SHAPE(3), data);
    ck_assert_int_eq(wg_read(x, data, 16), WG_ERR_SHAPE);
    expect(WG_ERR_SHAPE, "read: 16 bytes asked for, the value has 24");
    y = wg_exp(wg_input(t, WG_F64, WG_SHAPE(3), data));
    ck_assert_int_eq(wg_set(y, data, 24), WG_ERR_STATE);
    expect(WG_ERR_STATE, "set: the value was made by exp; only leaves are set");
}
END_TEST

START_TEST(test_bools) {
    unsigned char good[3] = {1, 0, 1}, bad[3] = {1, 0, 2};
    ck_assert_uint_eq(wg_const(t, WG_BOOL, WG_SHAPE(3), bad).index, 0);
    expect(WG_ERR_VALUE, "const: element 2 of a bool is 2, not 0 or 1");
    wg_var mask = wg_const(t, WG_BOOL, WG_SHAPE(3), good);
    ck_assert_int_eq(wg_set(mask, bad, 3), WG_ERR_VALUE);
    ck_assert(((const unsigned char *)wg_data(mask))[2] == 1);
    expect(WG_ERR_VALUE, "set: element 2 of a bool is 2, not 0 or 1");
}
END_TEST

START_TEST(test_arity) {
    wg_var x[3] = {wg_scalar(t, 1), wg_scalar(t, 2), wg_scalar(t, 3)};
    const wg_gate *mul = wgi_gate_find("mul", 3);
    ck_assert_uint_eq(wg_record(mul, 3, x, NULL).index, 0);
    expect(WG_ERR_SHAPE, "mul: 3 operands given, it takes 2");
    x[0] = wg_scalar(t, 1);
    ck_assert_uint_eq(wg_record(mul, 1, x, NULL).index, 0);
    expect(WG_ERR_SHAPE, "mul: 1 operand given, it takes 2");
    ck_assert_ptr_null(wg_record(mul, 0, NULL, NULL).tape);
}
END_TEST

/* ---- numbers -------------------------------------------------------------------------------- */

/* A number beside float32 is the float constant, bit for bit; two numbers stay a number. */
START_TEST(test_numbers) {
    float data[3] = {1.1f, -2.7f, 3e-5f}, got[3];
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(3), data);
    wg_var tenth = wg_add(wg_number(t, 0.25), wg_number(t, -0.15));
    ck_assert_int_eq(wg_read(wg_mul(x, wg_number(t, 0.1)), got, sizeof got), WG_OK);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == data[i] * 0.1f);
    ck_assert_int_eq(wg_read(wg_div(wg_number(t, 0.1), x), got, sizeof got), WG_OK);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == 0.1f / data[i]);
    wg_var y = wg_mul(tenth, x);
    ck_assert_int_eq(wg_dtype_of(y), WG_F32);
    ck_assert_int_eq(wg_read(y, got, sizeof got), WG_OK);
    for (int i = 0; i < 3; ++i) ck_assert(got[i] == (float)(0.25 - 0.15) * data[i]);
    ck_assert_int_eq(wg_dtype_of(wg_exp(tenth)), WG_F64);
    ck_assert_int_eq(wg_backward(wg_sum_to(y, WG_RANK0)), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), got, sizeof got), WG_OK);
    ck_assert(got[0] == (float)(0.25 - 0.15));
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

extern Suite *suite_operands(void);
Suite *suite_operands(void) {
    Suite *s = suite_create("operands");
    TCase *c = tcase_create("operands");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_dtypes_differ);
    tcase_add_test(c, test_shapes_differ);
    tcase_add_test(c, test_impossible_shapes);
    tcase_add_test(c, test_huge_shapes);
    tcase_add_test(c, test_sizes_in_bytes);
    tcase_add_test(c, test_bools);
    tcase_add_test(c, test_arity);
    tcase_add_test(c, test_numbers);
    suite_add_tcase(s, c);
    return s;
}
