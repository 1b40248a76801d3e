/* The benchmark's arithmetic and its processes: nothing here depends on how long anything takes. */
#define _POSIX_C_SOURCE 200809L /* fmemopen, open_memstream */
#include "bench/bench.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_bench(void);

/* ---- statistics ----------------------------------------------------------------------------- */

START_TEST(summaries) {
    wg_measure m;
    double five[] = {5, 1, 4, 2, 3}, four[] = {4, 1, 3, 2}, two[] = {10, 20}, one[] = {7};
    wg_bench_summary(five, 5, &m);
    ck_assert(m.min_ms == 1 && m.q1_ms == 2 && m.median_ms == 3 && m.q3_ms == 4 && m.max_ms == 5);
    ck_assert_int_eq(m.runs, 5);
    wg_bench_summary(four, 4, &m);
    check_near(m.q1_ms, 1.75, 1e-15);
    check_near(m.median_ms, 2.5, 1e-15);
    check_near(m.q3_ms, 3.25, 1e-15);
    wg_bench_summary(two, 2, &m);
    check_near(m.median_ms, 15, 1e-15);
    check_near(m.q1_ms, 12.5, 1e-15);
    wg_bench_summary(one, 1, &m);
    ck_assert(m.min_ms == 7 && m.q1_ms == 7 && m.median_ms == 7 && m.max_ms == 7 && m.runs == 1);
}
END_TEST

START_TEST(comma_separated) {
    ck_assert(wg_bench_listed("mlp,cnn", "mlp") && wg_bench_listed("mlp,cnn", "cnn"));
    ck_assert(wg_bench_listed("cnn", "cnn"));
    ck_assert(!wg_bench_listed("mlp,cnn", "ml") && !wg_bench_listed("mlp", "mlp2"));
    ck_assert(!wg_bench_listed("", "mlp") && !wg_bench_listed(NULL, "mlp"));
    ck_assert(wg_bench_listed(",,mlp,", "mlp"));
}
END_TEST

START_TEST(rates) {
    wg_ceilings c = {200, 40}, none = {0, 0};
    wg_workload flops = {.work = 1e9, .unit = WG_BENCH_FLOPS};
    wg_workload wide = {.work = 1e9, .unit = WG_BENCH_FLOPS64};
    wg_workload bytes = {.work = 1e8, .unit = WG_BENCH_BYTES};
    wg_workload ops = {.work = 1000, .unit = WG_BENCH_OPS};
    check_near(wg_bench_rate(&flops, 10), 100, 1e-12); /* 1e9 in 10 ms */
    check_near(wg_bench_share(&flops, 10, &c), 0.5, 1e-12);
    check_near(wg_bench_share(&wide, 10, &c), 1, 1e-12);
    check_near(wg_bench_rate(&bytes, 10), 10, 1e-12);
    check_near(wg_bench_share(&bytes, 10, &c), 0.25, 1e-12);
    check_near(wg_bench_rate(&ops, 0.005), 5, 1e-12); /* ns an operation */
    ck_assert(wg_bench_share(&ops, 1, &c) == 0 && wg_bench_share(&flops, 1, &none) == 0);
    ck_assert_str_eq(wg_bench_unit_name(WG_BENCH_OPS), "ns/op");
    ck_assert_str_eq(wg_bench_unit_name(WG_BENCH_FLOPS64), "GFLOP/s");
    ck_assert_str_eq(wg_bench_unit_name(WG_BENCH_BYTES), "GB/s");
}
END_TEST

/* ---- the lists of workloads ----------------------------------------------------------------- */

START_TEST(names_of_the_contract) {
    static const char *const names[] = {"mlp",   "two_layer", "cnn",         "resnet20", "lstm_b1",
                                        "moons", "lstm_b32",  "scalar_1000", "tanh_mul", "conv64",
                                        "conv128", "scalar_a", "scalar_b",   "scalar_c",
                                        "replay_a", "replay_b", "replay_c"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        const wg_workload *w = wg_bench_find(names[i], strlen(names[i]));
        ck_assert_msg(w && strcmp(w->name, names[i]) == 0 && w->work > 0, "%s", names[i]);
        ck_assert_int_eq(wg_bench_listed("conv64", names[i]), strcmp("conv64", names[i]) == 0);
    }
    ck_assert_ptr_null(wg_bench_find("cnns", 4));
    ck_assert_ptr_null(wg_bench_find("", 0));
}
END_TEST

START_TEST(no_name_twice) {
    const wg_workload *const lists[] = {wg_workloads, wg_more_workloads};
    for (int i = 0; i < 2; ++i)
        for (const wg_workload *w = lists[i]; w->name; ++w)
            ck_assert_msg(wg_bench_find(w->name, strlen(w->name)) == w, "%s", w->name);
}
END_TEST

/* Each takes two steps; all of them only in the full run. */
START_TEST(workloads_run) {
    const wg_workload *const lists[] = {wg_workloads, wg_more_workloads};
    for (int i = 0; i < 2; ++i)
        for (const wg_workload *w = lists[i]; w->name; ++w) {
            if (!full_run() && !wg_bench_listed("lstm_b1,moons,scalar_1000,product512", w->name))
                continue;
            void *state = w->setup(w->spec);
            ck_assert_msg(state != NULL, "%s", w->name);
            for (int k = 0; k < 2; ++k) ck_assert_msg(w->run(state) == 0, "%s", w->name);
            w->teardown(state);
        }
}
END_TEST

/* ---- processes ------------------------------------------------------------------------------ */

static int runs, alive;
static size_t size_at_setup, size_of_a_run;
static char *block;

static void touch(char *p, size_t n) {
    for (size_t i = 0; p && i < n; i += 512) ((volatile char *)p)[i] = 1;
}
static void *start(const void *spec) {
    if (spec) return NULL;
    block = malloc(size_at_setup + 1);
    touch(block, size_at_setup);
    alive = 1;
    return &runs;
}
static int step(void *state) {
    char *p = malloc(size_of_a_run + 1);
    touch(p, size_of_a_run);
    free(p);
    ++*(int *)state;
    return 0;
}
static int bad_step(void *state) { return ++*(int *)state == 5; }
static int crash(void *state) {
    (void)state;
    abort();
}
static void finish(void *state) {
    (void)state;
    free(block);
    alive = 0;
}

static const wg_workload good = {"good", "", 1, WG_BENCH_OPS, start, step, finish, NULL};
static const wg_workload bad = {"bad", "", 1, WG_BENCH_OPS, start, bad_step, finish, NULL};
static const wg_workload no_setup = {"none", "", 1, WG_BENCH_OPS, start, step, finish, "spec"};
static const wg_workload crashes = {"crashes", "", 1, WG_BENCH_OPS, start, crash, finish, NULL};

START_TEST(measures) {
    wg_measure m;
    ck_assert_int_eq(wg_bench_measure(&good, 1e-6, &m), 0);
    ck_assert_int_ge(m.runs, 5);
    ck_assert_int_gt(runs, m.runs); /* the warm-up */
    ck_assert(m.min_ms >= 0 && m.min_ms <= m.q1_ms && m.q1_ms <= m.median_ms);
    ck_assert(m.median_ms <= m.q3_ms && m.q3_ms <= m.max_ms && alive == 0);
    runs = 0;
    ck_assert_int_ne(wg_bench_measure(&bad, 1e-6, &m), 0);
    ck_assert_int_eq(alive, 0);
    ck_assert_int_ne(wg_bench_measure(&no_setup, 1e-6, &m), 0);
}
END_TEST

START_TEST(measures_apart) {
    wg_measure m;
    ck_assert_int_eq(wg_bench_measure_apart(&good, 1e-6, &m), 0);
    ck_assert_int_ge(m.runs, 5);
    ck_assert_int_eq(runs, 0); /* not in this process */
    ck_assert_int_ne(wg_bench_measure_apart(&bad, 1e-6, &m), 0);
    ck_assert_int_ne(wg_bench_measure_apart(&no_setup, 1e-6, &m), 0);
    ck_assert_int_ne(wg_bench_measure_apart(&crashes, 1e-6, &m), 0);
}
END_TEST

/* What was touched before the first step does not count, what a step lets go does. */
START_TEST(memory) {
#if defined(__SANITIZE_ADDRESS__)
    return; /* its allocator keeps what was freed */
#endif
    wg_measure m;
    size_at_setup = (size_t)96 << 20;
    size_of_a_run = (size_t)48 << 20;
    ck_assert_int_eq(wg_bench_measure_apart(&good, 1e-6, &m), 0);
    FILE *reset = fopen("/proc/self/clear_refs", "w"); /* Linux alone */
    if (reset) {
        fclose(reset);
        ck_assert_msg(m.peak_mb > 46 && m.peak_mb < 64, "%g MB", m.peak_mb);
    }
}
END_TEST

START_TEST(turns) {
    char order[] = "go\ngo\n", *text = NULL;
    size_t n = 0;
    FILE *in = fmemopen(order, sizeof order - 1, "r"), *out = open_memstream(&text, &n);
    ck_assert_int_eq(wg_bench_turns(&good, 1e-6, in, out), 0);
    fclose(in);
    fclose(out);
    const char *second = strstr(text, "}\n{\"median_ms\": ");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second + 2, "\"peak_mb\": "));
    ck_assert_ptr_null(strstr(second + 2, "}\n{"));
    ck_assert_int_eq(alive, 0);
    free(text);
}
END_TEST

Suite *suite_bench(void) {
    Suite *s = suite_create("bench");
    TCase *c = tcase_create("bench");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, summaries);
    tcase_add_test(c, comma_separated);
    tcase_add_test(c, rates);
    tcase_add_test(c, names_of_the_contract);
    tcase_add_test(c, no_name_twice);
    tcase_add_test(c, workloads_run);
    tcase_add_test(c, measures);
    tcase_add_test(c, measures_apart);
    tcase_add_test(c, memory);
    tcase_add_test(c, turns);
    suite_add_tcase(s, c);
    return s;
}
