/* probe.h: for the tests of gates: values of any dtype as doubles, random data, and gradients of
 * first and second order held against central differences. */
#ifndef TESTS_OPS_PROBE_H
#define TESTS_OPS_PROBE_H

#include "wengert.h"

enum { PROBE_MAX = 4096 }; /* elements */

/* The elements of x, row-major, as doubles; fails if it has not exactly n. */
void probe_read(wg_var x, int64_t n, double *out);
/* Fails unless x has that shape. */
void probe_shape(wg_var x, wg_shape shape);
/* Fails unless x has exactly these elements; a NaN equals a NaN. */
void probe_equal(wg_var x, int64_t n, const double *expected);
/* Fails unless v is poison, the tape's first error has that status and its text holds `part`;
 * rewinds the tape. */
void probe_fails(wg_var v, wg_status status, const char *part);

/* The next of a fixed sequence of numbers in [0, 1); whole numbers in [-9, 9]. */
double probe_random(void);
double probe_whole(void);
/* A leaf of whole numbers. */
wg_var probe_leaf(wg_tape *t, wg_dtype dtype, wg_shape shape);

/* Checks the derivatives of build, a float64 value of any shape made from n <= 4 leaves of these
 * shapes drawn from [lo, hi]: the gradients of <build, random> by wg_backward and wg_gradients, and
 * the gradients of <those gradients, random>, with central differences. */
typedef wg_var probe_build(const wg_var *x);
void probe_gradients(probe_build *build, size_t n, const wg_shape *shapes, double lo, double hi);

#endif
