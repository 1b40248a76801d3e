/* generators.c: the two small sets in the plane on which courses show classifiers.
 *
 * spiral as in Stanford's course CS231n, moons as in scikit-learn's make_moons. */
#include "data/internal.h"

#include <math.h>

enum { ARMS = 3, PER_ARM = 100, HALF = 50 };
static const double pi = 3.14159265358979323846;

static void set(wg_dataset *d, int64_t i, double x, double y, int64_t label) {
    d->features[2 * i] = (float)x;
    d->features[2 * i + 1] = (float)y;
    d->labels[i] = label;
}

wg_dataset *wgi_make_spiral(const char *arg, const wg_dataset_options *options, wg_error *error) {
    (void)arg;
    wg_dataset *d = wg_dataset_new((int64_t)ARMS * PER_ARM, 1, 1, 2, 1, ARMS, error);
    for (int64_t i = 0; d && i < d->n; ++i) {
        int64_t arm = i / PER_ARM;
        double along = (double)(i % PER_ARM) / (PER_ARM - 1); /* both ends included */
        double angle = 4 * ((double)arm + along) + 0.2 * wgi_normal(options->seed, 0, (uint64_t)i);
        set(d, i, along * sin(angle), along * cos(angle), arm);
    }
    return d;
}

wg_dataset *wgi_make_moons(const char *arg, const wg_dataset_options *options, wg_error *error) {
    (void)arg;
    wg_dataset *d = wg_dataset_new((int64_t)2 * HALF, 1, 1, 2, 1, 2, error);
    for (int64_t i = 0; d && i < d->n; ++i) {
        int64_t moon = i / HALF;
        double angle = pi * (double)(i % HALF) / (HALF - 1);
        double x = moon ? 1 - cos(angle) : cos(angle);
        double y = moon ? 0.5 - sin(angle) : sin(angle);
        set(d, i, x + 0.1 * wgi_normal(options->seed, 0, 2 * (uint64_t)i),
            y + 0.1 * wgi_normal(options->seed, 0, 2 * (uint64_t)i + 1), moon);
    }
    return d;
}
