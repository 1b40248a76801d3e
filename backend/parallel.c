/* parallel.c: see parallel.h.  Three bodies: OpenMP, threads of our own (WG_PTHREADS: a race
 * detector reports what libgomp does between its threads), and none. */
#if !defined(_OPENMP)
#define _POSIX_C_SOURCE 200809L /* sysconf */
#endif
#include "backend/parallel.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#if defined(_OPENMP)
#include <omp.h>
#else
#include <unistd.h>
#endif
#if defined(_OPENMP) || defined(WG_PTHREADS)
#include <pthread.h>
#endif

/* Parts begin at multiples of 16 items: a cache line of floats, a vector of the widest kind. */
enum { UNIT = 16 };

/* ---- how many ------------------------------------------------------------------------------- */

static atomic_int chosen_threads; /* 0: not chosen yet */

static int clamp_threads(long n) {
    if (n < 1) return 1;
    return n > WGI_MAX_THREADS ? WGI_MAX_THREADS : (int)n;
}

static int default_threads(void) {
    const char *text = getenv("WG_THREADS");
    char *end;
    long n = text ? strtol(text, &end, 10) : 0;
    if (text && end != text && *end == '\0' && n >= 1) return clamp_threads(n);
#if defined(_OPENMP)
    return clamp_threads(omp_get_num_procs());
#elif defined(WG_PTHREADS) && defined(_SC_NPROCESSORS_ONLN)
    return clamp_threads(sysconf(_SC_NPROCESSORS_ONLN));
#else
    return 1;
#endif
}

void wg_set_threads(int n) {
    atomic_store(&chosen_threads, n >= 1 ? clamp_threads(n) : default_threads());
}

int wg_threads(void) {
    int n = atomic_load(&chosen_threads);
    if (n == 0) {
        n = default_threads();
        atomic_store(&chosen_threads, n);
    }
    return n;
}

/* ---- the loop ------------------------------------------------------------------------------- */

typedef struct part_loop {
    int64_t n, unit; /* items; items of which no part gets a fraction */
    int parts;
    void (*body)(int64_t begin, int64_t end, void *arg);
    void *arg;
} part_loop;

/* Where part i begins: the units are dealt out as evenly as they go. */
static int64_t part_begin(const part_loop *l, int i) {
    int64_t units = (l->n + l->unit - 1) / l->unit;
    int64_t each = units / l->parts, more = units % l->parts;
    int64_t begin = (each * i + (i < more ? i : more)) * l->unit;
    return begin < l->n ? begin : l->n;
}

static void run_part(const part_loop *l, int i) {
    int64_t begin = part_begin(l, i), end = part_begin(l, i + 1);
    if (begin < end) l->body(begin, end, l->arg);
}

#if defined(_OPENMP)

/* libgomp ends the process when it cannot start a thread, for want of memory or at a limit of the
 * system's.  So how many can be had is tried first: threads that wait at a lock, all at once. */
static void *wait_at(void *lock) {
    (void)pthread_mutex_lock(lock);
    (void)pthread_mutex_unlock(lock);
    return NULL;
}

static int try_threads(int n) {
    pthread_t id[WGI_MAX_THREADS];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int started = 0;
    (void)pthread_mutex_lock(&lock);
    while (started + 1 < n && pthread_create(&id[started], NULL, wait_at, &lock) == 0) ++started;
    (void)pthread_mutex_unlock(&lock);
    for (int i = 0; i < started; ++i) (void)pthread_join(id[i], NULL);
    return started + 1;
}

static atomic_int tried, startable; /* of `tried` threads, this one included, so many started */

static int can_start(int n) {
    if (n > atomic_load(&tried)) {
        atomic_store(&startable, try_threads(n));
        atomic_store(&tried, n);
    }
    int most = atomic_load(&startable);
    return n < most ? n : most;
}

static int within_parallel(void) { return omp_in_parallel(); }

static void run_parts(const part_loop *l) {
#pragma omp parallel for schedule(static, 1) num_threads(l->parts)
    for (int i = 0; i < l->parts; ++i) run_part(l, i);
}

#elif defined(WG_PTHREADS)

static int can_start(int n) { return n; }

static _Thread_local int inside; /* this thread runs a part */

static int within_parallel(void) { return inside; }

typedef struct part_thread {
    const part_loop *loop;
    int i, started;
    pthread_t id;
} part_thread;

static void *thread_main(void *arg) {
    part_thread *t = arg;
    inside = 1;
    run_part(t->loop, t->i);
    return NULL;
}

/* Starts and joins its threads at every call; a part whose thread does not start runs here. */
static void run_parts(const part_loop *l) {
    part_thread t[WGI_MAX_THREADS];
    for (int i = 1; i < l->parts; ++i) {
        t[i].loop = l;
        t[i].i = i;
        t[i].started = pthread_create(&t[i].id, NULL, thread_main, &t[i]) == 0;
    }
    inside = 1;
    run_part(l, 0);
    for (int i = 1; i < l->parts; ++i) {
        if (t[i].started) (void)pthread_join(t[i].id, NULL);
        else run_part(l, i);
    }
    inside = 0;
}

#else

static int can_start(int n) { return n; }
static int within_parallel(void) { return 1; }
static void run_parts(const part_loop *l) {
    for (int i = 0; i < l->parts; ++i) run_part(l, i);
}

#endif

static atomic_int eagerly;
static atomic_llong loops; /* while eager */

void wgi_parallel_eagerly(int eager) { atomic_store(&eagerly, eager); }

int64_t wgi_parallel_loops(void) { return atomic_load(&loops); }

/* No part is shorter than grain: part sizes differ by one unit, so the number of parts is what
 * whole grains, rounded up to units, go into n. */
int wgi_parallel_parts(int64_t n, int64_t grain) {
    if (n <= 0) return 0;
    if (grain < 1) grain = 1;
    if (atomic_load(&eagerly)) grain = grain < UNIT ? 1 : UNIT;
    if (n <= grain || within_parallel()) return 1;
    int64_t unit = grain >= UNIT ? UNIT : 1;
    int64_t parts = (n / unit) / ((grain - 1) / unit + 1);
    int threads = wg_threads();
    if (parts <= 1) return 1;
    return can_start(parts < threads ? (int)parts : threads);
}

void wgi_parallel_for(int64_t n, int64_t grain,
                      void (*body)(int64_t begin, int64_t end, void *arg), void *arg) {
    part_loop l = {n, grain >= UNIT ? UNIT : 1, wgi_parallel_parts(n, grain), body, arg};
    if (atomic_load(&eagerly)) atomic_fetch_add(&loops, 1);
    if (l.parts == 1) body(0, n, arg);
    else if (l.parts > 1) run_parts(&l);
}

/* ---- libraries ------------------------------------------------------------------------------ */

int wgi_lend_threads(double products) {
#if defined(_OPENMP)
    const int before = omp_get_max_threads();
    double parts = atomic_load(&eagerly) ? WGI_MAX_THREADS : products / WGI_GRAIN_PRODUCTS;
    int64_t most = parts < WGI_MAX_THREADS ? (int64_t)parts : WGI_MAX_THREADS;
    omp_set_num_threads(wgi_parallel_parts(most < 1 ? 1 : most, 1));
    return before;
#else
    (void)products;
    return 0;
#endif
}

void wgi_return_threads(int before) {
#if defined(_OPENMP)
    omp_set_num_threads(before);
#else
    (void)before;
#endif
}
