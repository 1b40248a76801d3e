/* image.c: single images: read, resized, turned to grey or colour. */
#include "data/internal.h"

#include <string.h>

enum { MAX_PIXELS = 64 << 20, MAX_FILE = 256 << 20, MAX_SIDE = 1 << 16 };

void wg_image_clear(wg_image *image) {
    wgi_free(image->pixels);
    memset(image, 0, sizeof *image);
}

static wg_status new_image(wg_image *image, int64_t height, int64_t width, int channels,
                           wg_error *error) {
    wg_image new = {.height = height, .width = width, .channels = channels};
    size_t bytes = (size_t)(height * width * channels);
    new.pixels = wgi_alloc(bytes);
    if (!new.pixels) return wgi_data_no_memory(error, "an image", bytes);
    *image = new;
    return WG_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static wg_status no_image(const char *name, const char *what, wg_error *error) {
    if (wgi_stb_ran_out())
        return wgi_data_fail_at(error, WG_ERR_MEMORY, name, "no memory to decode it");
    return wgi_data_fail_at(error, WG_ERR_FORMAT, name, "%s (%s)", what, wgi_stb_reason());
}

/* The size is read and bounded before anything is decoded. */
wg_status wg_image_decode(const void *bytes, size_t n, const char *name, wg_image *image,
                          wg_error *error) {
    int width = 0, height = 0, found = 0;
    if (n > MAX_FILE)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, name, "%llu bytes; at most %d are read",
                                (unsigned long long)n, MAX_FILE);
    if (n == 0) return wgi_data_fail_at(error, WG_ERR_FORMAT, name, "empty");
    const char *fault = wgi_image_fault(bytes, n);
    if (fault) return wgi_data_fail_at(error, WG_ERR_FORMAT, name, "a damaged image (%s)", fault);
    if (!wgi_stb_info(bytes, (int)n, &width, &height, &found))
        return no_image(name, "no PNG, JPEG or BMP image", error);
    if (width < 1 || height < 1 || (int64_t)width * height > MAX_PIXELS)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, name,
                                "an image of %d x %d; at most %d pixels are read", height, width,
                                MAX_PIXELS);
    int channels = found <= 2 ? 1 : 3; /* 2 and 4 have transparency */
    unsigned char *filled = NULL;
    if (wgi_fill_palette(bytes, n, &filled, &n) != WG_OK)
        return wgi_data_fail_at(error, WG_ERR_MEMORY, name, "no memory to decode it");
    unsigned char *pixels = wgi_stb_decode(filled ? filled : bytes, (int)n, channels);
    wgi_free(filled);
    if (!pixels) return no_image(name, "a damaged image", error);
    *image = (wg_image){.height = height, .width = width, .channels = channels, .pixels = pixels};
    return WG_OK;
}

wg_status wg_image_load(const char *path, wg_image *image, wg_error *error) {
    unsigned char *bytes = NULL;
    size_t n = 0;
    wg_status status = wgi_read_file(path, MAX_FILE, &bytes, &n, error);
    if (status == WG_OK) status = wg_image_decode(bytes, n, path, image, error);
    wgi_free(bytes);
    return status;
}

/* ---- grey and colour ------------------------------------------------------------------------ */

static uint8_t grey(const uint8_t *rgb) {
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

wg_status wg_image_convert(const wg_image *image, int channels, wg_image *out, wg_error *error) {
    if (channels != 1 && channels != 3)
        return wgi_data_fail(error, WG_ERR_RANGE, "an image of %d channels; 1 or 3", channels);
    int64_t n = image->height * image->width;
    wg_image new;
    wg_status status = new_image(&new, image->height, image->width, channels, error);
    if (status != WG_OK) return status;
    const uint8_t *from = image->pixels;
    if (channels == image->channels) {
        memcpy(new.pixels, from, (size_t)(n * channels));
    } else if (channels == 1) {
        for (int64_t i = 0; i < n; ++i) new.pixels[i] = grey(from + 3 * i);
    } else {
        for (int64_t i = 0; i < 3 * n; ++i) new.pixels[i] = from[i / 3];
    }
    *out = new;
    return WG_OK;
}

/* ---- size ----------------------------------------------------------------------------------- */

/* A new pixel as a weighted mean of old ones along one axis: `count` of them from `first`. */
typedef struct taps {
    int64_t first, count;
    double weight[2]; /* growing: of both; shrinking: of the first and last, those between have 1 */
    double sum;
} taps;

/* The new pixel i covers [i, i + 1) * old / new of the old axis.  Where the axis shrinks, weights
 * are how much of each old pixel lies in there; where it grows, the centre of the new pixel lies
 * between the centres of two old ones. */
static taps find_taps(int64_t i, int64_t from, int64_t to) {
    taps t = {0};
    double scale = (double)from / (double)to;
    if (to < from) {
        double begin = (double)i * scale, end = (double)(i + 1) * scale;
        t.first = (int64_t)begin;
        int64_t last = (int64_t)end;
        if (last >= from || (double)last >= end) last = (last >= from ? from : last) - 1;
        t.count = last - t.first + 1;
        t.weight[0] = (double)(t.first + 1) - begin;
        t.weight[1] = end - (double)last;
        t.sum = scale;
        return t;
    }
    double centre = ((double)i + 0.5) * scale - 0.5;
    if (centre < 0) centre = 0;
    t.first = (int64_t)centre;
    t.count = t.first + 1 < from ? 2 : 1;
    t.weight[1] = t.count == 2 ? centre - (double)t.first : 0;
    t.weight[0] = 1 - t.weight[1];
    t.sum = 1;
    return t;
}

static double weigh(const taps *t, const double *x, int64_t stride) {
    double sum = t->weight[0] * x[t->first * stride];
    for (int64_t k = 1; k < t->count - 1; ++k) sum += x[(t->first + k) * stride];
    if (t->count > 1) sum += t->weight[1] * x[(t->first + t->count - 1) * stride];
    return sum / t->sum;
}

/* Rows first, (H, W, C) to (H, w, C); row: one old row as numbers. */
static void resize_rows(const wg_image *image, int64_t width, double *row, double *out) {
    int64_t c = image->channels, length = image->width * c;
    for (int64_t y = 0; y < image->height; ++y) {
        for (int64_t k = 0; k < length; ++k) row[k] = image->pixels[y * length + k];
        for (int64_t x = 0; x < width; ++x) {
            taps t = find_taps(x, image->width, width);
            for (int64_t k = 0; k < c; ++k) out[(y * width + x) * c + k] = weigh(&t, row + k, c);
        }
    }
}

/* Then columns, (H, w, C) to (h, w, C). */
static void resize_columns(const double *in, int64_t from, int64_t to, int64_t length,
                           uint8_t *out) {
    for (int64_t y = 0; y < to; ++y) {
        taps t = find_taps(y, from, to);
        for (int64_t k = 0; k < length; ++k) {
            double v = weigh(&t, in + k, length) + 0.5;
            out[y * length + k] = (uint8_t)(v > 255 ? 255 : v);
        }
    }
}

wg_status wg_image_resize(const wg_image *image, int64_t height, int64_t width, wg_image *out,
                          wg_error *error) {
    if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE ||
        height * width > MAX_PIXELS || image->height < 1 || image->width < 1)
        return wgi_data_fail(error, WG_ERR_RANGE, "an image of %lld x %lld resized to %lld x %lld",
                             (long long)image->height, (long long)image->width, (long long)height,
                             (long long)width);
    wg_image new;
    if (height == image->height && width == image->width)
        return wg_image_convert(image, image->channels, out, error);
    size_t row = (size_t)(image->width * image->channels);
    size_t count = row + (size_t)(image->height * width * image->channels);
    double *work = wgi_alloc(count * sizeof *work);
    if (!work) return wgi_data_no_memory(error, "resizing", count * sizeof *work);
    wg_status status = new_image(&new, height, width, image->channels, error);
    if (status == WG_OK) {
        resize_rows(image, width, work, work + row);
        resize_columns(work + row, image->height, height, width * image->channels, new.pixels);
        *out = new;
    }
    wgi_free(work);
    return status;
}
