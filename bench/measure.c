/* measure.c: warm-up, repeats, memory, in a process of its own or in turns with another program. */
#define _POSIX_C_SOURCE 200809L
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RUNS = 5000, LEAST_RUNS = 5, WARM_UP = 3 };
static const double WARM_UP_MS = 50;

double wg_bench_now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Linux keeps the peak as VmHWM and lets a process reset it to what it has now. */
double wg_bench_peak_mb(void) {
    char line[128];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && kb < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kb = strtol(line + 6, NULL, 10);
    if (f) fclose(f);
    struct rusage u;
    if (kb < 0 && getrusage(RUSAGE_SELF, &u) == 0) kb = u.ru_maxrss;
    return (double)kb / 1024;
}

static void reset_peak(void) {
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f) fputs("5", f), fclose(f);
}

/* ---- time ----------------------------------------------------------------------------------- */

/* A few runs, until nothing is new to them: not counted. */
static int warm_up(const wg_workload *w, void *state) {
    double start = wg_bench_now_ms();
    for (int i = 0; i < WARM_UP || wg_bench_now_ms() - start < WARM_UP_MS; ++i)
        if (w->run(state) != 0) return 1;
    return 0;
}

/* Repeats for so many seconds. */
static int repeat(const wg_workload *w, void *state, double seconds, wg_measure *m) {
    static double ms[MOST_RUNS];
    double spent = 0;
    int n = 0;
    while (n < MOST_RUNS && (n < LEAST_RUNS || spent < 1e3 * seconds)) {
        double start = wg_bench_now_ms();
        if (w->run(state) != 0) return 1;
        ms[n] = wg_bench_now_ms() - start;
        spent += ms[n++];
    }
    wg_bench_summary(ms, n, m);
    return 0;
}

int wg_bench_measure(const wg_workload *w, double seconds, wg_measure *m) {
    void *state = w->setup(w->spec);
    if (!state) return 1;
    reset_peak();
    double before = wg_bench_peak_mb();
    int failed = warm_up(w, state) || repeat(w, state, seconds, m);
    m->peak_mb = wg_bench_peak_mb() - before;
    w->teardown(state);
    return failed;
}

int wg_bench_turns(const wg_workload *w, double seconds, FILE *in, FILE *out) {
    char line[64];
    void *state = w->setup(w->spec);
    if (!state) return 1;
    reset_peak();
    double before = wg_bench_peak_mb();
    int failed = 0;
    while (!failed && fgets(line, sizeof line, in)) {
        wg_measure m;
        failed = warm_up(w, state) || repeat(w, state, seconds, &m);
        if (failed) break;
        fprintf(out,
                "{\"median_ms\": %.17g, \"min_ms\": %.17g, \"runs\": %d, \"peak_mb\": %.17g, "
                "\"work\": %.17g, \"unit\": \"%s\"}\n",
                m.median_ms, m.min_ms, m.runs, wg_bench_peak_mb() - before, w->work,
                wg_bench_unit_name(w->unit));
        fflush(out);
    }
    w->teardown(state);
    return failed;
}

/* ---- a process of its own ------------------------------------------------------------------- */

static int write_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k <= 0) return 1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static int read_all(int fd, char *p, size_t n) {
    while (n > 0) {
        ssize_t k = read(fd, p, n);
        if (k <= 0) return 1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

int wg_bench_apart(int (*body)(const void *arg, void *result), const void *arg, void *result,
                   size_t bytes) {
    int fd[2], status = 0;
    fflush(NULL); /* else the child would write the buffers once more */
    if (pipe(fd) != 0) return body(arg, result);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        int failed = body(arg, result) || write_all(fd[1], result, bytes);
        fflush(NULL);
        _exit(failed);
    }
    close(fd[1]);
    int failed = child < 0 || read_all(fd[0], result, bytes);
    close(fd[0]);
    if (child < 0) return body(arg, result);
    if (waitpid(child, &status, 0) < 0) return 1;
    return failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

typedef struct order {
    const wg_workload *w;
    double seconds;
} order;

static int measure(const void *arg, void *result) {
    const order *o = arg;
    return wg_bench_measure(o->w, o->seconds, result);
}

int wg_bench_measure_apart(const wg_workload *w, double seconds, wg_measure *m) {
    order o = {w, seconds};
    return wg_bench_apart(measure, &o, m, sizeof *m);
}
