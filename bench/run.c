/* run.c: which workloads, and the table or the JSON of what was measured. */
#include "bench/bench.h"
#include "backend/backend.h"

#include <string.h>

const wg_workload *wg_bench_find(const char *name, size_t n) {
    const wg_workload *const lists[] = {wg_workloads, wg_more_workloads};
    for (int i = 0; i < 2; ++i)
        for (const wg_workload *w = lists[i]; w->name; ++w)
            if (strlen(w->name) == n && memcmp(w->name, name, n) == 0) return w;
    return NULL;
}

/* Names what there is where the list has another name. */
static int all_known(const char *list) {
    for (const char *p = list; p && *p;) {
        size_t word = strcspn(p, ",");
        if (!wg_bench_find(p, word)) {
            fprintf(stderr, "bench: no workload named %.*s; there are", (int)word, p);
            for (const wg_workload *w = wg_workloads; w->name; ++w) fprintf(stderr, " %s", w->name);
            for (const wg_workload *w = wg_more_workloads; w->name; ++w)
                fprintf(stderr, " %s", w->name);
            fputc('\n', stderr);
            return 0;
        }
        p += word + (p[word] == ',');
    }
    return 1;
}

/* ---- the machine ---------------------------------------------------------------------------- */

/* The processor's name without what JSON would have to escape. */
static void processor(char *text, size_t bytes) {
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(text, bytes, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0 || !strchr(line, ':')) continue;
        char *name = strchr(line, ':') + 1;
        name += strspn(name, " \t");
        name[strcspn(name, "\"\\\n")] = '\0';
        snprintf(text, bytes, "%s", name);
        break;
    }
    if (f) fclose(f);
}

static void print_machine(const wg_bench_options *o, const wg_ceilings *c, FILE *out) {
    char cpu[256];
    processor(cpu, sizeof cpu);
    if (o->json) {
        fprintf(out,
                "{\"machine\": {\"backend\": \"%s\", \"threads\": %d, \"processor\": \"%s\", "
                "\"product_gflops\": %.17g, \"copy_gbs\": %.17g}, \"workloads\": [",
                wg_backend_name(), wg_threads(), cpu, c->product, c->copy);
        return;
    }
    fprintf(out,
            "%s, backend %s, %d thread%s\nceilings: %.1f GFLOP/s (float32 product), %.1f GB/s "
            "(copy)\n\n%-16s %10s %10s %10s %10s %8s %6s %18s %8s\n",
            cpu, wg_backend_name(), wg_threads(), wg_threads() == 1 ? "" : "s", c->product,
            c->copy, "workload", "median ms", "min ms", "q1 ms", "q3 ms", "peak MB", "runs",
            "achieved", "ceiling");
}

/* ---- a workload ----------------------------------------------------------------------------- */

static void print_json(const wg_workload *w, const wg_measure *m, const wg_ceilings *c, int first,
                       FILE *out) {
    double share = wg_bench_share(w, m->median_ms, c);
    fprintf(out, "%s\n  {\"name\": \"%s\", \"what\": \"%s\", ", first ? "" : ",", w->name, w->what);
    fprintf(out, "\"median_ms\": %.17g, \"min_ms\": %.17g, \"max_ms\": %.17g, ", m->median_ms,
            m->min_ms, m->max_ms);
    fprintf(out, "\"q1_ms\": %.17g, \"q3_ms\": %.17g, \"runs\": %d, \"peak_mb\": %.17g, ", m->q1_ms,
            m->q3_ms, m->runs, m->peak_mb);
    fprintf(out, "\"unit\": \"%s\", \"achieved\": %.17g, ", wg_bench_unit_name(w->unit),
            wg_bench_rate(w, m->median_ms));
    if (share > 0) fprintf(out, "\"of_ceiling\": %.17g}", share);
    else fprintf(out, "\"of_ceiling\": null}");
}

static void print_row(const wg_workload *w, const wg_measure *m, const wg_ceilings *c, FILE *out) {
    double share = wg_bench_share(w, m->median_ms, c);
    fprintf(out, "%-16s %10.3f %10.3f %10.3f %10.3f %8.1f %6d %10.2f %-7s", w->name, m->median_ms,
            m->min_ms, m->q1_ms, m->q3_ms, m->peak_mb, m->runs, wg_bench_rate(w, m->median_ms),
            wg_bench_unit_name(w->unit));
    if (share > 0) fprintf(out, " %6.1f %%", 100 * share);
    fputc('\n', out);
    fflush(out);
}

/* Measures those of a list that are wanted; *first: nothing was printed yet. */
static int run_list(const wg_workload *list, int wanted, const wg_bench_options *o,
                    const wg_ceilings *c, int *first, FILE *out) {
    int failed = 0;
    for (const wg_workload *w = list; w->name; ++w) {
        wg_measure m;
        if (o->only ? !wg_bench_listed(o->only, w->name) : !wanted) continue;
        if (wg_bench_measure_apart(w, o->seconds > 0 ? o->seconds : 1, &m) != 0) {
            fprintf(stderr, "bench: %s failed\n", w->name);
            failed = 1;
            continue;
        }
        if (o->json) print_json(w, &m, c, *first, out);
        else print_row(w, &m, c, out);
        *first = 0;
    }
    return failed;
}

int wg_bench_run(const wg_bench_options *o, FILE *out) {
    wg_ceilings c;
    int first = 1, failed;
    double seconds = o->seconds > 0 ? o->seconds : 1;
    if (!all_known(o->only)) return 2;
    if (o->turns) {
        const wg_workload *w = o->only ? wg_bench_find(o->only, strlen(o->only)) : NULL;
        if (w) return wg_bench_turns(w, seconds, stdin, out);
        fprintf(stderr, "bench: turns are of one workload\n");
        return 2;
    }
    if (wg_bench_ceilings(seconds, &c) != 0)
        fprintf(stderr, "bench: the ceilings could not be measured\n");
    print_machine(o, &c, out);
    failed = run_list(wg_workloads, 1, o, &c, &first, out);
    failed |= run_list(wg_more_workloads, o->all, o, &c, &first, out);
    if (o->json) fprintf(out, "\n]}\n");
    return failed;
}
