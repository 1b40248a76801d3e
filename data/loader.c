/* loader.c: mini-batches over an index set, each epoch in an order of its own. */
#include "data/internal.h"

#include "data/augment.h"
#include "data/normalise.h"

#include <string.h>

struct wg_loader {
    const wg_dataset *data;
    const wg_preprocess *preprocess; /* NULL: v / top */
    int64_t n, batch;
    int64_t at;     /* examples given in this epoch */
    int64_t *given; /* (n) the order that the caller gave */
    int64_t *order; /* (n) the order of this epoch */
    const int64_t *last;
    wg_augment augment;
    int augmenting;       /* in this epoch */
    uint64_t seed, epoch; /* of this epoch */
    float *image;         /* one example, before it is changed; NULL: none ever is */
};

static wg_status check_index(const wg_dataset *data, int64_t n, const int64_t *index,
                             wg_error *error) {
    if (n < 0 || (!index && n > data->n))
        return wgi_data_fail(error, WG_ERR_RANGE, "%lld examples of a data set of %lld",
                             (long long)n, (long long)data->n);
    for (int64_t i = 0; index && i < n; ++i)
        if (index[i] < 0 || index[i] >= data->n)
            return wgi_data_fail(error, WG_ERR_RANGE,
                                 "index %lld of %lld is %lld; the data set has %lld examples",
                                 (long long)i, (long long)n, (long long)index[i],
                                 (long long)data->n);
    return WG_OK;
}

static wg_status check_shape(const wg_dataset *d, const wg_preprocess *p, wg_error *error) {
    if (!p || (p->height == d->height && p->width == d->width && p->channels == d->channels))
        return WG_OK;
    return wgi_data_fail(error, WG_ERR_SHAPE,
                         "preprocessing for (%lld, %lld, %lld), a data set of (%lld, %lld, %lld)",
                         (long long)p->height, (long long)p->width, (long long)p->channels,
                         (long long)d->height, (long long)d->width, (long long)d->channels);
}

wg_loader *wg_loader_new(const wg_dataset *data, const wg_preprocess *p, int64_t n,
                         const int64_t *index, int64_t batch, wg_error *error) {
    if (batch < 1) {
        wgi_data_fail(error, WG_ERR_RANGE, "batches of %lld; at least 1", (long long)batch);
        return NULL;
    }
    if (check_index(data, n, index, error) != WG_OK || check_shape(data, p, error) != WG_OK)
        return NULL;
    size_t head = (sizeof(wg_loader) + WGI_ALIGN - 1) / WGI_ALIGN * WGI_ALIGN;
    size_t bytes = head + 2 * (size_t)n * sizeof(int64_t);
    wg_loader *loader = wgi_alloc_zero(bytes);
    if (!loader) {
        wgi_data_no_memory(error, "a loader", bytes);
        return NULL;
    }
    loader->data = data;
    loader->preprocess = p;
    loader->n = n;
    loader->batch = batch;
    loader->given = (int64_t *)(void *)((char *)loader + head);
    loader->order = loader->given + n;
    for (int64_t i = 0; i < n; ++i) loader->given[i] = index ? index[i] : i;
    wg_loader_start_in_order(loader);
    return loader;
}

void wg_loader_start_in_order(wg_loader *loader) {
    memcpy(loader->order, loader->given, (size_t)loader->n * sizeof *loader->order);
    loader->at = 0;
    loader->augmenting = 0;
    loader->last = loader->order;
}

/* The order depends on what was given, never on the epoch before: training can be taken up again
 * at any epoch. */
void wg_loader_start(wg_loader *loader, uint64_t seed, uint64_t epoch) {
    wg_loader_start_in_order(loader);
    wgi_shuffle(loader->order, loader->n, seed, epoch);
    loader->augmenting = loader->augment.flip || loader->augment.crop;
    loader->seed = seed;
    loader->epoch = epoch;
}

wg_status wg_loader_augment(wg_loader *loader, const wg_augment *given, wg_error *error) {
    const wg_dataset *d = loader->data;
    wg_augment a = {0};
    size_t bytes = (size_t)wgi_example_size(d) * sizeof *loader->image;
    memcpy(&a, given, given->size && given->size < sizeof a ? given->size : sizeof a);
    if (a.crop < 0 || (a.crop > 0 && (a.crop >= d->height || a.crop >= d->width)))
        return wgi_data_fail(error, WG_ERR_RANGE, "crops by %lld pixels of images %lld by %lld",
                             (long long)a.crop, (long long)d->height, (long long)d->width);
    if (!loader->image && !(loader->image = wgi_alloc(bytes)))
        return wgi_data_no_memory(error, "an image", bytes);
    loader->augment = a;
    return WG_OK;
}

/* Example `from`, preprocessed. */
static void load(const wg_loader *loader, int64_t from, float *x) {
    const wg_dataset *d = loader->data;
    int64_t size = wgi_example_size(d);
    if (d->pixels)
        wgi_normalise_pixels(loader->preprocess, size, d->pixels + from * size, d->top, x);
    else
        wgi_normalise_floats(loader->preprocess, size, d->features + from * size, d->top, x);
}

int64_t wg_loader_next(wg_loader *loader, float *x, int64_t *labels) {
    const wg_dataset *d = loader->data;
    int64_t left = loader->n - loader->at, b = left < loader->batch ? left : loader->batch;
    int64_t size = wgi_example_size(d);
    loader->last = loader->order + loader->at;
    for (int64_t i = 0; i < b; ++i) {
        int64_t from = loader->last[i];
        if (labels) labels[i] = d->labels[from];
        if (!x) continue;
        load(loader, from, loader->augmenting ? loader->image : x + i * size);
        if (loader->augmenting)
            wgi_augment(&loader->augment, loader->seed, loader->epoch, from, d, loader->image,
                        x + i * size);
    }
    loader->at += b;
    return b;
}

const int64_t *wg_loader_last(const wg_loader *loader) { return loader->last; }

int64_t wg_loader_batches(const wg_loader *loader) {
    return loader->n / loader->batch + (loader->n % loader->batch != 0);
}

void wg_loader_free(wg_loader *loader) {
    if (loader) wgi_free(loader->image);
    wgi_free(loader);
}
