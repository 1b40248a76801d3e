/* ceilings.c: what this machine can do on so many threads, as far as a program sees it: a large
 * float32 matrix product of the library's, and a copy between arrays that no cache holds, in huge
 * pages where the system has them, by memcpy (which may write past the caches) and by a plain loop.
 * The best of several: a ceiling is what is possible. */
#define _DEFAULT_SOURCE /* madvise */
#include "bench/bench.h"
#include "bench/families.h"
#include "wengert.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SIDE = 1536,
    LEAST = 2,
    COPY_BYTES = 64 << 20,
    HUGE = 2 << 20,
    IN_A_ROW = 16, /* copies: a new thread may wait beside another before it has a core */
    MOST_THREADS = 64
};

/* x (SIDE, SIDE) x (SIDE, SIDE) without a gradient */
static int product(double seconds, double *gflops) {
    const double flop = 2.0 * SIDE * SIDE * SIDE;
    size_t n = (size_t)SIDE * SIDE;
    double best = 0, begin = wg_bench_now_ms();
    float *x = malloc(n * sizeof *x);
    wg_tape *t = wg_tape_new();
    if (x) wg_bench_fill(x, n, 1);
    for (int i = 0; x && t && (i < LEAST || wg_bench_now_ms() - begin < 1e3 * seconds); ++i) {
        wg_tape_rewind(t);
        wg_no_grad_begin(t);
        wg_var a = wg_const(t, WG_F32, WG_SHAPE(SIDE, SIDE), x);
        double start = wg_bench_now_ms();
        wg_var y = wg_matmul(a, a);
        double rate = flop / (1e6 * (wg_bench_now_ms() - start));
        wg_no_grad_end(t);
        if (i > 0 && y.index && rate > best) best = rate; /* the first looks things up */
    }
    wg_tape_free(t);
    free(x);
    *gflops = best;
    return best <= 0;
}

typedef struct part {
    char *to;
    const char *from;
    size_t bytes;
    int plain, times;
} part;

/* The plain loop flips the bits, else the compiler would call memcpy. */
static void plain_copy(const part *p) {
    uint64_t *to = (uint64_t *)(void *)p->to;
    const uint64_t *from = (const uint64_t *)(const void *)p->from;
    for (size_t i = 0; i < p->bytes / sizeof *to; ++i) to[i] = ~from[i];
}

static void *copy_part(void *arg) {
    const part *p = arg;
    for (int i = 0; i < p->times; ++i)
        if (p->plain) plain_copy(p);
        else memcpy(p->to, p->from, p->bytes);
    return NULL;
}

/* A copy by n threads, in milliseconds; negative where they could not be started. */
static double copy_once(char *to, const char *from, int n, int plain) {
    pthread_t thread[MOST_THREADS];
    part parts[MOST_THREADS];
    const int times = n > 1 ? IN_A_ROW : 1;
    size_t each = COPY_BYTES / (size_t)n / 64 * 64;
    int started = 1, failed = 0;
    double start = wg_bench_now_ms();
    for (int i = 0; i < n; ++i) {
        size_t at = each * (size_t)i;
        parts[i] = (part){to + at, from + at, i + 1 < n ? each : COPY_BYTES - at, plain, times};
    }
    for (; started < n && !failed; started += !failed)
        failed = pthread_create(&thread[started], NULL, copy_part, &parts[started]) != 0;
    copy_part(&parts[0]);
    for (int i = 1; i < started; ++i) pthread_join(thread[i], NULL);
    return failed ? -1 : (wg_bench_now_ms() - start) / times;
}

/* Touched; NULL without memory. */
static char *pages(void) {
    char *p = aligned_alloc(HUGE, COPY_BYTES);
#ifdef MADV_HUGEPAGE
    if (p) (void)madvise(p, COPY_BYTES, MADV_HUGEPAGE);
#endif
    return p ? memset(p, 1, COPY_BYTES) : NULL;
}

static int copy(double seconds, double *gbs) {
    int n = wg_threads() < MOST_THREADS ? wg_threads() : MOST_THREADS;
    char *to = pages(), *from = pages();
    double begin = wg_bench_now_ms();
    *gbs = 0;
    for (int i = 0; to && from && (i < LEAST || wg_bench_now_ms() - begin < 1e3 * seconds); ++i) {
        double ms = copy_once(to, from, n, i % 2);
        if (ms > 0 && 2.0 * COPY_BYTES / (1e6 * ms) > *gbs) *gbs = 2.0 * COPY_BYTES / (1e6 * ms);
    }
    free(to);
    free(from);
    return *gbs <= 0;
}

static int both(const void *arg, void *result) {
    wg_ceilings *c = result;
    double seconds = *(const double *)arg;
    return product(seconds, &c->product) || copy(seconds, &c->copy);
}

int wg_bench_ceilings(double seconds, wg_ceilings *c) {
    memset(c, 0, sizeof *c);
    return wg_bench_apart(both, &seconds, c, sizeof *c);
}
