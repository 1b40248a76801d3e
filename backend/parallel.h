/* parallel.h: one loop over threads, the only place where the library starts any.
 *
 * A kernel that is split here gives the same bits for any number of threads: what it computes for
 * an item may not depend on where a part begins or ends. */
#ifndef WGI_PARALLEL_H
#define WGI_PARALLEL_H

#include "backend/backend.h"

#include <stdint.h>

enum { WGI_MAX_THREADS = 256 };

/* Calls body(begin, end, arg) for disjoint parts that cover [0, n): at most one part a thread, none
 * shorter than `grain` items but for the last, all beginning at multiples of 16 items when
 * grain >= 16.  One part is run inline by the caller, and so is everything when called from within
 * a body.  Returns when all parts are done; allocates nothing. */
void wgi_parallel_for(int64_t n, int64_t grain,
                      void (*body)(int64_t begin, int64_t end, void *arg), void *arg);

/* The number of parts that wgi_parallel_for would make of n items: 0 for n <= 0. */
int wgi_parallel_parts(int64_t n, int64_t grain);

/* What makes a part worth a thread: about 50 microseconds of work.  Waking a thread and waiting for
 * it takes a few microseconds on an idle machine, and milliseconds where other programs hold the
 * cores: a small network trains 20 times slower there if every kernel is split. */
enum {
    WGI_GRAIN_ELEMENTS = 1 << 17, /* elements read or written */
    WGI_GRAIN_PRODUCTS = 1 << 22  /* multiplications with additions */
};
/* eager != 0 splits whatever can be split, so that tests need no large arrays. */
void wgi_parallel_eagerly(int eager);
/* How many loops wgi_parallel_for has been given while that was set. */
int64_t wgi_parallel_loops(void);

/* A numeric library takes its number of threads from OpenMP: lends it those that so many
 * multiplications are worth (1 within a body).  Returns the setting that wgi_return_threads puts
 * back behind the library's call. */
int wgi_lend_threads(double products);
void wgi_return_threads(int before);

#endif
