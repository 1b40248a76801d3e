/* augment.c: see augment.h.  One stream of random numbers an epoch, four numbers an example. */
#include "data/augment.h"

#include "data/internal.h"

#include <string.h>

enum { FLIP, DOWN, RIGHT, DRAWS };

/* Apart from the streams of the order (the epoch itself) and of the split (above 2^32). */
static const uint64_t STREAMS = (uint64_t)1 << 40;

/* Uniform in -most .. most. */
static int64_t shift(int64_t most, uint64_t seed, uint64_t stream, uint64_t i) {
    return (int64_t)wgi_random_below(seed, stream, i, (uint64_t)(2 * most + 1)) - most;
}

/* One row of `width` pixels, moved to the right by dx and then mirrored; zeros come in. */
static void move_row(const float *from, int64_t width, int64_t channels, int64_t dx, int flip,
                     float *to) {
    for (int64_t j = 0; j < width; ++j) {
        int64_t source = (flip ? width - 1 - j : j) - dx;
        size_t bytes = (size_t)channels * sizeof *to;
        if (source < 0 || source >= width) memset(to + j * channels, 0, bytes);
        else memcpy(to + j * channels, from + source * channels, bytes);
    }
}

void wgi_augment(const wg_augment *a, uint64_t seed, uint64_t epoch, int64_t index,
                 const wg_dataset *d, const float *from, float *to) {
    uint64_t stream = STREAMS + epoch, i = (uint64_t)index * DRAWS;
    int flip = a->flip && wgi_random_below(seed, stream, i + FLIP, 2);
    int64_t dy = shift(a->crop, seed, stream, i + DOWN);
    int64_t dx = shift(a->crop, seed, stream, i + RIGHT);
    int64_t row = d->width * d->channels;
    for (int64_t y = 0; y < d->height; ++y) {
        int64_t source = y - dy;
        if (source < 0 || source >= d->height)
            memset(to + y * row, 0, (size_t)row * sizeof *to);
        else
            move_row(from + source * row, d->width, d->channels, dx, flip, to + y * row);
    }
}
