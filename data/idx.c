/* idx.c: MNIST and whatever shares its layout: images and labels in IDX files, plain or gzip.
 *
 * An IDX file (LeCun, Cortes, Burges 1998) begins with two zero bytes, a byte for the type of
 * element (8: unsigned bytes) and one for the rank; then the extents as big-endian 32-bit numbers;
 * then the elements, row-major. */
#include "data/internal.h"

#include <string.h>

enum { CLASSES = 10, MAX_SIDE = 4096, MAX_PATH = 4096 };

/* One IDX file, opened and its header read: extents (n) or (n, height, width). */
typedef struct idx {
    char path[MAX_PATH];
    wgi_stream stream;
    int64_t dim[3];
} idx;

static int exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* part "train" or "t10k", kind "images-idx3" or "labels-idx1": the first of the four spellings that
 * is there, the official one when none is. */
static wg_status find_path(char *path, const char *dir, const char *part, const char *kind,
                           wg_error *error) {
    for (int spelling = 0; spelling <= 4; ++spelling) {
        int used = snprintf(path, MAX_PATH, "%s/%s-%s-ubyte%s", dir, part, kind,
                            spelling & 1 ? ".gz" : "");
        if (used < 0 || used >= MAX_PATH)
            return wgi_data_fail_at(error, WG_ERR_FILE, dir, "the path is too long");
        if (spelling & 2) strstr(path + strlen(dir), "-idx")[0] = '.';
        if (spelling < 4 && exists(path)) return WG_OK;
    }
    return wgi_data_fail_at(error, WG_ERR_FILE, path,
                            "no such file, nor with .gz behind it or '.' before idx");
}

static int64_t big_endian(const unsigned char *p) {
    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | (int64_t)p[3];
}

static wg_status read_header(idx *f, int rank, wg_error *error) {
    unsigned char head[16];
    wg_status status = wgi_stream_read(&f->stream, head, 4, "its header", error);
    if (status != WG_OK) return status;
    if (big_endian(head) != 0x0800 + rank)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, f->path,
                                "begins with %02x %02x %02x %02x; 00 00 08 %02x was expected (IDX, "
                                "unsigned bytes, rank %d)",
                                head[0], head[1], head[2], head[3], (unsigned)rank, rank);
    status = wgi_stream_read(&f->stream, head, 4 * (size_t)rank, "its header", error);
    for (int i = 0; i < rank; ++i) f->dim[i] = big_endian(head + 4 * i);
    return status;
}

/* A header can promise at most what its file can hold. */
static wg_status check_extents(idx *f, int rank, wg_error *error) {
    int64_t count = f->dim[0];
    if (count == 0) return wgi_data_fail_at(error, WG_ERR_FORMAT, f->path, "holds 0 examples");
    if (rank == 3) {
        if (f->dim[1] < 1 || f->dim[1] > MAX_SIDE || f->dim[2] < 1 || f->dim[2] > MAX_SIDE)
            return wgi_data_fail_at(error, WG_ERR_FORMAT, f->path,
                                    "images of %lld x %lld; extents are 1 to %d",
                                    (long long)f->dim[1], (long long)f->dim[2], MAX_SIDE);
        count *= f->dim[1] * f->dim[2];
    }
    return wgi_stream_expect(&f->stream, count, rank == 3 ? "the images" : "the labels", error);
}

static wg_status open_idx(idx *f, const char *dir, const char *part, const char *kind, int rank,
                          wg_error *error) {
    wg_status status = find_path(f->path, dir, part, kind, error);
    if (status == WG_OK) status = wgi_stream_open_gzip(&f->stream, f->path, error);
    if (status == WG_OK) status = read_header(f, rank, error);
    if (status == WG_OK) status = check_extents(f, rank, error);
    return status;
}

/* The four files, in the order in which they are read. */
typedef struct mnist {
    idx file[4]; /* train images, train labels, test images, test labels */
} mnist;

static wg_status open_all(mnist *m, const char *dir, wg_error *error) {
    wg_status status = WG_OK;
    for (int i = 0; i < 4 && status == WG_OK; ++i)
        status = open_idx(&m->file[i], dir, i < 2 ? "train" : "t10k",
                          i % 2 ? "labels-idx1" : "images-idx3", i % 2 ? 1 : 3, error);
    for (int i = 0; i < 4 && status == WG_OK; i += 2) {
        const idx *images = &m->file[i], *labels = &m->file[i + 1];
        if (images->dim[0] != labels->dim[0])
            status = wgi_data_fail_at(error, WG_ERR_FORMAT, labels->path,
                                      "%lld labels for the %lld images of %s",
                                      (long long)labels->dim[0], (long long)images->dim[0],
                                      wgi_show_path(images->path).text);
    }
    const int64_t *train = m->file[0].dim, *test = m->file[2].dim;
    if (status == WG_OK && (train[1] != test[1] || train[2] != test[2]))
        status = wgi_data_fail_at(error, WG_ERR_FORMAT, m->file[2].path,
                                  "images of %lld x %lld, those of the training part %lld x %lld",
                                  (long long)test[1], (long long)test[2], (long long)train[1],
                                  (long long)train[2]);
    return status;
}

/* Images in pieces of a thousand or so, so that progress can be told. */
static wg_status read_images(idx *f, uint8_t *pixels, int64_t done, int64_t total,
                             const wg_dataset_options *o, wg_error *error) {
    int64_t size = f->dim[1] * f->dim[2];
    for (int64_t i = 0; i < f->dim[0]; i += 1000) {
        int64_t n = f->dim[0] - i < 1000 ? f->dim[0] - i : 1000;
        wg_status status = wgi_stream_read(&f->stream, pixels + i * size, (size_t)(n * size),
                                           "the images", error);
        if (status != WG_OK) return status;
        if (o->progress) o->progress(done + i + n, total, o->user);
    }
    return wgi_stream_end(&f->stream, error);
}

static wg_status read_labels(idx *f, int64_t *labels, wg_error *error) {
    unsigned char block[1024];
    for (int64_t i = 0; i < f->dim[0];) {
        size_t n = f->dim[0] - i < 1024 ? (size_t)(f->dim[0] - i) : 1024;
        wg_status status = wgi_stream_read(&f->stream, block, n, "the labels", error);
        if (status != WG_OK) return status;
        for (size_t k = 0; k < n; ++k, ++i) {
            if (block[k] >= CLASSES)
                return wgi_data_fail_at(error, WG_ERR_FORMAT, f->path,
                                        "label %lld (byte %lld) is %d; labels are 0 to %d",
                                        (long long)i, (long long)i + 8, block[k], CLASSES - 1);
            labels[i] = block[k];
        }
    }
    return wgi_stream_end(&f->stream, error);
}

static wg_dataset *read_all(mnist *m, const wg_dataset_options *options, wg_error *error) {
    const int64_t *dim = m->file[0].dim;
    int64_t n_train = dim[0], n = n_train + m->file[2].dim[0], size = dim[1] * dim[2];
    wg_dataset *d = wg_dataset_new(n, dim[1], dim[2], 1, 0, CLASSES, error);
    if (!d) return NULL;
    d->n_train = n_train;
    if (read_images(&m->file[0], d->pixels, 0, n, options, error) == WG_OK &&
        read_labels(&m->file[1], d->labels, error) == WG_OK &&
        read_images(&m->file[2], d->pixels + n_train * size, n_train, n, options, error) == WG_OK &&
        read_labels(&m->file[3], d->labels + n_train, error) == WG_OK)
        return d;
    wg_dataset_free(d);
    return NULL;
}

wg_dataset *wgi_read_mnist(const char *arg, const wg_dataset_options *options, wg_error *error) {
    wg_dataset *d = NULL;
    mnist *m = wgi_alloc_zero(sizeof *m);
    if (!m) {
        wgi_data_no_memory(error, "four open files", sizeof *m);
        return NULL;
    }
    if (open_all(m, arg, error) == WG_OK) d = read_all(m, options, error);
    for (int i = 0; i < 4; ++i) wgi_stream_close(&m->file[i].stream);
    wgi_free(m);
    return d;
}
