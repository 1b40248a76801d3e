/* `wengert bench`: its JSON, its table and its errors. */
#include "tests/cli/program.h"

#include <jansson.h>
#include <string.h>

extern Suite *suite_cli_bench(void);

/* Runs `wengert bench ARGUMENTS`; returns the exit status. */
static int run(const char *arguments) { return run_shell("\"$w\" bench %s", arguments); }

static double number(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    ck_assert_msg(json_is_number(v), "%s is no number", key);
    return json_number_value(v);
}

START_TEST(one_object) {
    ck_assert_int_eq(run("--only scalar_1000,moons --json --threads 1 --seconds 0.001"), 0);
    json_error_t e;
    json_t *root = json_loads(output, JSON_REJECT_DUPLICATES, &e);
    ck_assert_msg(root != NULL, "%s\n%s", e.text, output);
    const json_t *machine = json_object_get(root, "machine");
    ck_assert_int_eq((int)number(machine, "threads"), 1);
    ck_assert(json_is_string(json_object_get(machine, "backend")));
    ck_assert(json_is_string(json_object_get(machine, "processor")));
    ck_assert(number(machine, "product_gflops") > 0 && number(machine, "copy_gbs") > 0);
    const json_t *list = json_object_get(root, "workloads");
    ck_assert_uint_eq(json_array_size(list), 2); /* in the program's order */
    const json_t *moons = json_array_get(list, 0), *scalar = json_array_get(list, 1);
    ck_assert_str_eq(json_string_value(json_object_get(moons, "name")), "moons");
    ck_assert_str_eq(json_string_value(json_object_get(scalar, "name")), "scalar_1000");
    for (size_t i = 0; i < 2; ++i) {
        const json_t *w = json_array_get(list, i);
        double median = number(w, "median_ms"), least = number(w, "min_ms");
        ck_assert(least > 0 && least <= number(w, "q1_ms") && number(w, "q1_ms") <= median);
        ck_assert(median <= number(w, "q3_ms") && number(w, "q3_ms") <= number(w, "max_ms"));
        ck_assert(number(w, "peak_mb") >= 0 && number(w, "runs") >= 5);
        ck_assert(number(w, "achieved") > 0);
    }
    /* 1,000 operations: a millisecond is 1,000 ns for each */
    check_near(number(scalar, "achieved"), 1000 * number(scalar, "median_ms"), 1e-9);
    ck_assert_str_eq(json_string_value(json_object_get(scalar, "unit")), "ns/op");
    ck_assert(json_is_null(json_object_get(scalar, "of_ceiling")));
    check_near(number(moons, "of_ceiling"),
               number(moons, "achieved") / number(machine, "product_gflops"), 1e-12);
    json_decref(root);
}
END_TEST

START_TEST(a_table) {
    ck_assert_int_eq(run("--only scalar_1000 --threads 2 --seconds 0.001"), 0);
    ck_assert_ptr_nonnull(strstr(output, ", 2 threads\nceilings: "));
    ck_assert_ptr_nonnull(strstr(output, "\nscalar_1000 "));
    ck_assert_ptr_nonnull(strstr(output, " ns/op"));
    ck_assert_ptr_null(strstr(output, "\nmlp"));
}
END_TEST

START_TEST(errors) {
    ck_assert_int_eq(run("--only mlp,nonsense 2>&1"), 2);
    ck_assert_ptr_nonnull(strstr(output, "bench: no workload named nonsense; there are mlp "));
    ck_assert_ptr_nonnull(strstr(output, " resnet20 "));
    ck_assert_int_eq(run("--threads 0 2>&1"), 2);
    ck_assert_ptr_nonnull(strstr(output, "--threads takes a number from 1 to 1024, not \"0\""));
    ck_assert_int_eq(run("--seconds nan 2>&1"), 2);
    ck_assert_ptr_nonnull(strstr(output, "--seconds takes a number from 0 to 3600, not \"nan\""));
    ck_assert_int_eq(run("mlp 2>&1"), 2);
    ck_assert_ptr_nonnull(strstr(output, "unexpected word \"mlp\""));
}
END_TEST

Suite *suite_cli_bench(void) {
    Suite *s = suite_create("cli_bench");
    TCase *c = tcase_create("cli_bench");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, one_object);
    tcase_add_test(c, a_table);
    tcase_add_test(c, errors);
    suite_add_tcase(s, c);
    return s;
}
