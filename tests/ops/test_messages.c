/* test_messages.c: what is said about wrong calls.  wrong_calls.txt holds hundreds of expressions
 * with the status and the exact text that each must end with; the engine's own errors stand below.
 */
#include "ops/registry.h"
#include "tests/suites.h"
#include "wengert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const names[] = {"s", "v", "w", "m", "q",     "t",      "e",  "f",
                                    "i", "k", "b", "r8", "image", "kernel", "wide"};
enum { NAMES = sizeof names / sizeof *names, LINE = 512, MOST = 4096, WANTED = 424 };

/* The values that the head of the table describes. */
static void make(wg_var *x) {
    static const int64_t two[2] = {0, 2}, three[3] = {0, 1, 1};
    int n = 0;
    x[n++] = wg_scalar(t, 1.5);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2, 3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(3, 3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2, 3, 4), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(0), NULL);
    x[n++] = wg_input(t, WG_F32, WG_SHAPE(3), NULL);
    x[n++] = wg_const(t, WG_I64, WG_SHAPE(2), two);
    x[n++] = wg_const(t, WG_I64, WG_SHAPE(3), three);
    x[n++] = wg_const(t, WG_BOOL, WG_SHAPE(3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(1, 4, 4, 2), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2, 3, 3, 2), NULL);
    x[n++] = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE(1, 3000000000, 1, 1));
    ck_assert_int_eq(n, NAMES);
}

/* The tape goes on after an error: healthy values have their gradients, and the error stays. */
static void hold_working(const char *call, const char *said) {
    wg_var x = wg_scalar(t, 3), y = wg_sum(wg_mul(x, wg_square(x)));
    ck_assert_msg(wg_backward(y) == WG_OK, "%s: backward failed afterwards", call);
    ck_assert_msg(wg_item(wg_grad(x)) == 27, "%s: another gradient afterwards", call);
    ck_assert_msg(!strcmp(wg_tape_message(t), said), "%s: another error afterwards", call);
}

/* "column 3: add: ..." names a gate of the registry. */
static int names_gate(const char *text) {
    const char *at = strstr(text, ": ");
    return at && wgi_gate_find(at + 2, strcspn(at + 2, ": "));
}

/* One row of the table: call, "status: text". */
static void hold_row(const char *call, const char *expected, int of_a_gate) {
    char said[LINE + 64], whole[LINE];
    wg_var x[NAMES];
    wg_tape_rewind(t);
    make(x);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_var y = (wg_parse)(t, call, NAMES, names, x);
    ck_assert_msg(y.index == 0, "%s: no error", call);
    snprintf(whole, sizeof whole, "%s", wg_tape_message(t));
    snprintf(said, sizeof said, "%s: %.*s", wg_status_name(wg_tape_status(t)),
             (int)strcspn(whole, "\n"), whole);
    ck_assert_msg(!strcmp(said, expected), "%s:\n%s\nexpected\n%s", call, said, expected);
    ck_assert_msg(!of_a_gate || names_gate(strchr(expected, ':') + 2) ||
                      strstr(expected, "unknown"),
                  "%s: no gate named: %s", call, said);
    hold_working(call, whole);
}

static char *read_line(FILE *f, char *line) {
    if (!fgets(line, LINE, f)) return NULL;
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many of the texts are different. */
static int different(char **text, int n) {
    int count = n > 0;
    qsort(text, (size_t)n, sizeof *text, by_text);
    for (int i = 1; i < n; ++i) count += strcmp(text[i], text[i - 1]) != 0;
    return count;
}

START_TEST(test_wrong_calls) {
    static char line[LINE], expected[LINE], *text[MOST];
    int n = 0, of_a_gate = 1;
    FILE *f = fopen("tests/ops/wrong_calls.txt", "r");
    ck_assert_msg(f != NULL, "tests/ops/wrong_calls.txt: the tests run in the project's root");
    while (read_line(f, line)) {
        if (!strcmp(line, "# the language")) of_a_gate = 0;
        if (*line == '#' || !*line) continue;
        ck_assert_msg(read_line(f, expected) && !strncmp(expected, "    ", 4), "no text: %s", line);
        hold_row(line, expected + 4, of_a_gate);
        ck_assert_int_lt(n, MOST);
        ck_assert_ptr_nonnull(text[n] = malloc(sizeof expected));
        memcpy(text[n++], expected, sizeof expected);
    }
    fclose(f);
    int distinct = different(text, n);
    ck_assert_msg(n >= WANTED && distinct >= WANTED, "%d calls, %d different texts", n, distinct);
    for (int i = 0; i < n; ++i) free(text[i]);
}
END_TEST

/* ---- the engine's own ------------------------------------------------------------------------ */

static void says(wg_status got, wg_status status, const char *part) {
    ck_assert_msg(got == status && strstr(wg_tape_message(t), part), "%s: %s",
                  wg_status_name(got), wg_tape_message(t));
    wg_tape_rewind(t);
}

static wg_status copy_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status copy_forward(wg_call *c) {
    memcpy(c->y.data, c->x[0]->data, (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype));
    return WG_OK;
}
static void narrow_rule(wg_pull *p) { p->dx[0] = wg_cast(p->g, WG_F32); }

/* A user's gate without a rule, and one whose rule gives another dtype. */
START_TEST(test_gates_of_users) {
    wg_gate copy = {.size = sizeof copy, .name = "copy", .arity = 1, .operands = {"x"},
                    .infer = copy_infer, .forward = {copy_forward, copy_forward, NULL, NULL}};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), NULL), d;
    says(wg_backward(wg_sum(wg_record(&copy, 1, &x, NULL))), WG_ERR_UNSUPPORTED,
         "copy: it has no derivative");
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    says(wg_gradients(wg_sum(wg_record(&copy, 1, &x, NULL)), 1, &x, &d), WG_ERR_UNSUPPORTED,
         "copy: it has no derivative");
    copy.rule = narrow_rule;
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    says(wg_backward(wg_sum(wg_record(&copy, 1, &x, NULL))), WG_ERR_STATE,
         "copy: its rule gives float32 for float64");
    copy.attr_bytes = 4;
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_uint_eq(wg_record(&copy, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_STATE, "copy: its attributes are missing");
}
END_TEST

START_TEST(test_gradients_of_integers) {
    int64_t one[1] = {1};
    wg_var x = wg_scalar(t, 2), i = wg_const(t, WG_I64, WG_SHAPE(1), one), d;
    says(wg_gradients(wg_square(x), 1, &i, &d), WG_ERR_DTYPE, "gradients: value 0 is not a float");
}
END_TEST

extern Suite *suite_messages(void);
Suite *suite_messages(void) {
    Suite *s = suite_create("messages");
    TCase *c = tcase_create("messages");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_wrong_calls);
    tcase_add_test(c, test_gates_of_users);
    tcase_add_test(c, test_gradients_of_integers);
    suite_add_tcase(s, c);
    return s;
}
