/* bench.h: the workloads that are timed, as functions on the public headers, and how.
 *
 * A workload is one training step, or one record, forward and reverse.  Each is run in a process of
 * its own, so that none profits from memory that another has touched, with a warm-up and then
 * repeats for a while; beside it stand the machine's own ceilings, measured in the same session. */
#ifndef WG_BENCH_H
#define WG_BENCH_H

#include <stddef.h>
#include <stdio.h>

typedef enum wg_bench_unit {
    WG_BENCH_OPS,    /* nanoseconds an operation */
    WG_BENCH_FLOPS,  /* GFLOP/s beside a float32 product; a multiplication with addition is two */
    WG_BENCH_FLOPS64, /* the same beside half of it */
    WG_BENCH_BYTES   /* GB/s beside a copy; every array that must be read or written counts once */
} wg_bench_unit;

typedef struct wg_workload {
    const char *name, *what;
    double work; /* in one run, of the kind `unit` names */
    wg_bench_unit unit;
    void *(*setup)(const void *spec); /* NULL without memory */
    int (*run)(void *state);          /* 0: fine */
    void (*teardown)(void *state);
    const void *spec;
} wg_workload;

/* Ended by a NULL name.  The first list is a contract; the second holds single kernels, and the
 * first's workloads grown tenfold. */
extern const wg_workload wg_workloads[], wg_more_workloads[];

typedef struct wg_measure { /* of the times of `runs` runs; peak_mb as wg_bench_peak_mb says */
    double median_ms, min_ms, max_ms, q1_ms, q3_ms, peak_mb;
    int runs;
} wg_measure;

typedef struct wg_ceilings {
    double product; /* GFLOP/s of a large float32 matrix product of the library's */
    double copy;    /* GB/s, read and written, of memcpy on as many threads */
} wg_ceilings;

typedef struct wg_bench_options {
    const char *only; /* names, comma-separated; NULL: the first list */
    int json;
    int all;          /* both lists */
    int turns;        /* wg_bench_turns */
    double seconds;   /* to repeat for; 0: one second */
} wg_bench_options;

/* ---- run.c ---------------------------------------------------------------------------------- */

/* Measures and prints a table or JSON.  0; 1 where a workload failed; 2 for an unknown name. */
int wg_bench_run(const wg_bench_options *options, FILE *out);
/* The workload of that name (n bytes of it) in either list, or NULL. */
const wg_workload *wg_bench_find(const char *name, size_t n);

/* ---- measure.c ------------------------------------------------------------------------------ */

/* Runs a workload in this process: warm-up, then repeats for `seconds` and at least 5 times. */
int wg_bench_measure(const wg_workload *w, double seconds, wg_measure *m);
/* The same in a process of its own, where there is fork. */
int wg_bench_measure_apart(const wg_workload *w, double seconds, wg_measure *m);
/* For comparisons in turn: after each line on `in` repeats for `seconds` and writes the measure as
 * one line of JSON; ends with `in`. */
int wg_bench_turns(const wg_workload *w, double seconds, FILE *in, FILE *out);
/* Calls body(arg, result) in a process of its own and brings `bytes` bytes of result back; 0 when
 * body returned 0. */
int wg_bench_apart(int (*body)(const void *arg, void *result), const void *arg, void *result,
                   size_t bytes);
double wg_bench_now_ms(void);
/* The process's peak of resident memory in MB (2^20 bytes).  A workload's growth is that over the
 * state before its first step, the peak being reset there where the system can. */
double wg_bench_peak_mb(void);

/* ---- ceilings.c ----------------------------------------------------------------------------- */

/* Each of the two takes about so many seconds. */
int wg_bench_ceilings(double seconds, wg_ceilings *c);

/* ---- statistics.c --------------------------------------------------------------------------- */

/* Sorts n > 0 times and writes all of m but peak_mb.  Quantiles are interpolated: the median of an
 * even number is the mean of the middle two. */
void wg_bench_summary(double *ms, int n, wg_measure *m);
/* 1 if `name` stands in the comma-separated list. */
int wg_bench_listed(const char *list, const char *name);
/* What is achieved at that time, in the unit's name; its part of the ceiling, 0 for none. */
double wg_bench_rate(const wg_workload *w, double ms);
const char *wg_bench_unit_name(wg_bench_unit unit);
double wg_bench_share(const wg_workload *w, double ms, const wg_ceilings *c);

#endif
