/* preprocess.c: mean and deviation over the training part, applied to examples.
 *
 * Two passes in double: the mean first, then the mean square of what is left, so that a small
 * deviation around a large mean keeps its digits. */
#include "data/internal.h"

#include "data/normalise.h"

#include <math.h>
#include <string.h>

/* ---- application ---------------------------------------------------------------------------- */

/* x already holds v * unit; the statistics repeat every n numbers. */
static void standardise(const wg_preprocess *p, int64_t size, float *x) {
    if (p->n == 1) { /* grey images: a loop without a list inside */
        float mean = p->mean[0], std = p->std[0];
        for (int64_t i = 0; i < size; ++i) x[i] = (x[i] - mean) / std;
        return;
    }
    for (int64_t i = 0; p->n > 0 && i < size; i += p->n)
        for (int64_t k = 0; k < p->n; ++k) x[i + k] = (x[i + k] - p->mean[k]) / p->std[k];
}

void wgi_normalise_pixels(const wg_preprocess *p, int64_t size, const uint8_t *v, double top,
                          float *x) {
    float unit = (float)((p ? p->scale : 1) / top);
    for (int64_t i = 0; i < size; ++i) x[i] = (float)v[i] * unit;
    if (p) standardise(p, size, x);
}

void wgi_normalise_floats(const wg_preprocess *p, int64_t size, const float *v, double top,
                          float *x) {
    float unit = (float)((p ? p->scale : 1) / top);
    for (int64_t i = 0; i < size; ++i) x[i] = v[i] * unit;
    if (p) standardise(p, size, x);
}

wg_status wg_preprocess_image(const wg_preprocess *p, const wg_image *image, float *x,
                              wg_error *error) {
    if (image->height != p->height || image->width != p->width || image->channels != p->channels)
        return wgi_data_fail(error, WG_ERR_SHAPE,
                             "an image of (%lld, %lld, %d), preprocessing for (%lld, %lld, %lld)",
                             (long long)image->height, (long long)image->width, image->channels,
                             (long long)p->height, (long long)p->width, (long long)p->channels);
    wgi_normalise_pixels(p, p->height * p->width * p->channels, image->pixels, 255, x);
    return WG_OK;
}

/* ---- statistics ----------------------------------------------------------------------------- */

typedef struct fit {
    const wg_dataset *data;
    int64_t n; /* examples */
    const int64_t *index;
    int64_t size, stats; /* numbers of an example, of mean and std */
    double *mean, *sum;  /* (stats) */
} fit;

static double number(const wg_dataset *d, int64_t i) {
    return (d->pixels ? (double)d->pixels[i] : (double)d->features[i]) / d->top;
}

/* sum[k] = the sum of (v - mean[k])^power over everything that falls on k. */
static void add_up(const fit *f, int power) {
    memset(f->sum, 0, (size_t)f->stats * sizeof *f->sum);
    for (int64_t j = 0; j < f->n; ++j) {
        int64_t from = f->index[j] * f->size;
        for (int64_t i = 0, k = 0; i < f->size; ++i) {
            double v = number(f->data, from + i) - f->mean[k];
            f->sum[k] += power == 2 ? v * v : v;
            if (++k == f->stats) k = 0;
        }
    }
}

static void compute(const fit *f, int deviation, float *mean, float *std) {
    double count = (double)f->n * (double)(f->size / f->stats);
    memset(f->mean, 0, (size_t)f->stats * sizeof *f->mean);
    add_up(f, 1);
    for (int64_t k = 0; k < f->stats; ++k) {
        f->mean[k] = f->sum[k] / count;
        mean[k] = (float)f->mean[k];
        std[k] = 1;
    }
    if (!deviation) return;
    add_up(f, 2);
    for (int64_t k = 0; k < f->stats; ++k) {
        float s = (float)sqrt(f->sum[k] / count);
        if (s > 0) std[k] = s; /* constant: the mean alone is taken away */
    }
}

static wg_status check_fit(const wg_dataset *d, int64_t n, const int64_t *index, wg_error *error) {
    if (n < 1)
        return wgi_data_fail(error, WG_ERR_RANGE, "preprocessing cannot be fitted on %lld examples",
                             (long long)n);
    for (int64_t j = 0; j < n; ++j)
        if (index[j] < 0 || index[j] >= d->n)
            return wgi_data_fail(error, WG_ERR_RANGE,
                                 "index %lld of %lld is %lld; the data set has %lld examples",
                                 (long long)j, (long long)n, (long long)index[j], (long long)d->n);
    return WG_OK;
}

wg_status wg_preprocess_fit(const wg_dataset *data, int64_t n, const int64_t *index, wg_norm norm,
                            wg_preprocess *p, wg_error *error) {
    wg_preprocess q = {.scale = 1, .height = data->height, .width = data->width,
                       .channels = data->channels};
    int channel = norm == WG_NORM_CHANNEL || norm == WG_NORM_CHANNEL_MEAN;
    fit f = {.data = data, .n = n, .index = index, .size = wgi_example_size(data)};
    wg_status status = check_fit(data, n, index, error);
    if (status != WG_OK) return status;
    f.stats = f.size == 0 || norm == WG_NORM_SCALE ? 0 : channel ? data->channels : f.size;
    if (f.stats > 0) {
        size_t count = (size_t)f.stats;
        f.mean = wgi_alloc(2 * count * sizeof *f.mean);
        q.mean = wgi_alloc(2 * count * sizeof *q.mean);
        if (f.mean && q.mean) {
            f.sum = f.mean + count;
            q.std = q.mean + count;
            q.n = f.stats;
            compute(&f, norm == WG_NORM_CHANNEL || norm == WG_NORM_PIXEL, q.mean, q.std);
        } else {
            status = wgi_data_no_memory(error, "preprocessing", 24 * (uint64_t)count);
            wgi_free(q.mean);
        }
        wgi_free(f.mean);
    }
    if (status == WG_OK) *p = q;
    return status;
}

void wg_preprocess_clear(wg_preprocess *p) {
    wgi_free(p->mean);
    memset(p, 0, sizeof *p);
}
