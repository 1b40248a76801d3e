/* shuffle_standin.c: random numbers by splitmix64 for as long as backend/random.c is not there. */
#include "data/internal.h"

#include <math.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t bits(uint64_t seed, uint64_t stream, uint64_t i) {
    uint64_t key = mix(seed + 0x9E3779B97F4A7C15u) ^ mix(stream + 0xD1B54A32D192ED03u);
    return mix(key + i * 0x9E3779B97F4A7C15u);
}

double wgi_normal(uint64_t seed, uint64_t stream, uint64_t i) {
    double u = ((double)(bits(seed, stream, 2 * i) >> 11) + 0.5) * 0x1p-53;
    double v = (double)(bits(seed, stream, 2 * i + 1) >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

void wgi_shuffle(int64_t *a, int64_t n, uint64_t seed, uint64_t stream) {
    for (int64_t i = n - 1; i > 0; --i) {
        int64_t j = (int64_t)(bits(seed, stream, (uint64_t)i) % (uint64_t)(i + 1)), keep = a[i];
        a[i] = a[j];
        a[j] = keep;
    }
}
