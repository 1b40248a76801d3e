/* numbers.h: what the tests of floor 0 share: random geometry, arrays of either type. */
#ifndef TESTS_BACKEND_NUMBERS_H
#define TESTS_BACKEND_NUMBERS_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* setenv; so this header comes first */
#endif

#include "backend/isa.h"
#include "backend/random.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sequence of random whole numbers. */
typedef struct draws {
    uint64_t seed, i;
} draws;

static inline int64_t draw(draws *d, int64_t lo, int64_t hi) {
    return lo + (int64_t)wgi_random_below(d->seed, 77, d->i++, (uint64_t)(hi - lo + 1));
}

/* Memory of exactly n elements, so that a sanitizer sees what lies past the end; never NULL. */
static inline void *room_for(int64_t n, size_t element) {
    void *p = malloc(n > 0 ? (size_t)n * element : 1);
    ck_assert_ptr_nonnull(p);
    return p;
}

static inline void *scratch_of(size_t bytes) {
    void *p = bytes ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;
    ck_assert(p || !bytes);
    if (p) memset(p, 0x7f, bytes); /* garbage: nothing may count on zeros */
    return p;
}

static inline void put_number(void *a, int64_t i, double value, size_t element) {
    if (element == sizeof(float)) ((float *)a)[i] = (float)value;
    else ((double *)a)[i] = value;
}

static inline double number_at(const void *a, int64_t i, size_t element) {
    return element == sizeof(float) ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

/* n whole numbers from -limit to limit. */
static inline void *whole_numbers(draws *d, int64_t n, int64_t limit, size_t element) {
    void *a = room_for(n, element);
    for (int64_t i = 0; i < n; ++i) put_number(a, i, (double)draw(d, -limit, limit), element);
    return a;
}

/* n normal numbers. */
static inline void *real_numbers(draws *d, int64_t n, size_t element) {
    void *a = room_for(n, element);
    for (int64_t i = 0; i < n; ++i) put_number(a, i, wgi_normal(d->seed, 78, d->i++), element);
    return a;
}

/* n times NaN: what is overwritten must not show it. */
static inline void *no_numbers(int64_t n, size_t element) {
    void *a = room_for(n, element);
    for (int64_t i = 0; i < n; ++i) put_number(a, i, NAN, element);
    return a;
}

/* The first i where a[i] differs from want[i] (NaN equals NaN), or -1. */
static inline int64_t first_difference(const void *a, const double *want, int64_t n,
                                       size_t element) {
    for (int64_t i = 0; i < n; ++i) {
        double x = number_at(a, i, element);
        if (!(x == want[i] || (isnan(x) && isnan(want[i])))) return i;
    }
    return -1;
}

/* The instruction set named by i = 0, 1, 2, for the kernels that come in several; 0 where the
 * processor lacks it. */
static inline int use_isa(int i) {
    setenv("WG_ISA", wgi_isa_name((wgi_isa)i), 1);
    wgi_isa_reset();
    return (int)wgi_isa_chosen() == i;
}

#endif
