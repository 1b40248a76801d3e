/* dataset.c: data sets in memory, and the table of what wg_dataset_open knows. */
#include "data/internal.h"

#include <string.h>

/* ---- life ----------------------------------------------------------------------------------- */

int64_t wgi_example_size(const wg_dataset *data) {
    return data->height * data->width * data->channels;
}

/* Zeroed blocks for the sizes in d; 0 when one of them cannot be had. */
static int allocate(wg_dataset *d, int floats) {
    size_t n = (size_t)d->n, count = n * (size_t)wgi_example_size(d);
    d->labels = wgi_alloc_zero(n * sizeof *d->labels);
    d->class_names = wgi_alloc_zero(((size_t)d->classes + 1) * sizeof *d->class_names);
    if (floats) d->features = wgi_alloc_zero(count * sizeof *d->features);
    else d->pixels = wgi_alloc_zero(count);
    return d->labels && d->class_names && (d->features || d->pixels);
}

wg_dataset *wgi_dataset_bare(int64_t n, int64_t height, int64_t width, int64_t channels, int floats,
                             int64_t classes, wg_error *error) {
    int64_t bytes = n;
    int fits = height >= 0 && width >= 0 && channels >= 0 && classes >= 1 &&
               wgi_multiply(bytes, 16, &bytes) && wgi_multiply(bytes, height, &bytes) &&
               wgi_multiply(bytes, width, &bytes) && wgi_multiply(bytes, channels, &bytes);
    if (!fits || n > INT64_MAX / 16 || classes > INT32_MAX) {
        wgi_data_fail(error, WG_ERR_RANGE,
                      "a data set of %lld x (%lld, %lld, %lld) and %lld classes", (long long)n,
                      (long long)height, (long long)width, (long long)channels,
                      (long long)classes);
        return NULL;
    }
    wg_dataset *d = wgi_alloc_zero(sizeof *d);
    if (d) {
        d->n = d->n_train = n;
        d->height = height;
        d->width = width;
        d->channels = channels;
        d->classes = classes;
        d->top = floats ? 1 : 255;
        if (allocate(d, floats)) return d;
    }
    wg_dataset_free(d);
    wgi_data_no_memory(error, "a data set", (uint64_t)bytes / (floats ? 4 : 16));
    return NULL;
}

wg_status wgi_dataset_class(wg_dataset *data, int64_t k, const char *name, wg_error *error) {
    data->class_names[k] = wgi_strdup(name);
    if (data->class_names[k]) return WG_OK;
    return wgi_data_no_memory(error, "a class name", strlen(name) + 1);
}

wg_dataset *wg_dataset_new(int64_t n, int64_t height, int64_t width, int64_t channels, int floats,
                           int64_t classes, wg_error *error) {
    wg_dataset *d = wgi_dataset_bare(n, height, width, channels, floats, classes, error);
    for (int64_t k = 0; d && k < classes; ++k) {
        char name[24];
        snprintf(name, sizeof name, "%lld", (long long)k);
        if (wgi_dataset_class(d, k, name, error) == WG_OK) continue;
        wg_dataset_free(d);
        d = NULL;
    }
    return d;
}

void wg_dataset_free(wg_dataset *data) {
    if (!data) return;
    for (int64_t k = 0; data->class_names && k < data->classes; ++k)
        wgi_free(data->class_names[k]);
    wgi_free(data->class_names);
    wgi_free(data->pixels);
    wgi_free(data->features);
    wgi_free(data->labels);
    wgi_free(data);
}

/* ---- by name -------------------------------------------------------------------------------- */

static const struct source {
    const char *name;
    int folder; /* takes :DIR */
    wgi_reader *read;
} sources[] = {
    {"digits", 0, wgi_read_digits},   {"mnist", 1, wgi_read_mnist},
    {"cifar10", 1, wgi_read_cifar10}, {"images", 1, wgi_read_images},
    {"spiral", 0, wgi_make_spiral},   {"moons", 0, wgi_make_moons},
};
enum { SOURCES = sizeof sources / sizeof *sources };

/* NAME, with the list of what there is made from the table. */
static void unknown(const char *spec, wg_error *error) {
    char list[128] = "";
    size_t used = 0;
    for (int i = 0; i < SOURCES; ++i) {
        int more = snprintf(list + used, sizeof list - used, "%s%s%s", i ? ", " : "",
                            sources[i].name, sources[i].folder ? ":DIR" : "");
        if (more > 0 && (size_t)more < sizeof list - used) used += (size_t)more;
    }
    wgi_data_fail(error, WG_ERR_NAME, "unknown data set \"%s\"; there are %s",
                  wgi_show_path(spec).text, list);
}

static const struct source *find_source(const char *spec, size_t length) {
    for (int i = 0; i < SOURCES; ++i)
        if (strlen(sources[i].name) == length && memcmp(sources[i].name, spec, length) == 0)
            return &sources[i];
    return NULL;
}

/* A copy that this version can read: an older caller's struct is shorter. */
static wg_dataset_options complete(const wg_dataset_options *options) {
    wg_dataset_options full = {0};
    size_t size = options && options->size ? options->size : sizeof full;
    if (options) memcpy(&full, options, size < sizeof full ? size : sizeof full);
    return full;
}

static int options_fit(const wg_dataset_options *o, wg_error *error) {
    int one_size = (o->height == 0) == (o->width == 0) && o->height >= 0 && o->width >= 0;
    int channels = o->channels == 0 || o->channels == 1 || o->channels == 3;
    if (one_size && channels && o->height <= 1 << 16 && o->width <= 1 << 16) return 1;
    wgi_data_fail(error, WG_ERR_RANGE,
                  "images of %lld x %lld with %d channels were asked for; extents are 1 to 65536 "
                  "(both or none), channels 1 or 3",
                  (long long)o->height, (long long)o->width, o->channels);
    return 0;
}

wg_dataset *wg_dataset_open_with(const char *spec, const wg_dataset_options *options,
                                 wg_error *error) {
    wg_dataset_options full = complete(options);
    if (!spec) spec = "";
    const char *colon = strchr(spec, ':');
    size_t length = colon ? (size_t)(colon - spec) : strlen(spec);
    const struct source *source = find_source(spec, length);
    const char *arg = colon ? colon + 1 : "";
    if (!source) {
        unknown(spec, error);
    } else if (source->folder && !*arg) {
        wgi_data_fail(error, WG_ERR_NAME, "%s needs its folder, as in %s:DIR", spec, source->name);
    } else if (!source->folder && colon) {
        wgi_data_fail(error, WG_ERR_NAME, "\"%s\": %s takes nothing behind its name",
                      wgi_show_path(spec).text, source->name);
    } else if (options_fit(&full, error)) {
        return source->read(arg, &full, error);
    }
    return NULL;
}

wg_dataset *wg_dataset_open(const char *spec, wg_error *error) {
    return wg_dataset_open_with(spec, NULL, error);
}
