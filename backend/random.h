/* random.h: random numbers by counting (Philox4x32-10; J. K. Salmon, M. A. Moraes, R. O. Dror,
 * D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * Element i of a stream is a function of (seed, stream, i) alone: it does not depend on its
 * neighbours, on what was drawn before, or on threads.  The functions below read the same bits, so
 * numbers of different kinds come from different streams. */
#ifndef WGI_RANDOM_H
#define WGI_RANDOM_H

#include <stdint.h>

/* One block of the generator: key = seed, 128-bit counter = (counter, stream), low words first. */
void wgi_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4]);

/* 64 random bits. */
uint64_t wgi_random_bits(uint64_t seed, uint64_t stream, uint64_t i);
/* Uniform in [0, 1): a multiple of 2^-53. */
double wgi_uniform(uint64_t seed, uint64_t stream, uint64_t i);
/* Standard normal (Box-Muller; elements 2j and 2j+1 share a pair of uniforms). */
double wgi_normal(uint64_t seed, uint64_t stream, uint64_t i);
/* Uniform in 0 .. n-1 by multiplication (D. Lemire, "Fast random integer generation in an
 * interval", 2019), without its rejection step: a bias below n / 2^64.  0 for n = 0. */
uint64_t wgi_random_below(uint64_t seed, uint64_t stream, uint64_t i, uint64_t n);

/* a[j] = lo + (hi - lo) wgi_uniform(seed, stream, first + j), computed in double; rounding may give
 * hi itself. */
void wgi_fill_uniform_f32(float *a, int64_t n, double lo, double hi, uint64_t seed, uint64_t stream,
                          uint64_t first);
void wgi_fill_uniform_f64(double *a, int64_t n, double lo, double hi, uint64_t seed,
                          uint64_t stream, uint64_t first);
/* a[j] = mean + deviation wgi_normal(seed, stream, first + j), computed in double. */
void wgi_fill_normal_f32(float *a, int64_t n, double mean, double deviation, uint64_t seed,
                         uint64_t stream, uint64_t first);
void wgi_fill_normal_f64(double *a, int64_t n, double mean, double deviation, uint64_t seed,
                         uint64_t stream, uint64_t first);

/* Brings a[0 .. n-1] into random order (Fisher-Yates). */
void wgi_shuffle(int64_t *a, int64_t n, uint64_t seed, uint64_t stream);

#endif
