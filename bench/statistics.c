/* statistics.c: from times to what is said of them. */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The p-quantile of n sorted numbers: at place p (n - 1), interpolated. */
static double quantile(const double *x, int n, double p) {
    double at = p * (n - 1);
    int i = (int)at;
    return i + 1 < n ? x[i] + (at - i) * (x[i + 1] - x[i]) : x[n - 1];
}

void wg_bench_summary(double *ms, int n, wg_measure *m) {
    qsort(ms, (size_t)n, sizeof *ms, by_size);
    m->runs = n;
    m->min_ms = ms[0];
    m->q1_ms = quantile(ms, n, 0.25);
    m->median_ms = quantile(ms, n, 0.5);
    m->q3_ms = quantile(ms, n, 0.75);
    m->max_ms = ms[n - 1];
}

int wg_bench_listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; p && *p;) {
        size_t word = strcspn(p, ",");
        if (word == n && memcmp(p, name, n) == 0) return 1;
        p += word + (p[word] == ',');
    }
    return 0;
}

double wg_bench_rate(const wg_workload *w, double ms) {
    if (w->unit == WG_BENCH_OPS) return 1e6 * ms / w->work;
    return w->work / (1e6 * ms);
}

const char *wg_bench_unit_name(wg_bench_unit unit) {
    if (unit == WG_BENCH_OPS) return "ns/op";
    return unit == WG_BENCH_BYTES ? "GB/s" : "GFLOP/s";
}

double wg_bench_share(const wg_workload *w, double ms, const wg_ceilings *c) {
    switch (w->unit) {
    case WG_BENCH_FLOPS: return c->product > 0 ? wg_bench_rate(w, ms) / c->product : 0;
    case WG_BENCH_FLOPS64: return c->product > 0 ? 2 * wg_bench_rate(w, ms) / c->product : 0;
    case WG_BENCH_BYTES: return c->copy > 0 ? wg_bench_rate(w, ms) / c->copy : 0;
    case WG_BENCH_OPS: break;
    }
    return 0;
}
