/* Calls in expressions: attributes of every kind, operands left out or many, and their errors. */
#include "graph/parse.h"

#include "tests/oom.h"
#include "tests/suites.h"

#include <string.h>

extern Suite *suite_parse_calls(void);

static const double numbers[6] = {1, -2, 3, 0.5, 5, -6};
static wg_tape *tape;

static void setup(void) { tape = wg_tape_new(); }
static void teardown(void) { wg_tape_free(tape); }

/* W = [[1, -2, 3], [0.5, 5, -6]], x = 2 */
static wg_var parse(const char *text) {
    static const char *const names[] = {"W", "x"};
    wg_tape_rewind(tape);
    wg_var vars[] = {wg_input(tape, WG_F64, WG_SHAPE(2, 3), numbers), wg_scalar(tape, 2)};
    return wg_parse(tape, text, 2, names, vars);
}

/* text must have this shape and, to 1e-12, these numbers. */
static void gives(const char *text, wg_shape shape, const double *expected) {
    double read[16];
    wg_var v = parse(text);
    ck_assert_msg(v.index != 0, "%s: %s", text, wg_tape_message(tape));
    wg_shape s = wg_shape_of(v);
    ck_assert_int_eq(s.rank, shape.rank);
    for (int i = 0; i < s.rank; ++i) ck_assert_int_eq(s.dim[i], shape.dim[i]);
    size_t n = (size_t)wg_shape_size(s);
    ck_assert_int_eq(wg_read(v, read, n * sizeof *read), WG_OK);
    for (size_t i = 0; i < n; ++i) check_near(read[i], expected[i], 1e-12);
}
#define NUMBERS(...) ((const double[]){__VA_ARGS__})

static void fails(const char *text, wg_status status, const char *part) {
    wg_var v = parse(text);
    const char *message = wg_tape_message(tape);
    ck_assert_msg(v.index == 0, "%s: no error", text);
    ck_assert_msg(wg_tape_status(tape) == status, "%s: %s", text, message);
    ck_assert_msg(strstr(message, part) != NULL, "%s: %s", text, message);
}

START_TEST(axes_and_flags) {
    gives("sum(W)", WG_RANK0, NUMBERS(1.5));
    gives("sum(W, axis=0)", WG_SHAPE(3), NUMBERS(1.5, 3, -3));
    gives("sum(W, axis=-1)", WG_SHAPE(2), NUMBERS(2, -0.5));
    gives("sum(W, axis=[0, 1])", WG_RANK0, NUMBERS(1.5));
    gives("sum(W, axis=[1], keepdims=1)", WG_SHAPE(2, 1), NUMBERS(2, -0.5));
    gives("sum(W, keepdims=true, axis=1)", WG_SHAPE(2, 1), NUMBERS(2, -0.5));
    gives("sum(W, axis=1, keepdims=false)", WG_SHAPE(2), NUMBERS(2, -0.5));
    gives("max(W)", WG_RANK0, NUMBERS(5));
    gives("max(W, axis=0)", WG_SHAPE(3), NUMBERS(1, 5, 3));
    gives("max(W, x)", WG_SHAPE(2, 3), NUMBERS(2, 2, 3, 2, 5, 2));
    gives("min(W, 0)", WG_SHAPE(2, 3), NUMBERS(0, -2, 0, 0, 0, -6));
    gives("min(W, axis=1)", WG_SHAPE(2), NUMBERS(-2, -6));
}
END_TEST

START_TEST(shapes_and_numbers) {
    gives("reshape(W, shape=[3, -1])", WG_SHAPE(3, 2), numbers);
    gives("reshape(x, shape=[])", WG_RANK0, NUMBERS(2));
    gives("reshape(W, shape=6)", WG_SHAPE(6), numbers);
    gives("transpose(W)", WG_SHAPE(3, 2), NUMBERS(1, 0.5, -2, 5, 3, -6));
    gives("transpose(W, axes=[0, 1])", WG_SHAPE(2, 3), numbers);
    gives("broadcast_to(x, shape=[2, 1])", WG_SHAPE(2, 1), NUMBERS(2, 2));
    gives("slice(W, axis=1, start=1)", WG_SHAPE(2, 2), NUMBERS(-2, 3, 5, -6));
    gives("slice(W, axis=1, start=0, stop=3, step=2)", WG_SHAPE(2, 2), NUMBERS(1, 3, 0.5, -6));
    gives("leaky_relu(-x, slope=2.5e-1)", WG_RANK0, NUMBERS(-0.5));
    gives("gather(W, [[2], [0]], axis=1)", WG_SHAPE(2, 1), NUMBERS(3, 0.5));
}
END_TEST

START_TEST(many_operands) {
    gives("concat(W, W, axis=0) - concat([[1, -2, 3]], W, slice(W, start=1), axis=0)",
          WG_SHAPE(4, 3), NUMBERS(0, 0, 0, -0.5, 7, -9, 0.5, -7, 9, 0, 0, 0));
    gives("concat([1], [2], [3], [4], [5], [6], [7], [8], [9], [10])", WG_SHAPE(10),
          NUMBERS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}
END_TEST

START_TEST(words) {
    ck_assert_int_eq(wg_dtype_of(parse("cast(W, dtype=f32)")), WG_F32);
    ck_assert_int_eq(wg_dtype_of(parse("cast(W, dtype=\"f32\")")), WG_F32);
    fails("cast(W, dtype=i46)", WG_ERR_RANGE,
          "column 15: cast: dtype is f32, f64, i64 or bool, not \"i46\"; did you mean \"i64\"?");
    fails("cast(W, dtype=1)", WG_ERR_SYNTAX, "cast: dtype is f32, f64, i64 or bool, not \"1\"");
    fails("cast(W)", WG_ERR_SYNTAX, "column 1: cast needs dtype=");
}
END_TEST

START_TEST(attribute_errors) {
    fails("sum(W, axs=0)", WG_ERR_NAME,
          "column 8: sum has no attribute \"axs\"; did you mean \"axis\"?");
    fails("sum(W, axis=2)", WG_ERR_RANGE, "column 1: sum: ");
    fails("sum(W, axis=1.5)", WG_ERR_RANGE, "column 13: sum: axis is a whole number, not 1.5");
    fails("sum(W, axis=nan)", WG_ERR_RANGE, "sum: axis is a whole number, not nan");
    fails("sum(W, axis=1e18)", WG_ERR_RANGE, "sum: axis is a whole number");
    fails("sum(W, axis=[0, [1]])", WG_ERR_SYNTAX, "column 17: \"[\" where a number is expected");
    fails("sum(W, axis=[0 1])", WG_ERR_SYNTAX, "where \",\" or \"]\" is expected");
    fails("sum(W, axis=[0", WG_ERR_SYNTAX, "\",\" or \"]\" is missing");
    fails("sum(W, axis=[1,2,3,4,5,6,7,8,9])", WG_ERR_SYNTAX, "a list of more than 8 entries");
    fails("sum(W, keepdims=2)", WG_ERR_RANGE, "sum: keepdims is 0 or 1, not 2");
    fails("sum(W, keepdims=yes)", WG_ERR_SYNTAX, "sum: keepdims is 0 or 1, not \"yes\"");
    fails("reshape(W, shape=[4, -1])", WG_ERR_SHAPE, "column 1: reshape: ");
    fails("reshape(W)", WG_ERR_SYNTAX, "reshape needs shape=");
    fails("1 + gather(W, [[0.5]])", WG_ERR_VALUE, "column 5: ");
    fails("max(W, x, axis=0)", WG_ERR_SHAPE, "max: 2 operands given");
    fails("concat()", WG_ERR_SHAPE, "concat: no operands");
}
END_TEST

START_TEST(index_uses) {
    static const char *const names[] = {"W", "i"};
    unsigned char used[2];
    double column[2] = {1, 0};
    wg_var v[] = {wg_input(tape, WG_F64, WG_SHAPE(2, 3), numbers),
                  wg_const(tape, WG_F64, WG_SHAPE(2, 1), column)};
    ck_assert(wgi_parse(tape, "gather(W, i, axis=1)", 2, names, v, used).index != 0);
    ck_assert_int_eq(used[1], WGI_USED_AS_INDEX);
    ck_assert(wgi_parse(tape, "gather(W, i, axis=1) * i", 2, names, v, used).index != 0);
    ck_assert_int_eq(used[1], WGI_USED_AS_INDEX | WGI_USED_AS_VALUE);
    ck_assert(wgi_parse(tape, "j = i; gather(W, j, axis=1)", 2, names, v, used).index != 0);
    ck_assert_int_eq(used[1], WGI_USED_AS_VALUE);
}
END_TEST

static wg_status scenario(void) {
    static const char *const names[] = {"W"};
    wg_tape *t = wg_tape_new();
    wg_var w = wg_input(t, WG_F64, WG_SHAPE(2, 3), numbers);
    wg_parse(t,
             "q = sum(W + [[1, 2, 3]], axis=0, keepdims=1); r = -q^2; s = ((((r)))) + pi;"
             "concat(W, q, r, s, W, W, W, W, W, slice(W, axis=0, start=1), axis=0)",
             1, names, &w);
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

START_TEST(out_of_memory) { ck_assert_int_gt(run_out_of_memory("parse", scenario), 8); }
END_TEST

Suite *suite_parse_calls(void) {
    Suite *s = suite_create("parse_calls");
    TCase *c = tcase_create("calls");
    const TTest *const tests[] = {axes_and_flags, shapes_and_numbers, many_operands, words,
                                  attribute_errors, index_uses, out_of_memory};
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
