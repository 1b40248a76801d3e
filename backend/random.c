/* random.c: see random.h */
#include "backend/random.h"

#include "backend/parallel.h"

#include <math.h>

enum { FILL_GRAIN = WGI_GRAIN_ELEMENTS / 16 };

static const double TWO_PI = 6.283185307179586476925;

/* ---- bits ----------------------------------------------------------------------------------- */

/* Ten rounds: two 32 x 32 -> 64 bit products, whose high halves are mixed with the other words and
 * the round's key; the key moves by the golden ratio and sqrt 3 - 1. */
void wgi_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4]) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    for (int round = 0; round < 10; ++round) {
        uint64_t p = (uint64_t)0xD2511F53u * c0, q = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(q >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)q;
        c3 = (uint32_t)p;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* Half `which` of a block: elements 2j and 2j + 1 of a stream are the halves of block j. */
static uint64_t half(const uint32_t block[4], uint64_t which) {
    return (uint64_t)block[2 * which + 1] << 32 | block[2 * which];
}

static double unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

uint64_t wgi_random_bits(uint64_t seed, uint64_t stream, uint64_t i) {
    uint32_t block[4];
    wgi_philox(seed, stream, i / 2, block);
    return half(block, i % 2);
}

/* ---- distributions -------------------------------------------------------------------------- */

double wgi_uniform(uint64_t seed, uint64_t stream, uint64_t i) {
    return unit(wgi_random_bits(seed, stream, i));
}

/* With u, v uniform in (0, 1]: sqrt(-2 ln u) times cos(2 pi v) and sin(2 pi v) are two independent
 * normal numbers. */
static void normal_pair(uint64_t seed, uint64_t stream, uint64_t j, double pair[2]) {
    uint32_t block[4];
    wgi_philox(seed, stream, j, block);
    double radius = sqrt(-2.0 * log(1.0 - unit(half(block, 0))));
    double angle = TWO_PI * unit(half(block, 1));
    pair[0] = radius * cos(angle);
    pair[1] = radius * sin(angle);
}

double wgi_normal(uint64_t seed, uint64_t stream, uint64_t i) {
    double pair[2];
    normal_pair(seed, stream, i / 2, pair);
    return pair[i % 2];
}

/* The high 64 bits of a 128-bit product. */
static uint64_t multiply_high(uint64_t a, uint64_t b) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t carried = a0 * b1 + (uint32_t)middle;
    return a1 * b1 + (middle >> 32) + (carried >> 32);
}

uint64_t wgi_random_below(uint64_t seed, uint64_t stream, uint64_t i, uint64_t n) {
    return multiply_high(wgi_random_bits(seed, stream, i), n);
}

void wgi_shuffle(int64_t *a, int64_t n, uint64_t seed, uint64_t stream) {
    for (int64_t i = n - 1; i > 0; --i) {
        uint64_t j = wgi_random_below(seed, stream, (uint64_t)i, (uint64_t)i + 1);
        int64_t kept = a[i];
        a[i] = a[j];
        a[j] = kept;
    }
}

/* ---- filling -------------------------------------------------------------------------------- */

typedef struct filling {
    float *single; /* one of the two is NULL */
    double *twice;
    double shift, scale;
    uint64_t seed, stream, first;
} filling;

static void put(const filling *f, int64_t j, double value) {
    if (f->single) f->single[j] = (float)(f->shift + f->scale * value);
    else f->twice[j] = f->shift + f->scale * value;
}

static void fill_uniform(int64_t begin, int64_t end, void *arg) {
    const filling *f = arg;
    uint32_t block[4];
    uint64_t held = 0;
    for (int64_t j = begin; j < end; ++j) {
        uint64_t i = f->first + (uint64_t)j;
        if (j == begin || i / 2 != held) wgi_philox(f->seed, f->stream, held = i / 2, block);
        put(f, j, unit(half(block, i % 2)));
    }
}

static void fill_normal(int64_t begin, int64_t end, void *arg) {
    const filling *f = arg;
    double pair[2];
    uint64_t held = 0;
    for (int64_t j = begin; j < end; ++j) {
        uint64_t i = f->first + (uint64_t)j;
        if (j == begin || i / 2 != held) normal_pair(f->seed, f->stream, held = i / 2, pair);
        put(f, j, pair[i % 2]);
    }
}

void wgi_fill_uniform_f32(float *a, int64_t n, double lo, double hi, uint64_t seed, uint64_t stream,
                          uint64_t first) {
    filling f = {a, NULL, lo, hi - lo, seed, stream, first};
    wgi_parallel_for(n, FILL_GRAIN, fill_uniform, &f);
}

void wgi_fill_uniform_f64(double *a, int64_t n, double lo, double hi, uint64_t seed,
                          uint64_t stream, uint64_t first) {
    filling f = {NULL, a, lo, hi - lo, seed, stream, first};
    wgi_parallel_for(n, FILL_GRAIN, fill_uniform, &f);
}

void wgi_fill_normal_f32(float *a, int64_t n, double mean, double deviation, uint64_t seed,
                         uint64_t stream, uint64_t first) {
    filling f = {a, NULL, mean, deviation, seed, stream, first};
    wgi_parallel_for(n, FILL_GRAIN, fill_normal, &f);
}

void wgi_fill_normal_f64(double *a, int64_t n, double mean, double deviation, uint64_t seed,
                         uint64_t stream, uint64_t first) {
    filling f = {NULL, a, mean, deviation, seed, stream, first};
    wgi_parallel_for(n, FILL_GRAIN, fill_normal, &f);
}
