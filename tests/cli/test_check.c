/* The program's check and graph, as a shell sees them. */
#include "tests/cli/program.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_cli_check(void);

/* The one JSON object on stdout of a run that exits so. */
static json_t *object(const char *arguments, int status) {
    json_error_t e;
    ck_assert_msg(run_program(arguments) == status, "%s: not %d: %s", arguments, status, output);
    json_t *j = json_loads(output, JSON_REJECT_DUPLICATES, &e);
    ck_assert_msg(j != NULL, "%s: %s: %s", arguments, e.text, output);
    return j;
}
static const char *verdict(json_t *j) {
    return json_string_value(json_object_get(j, "verdict"));
}
static json_t *leaf(json_t *j, size_t i) {
    return json_array_get(json_object_get(j, "leaves"), i);
}
static double number(json_t *j, const char *key) {
    return json_number_value(json_object_get(j, key));
}

/* ---- check ---------------------------------------------------------------------------------- */

START_TEST(passes) {
    json_t *j = object("check 'sum(tanh(W@x)^2)' 'W=[[0.1,0.5],[-0.3,0.8]]' 'x=[0.2,0.4]' "
                       "--json", 0);
    ck_assert_str_eq(verdict(j), "pass");
    ck_assert_uint_eq(json_array_size(json_object_get(j, "leaves")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(leaf(j, 0), "name")), "W");
    check_near(number(leaf(j, 0), "coordinates"), 4, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(leaf(j, 0), "worst")), 2);
    double a = number(leaf(j, 1), "analytic"), n = number(leaf(j, 1), "numeric");
    ck_assert(a != 0);
    check_near(a, n, number(leaf(j, 1), "tolerance"));
    check_near(number(leaf(j, 1), "abs_error"), fabs(a - n), 0);
    json_decref(j);
}
END_TEST

START_TEST(takes_a_subgradient) {
    json_t *j = object("check 'sum(relu(x))*y' 'x=[1,0]' y=2 --json", 0);
    ck_assert_str_eq(verdict(j), "subgradient");
    ck_assert_str_eq(verdict(leaf(j, 1)), "pass");
    check_near(number(leaf(j, 0), "subgradients"), 1, 0);
    check_near(number(leaf(j, 0), "left"), 0, 1e-9);
    check_near(number(leaf(j, 0), "right"), 2, 1e-9);
    check_near(json_number_value(json_array_get(json_object_get(leaf(j, 0), "worst"), 0)), 1, 0);
    ck_assert(json_is_null(json_object_get(j, "wrong_gate")));
    check_near(number(j, "dot_product_error"), 0, 1e-14);
    json_decref(j);
}
END_TEST

START_TEST(is_undecided_at_a_jump) {
    json_t *j = object("check '(x+1)*sign(x)' x=0 --json", 4);
    ck_assert_str_eq(verdict(j), "kink");
    ck_assert(json_is_null(json_object_get(leaf(j, 0), "numeric")));
    json_decref(j);
}
END_TEST

START_TEST(second_order) {
    json_t *j = object("check 'sum(exp(x)*y)' 'x=[1,0.5]' 'y=[2,3]' --order 2 --json", 0);
    ck_assert_str_eq(verdict(j), "pass");
    ck_assert_uint_eq(json_array_size(json_object_get(j, "leaves")), 2);
    ck_assert(number(j, "asymmetry") <= 1e-14);
    json_decref(j);
    fails("check x x=1 --order 3", 2, "--order");
}
END_TEST

START_TEST(prints_csv) {
    ck_assert_int_eq(run_program("check 'sum(relu(x))*y' 'x=[[1,0]]' y=2 --csv"), 0);
    ck_assert_int_eq(strncmp(output, "name,verdict,coordinates,", 25), 0);
    ck_assert_ptr_nonnull(strstr(output, "\n\"x\",subgradient,2,0,0,1,0,\"[0, 1]\",0,"));
    fails("check x x=1 --csv --json", 2, "exclude");
}
END_TEST

START_TEST(nan_fails) {
    json_t *j = object("check 'log(x)*y' x=-1 y=nan --json", 1);
    ck_assert_str_eq(verdict(j), "fail");
    ck_assert_str_eq(verdict(leaf(j, 0)), "fail");
    ck_assert(json_is_null(json_object_get(leaf(j, 0), "analytic")));
    ck_assert(json_is_null(json_object_get(j, "value")));
    json_decref(j);
}
END_TEST

START_TEST(float32_and_tolerances) {
    json_t *j = object("check 'sum(exp(x))' 'x=[0.1,0.2]' --dtype f32 --json", 0);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(j, "rule")), "0.001 |float64|"));
    json_decref(j);
    j = object("check 'sum(exp(x))' 'x=[0.1,0.2,0.3]' --rtol 0.25 --atol=0.5 --coordinates 2 "
               "--json", 0);
    check_near(number(leaf(j, 0), "coordinates"), 2, 0);
    ck_assert(number(leaf(j, 0), "tolerance") > 0.5);
    json_decref(j);
}
END_TEST

START_TEST(prints_a_table) {
    ck_assert_int_eq(run_program("check 'sum(relu(x))*y' 'x=[[1,0]]' y=2"), 0);
    const char *rule = strstr(output, "accepted where");
    ck_assert_ptr_nonnull(rule);
    ck_assert_ptr_null(strstr(rule + 1, "accepted where")); /* once */
    ck_assert_ptr_nonnull(strstr(output, "[0, 1]"));
    ck_assert_ptr_nonnull(strstr(output, "a kink"));
    ck_assert_str_eq(output + strlen(output) - 12, "subgradient\n");
}
END_TEST

START_TEST(checks_refuse) {
    fails("check 'x*' x=1", 2, "column");
    fails("check 'x*[1,2]' x=1", 2, "2 elements");
    fails("check 'x' x=@missing.npy", 3, "missing.npy");
    fails("check 'x' x=1 --rtol -1", 2, "--rtol is a number above 0");
    fails("check 'x' x=1 --atol 1x", 2, "--atol is a number above 0");
    fails("check 'x' x=1 --coordinates 1.5", 2, "--coordinates is a whole number");
    fails("check 'x' x=1 --seed ''", 2, "--seed is a whole number");
    fails("check 'x' x=1 --dtype f16", 2, "f32 or f64");
    fails("check '1+2'", 2, "no leaf");
    fails("check", 2, "");
}
END_TEST

/* ---- graph ---------------------------------------------------------------------------------- */

static json_t *file(const char *name) {
    const char *path = in_scratch(name);
    json_error_t e;
    json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    ck_assert_msg(j != NULL, "%s: %s", path, e.text);
    return j;
}
static void expect_text(const char *name, const char *part) {
    FILE *f = fopen(in_scratch(name), "r");
    ck_assert_ptr_nonnull(f);
    output[fread(output, 1, sizeof output - 1, f)] = '\0';
    fclose(f);
    ck_assert_msg(strstr(output, part) != NULL, "%s: %s", name, output);
}

START_TEST(writes_json) {
    ck_assert_int_eq(run_program("graph '(x+y)*z' x=-2 y=5 z=-4 -o a.json"), 0);
    ck_assert_str_eq(output, "");
    json_t *j = file("a.json"), *nodes = json_object_get(j, "nodes");
    ck_assert_uint_eq(json_array_size(nodes), 5);
    ck_assert(json_is_true(json_object_get(j, "backward")));
    ck_assert_str_eq(json_string_value(json_object_get(j, "title")), "(x+y)*z");
    check_near(number(json_array_get(nodes, 4), "value"), -12, 0);
    check_near(number(json_array_get(nodes, 2), "grad"), 3, 0);
    json_decref(j);
}
END_TEST

START_TEST(writes_dot) {
    ck_assert_int_eq(run_program("graph '(x+y)*z' x=-2 y=5 z=-4 -o a.dot --title '<circuit>'"), 0);
    expect_text("a.dot", "digraph wengert {");
    expect_text("a.dot", "&lt;circuit&gt;");
    ck_assert_ptr_null(strstr(output, "backward not run"));
    ck_assert_int_eq(run_program("graph '(x+y)*z' x=-2 y=5 z=-4 -o a.dot --no-backward"), 0);
    expect_text("a.dot", "backward not run");
}
END_TEST

START_TEST(writes_to_standard_output) {
    ck_assert_int_eq(run_program("graph 'sum(x)' 'x=[1,2,3,4,5,6,7,8,9]' -o - --format dot"), 0);
    ck_assert_int_eq(strncmp(output, "digraph", 7), 0);
    json_t *j = object("graph 'sum(x)' 'x=[1,2,3,4,5,6,7,8,9]' -o - --format json --elements all",
                       0);
    json_t *x = json_array_get(json_object_get(j, "nodes"), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(x, "value")), 9);
    json_decref(j);
}
END_TEST

/* The example of the schema's page is what the program writes. */
START_TEST(writes_what_the_schema_shows) {
    static char page[16384];
    FILE *f = fopen("docs/dump-schema.md", "r");
    ck_assert_ptr_nonnull(f);
    page[fread(page, 1, sizeof page - 1, f)] = '\0';
    fclose(f);
    char *example = strstr(page, "```json\n"), *end = example ? strstr(example + 3, "```") : NULL;
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    ck_assert_int_eq(run_program("graph '(x+y)*z' x=-2 y=5 z=-4 -o - --format json"), 0);
    ck_assert_str_eq(output, example + 8);
}
END_TEST

/* What has more than one element can be drawn, without gradients. */
START_TEST(draws_arrays_without_gradients) {
    fails("graph 'x*2' 'x=[1,2]' -o a.json", 2, "--no-backward");
    ck_assert_int_eq(run_program("graph 'x*2' 'x=[1,2]' -o a.json --no-backward"), 0);
    json_decref(file("a.json"));
}
END_TEST

START_TEST(graphs_refuse) {
    fails("graph 'x' x=1", 2, "-o FILE.dot");
    fails("graph 'x' x=1 -o a.svg", 2, "no format \"svg\"; dot and json");
    fails("graph 'x' x=1 -o a.d/b", 2, "neither .dot nor .json");
    fails("graph 'x' x=1 -o -", 2, "--format");
    fails("graph 'x' x=1 -o a.dot --format png", 2, "no format \"png\"");
    fails("graph 'x' x=1 -o a.dot --elements 0", 2, "--elements");
    fails("graph 'x' x=1 -o missing/a.dot", 3, "missing/a.dot");
    fails("graph 'x +' x=1 -o a.dot", 2, "column");
}
END_TEST

START_TEST(keeps_the_old_file_on_a_full_disk) {
    ck_assert_int_eq(run_program("graph 'x' x=1 -o a.dot --title old"), 0);
    /* a limit on the size of files stands for the full disk; without SIGXFSZ writing fails */
    int status = run_shell("cd '%s' && trap '' XFSZ && ulimit -f 1 && \"$w\" graph 'sum(x)' "
                           "\"x=[$(for i in $(seq 400); do printf '%%s' \"$i,\"; done)1]\" "
                           "-o a.dot --title new --elements all 2>&1", scratch());
    ck_assert_msg(status == 3, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "a.dot"));
    expect_text("a.dot", "old");
    ck_assert_int_eq(count_entries(scratch()), 1); /* no temporary file is left */
}
END_TEST

START_TEST(reports_a_full_standard_output) {
    if (!is_file("/dev/full")) return; /* not on this system */
    ck_assert_int_eq(run_program("graph 'x' x=1 -o - --format json 2>&1 >/dev/full"), 3);
    ck_assert_ptr_nonnull(strstr(output, "No space left"));
}
END_TEST

Suite *suite_cli_check(void) {
    const TTest *const tests[] = {
        passes, takes_a_subgradient, is_undecided_at_a_jump, second_order, prints_csv,
        nan_fails, float32_and_tolerances, prints_a_table,
        checks_refuse, writes_json, writes_dot, writes_to_standard_output,
        writes_what_the_schema_shows,
        draws_arrays_without_gradients, graphs_refuse, keeps_the_old_file_on_a_full_disk,
        reports_a_full_standard_output};
    Suite *s = suite_create("cli_check");
    TCase *c = tcase_create("check and graph");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
