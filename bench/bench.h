/* bench.h: the workloads that are timed, as functions on the public headers, and how they are
 * timed.  A workload is one training step, or one record, forward and reverse. */
#ifndef WG_BENCH_H
#define WG_BENCH_H

#include <stddef.h>
#include <stdio.h>

typedef struct wg_workload {
    const char *name;
    const char *what;
    double work;           /* operations in one run, of the kind `unit` names */
    const char *unit;      /* "op": ns an operation; "flop": GFLOP/s; "ms": the time alone */
    void *(*setup)(void);  /* NULL without memory */
    int (*run)(void *);    /* 0: fine */
    void (*teardown)(void *);
} wg_workload;

extern const wg_workload wg_workloads[]; /* ended by a NULL name */

typedef struct wg_measure {
    double median_ms, min_ms, max_ms, peak_mb;
    int runs;
} wg_measure;

/* Runs a workload: warm-up, then repeats for about a second (at least 5), in this thread.  peak_mb
 * is the growth of the process's peak memory.  0 on success. */
int wg_bench_measure(const wg_workload *w, wg_measure *m);
/* Runs those that `only` names (comma-separated, NULL: all); 0 on success. */
int wg_bench_run(const char *only, int json, FILE *out);

#endif
