/* Expressions: precedence, literals, calls, statements, and the text of every error. */
#include "graph/parse.h"

#include "backend/memory.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_parse(void);

static wg_tape *tape;

static void setup(void) { tape = wg_tape_new(); }
static void teardown(void) { wg_tape_free(tape); }

/* x = -2, y = 5, w2 = -4 */
static wg_var parse(const char *text) {
    static const char *const names[] = {"x", "y", "w2"};
    wg_tape_rewind(tape);
    wg_var vars[] = {wg_scalar(tape, -2), wg_scalar(tape, 5), wg_scalar(tape, -4)};
    return wg_parse(tape, text, 3, names, vars);
}

static double value(const char *text) {
    wg_var v = parse(text);
    ck_assert_msg(v.index != 0, "%s: %s", text, wg_tape_message(tape));
    return wg_item(v);
}

/* The error that text makes: its status, and part of its message. */
static void fails(const char *text, wg_status status, const char *part) {
    wg_var v = parse(text);
    const char *message = wg_tape_message(tape);
    ck_assert_msg(v.index == 0, "%s: no error", text);
    ck_assert_msg(wg_tape_status(tape) == status, "%s: %s", text, message);
    ck_assert_msg(strstr(message, part) != NULL, "%s: %s", text, message);
}

/* ---- values --------------------------------------------------------------------------------- */

START_TEST(precedence) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"x + y * w2", -22},    {"(x + y) * w2", -12}, {"2 - 3 - 4", -5},     {"8 / 4 / 2", 1},
        {"2 * 3 / 4", 1.5},     {"-x * y", 10},        {"--x", -2},           {"2 - -x", 0},
        {"-3^2", -9},           {"2^3^2", 512},        {"2^-1", 0.5},         {"2^-1*4", 2},
        {"2^-2^2", 0.0625},     {"(-3)^2", 9},         {"-2^2*3", -12},       {"1 - 2^2", -3},
        {"((((x))))", -2},      {"6/2*3", 9},          {"-x + y", 7},         {"y*-x", 10},
        {"\t x\n +\r\n y ", 3}, {"2*(1+2)*(3+4)", 42},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        ck_assert_msg(value(cases[i].text) == cases[i].value, "%s = %.17g", cases[i].text,
                      value(cases[i].text));
}
END_TEST

START_TEST(numbers) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {"1.", 1},
        {".5", 0.5},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"25e-1", 2.5},
        {"0.1", 0.1},
        {"0.30000000000000004", 0.30000000000000004},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"9007199254740993", 9007199254740992.0},
        {"0.000000000000000000000000000000000001e36", 1},
        {"1000000000000000000000000000000000000e-36", 1},
        {"1e999", HUGE_VAL},
        {"1e99999999999999999999999", HUGE_VAL},
        {"1e-999", 0},
        {"0e99999", 0},
        {"inf", HUGE_VAL},
        {"-inf", -HUGE_VAL},
        {"pi", 3.141592653589793},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        ck_assert_msg(value(cases[i].text) == cases[i].value, "%s = %.17g", cases[i].text,
                      value(cases[i].text));
    ck_assert(isnan(value("nan")));
    ck_assert(isnan(value("0*inf")));
}
END_TEST

/* 2^53 + 1 is a tie, which a digit 900 places on breaks: rounding must see beyond any buffer. */
START_TEST(numbers_longer_than_the_buffer) {
    char text[1000];
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17);
    text[950] = '\0';
    ck_assert(value(text) == 9007199254740992.0);
    text[949] = '1';
    ck_assert(value(text) == 9007199254740994.0);
    memset(text, '7', 900);
    text[900] = '\0';
    ck_assert(value(text) == HUGE_VAL);
    strcpy(text + 900, "e-899");
    ck_assert(value(text) == 7.0 + 7.0 / 9);
}
END_TEST

START_TEST(number_takes_partners_dtype) {
    float f = 0.1f;
    wg_var x = wg_input(tape, WG_F32, WG_RANK0, &f);
    const char *const names[] = {"x"};
    wg_var v = wg_parse(tape, "x * 3 + pi", 1, names, &x);
    ck_assert_int_eq(wg_dtype_of(v), WG_F32);
    ck_assert(wg_item(v) == (double)(0.1f * 3.0f + 3.14159265f));
    v = wg_parse(tape, "x + [1, 2.5]", 1, names, &x);
    ck_assert_int_eq(wg_dtype_of(v), WG_F32);
    float read[2];
    ck_assert_int_eq(wg_read(v, read, sizeof read), WG_OK);
    ck_assert(read[0] == 0.1f + 1 && read[1] == 0.1f + 2.5f);
}
END_TEST

START_TEST(lists) {
    double read[6];
    wg_var v = parse("[[1, -2, 3], [4, 5e-1, inf]]");
    wg_shape s = wg_shape_of(v);
    ck_assert_int_eq(wg_dtype_of(v), WG_F64);
    ck_assert(s.rank == 2 && s.dim[0] == 2 && s.dim[1] == 3);
    ck_assert_int_eq(wg_read(v, read, sizeof read), WG_OK);
    ck_assert(read[1] == -2 && read[4] == 0.5 && read[5] == HUGE_VAL);
    s = wg_shape_of(parse("[]"));
    ck_assert(s.rank == 1 && s.dim[0] == 0);
    s = wg_shape_of(parse("[[], []]"));
    ck_assert(s.rank == 2 && s.dim[0] == 2 && s.dim[1] == 0);
    s = wg_shape_of(parse("[[[[[[[[3]]]]]]]]"));
    ck_assert(s.rank == 8 && s.dim[7] == 1);
    v = parse("x * [1, 2] + [[10], [20]]");
    ck_assert_int_eq(wg_read(v, read, 4 * sizeof *read), WG_OK);
    ck_assert(read[0] == 8 && read[1] == 6 && read[2] == 18 && read[3] == 16);
}
END_TEST

START_TEST(statements) {
    ck_assert(value("q = x + y; q * w2") == -12);
    ck_assert(value("q = x + y; q * w2;") == -12);
    ck_assert(value("q = x; q = q + 1; q*q") == 1);
    ck_assert(value("a = 3; b = a^2") == 9);
    ck_assert(value("sin = 2; sin*sin") == 4);
    wg_var v = parse("q = x + y");
    ck_assert_str_eq(wg_name_of(v), "q");
    v = parse("q = x + y; r = q"); /* r is only another word for it */
    ck_assert_str_eq(wg_name_of(v), "q");
}
END_TEST

START_TEST(calls) {
    check_near(value("exp(x)"), 0.1353352832366127, 1e-16);
    ck_assert(value("add(x, mul(y, w2))") == -22);
    ck_assert(value("scale(x, c=-1.5)") == 3);
    ck_assert(value("scale(c=2, x)") == -4);
    ck_assert(value("scale(x)") == -2); /* the preset */
    ck_assert(value("shift(x, c=pi)") == -2 + 3.141592653589793);
    ck_assert(value("max(x, y)") == 5);
    ck_assert(value("maximum(x, w2)") == -2);
    ck_assert(value("square(x + 1) - exp(0)") == 0);
}
END_TEST

START_TEST(gradient_flows) {
    static const char *const names[] = {"w0", "x0", "w1", "x1", "w2"};
    static const double expected[] = {-0.19661193, 0.39322387, -0.39322387, -0.58983580,
                                      0.19661193};
    wg_var v[5];
    for (int i = 0; i < 5; ++i) v[i] = wg_scalar(tape, (const double[]){2, -1, -3, -2, -3}[i]);
    wg_var root = wg_parse(tape, "1/(1+exp(-(w0*x0+w1*x1+w2)))", 5, names, v);
    check_near(wg_item(root), 0.73105857863, 1e-10);
    ck_assert_int_eq(wg_backward(root), WG_OK);
    for (int i = 0; i < 5; ++i) check_near(wg_item(wg_grad(v[i])), expected[i], 1e-8);
}
END_TEST

START_TEST(uses) {
    static const char *const names[] = {"x", "i", "u"};
    wg_var v[] = {wg_scalar(tape, 1), wg_scalar(tape, 0), wg_scalar(tape, 2)};
    unsigned char used[3];
    wg_var r = wgi_parse(tape, "where(i, x, 2*x)", 3, names, v, used);
    ck_assert_msg(r.index != 0, "%s", wg_tape_message(tape));
    ck_assert_int_eq(used[0], WGI_USED_AS_VALUE);
    ck_assert_int_eq(used[1], WGI_USED_AS_INDEX);
    ck_assert_int_eq(used[2], 0);
    ck_assert(wg_item(r) == 2);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

START_TEST(caret_under_the_place) {
    fails("x + w3", WG_ERR_NAME,
          "column 5: unknown name \"w3\"; did you mean \"w2\"?\n  x + w3\n      ^");
    fails("x +\n  w2 * z", WG_ERR_NAME, "line 2, column 8: unknown name \"z\"\n    w2 * z\n"
                                        "         ^");
    fails("x + \xce\xb1\xce\xb2 + y", WG_ERR_SYNTAX,
          "column 5: a character that means nothing here\n  x + \xce\xb1\xce\xb2 + y\n      ^");
    fails("\xce\xb1", WG_ERR_SYNTAX, "column 1");
    fails("x + \xff", WG_ERR_SYNTAX, "\n  x + ?\n      ^");
    fails("x \x01 y", WG_ERR_SYNTAX, "\n  x   y\n    ^");
}
END_TEST

START_TEST(long_text_is_cut) {
    char text[600];
    memset(text, '+', sizeof text);
    for (size_t i = 0; i < 598; i += 2) text[i] = 'x';
    text[300] = 'q';
    text[599] = '\0';
    text[598] = 'x';
    fails(text, WG_ERR_NAME, "column 301: unknown name \"q\"");
    const char *message = wg_tape_message(tape), *line = strchr(message, '\n');
    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strncmp(line, "\n  ...", 6) == 0, "%s", message);
    const char *caret = strchr(line + 1, '\n');
    ck_assert_int_eq(line[strlen(caret) - 1], 'q'); /* the caret's column */
    ck_assert_int_eq(caret[strlen(caret) - 1], '^');
    ck_assert(strlen(message) < sizeof((wg_error *)0)->text);
}
END_TEST

START_TEST(long_messages_keep_the_caret) {
    fails("[[[[[[[[1,2]]]]]]]] * [[[[[[[[1,2,3]]]]]]]]", WG_ERR_SHAPE, "column 21: mul: ");
    const char *message = wg_tape_message(tape);
    ck_assert_int_eq(message[strlen(message) - 1], '^');
    ck_assert_ptr_nonnull(strstr(message, "(1, 1, 1, 1, 1, 1, 1, 2)"));
}
END_TEST

START_TEST(syntax_errors) {
    fails("", WG_ERR_SYNTAX, "column 1: an operand is missing");
    fails("  ", WG_ERR_SYNTAX, "column 3: an operand is missing");
    fails(";", WG_ERR_SYNTAX, "\";\" where an operand is expected");
    fails("x;;", WG_ERR_SYNTAX, "column 3");
    fails("x + + y", WG_ERR_SYNTAX, "column 5: \"+\" where an operand is expected");
    fails("x +", WG_ERR_SYNTAX, "column 4: an operand is missing");
    fails("x y", WG_ERR_SYNTAX, "column 3: \"y\" where an operator is expected");
    fails("2x", WG_ERR_SYNTAX, "column 2: \"x\" where an operator is expected");
    fails("1.2.3", WG_ERR_SYNTAX, "column 4: \".3\" where an operator is expected");
    fails("(x + y", WG_ERR_SYNTAX, "column 1: the bracket is not closed");
    fails("exp(x; y", WG_ERR_SYNTAX, "column 1: the bracket is not closed");
    fails("x)", WG_ERR_SYNTAX, "column 2: \")\" without its \"(\"");
    fails("()", WG_ERR_SYNTAX, "column 2: \")\" where an operand is expected");
    fails("x, y", WG_ERR_SYNTAX, "column 2: \",\" outside of a call");
    fails("exp((x, y))", WG_ERR_SYNTAX, "column 7: \",\" outside of a call");
    fails("add(x,)", WG_ERR_SYNTAX, "column 7: \")\" where an operand is expected");
    fails("x == y", WG_ERR_NAME, "given value");
    fails("q == y", WG_ERR_SYNTAX, "column 4: \"=\" where an operand is expected");
    fails("x + q = y", WG_ERR_NAME, "unknown name \"q\"");
    fails("1 = x", WG_ERR_SYNTAX, "column 3: \"=\" where an operator is expected");
    fails("\"abc", WG_ERR_SYNTAX, "column 1: the string is not closed");
    fails("'abc' + x", WG_ERR_SYNTAX, "where an operand is expected");
}
END_TEST

START_TEST(list_errors) {
    fails("[[1,2],[3]]", WG_ERR_SYNTAX, "column 10: ragged list: 1 entries");
    fails("[1,[2]]", WG_ERR_SYNTAX, "column 4: ragged list");
    fails("[[1],2]", WG_ERR_SYNTAX, "column 6: ragged list");
    fails("[[],[1]]", WG_ERR_SYNTAX, "ragged list");
    fails("[1,]", WG_ERR_SYNTAX, "column 4: \"]\" where a number is expected");
    fails("[1 2]", WG_ERR_SYNTAX, "column 4: \"2\" where \",\" or \"]\" is expected");
    fails("[1,x]", WG_ERR_SYNTAX, "column 4: \"x\" where a number is expected");
    fails("[1", WG_ERR_SYNTAX, "column 3: \",\" or \"]\" is missing");
    fails("[[[[[[[[[1]]]]]]]]]", WG_ERR_SYNTAX, "column 9: a list nested deeper than 8 levels");
}
END_TEST

START_TEST(name_errors) {
    fails("sni(x)", WG_ERR_NAME, "column 1: unknown gate \"sni\"; did you mean \"sin\"?");
    fails("qqqqqqq(x)", WG_ERR_NAME, "unknown gate \"qqqqqqq\"\n");
    fails("exp + x", WG_ERR_NAME, "\"exp\" is a gate: call it");
    fails("y + x(3)", WG_ERR_NAME, "column 5: \"x\" is a value, not a gate");
    fails("x = 3", WG_ERR_NAME, "column 1: \"x\" is a given value");
    fails("pi = 3", WG_ERR_NAME, "\"pi\" is a constant");
    fails("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = 1",
          WG_ERR_NAME, "too long for a name");
    fails("total = x; totla", WG_ERR_NAME, "did you mean \"total\"?");
}
END_TEST

START_TEST(call_errors) {
    fails("exp()", WG_ERR_SHAPE, "column 1: exp: 0 operands given, it takes 1");
    fails("y + add(x)", WG_ERR_SHAPE, "column 5: add: 1 operand given");
    fails("exp(x, y)", WG_ERR_SHAPE, "exp: 2 operands given, it takes 1");
    fails("scale(x, k=1)", WG_ERR_NAME, "column 10: scale has no attribute \"k\"");
    fails("exp(x, c=1)", WG_ERR_NAME, "exp has no attribute \"c\"");
    fails("scale(x, c=1, c=2)", WG_ERR_NAME, "column 15: scale: c is given twice");
    fails("scale(x, c=[1])", WG_ERR_RANGE, "column 12: scale: c is one number, not a list");
    fails("scale(x, c=\"a\")", WG_ERR_SYNTAX, "scale: c is a number, not \"a\"");
    fails("scale(x, c=1 + y)", WG_ERR_SYNTAX, "\"+\" where \",\" or \")\" is expected");
    fails("scale(x, c=)", WG_ERR_SYNTAX, "scale: c is a number, not \")\"");
    fails("[1,2] + [1,2,3]", WG_ERR_SHAPE, "column 7: add: shapes do not broadcast");
}
END_TEST

START_TEST(nesting) {
    enum { DEEP = 100000 };
    static char text[2 * DEEP + 2];
    for (size_t depth = 1000; depth <= DEEP; depth += DEEP - 1000) {
        memset(text, '(', depth);
        text[depth] = 'x';
        memset(text + depth + 1, ')', depth);
        text[2 * depth + 1] = '\0';
        if (depth == 1000) ck_assert(value(text) == -2);
        else fails(text, WG_ERR_SYNTAX, "column 1025: nested too deeply");
    }
    for (const char *s = "-([^"; *s; ++s) {
        memset(text, *s, DEEP);
        if (*s == '^')
            for (int i = 0; i < DEEP; i += 2) text[i] = '1';
        text[DEEP] = '\0';
        fails(text, WG_ERR_SYNTAX, "nested");
    }
    for (int i = 0; i < DEEP; i += 4) memcpy(text + i, "exp(", 4);
    text[DEEP] = '\0';
    fails(text, WG_ERR_SYNTAX, "nested too deeply");
}
END_TEST

START_TEST(bad_arguments) {
    const char *const twice[] = {"x", "x"}, *const odd[] = {"x", "2y"}, *const pi[] = {"x", "pi"},
                      *const null[] = {"x", NULL}, *const fine[] = {"x", "y"};
    const char *const *const bad[] = {twice, odd, pi, null, NULL};
    for (size_t i = 0; i < 5; ++i) {
        wg_tape_rewind(tape);
        wg_var v[] = {wg_scalar(tape, 1), wg_scalar(tape, 2)};
        ck_assert_int_eq(wg_parse(tape, "x", 2, bad[i], v).index, 0);
        ck_assert_int_eq(wg_tape_status(tape), WG_ERR_NAME);
    }
    wg_tape_rewind(tape);
    ck_assert_int_eq(wg_parse(tape, NULL, 0, NULL, NULL).index, 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_ERR_SYNTAX);
    ck_assert_ptr_null(wg_parse(NULL, "1", 0, NULL, NULL).tape);
    wg_tape *other = wg_tape_new();
    wg_tape_rewind(tape);
    wg_var v[] = {wg_scalar(tape, 1), wg_scalar(other, 2)};
    ck_assert_int_eq(wg_parse(tape, "x + y", 2, fine, v).index, 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_ERR_TAPE);
    wg_tape_rewind(tape); /* v[0] is stale now */
    ck_assert_int_eq(wg_parse(tape, "1 + x", 2, fine, v).index, 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_ERR_STALE);
    wg_tape_rewind(tape);
    v[0] = WG_NONE;
    ck_assert_int_eq(wg_parse(tape, "x", 2, fine, v).index, 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_ERR_TAPE);
    wg_tape_free(other);
}
END_TEST

/* The first error stays, and healthy values go on working. */
START_TEST(error_is_sticky) {
    wg_var x = wg_scalar(tape, 3);
    const char *const names[] = {"x"};
    wg_parse(tape, "x + z", 1, names, &x);
    wg_parse(tape, "x * [1,", 1, names, &x);
    ck_assert_int_eq(wg_tape_status(tape), WG_ERR_NAME);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "test_parse.c:"));
    ck_assert(wg_item(wg_parse(tape, "x^1 + 1", 1, names, &x)) == 4);
}
END_TEST

/* ---- values of the program ------------------------------------------------------------------- */

START_TEST(whole_values) {
    wgi_list list;
    wg_error e = {WG_OK, ""};
    memset(&list, 0, sizeof list);
    ck_assert_int_eq(wgi_parse_value(" -2.5e1 ", &list, &e), WG_OK);
    ck_assert(list.shape.rank == 0 && list.n == 1 && list.data[0] == -25);
    wgi_free(list.data);
    static const char *const bad[] = {"", "x", "1 2", "[1", "--1", "1+1", "[1]]", "@", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        memset(&list, 0, sizeof list);
        e.status = WG_OK;
        ck_assert_msg(wgi_parse_value(bad[i], &list, &e) == WG_ERR_SYNTAX, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(e.text, "column "));
        wgi_free(list.data);
    }
}
END_TEST

Suite *suite_parse(void) {
    Suite *s = suite_create("parse");
    TCase *c = tcase_create("expressions");
    const TTest *const tests[] = {precedence, numbers, numbers_longer_than_the_buffer,
                    number_takes_partners_dtype, lists, statements, calls, gradient_flows, uses,
                    caret_under_the_place, long_text_is_cut, long_messages_keep_the_caret,
                    syntax_errors, list_errors, name_errors, call_errors, nesting, bad_arguments,
                    error_is_sticky, whole_values};
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
