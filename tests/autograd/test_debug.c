/* The first gate that makes a NaN or an infinity: who is named, where, when, and who is not. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#undef WG_NO_SITES
#include "tests/suites.h"
#include "tests/oom.h"
#include "wengert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOTH = WG_DEBUG_NAN | WG_DEBUG_INF };

static wg_tape *t;
static int calls;
static wg_debug_report told;
static int meddle;
static wg_status within;

static void listen(const wg_debug_report *r, void *user) {
    ck_assert_ptr_eq(user, &calls);
    ck_assert(r->size == sizeof *r);
    told = *r;
    ++calls;
    if (meddle) within = wg_replay(r->value);
}

static void setup(void) {
    unsetenv("WG_DEBUG");
    ck_assert_ptr_nonnull(t = wg_tape_new());
    wg_tape_debug(t, BOTH);
    wg_tape_on_debug(t, listen, &calls);
    calls = meddle = 0;
}
static void teardown(void) { wg_tape_free(t); }

static wg_var vector(double a, double b, double c) {
    double v[3] = {a, b, c};
    return wg_input(t, WG_F64, WG_SHAPE(3), v);
}

static void says(const char *expected) {
    ck_assert_str_eq(wg_tape_debug_message(t), expected);
}
static void says_part(const char *part) {
    const char *text = wg_tape_debug_message(t);
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

/* ---- values --------------------------------------------------------------------------------- */

START_TEST(test_names_the_first) {
    char expected[512];
    meddle = 1;
    int line = __LINE__ + 2;
    double v[3] = {1, 2, 3};
    WG_LET(w, wg_input(t, WG_F64, WG_SHAPE(3), v));
    wg_var z = wg_sub(w, wg_number(t, 2));
    wg_var y = wg_log(z); /* ln -1 is NaN, ln 0 is -inf */
    (void)wg_square(y);
    ck_assert_int_eq(calls, 1);
    ck_assert_str_eq(told.gate, "log");
    ck_assert(!told.backward && told.value.index == y.index && told.element == 0);
    ck_assert(isnan(told.number));
    snprintf(expected, sizeof expected,
             "%s:%d: log makes nan at [0] of (3): x = -1; path: input w (%s:%d) > sub (%s:%d) > "
             "log (%s:%d)", __FILE__, line + 2, __FILE__, line, __FILE__, line + 1, __FILE__,
             line + 2);
    says(expected);
    ck_assert_str_eq(told.text, expected);
    ck_assert_int_eq(within, WG_ERR_STATE); /* refused in a hook */
}
END_TEST

START_TEST(test_kinds) {
    (void)wg_log(vector(1, 0, 3));
    says_part("log makes -inf at [1] of (3): x = 0");
    ck_assert(told.number == -HUGE_VAL && told.element == 1);
    wg_tape_rewind(t);
    wg_tape_debug(t, WG_DEBUG_NAN);
    says("");
    wg_var y = wg_log(vector(1, 0, 3)); /* not asked for */
    says("");
    (void)wg_sub(y, y); /* -inf - -inf: made here, though operands are infinite */
    says_part("sub makes nan at [1] of (3): x = -inf, y = -inf");
    wg_tape_rewind(t);
    wg_tape_debug(t, WG_DEBUG_INF);
    (void)wg_sqrt(vector(1, -1, 3));
    says("");
    (void)wg_exp(vector(1, 1000, 3));
    says_part("exp makes inf at [1] of (3): x = 1000");
    wg_tape_debug(t, 0);
    (void)wg_exp(vector(1, 1000, 3));
    says("");
}
END_TEST

START_TEST(test_scalars) {
    wg_var x = wg_name(wg_scalar(t, 3), "x"), y = x;
    for (int i = 0; i < 20; ++i) y = wg_mul(y, y); /* 3^(2^10) is too large: the tenth */
    ck_assert_int_eq(calls, 0); /* the inline path looks at nothing */
    ck_assert(isinf(wg_item(y)));
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq((int)(told.value.index - x.index), 10);
    says_part("mul makes inf: x = 1.93233e+244, y = 1.93233e+244; path: scalar x");
    says_part(" > 4 more > mul");
}
END_TEST

/* A chunk holds 65,536 nodes. */
START_TEST(test_scalars_of_several_chunks) {
    wg_var x = wg_scalar(t, 1), y = x;
    for (int i = 0; i < 140000; ++i) y = wg_mul(y, x);
    wg_var bad = wg_log(wg_sub(y, x));
    for (int i = 0; i < 70000; ++i) bad = wg_mul(bad, x);
    says_part("log makes -inf: x = 0");
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(test_float32_and_operands) {
    float a[4] = {1e30f, 1, 2, 3};
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 2), a);
    (void)wg_matmul(x, wg_mul(x, wg_number(t, 1e9)));
    says_part("mul makes inf at [0, 0] of (2, 2): x = 1e+30, y = 1e+09");
    wg_tape_rewind(t);
    wg_tape_debug(t, BOTH);
    x = wg_input(t, WG_F32, WG_SHAPE(2, 2), a);
    (void)wg_matmul(x, x);
    says_part("matmul makes inf at [0, 0] of (2, 2): x (2, 2) in [1, 1e+30], y (2, 2) in");
    wg_tape_rewind(t);
    wg_tape_debug(t, BOTH);
    double row[2] = {5, 0}, column[2] = {3, 7};
    x = wg_input(t, WG_F64, WG_SHAPE(2, 1), column);
    (void)wg_div(x, wg_input(t, WG_F64, WG_SHAPE(2), row)); /* broadcast both ways */
    says_part("div makes inf at [0, 1] of (2, 2): x = 3, y = 0");
}
END_TEST

START_TEST(test_leaves) {
    wg_var x = wg_name(vector(1, 2, (double)NAN), "x");
    says(""); /* nobody took it on */
    (void)wg_exp(wg_reshape(x, WG_SHAPE(3, 1)));
    says_part("input x (");
    says_part(") holds nan at [2] of (3), which exp (");
    ck_assert_str_eq(told.gate, "input");
    wg_tape_rewind(t);
    wg_tape_debug(t, BOTH);
    double mask[3] = {0, -HUGE_VAL, 0}; /* as attention has them: meant */
    wg_var m = wg_const(t, WG_F64, WG_SHAPE(3), mask);
    wg_var p = wg_softmax(wg_add(vector(1, 2, 3), m), 0);
    (void)wg_sum(p);
    says("");
    (void)wg_mul(m, wg_const(t, WG_F64, WG_SHAPE(3), (double[]){0, 0, 0}));
    says_part("mul makes nan at [1] of (3): x = -inf, y = 0");
}
END_TEST

START_TEST(test_nothing_wrong) {
    wg_var x = vector(1, 2, 3), e = wg_input(t, WG_F32, WG_SHAPE(0, 3), NULL);
    wg_var keep = wg_where(wg_greater(x, wg_number(t, 0)), x, wg_number(t, 0));
    ck_assert_int_eq(wg_backward(wg_sum(wg_log(keep))), WG_OK);
    (void)wg_exp(e);
    (void)wg_scalar(t, 1e308);
    says("");
    ck_assert_int_eq(calls, 0);
    ck_assert_str_eq(wg_tape_debug_message(NULL), "");
    wg_tape_debug(NULL, BOTH);
    wg_tape_on_debug(NULL, NULL, NULL);
    wg_tape_debug(t, 4);
    ck_assert_int_eq(wg_tape_status(t), WG_ERR_RANGE);
    ck_assert(strstr(wg_tape_message(t), "debug: 4") != NULL);
}
END_TEST

START_TEST(test_no_gradient_section) {
    wg_var x = vector(1, 0, 3);
    wg_no_grad_begin(t);
    (void)wg_log(x);
    wg_no_grad_end(t);
    says_part("log makes -inf at [1] of (3), in a no-gradient section");
}
END_TEST

/* ---- when ----------------------------------------------------------------------------------- */

START_TEST(test_rewind_keeps_the_first) {
    (void)wg_log(vector(0, 1, 1));
    wg_tape_rewind(t); /* looks before it forgets */
    ck_assert_int_eq(calls, 1);
    (void)wg_sqrt(vector(-1, 1, 1));
    wg_tape_rewind(t);
    says_part("log makes");
    wg_tape_debug(t, BOTH);
    wg_mark mark = wg_tape_mark(t);
    (void)wg_sqrt(vector(-1, 1, 1));
    wg_tape_release(t, mark);
    says_part("sqrt makes");
    ck_assert_int_eq(calls, 2);
}
END_TEST

START_TEST(test_release_and_record) {
    wg_mark mark = wg_tape_mark(t);
    for (int i = 0; i < 3; ++i) { /* the places are used again */
        (void)wg_exp(vector(1, 2, 3));
        wg_tape_release(t, mark);
    }
    says("");
    (void)wg_log(vector(0, 2, 3));
    says_part("log makes");
}
END_TEST

START_TEST(test_replay) {
    double one = 1, zero = 0;
    wg_var x = wg_scalar(t, 2), y = wg_log(x);
    says("");
    ck_assert_int_eq(wg_set(x, &one, sizeof one), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_OK);
    says("");
    ck_assert_int_eq(wg_set(x, &zero, sizeof zero), WG_OK);
    ck_assert_int_eq(wg_replay(y), WG_OK);
    ck_assert_int_eq(calls, 1);
    says_part("log makes -inf: x = 0");
}
END_TEST

START_TEST(test_line_of_a_composition) {
    char line[300];
    double v[4] = {1, 1, 1, 1};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), v);
    snprintf(line, sizeof line, "%s:%d: ", __FILE__, __LINE__ + 1);
    (void)wg_logdet(x); /* singular */
    const char *text = wg_tape_debug_message(t);
    ck_assert_msg(strncmp(text, line, strlen(line)) == 0, "%s does not begin with %s", text, line);
}
END_TEST

/* ---- going backward ------------------------------------------------------------------------- */

START_TEST(test_backward_scalars) {
    wg_var x = wg_name(wg_scalar(t, 0), "x"), y = wg_sqrt(x);
    ck_assert_int_eq(wg_backward(wg_mul(y, wg_number(t, 3))), WG_OK);
    says_part("sqrt going backward makes inf of the cotangent of x: x = 0, cotangent = 3; path: "
              "scalar x");
    ck_assert(told.backward && told.value.index == x.index && isinf(told.number));
    ck_assert_str_eq(told.gate, "sqrt");
}
END_TEST

START_TEST(test_backward_arrays) {
    wg_var x = vector(4, 0, 1), y = wg_sqrt(x);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, wg_number(t, 2)))), WG_OK);
    says_part("sqrt going backward makes inf of the cotangent of x at [1] of (3): x = 0, "
              "cotangent = 2");
    ck_assert_int_eq(calls, 1);
    ck_assert(told.element == 1 && told.value.index == x.index);
}
END_TEST

/* The same where inner gradients are let go as the sweep passes them. */
START_TEST(test_backward_dropped) {
    float v[2] = {0, 4};
    wg_tape_keep_grads(t, 0);
    wg_var x = wg_exp(wg_log1p(wg_input(t, WG_F32, WG_SHAPE(2), v)));
    wg_var y = wg_sqrt(wg_sub(x, wg_number(t, 1)));
    ck_assert_int_eq(wg_backward(wg_sum(wg_reshape(y, WG_SHAPE(1, 2)))), WG_OK);
    says_part("sqrt going backward makes inf of the cotangent of x at [0] of (2)");
}
END_TEST

/* The bad share of a scalar goes on through arrays: the scalar gate is named all the same. */
START_TEST(test_backward_scalar_then_array) {
    wg_var x = vector(0, 0, 0), s = wg_sum(x);
    ck_assert_int_eq(wg_backward(wg_sqrt(s)), WG_OK);
    says_part("sqrt going backward makes inf of the cotangent of x: x = 0, cotangent = 1");
    ck_assert(told.value.index == s.index);
}
END_TEST

START_TEST(test_backward_sum) {
    double big = 1.5e308;
    wg_var x = wg_scalar(t, 1e-3), y = wg_mul(x, wg_number(t, 1)), c = wg_scalar(t, big);
    ck_assert_int_eq(wg_backward(wg_add(wg_mul(c, y), wg_mul(wg_number(t, big), y))), WG_OK);
    says_part("the cotangents that come to mul");
    says_part("add up to inf");
}
END_TEST

/* Cotangents that are no dense arrays: repeated by mean, transposed, flipped. */
START_TEST(test_backward_views) {
    double v[6] = {4, 1, 9, 0, 1, 1};
    for (int flip = 0; flip < 2; ++flip) {
        wg_tape_rewind(t);
        wg_tape_debug(t, BOTH);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), v), y = wg_transpose(x);
        if (flip) y = wg_flip(y, WG_AXES(0));
        ck_assert_int_eq(wg_backward(wg_mean(wg_square(y))), WG_OK);
        says("");
        ck_assert_int_eq(wg_backward(wg_mean(wg_sqrt(y))), WG_OK);
        says_part("sqrt going backward makes inf of the cotangent of x at [");
        ck_assert_int_eq(told.element, flip ? 5 : 1); /* of (3, 2): x[1, 0] */
    }
}
END_TEST

static wg_var spoil(wg_var g, void *user) {
    (void)user;
    return wg_div(g, wg_number(g.tape, 0));
}

START_TEST(test_backward_hook) {
    wg_var x = vector(1, 2, 3);
    ck_assert_int_eq(wg_backward(wg_sum(wg_hook(wg_exp(x), spoil, NULL))), WG_OK);
    says_part("hook going backward makes inf");
}
END_TEST

/* ---- the environment, memory ---------------------------------------------------------------- */

START_TEST(test_environment) {
    static const struct {
        const char *text;
        int nan, inf;
    } cases[] = {{"nan", 1, 0}, {"inf", 0, 1}, {"nan,inf", 1, 1}, {"", 0, 0}, {"x,inf", 0, 1},
                 {"nans", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        ck_assert_int_eq(setenv("WG_DEBUG", cases[i].text, 1), 0);
        wg_tape *own = wg_tape_new();
        wg_var y = wg_log(wg_scalar(own, 0));
        (void)y;
        ck_assert_int_eq(*wg_tape_debug_message(own) != '\0', cases[i].inf);
        wg_tape_free(own);
        own = wg_tape_new();
        (void)wg_log(wg_scalar(own, -1));
        ck_assert_int_eq(*wg_tape_debug_message(own) != '\0', cases[i].nan);
        wg_tape_free(own);
    }
    unsetenv("WG_DEBUG");
}
END_TEST

static wg_status out_of_memory(void) {
    wg_tape *own = wg_tape_new();
    if (!own) return WG_ERR_MEMORY;
    wg_tape_debug(own, BOTH);
    double v[2] = {0, 1};
    wg_var y = wg_sum(wg_sqrt(wg_input(own, WG_F64, WG_SHAPE(2), v)));
    wg_status s = y.index ? wg_backward(y) : wg_tape_status(own);
    if (s == WG_OK) ck_assert(strstr(wg_tape_debug_message(own), "sqrt going backward") != NULL);
    wg_tape_free(own);
    return s;
}

START_TEST(test_out_of_memory) { run_out_of_memory("debug", out_of_memory); }
END_TEST

/* Long arrays are split over threads; the bad one may lie in any part. */
START_TEST(test_threads) {
    enum { N = 5000 };
    static float v[N];
    use_threads(3);
    for (int at = 0; at < N; at += 1237) {
        for (int i = 0; i < N; ++i) v[i] = 1;
        v[at] = 200;
        wg_tape_rewind(t);
        wg_tape_debug(t, BOTH);
        (void)wg_exp(wg_input(t, WG_F32, WG_SHAPE(N), v));
        ck_assert(*wg_tape_debug_message(t) && told.element == at);
    }
    use_threads(1);
}
END_TEST

extern Suite *suite_debug(void);
Suite *suite_debug(void) {
    Suite *s = suite_create("debug");
    TCase *c = tcase_create("debug");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_names_the_first);
    tcase_add_test(c, test_kinds);
    tcase_add_test(c, test_scalars);
    tcase_add_test(c, test_scalars_of_several_chunks);
    tcase_add_test(c, test_float32_and_operands);
    tcase_add_test(c, test_leaves);
    tcase_add_test(c, test_nothing_wrong);
    tcase_add_test(c, test_no_gradient_section);
    tcase_add_test(c, test_rewind_keeps_the_first);
    tcase_add_test(c, test_release_and_record);
    tcase_add_test(c, test_replay);
    tcase_add_test(c, test_line_of_a_composition);
    tcase_add_test(c, test_backward_scalars);
    tcase_add_test(c, test_backward_arrays);
    tcase_add_test(c, test_backward_dropped);
    tcase_add_test(c, test_backward_scalar_then_array);
    tcase_add_test(c, test_backward_sum);
    tcase_add_test(c, test_backward_views);
    tcase_add_test(c, test_backward_hook);
    tcase_add_test(c, test_environment);
    tcase_add_test(c, test_out_of_memory);
    tcase_add_test(c, test_threads);
    suite_add_tcase(s, c);
    return s;
}
