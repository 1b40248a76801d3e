/* measure.c: warm-up, repeats, median; a table or JSON. */
#define _POSIX_C_SOURCE 200809L
#include "bench/bench.h"
#include "backend/backend.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST_RUNS = 2000, LEAST_RUNS = 5, WARM_UP = 3 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double peak_mb(void) {
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? (double)u.ru_maxrss / 1024 : 0;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int wg_bench_measure(const wg_workload *w, wg_measure *m) {
    static double ms[MOST_RUNS];
    double before = peak_mb(), spent = 0;
    void *state = w->setup();
    if (!state) return 1;
    int failed = 0, n = 0;
    for (int i = 0; i < WARM_UP && !failed; ++i) failed = w->run(state);
    while (!failed && n < MOST_RUNS && (n < LEAST_RUNS || spent < 1000)) {
        double start = now_ms();
        failed = w->run(state);
        ms[n] = now_ms() - start;
        spent += ms[n++];
    }
    w->teardown(state);
    if (failed) return 1;
    qsort(ms, (size_t)n, sizeof *ms, by_size);
    m->runs = n;
    m->median_ms = n % 2 ? ms[n / 2] : (ms[n / 2 - 1] + ms[n / 2]) / 2;
    m->min_ms = ms[0];
    m->max_ms = ms[n - 1];
    m->peak_mb = peak_mb() - before;
    return 0;
}

/* 1 if `name` stands in the comma-separated list. */
static int listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; p && *p;) {
        size_t word = strcspn(p, ",");
        if (word == n && memcmp(p, name, n) == 0) return 1;
        p += word + (p[word] == ',');
    }
    return 0;
}

/* A name of the list that no workload has, or NULL. */
static int all_known(const char *list) {
    for (const char *p = list; p && *p;) {
        size_t word = strcspn(p, ",");
        int known = 0;
        for (const wg_workload *w = wg_workloads; w->name; ++w)
            known |= strlen(w->name) == word && memcmp(w->name, p, word) == 0;
        if (!known) {
            fprintf(stderr, "bench: no workload named %.*s; there are", (int)word, p);
            for (const wg_workload *w = wg_workloads; w->name; ++w)
                fprintf(stderr, " %s", w->name);
            fputc('\n', stderr);
            return 0;
        }
        p += word + (p[word] == ',');
    }
    return 1;
}

static void print_row(FILE *out, const wg_workload *w, const wg_measure *m) {
    fprintf(out, "%-12s %10.3f %10.3f %10.3f %8.1f %6d", w->name, m->median_ms, m->min_ms,
            m->max_ms, m->peak_mb, m->runs);
    if (strcmp(w->unit, "op") == 0) fprintf(out, " %9.2f ns/op", 1e6 * m->median_ms / w->work);
    if (strcmp(w->unit, "flop") == 0)
        fprintf(out, " %9.2f GFLOP/s", w->work / (1e6 * m->median_ms));
    fputc('\n', out);
}

int wg_bench_run(const char *only, int json, FILE *out) {
    int first = 1, failed = 0;
    if (!all_known(only)) return 2;
    if (json)
        fprintf(out, "{\"machine\": {\"backend\": \"%s\", \"threads\": %d}, \"workloads\": [",
                wg_backend_name(), wg_threads());
    else
        fprintf(out, "backend %s, %d threads\n%-12s %10s %10s %10s %8s %6s %9s\n",
                wg_backend_name(), wg_threads(), "workload", "median ms", "min ms", "max ms",
                "peak MB", "runs", "rate");
    for (const wg_workload *w = wg_workloads; w->name; ++w) {
        wg_measure m;
        if (only && !listed(only, w->name)) continue;
        if (wg_bench_measure(w, &m) != 0) {
            fprintf(stderr, "bench: %s failed\n", w->name);
            failed = 1;
        } else if (json) {
            fprintf(out,
                    "%s\n  {\"name\": \"%s\", \"median_ms\": %.17g, \"min_ms\": %.17g, "
                    "\"max_ms\": %.17g, \"runs\": %d, \"peak_mb\": %.17g}",
                    first ? "" : ",", w->name, m.median_ms, m.min_ms, m.max_ms, m.runs, m.peak_mb);
        } else {
            print_row(out, w, &m);
        }
        first = 0;
    }
    if (json) fprintf(out, "\n]}\n");
    return failed;
}
