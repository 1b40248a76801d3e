/* The program's gates: what it tells of one, and of all. */
#include "tests/cli/program.h"

#include "ops/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_cli_gates(void);

/* Runs `wengert gates ARGUMENTS`; returns the exit status, both streams are in the output. */
static int run(const char *arguments) { return run_shell("\"$w\" gates %s 2>&1", arguments); }

START_TEST(one_gate) {
    static const char *const tanh_says =
        "tanh(x)\n"
        "  value           y = tanh x\n"
        "  derivative      dx = g (1 - y^2)\n"
        "  shapes          (...) -> (...)\n"
        "  domain          any real numbers\n"
        "  dtypes          floats\n"
        "  forward         rows\n"
        "  reverse         partials\n"
        "  second order    rule\n"
        "  forward mode    rule\n"
        "  kind            smooth\n"
        "  accelerated by  threads\n";
    ck_assert_int_eq(run("tanh"), 0);
    ck_assert_str_eq(output, tanh_says);
}
END_TEST

/* What each kind of gate is run by. */
START_TEST(kinds) {
    ck_assert_int_eq(run("matmul add sort transpose split argmax dropout"), 0);
    has("accelerated by  oneDNN (float32), CBLAS, own AVX2 and AVX-512 kernels, threads\n");
    has("this build      ");
    has("second order    zero\n  forward mode    itself\n  kind            linear\n"); /* add */
    has("forward mode    rule twice\n  kind            kinked\n");                     /* sort */
    has("forward         view\n"); /* transpose */
    has("forward         parts\n  reverse         parts\n");                           /* split */
    has("reverse         zero\n  second order    zero\n  forward mode    zero\n"
         "  kind            flat\n"); /* argmax */
    has("    keep          the probability of keeping an element, in (0, 1]\n");
}
END_TEST

START_TEST(no_such_gate) {
    ck_assert_int_eq(run("tanj"), 2);
    has("there is no gate \"tanj\"");
}
END_TEST

/* The list and the page have every gate. */
START_TEST(all_gates) {
    char row[64];
    ck_assert_int_eq(run(""), 0);
    for (int i = 0; wgi_gates[i]; ++i) {
        snprintf(row, sizeof row, "%-20s ", wgi_gates[i]->name);
        has(row);
    }
    ck_assert_int_eq(run("--markdown"), 0);
    for (int i = 0; wgi_gates[i]; ++i) {
        snprintf(row, sizeof row, "\n| `%s(", wgi_gates[i]->name);
        has(row);
        snprintf(row, sizeof row, "\n| `%s` | ", wgi_gates[i]->name);
        has(row);
    }
    ck_assert_msg(!strstr(output, "|  |") && !strstr(output, "| `` |"), "a cell is empty");
}
END_TEST

Suite *suite_cli_gates(void) {
    Suite *s = suite_create("cli_gates");
    TCase *c = tcase_create("cli_gates");
    tcase_add_test(c, one_gate);
    tcase_add_test(c, kinds);
    tcase_add_test(c, no_such_gate);
    tcase_add_test(c, all_gates);
    suite_add_tcase(s, c);
    return s;
}
