/* test_parallel.c: the loop over threads and the choice of instruction set. */
#define _POSIX_C_SOURCE 200809L /* setrlimit, sysconf */
#include "tests/backend/numbers.h"

#include "backend/parallel.h"
#include "tests/suites.h"

#include <stdatomic.h>
#include <stdio.h>
#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

extern Suite *suite_parallel(void);

enum { MOST = 2000 };

/* What a loop saw: how often each item was visited, and how the parts lay. */
typedef struct visits {
    atomic_int count[MOST];
    atomic_int parts, crooked; /* parts that do not begin at a multiple of 16 */
    atomic_long shortest;      /* of the parts that do not end the loop */
    int64_t n;
} visits;

static void visit(int64_t begin, int64_t end, void *arg) {
    visits *v = arg;
    atomic_fetch_add(&v->parts, 1);
    if (begin % 16 != 0) atomic_fetch_add(&v->crooked, 1);
    long length = (long)(end - begin), shortest = atomic_load(&v->shortest);
    while (end < v->n && length < shortest)
        if (atomic_compare_exchange_weak(&v->shortest, &shortest, length)) break;
    for (int64_t i = begin; i < end; ++i) atomic_fetch_add(&v->count[i], 1);
}

static void check_loop(int64_t n, int64_t grain, int threads) {
    static visits v;
    memset(&v, 0, sizeof v);
    v.n = n;
    atomic_store(&v.shortest, MOST);
    wg_set_threads(threads);
    const int parts = wgi_parallel_parts(n, grain);
    wgi_parallel_for(n, grain, visit, &v);
    int64_t wrong = 0;
    for (int64_t i = 0; i < MOST; ++i) wrong += atomic_load(&v.count[i]) != (i < n);
    ck_assert_msg(wrong == 0, "n %lld, grain %lld, %d threads: %lld items not visited once",
                  (long long)n, (long long)grain, threads, (long long)wrong);
    ck_assert_int_eq(atomic_load(&v.parts), parts);
    ck_assert_int_le(parts, threads);
    if (grain >= 16) ck_assert_int_eq(atomic_load(&v.crooked), 0);
    if (parts > 1) ck_assert_int_ge(atomic_load(&v.shortest), grain);
    if (n > 0 && (n <= grain || threads == 1)) ck_assert_int_eq(parts, 1);
}

START_TEST(every_item_is_visited_once) {
    const int64_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000, 1999};
    const int64_t grains[] = {-1, 0, 1, 2, 15, 16, 17, 100, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
        for (size_t j = 0; j < sizeof grains / sizeof *grains; ++j)
            for (int threads = 1; threads <= 5; ++threads)
                check_loop(sizes[i], grains[j], threads);
    check_loop(-5, 1, 2);
}
END_TEST

#if defined(_OPENMP) || defined(WG_PTHREADS)
START_TEST(threads_are_used) {
    wg_set_threads(3);
    ck_assert_int_eq(wgi_parallel_parts(1000, 1), 3);
    ck_assert_int_eq(wgi_parallel_parts(2, 1), 2);
    ck_assert_int_eq(wgi_parallel_parts(1000, 400), 2);
    ck_assert_int_eq(wgi_parallel_parts(0, 1), 0);
}
END_TEST
#endif

/* A loop within a loop is run by the thread that meets it. */
static void nest(int64_t begin, int64_t end, void *arg) {
    atomic_int *inner_parts = arg;
    for (int64_t i = begin; i < end; ++i) {
        static visits v[4];
        atomic_store(&v[i].shortest, MOST);
        v[i].n = 1000;
        wgi_parallel_for(1000, 1, visit, &v[i]);
        atomic_fetch_add(inner_parts, atomic_load(&v[i].parts));
    }
}

START_TEST(nested_loops_run_inline) {
    atomic_int inner_parts = 0;
    wg_set_threads(4);
    const int outer = wgi_parallel_parts(4, 1);
    wgi_parallel_for(4, 1, nest, &inner_parts);
    if (outer > 1) ck_assert_int_eq(atomic_load(&inner_parts), 4);
    else ck_assert_int_ge(atomic_load(&inner_parts), 4);
}
END_TEST

START_TEST(thread_counts_are_bounded) {
    wg_set_threads(5);
    ck_assert_int_eq(wg_threads(), 5);
    wg_set_threads(1 << 20);
    ck_assert_int_eq(wg_threads(), WGI_MAX_THREADS);
    setenv("WG_THREADS", "7", 1);
    wg_set_threads(0);
    ck_assert_int_eq(wg_threads(), 7);
    const char *const bad[] = {"", "x", "3x", "-2", "0"};
    unsetenv("WG_THREADS");
    wg_set_threads(0);
    const int standard = wg_threads();
    ck_assert_int_ge(standard, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        setenv("WG_THREADS", bad[i], 1);
        wg_set_threads(0);
        ck_assert_int_eq(wg_threads(), standard);
    }
    unsetenv("WG_THREADS");
}
END_TEST

START_TEST(the_instruction_set_can_be_chosen) {
    unsetenv("WG_ISA");
    wgi_isa_reset();
    const wgi_isa best = wgi_isa_chosen();
    for (int i = 0; i < WGI_ISA_COUNT; ++i) {
        setenv("WG_ISA", wgi_isa_name((wgi_isa)i), 1);
        wgi_isa_reset();
        ck_assert_int_eq(wgi_isa_chosen(), i < (int)best ? i : (int)best);
    }
    setenv("WG_ISA", "abacus", 1);
    wgi_isa_reset();
    ck_assert_int_eq(wgi_isa_chosen(), best);
    ck_assert_str_eq(wgi_isa_name(WGI_ISA_AVX2), "avx2");
}
END_TEST

START_TEST(the_build_names_itself) {
    const char *name = wg_backend_name();
#if defined(WG_HAVE_DNNL)
    ck_assert_msg(strncmp(name, "dnnl (oneDNN ", 13) == 0, "%s", name);
#elif defined(WG_HAVE_CBLAS)
    ck_assert_msg(strncmp(name, "blas", 4) == 0, "%s", name);
#else
    ck_assert_str_eq(name, "portable");
#endif
    ck_assert_ptr_eq(name, wg_backend_name());
}
END_TEST

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Address space for hardly anything more, and so for no thread's stack: the work is done. */
START_TEST(threads_that_cannot_start) {
    long pages = 0;
    FILE *sizes = fopen("/proc/self/statm", "r");
    if (!sizes) return;
    int found = fscanf(sizes, "%ld", &pages);
    fclose(sizes);
    if (found != 1) return;
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 20);
    struct rlimit old, small;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &old), 0);
    small = old;
    small.rlim_cur = most;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &small), 0);
    check_loop(MOST, 1, 200);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &old), 0);
}
END_TEST
#define HAS_LIMITS 1
#endif

Suite *suite_parallel(void) {
    Suite *s = suite_create("parallel");
    TCase *t = tcase_create("parallel");
    tcase_add_test(t, every_item_is_visited_once);
#if defined(_OPENMP) || defined(WG_PTHREADS)
    tcase_add_test(t, threads_are_used);
#endif
    tcase_add_test(t, nested_loops_run_inline);
    tcase_add_test(t, thread_counts_are_bounded);
    tcase_add_test(t, the_instruction_set_can_be_chosen);
    tcase_add_test(t, the_build_names_itself);
#if defined(HAS_LIMITS)
    tcase_add_test(t, threads_that_cannot_start);
#endif
    suite_add_tcase(s, t);
    return s;
}
