/* The program's grad, as a shell sees it: what it prints and how it exits. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "tests/cli/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_cli_grad(void);

static void prints(const char *arguments, const char *expected) {
    ck_assert_msg(run_program(arguments) == 0, "%s: failed: %s", arguments, output);
    ck_assert_msg(strcmp(output, expected) == 0, "%s\n%s\nexpected\n%s", arguments, output,
                  expected);
}

/* The i-th number behind `key` in the output. */
static double number_after(const char *key, int i) {
    const char *s = strstr(output, key);
    ck_assert_msg(s != NULL, "%s is not in %s", key, output);
    for (s += strlen(key); i >= 0; --i) {
        s += strcspn(s, "-0123456789n");
        char *end;
        double x = strtod(s, &end);
        if (i == 0) return x;
        s = end;
    }
    return 0;
}

START_TEST(examples_of_the_course) {
    prints("grad '(x+y)*z' x=-2 y=5 z=-4 --json",
           "{\"value\": -12, \"grads\": {\"x\": -4, \"y\": -4, \"z\": 3}}\n");
    ck_assert_int_eq(run_program("grad '1/(1+exp(-(w0*x0+w1*x1+w2)))' w0=2 x0=-1 w1=-3 x1=-2 w2=-3 --json"),
                     0);
    check_near(number_after("\"value\"", 0), 0.7311, 5e-5);
    check_near(number_after("\"w0\"", 0), -0.1966, 5e-5);
    check_near(number_after("\"x0\"", 0), 0.3932, 5e-5);
    check_near(number_after("\"w1\"", 0), -0.3932, 5e-5);
    check_near(number_after("\"x1\"", 0), -0.5898, 5e-5);
    check_near(number_after("\"w2\"", 0), 0.1966, 5e-5);
}
END_TEST

START_TEST(matrices) {
    static const double w[] = {0.088, 0.176, 0.104, 0.208}, x[] = {-0.112, 0.636};
    ck_assert_int_eq(
        run_program("grad 'sum((W@x)^2)' 'W=[[0.1,0.5],[-0.3,0.8]]' 'x=[0.2,0.4]' --json"), 0);
    check_near(number_after("\"value\"", 0), 0.116, 1e-12);
    for (int i = 0; i < 4; ++i) check_near(number_after("\"W\"", i), w[i], 1e-12);
    for (int i = 0; i < 2; ++i) check_near(number_after("\"x\"", i), x[i], 1e-12);
    ck_assert_ptr_nonnull(strstr(output, "\"W\": [[")); /* nested as W is */
}
END_TEST

START_TEST(table) {
    prints("grad 'sum(x*y)' 'x=[1,2]' y=-0.5",
           "value  -1.5\n\nname  value   gradient\nx     [1, 2]  [-0.5, -0.5]\n"
           "y     -0.5    3\n");
    prints("grad '1+2'", "value  3\n");
    ck_assert_int_eq(run_program("grad 'sum(x)' 'x=[[1,2,3,4,5,6,7],[1,2,3,4,5,6,7]]'"), 0);
    ck_assert_ptr_nonnull(strstr(output, "[1, 2, 3, 4, 5, ... shape (2, 7)"));
}
END_TEST

START_TEST(numbers) {
    prints("grad '0.1*x' x=0.3 --json", "{\"value\": 0.03, \"grads\": {\"x\": 0.1}}\n");
    prints("grad 'x+0.2' x=0.1 --json",
           "{\"value\": 0.30000000000000004, \"grads\": {\"x\": 1}}\n");
    prints("grad '0.1*x' x=1 --json --dtype f32", "{\"value\": 0.1, \"grads\": {\"x\": 0.1}}\n");
    prints("grad 'x*y' x=1e20 y=40 --json",
           "{\"value\": 4e+21, \"grads\": {\"x\": 40, \"y\": 1e+20}}\n");
    prints("grad 'x*y' x=1e6 y=1e-7 --json",
           "{\"value\": 0.09999999999999999, \"grads\": {\"x\": 1e-07, \"y\": 1000000}}\n");
    prints("grad 'x*y' x=inf y=nan --json",
           "{\"value\": null, \"grads\": {\"x\": null, \"y\": 1e999}}\n");
    prints("grad '-x' x=1e999 --json", "{\"value\": -1e999, \"grads\": {\"x\": -1}}\n");
    prints("grad 'sum(x)' 'x=[[],[]]' --json", "{\"value\": 0, \"grads\": {\"x\": [[], []]}}\n");
    prints("grad 'sum(x)' 'x=[[[1]],[[2]]]' --json",
           "{\"value\": 3, \"grads\": {\"x\": [[[1]], [[1]]]}}\n");
}
END_TEST

START_TEST(hessian) {
    prints("grad 'x^3*y' x=2 y=5 --order 2 --json",
           "{\"value\": 40, \"grads\": {\"x\": 60, \"y\": 8}, "
           "\"hessian\": {\"x\": {\"x\": 60, \"y\": 12}, \"y\": {\"x\": 12, \"y\": 0}}}\n");
    prints("grad 'sum(x*x*y)' 'x=[1,2]' y=3 --json --order=2",
           "{\"value\": 15, \"grads\": {\"x\": [6, 12], \"y\": 5}, \"hessian\": {"
           "\"x\": {\"x\": [[6, 0], [0, 6]], \"y\": [2, 4]}, "
           "\"y\": {\"x\": [2, 4], \"y\": 0}}}\n");
    prints("grad 'x*y' x=2 y=5 --order 2",
           "value  10\n\nname  value  gradient\nx     2      5\ny     5      2\n\n"
           "name  name  second derivative\nx     x     0\nx     y     1\ny     x     1\n"
           "y     y     0\n");
    prints("grad 'x' x=1 --json --order 2 --dtype f32",
           "{\"value\": 1, \"grads\": {\"x\": 1}, \"hessian\": {\"x\": {\"x\": 0}}}\n");
}
END_TEST

START_TEST(names) {
    prints("grad 'x^2' x=3 u='[1,2]' --json 2>/dev/null",
           "{\"value\": 9, \"grads\": {\"x\": 6, \"u\": [0, 0]}}\n");
    ck_assert_int_eq(run_program("grad 'x^2' x=3 u=1 2>&1 >/dev/null"), 0);
    ck_assert_str_eq(output, "wengert grad: warning: the expression does not use u\n");
    /* i is an index and nothing else: no gradient */
    prints("grad 'sum(gather(x, i))' 'x=[1,2,4]' 'i=[2,2]' --json",
           "{\"value\": 8, \"grads\": {\"x\": [0, 0, 2]}}\n");
    prints("grad 'sum(gather(x, i))' 'x=[1,2]' 'i=[1]'",
           "value  2\n\nname  value   gradient\nx     [1, 2]  [0, 1]\n"
           "i     [1]     none: it labels, indexes or masks\n");
    prints("grad 'sum(gather(x, i)*i)' 'x=[1,2]' 'i=[1]' --json",
           "{\"value\": 2, \"grads\": {\"x\": [0, 1], \"i\": [2]}}\n");
    prints("grad 'sum(x) * sum' 'x=[1]' sum=3 --json", /* a gate's name is free for values */
           "{\"value\": 3, \"grads\": {\"x\": [3], \"sum\": 1}}\n");
}
END_TEST

/* The course's page: one-sided by default, W, W + h and dW beside the analytic gradient. */
START_TEST(numeric_page) {
    ck_assert_int_eq(run_program("grad 'sum(x^2*y)' 'x=[[3]]' y=2 --numeric --step 0.5"), 0);
    ck_assert_ptr_nonnull(strstr(output, "f(W) = 18,  h = 0.5,  dW = (f(W + h) - f(W)) / h"));
    ck_assert_ptr_nonnull(strstr(output, "x[0, 0]                        3             3.5"));
    ck_assert_ptr_nonnull(strstr(output, " 13 ")); /* (2 3.5^2 - 18) / 0.5 */
    ck_assert_ptr_nonnull(strstr(output, " 12 "));
    ck_assert_int_eq(run_program("grad 'x^2' x=3 --numeric --central --step 0.5"), 0);
    ck_assert_ptr_nonnull(strstr(output, "(f(W + h) - f(W - h)) / 2h"));
    fails("grad x x=1 --central", 2, "--central goes with --numeric");
    fails("grad x x=1 --numeric --json", 2, "without --json");
    fails("grad x x=1 --numeric --step 0", 2, "--step is a number above 0");
}
END_TEST

START_TEST(wrong_usage) {
    fails("", 2, "usage: wengert COMMAND");
    fails("grda", 2, "wengert: unknown command \"grda\"; did you mean \"grad\"?");
    fails("help grda", 2, "unknown command \"grda\"");
    fails("grad", 2, "an expression is missing");
    fails("grad 'x' x=1 --jsn", 2, "unknown option \"--jsn\"; did you mean \"--json\"?");
    fails("grad 'x' x=1 --dtype", 2, "--dtype needs a value");
    fails("grad 'x' x=1 --dtype f16", 2, "--dtype is f32 or f64, not f16");
    fails("grad 'x' x=1 --dtype f32 --dtype f32", 2, "--dtype is given twice");
    fails("grad 'x' x=1 --json=1", 2, "--json takes no value");
    fails("grad 'x' x=1 --order 3", 2, "--order is 1 or 2, not 3");
    fails("grad 'x' x=1 x=2", 2, "x is given twice");
    fails("grad 'x' x=1 3", 2, "\"3\" is not NAME=VALUE");
    fails("grad 'x' 2x=1", 2, "\"2x=1\" is not NAME=VALUE");
    fails("grad 'x' x=1 pi=3", 2, "pi is a constant");
    fails("grad 'x' x=", 2, "x: column 1: a number is missing");
    fails("grad 'x' 'x=[[1,2],[3]]'", 2, "x: column 10: ragged list");
    fails("grad 'x+w3' x=1 w2=1", 2, "column 3: unknown name \"w3\"; did you mean \"w2\"?");
    fails("grad 'x+' x=1", 2, "column 3: an operand is missing");
    fails("grad 'x*2' 'x=[1,2]'", 2, "the expression has 2 elements");
    fails("grad 'sum(x+y)' 'x=[1,2]' 'y=[1,2,3]'", 2, "column 6: add: shapes do not broadcast");
}
END_TEST

START_TEST(bad_data) {
    fails("grad 'sum(gather(x, i))' 'x=[1,2]' 'i=[0.5]'", 3, "0.5");
    /* bad numbers are bad data, a bad attribute is wrong usage, though both are out of range */
    fails("grad 'sum(gather(x, i))' 'x=[1,2]' 'i=[2]'", 3, "element 0 is 2");
    fails("grad 'softmax_loss(s, l)' 's=[[1,2]]' 'l=[2]'", 3, "label 2 of row 0");
    fails("grad 'sum(x, axis=5)' 'x=[1,2]'", 2, "axis 5");
    fails("grad x x=@/nonexistent/x.npy", 3, "x: /nonexistent/x.npy");
    fails("grad x x=@/dev/null", 3, "x: /dev/null");
}
END_TEST

/* A .npy file by hand: version 1, the header padded to 128 bytes. */
START_TEST(npy_files) {
    static const char head[] = "\x93NUMPY\x01\x00\x76\x00"
                               "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    static const unsigned char data[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}; /* 1, -2 */
    char file[128 + sizeof data];
    memset(file, ' ', 128);
    memcpy(file, head, sizeof head - 1);
    file[127] = '\n';
    memcpy(file + 128, data, sizeof data);
    put_file("x.npy", file, sizeof file);
    prints("grad 'sum(x^2)' x=@x.npy --json", "{\"value\": 5, \"grads\": {\"x\": [2, -4]}}\n");
}
END_TEST

START_TEST(help_and_version) {
    ck_assert_int_eq(run_program("--help"), 0);
    ck_assert_ptr_nonnull(strstr(output, "\n  grad "));
    ck_assert_int_eq(run_program("--version"), 0);
    ck_assert_int_eq(strncmp(output, "wengert ", 8), 0);
    ck_assert_int_eq(run_program("help grad"), 0);
    ck_assert_ptr_nonnull(strstr(output, "--order"));
    ck_assert_ptr_nonnull(strstr(output, "Examples:"));
    char by_help[sizeof output];
    memcpy(by_help, output, sizeof output);
    ck_assert_int_eq(run_program("grad --help"), 0);
    ck_assert_str_eq(output, by_help);
}
END_TEST

/* An expression may begin with a dash. */
START_TEST(dashes) {
    prints("grad -x^2 x=3 --json", "{\"value\": -9, \"grads\": {\"x\": -6}}\n");
    prints("grad --json -- --x x=3", "{\"value\": 3, \"grads\": {\"x\": 1}}\n");
}
END_TEST

START_TEST(first_nan) {
    const char *clean = "grad 'log(x)*y' x=1 y=2 2>&1", *command = "grad 'log(x-1)*y' x=1 y=2 2>&1";
    run_program(command);
    ck_assert_ptr_null(strstr(output, "makes"));
    ck_assert_int_eq(setenv("WG_DEBUG", "nan,inf", 1), 0);
    ck_assert_int_eq(run_program(command), 0);
    ck_assert_ptr_nonnull(strstr(
        output, "wengert grad: log makes -inf: x = 0; path: input x > sub > log\n"));
    run_program(clean);
    ck_assert_ptr_null(strstr(output, "makes"));
    run_program("grad 'sqrt(x)*y' x=0 y=3 --json 2>&1");
    ck_assert_ptr_nonnull(strstr(output, "sqrt going backward makes inf of the cotangent of x: "
                                         "x = 0, cotangent = 3; path: input x > sqrt\n"));
    run_program("check 'sqrt(x)*y' x=0 y=3 2>&1"); /* on tapes of its own: the value's is clean */
    ck_assert_ptr_null(strstr(output, "sqrt going backward makes nan"));
    run_program("graph 'log(x)' x=0 -o - --format dot 2>&1");
    ck_assert_ptr_nonnull(strstr(output, "wengert graph: log makes -inf: x = 0"));
    ck_assert_int_eq(setenv("WG_DEBUG", "nans", 1), 0);
    ck_assert_int_eq(run_program("grad x x=1 2>&1"), 0);
    ck_assert_ptr_nonnull(strstr(output, "WG_DEBUG is nan, inf or nan,inf, not \"nans\""));
    unsetenv("WG_DEBUG");
}
END_TEST

START_TEST(full_disk) {
    FILE *full = fopen("/dev/full", "w");
    if (!full) return; /* only some systems have it */
    fclose(full);
    ck_assert_int_eq(run_program("grad x x=1 2>&1 >/dev/full"), 3);
    ck_assert_ptr_nonnull(strstr(output, "standard output could not be written"));
}
END_TEST

Suite *suite_cli_grad(void) {
    Suite *s = suite_create("cli_grad");
    TCase *c = tcase_create("grad");
    const TTest *const tests[] = {examples_of_the_course, matrices, table, numbers, hessian, names,
                                  numeric_page, wrong_usage, bad_data, npy_files, help_and_version,
                                  dashes, first_nan, full_disk};
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
