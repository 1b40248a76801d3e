/* cifar.c: CIFAR-10 in its binary version (A. Krizhevsky, 2009).
 *
 * Six files of 10,000 records: a label byte, then 1,024 bytes each of red, green and blue, row by
 * row.  The planes become channels last: pixel p of channel c moves from c * 1024 + p to p * 3 + c.
 */
#include "data/internal.h"

#include <string.h>

enum { FILES = 6, PER_FILE = 10000, SIDE = 32, PLANE = SIDE * SIDE, CHANNELS = 3, CLASSES = 10 };
enum { IMAGE = PLANE * CHANNELS, RECORD = 1 + IMAGE, FILE_BYTES = PER_FILE * RECORD };
enum { MAX_PATH = 4096 };

static const char *const class_names[CLASSES] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
};

static const char *const file_names[FILES] = {
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin",
};

static wg_status read_record(wgi_stream *s, int64_t i, uint8_t *pixels, int64_t *label,
                             wg_error *error) {
    unsigned char record[RECORD];
    wg_status status = wgi_stream_read(s, record, RECORD, "its 10,000 records", error);
    if (status != WG_OK) return status;
    if (record[0] >= CLASSES)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                                "record %lld (byte %lld) has label %d; labels are 0 to %d",
                                (long long)i, (long long)i * RECORD, record[0], CLASSES - 1);
    *label = record[0];
    for (int p = 0; p < PLANE; ++p)
        for (int c = 0; c < CHANNELS; ++c)
            pixels[p * CHANNELS + c] = record[1 + c * PLANE + p];
    return WG_OK;
}

/* File k of six into its place in d. */
static wg_status read_file(const char *path, int64_t k, wg_dataset *d, const wg_dataset_options *o,
                           wg_error *error) {
    wgi_stream s;
    wg_status status = wgi_stream_open(&s, path, error);
    if (status != WG_OK) return status;
    if (s.size != FILE_BYTES)
        status = wgi_data_fail_at(error, WG_ERR_FORMAT, path,
                                  "%lld bytes; a file of CIFAR-10's binary version has exactly %d",
                                  (long long)s.size, FILE_BYTES);
    for (int64_t i = 0, at = k * PER_FILE; i < PER_FILE && status == WG_OK; ++i, ++at) {
        status = read_record(&s, i, d->pixels + at * IMAGE, &d->labels[at], error);
        if (o->progress && i % 1000 == 999) o->progress(at + 1, d->n, o->user);
    }
    if (status == WG_OK) status = wgi_stream_end(&s, error);
    wgi_stream_close(&s);
    return status;
}

/* DIR itself, or the folder that the official archive unpacks to where DIR has no first file. */
static const char *subfolder(const char *dir) {
    char path[MAX_PATH];
    int used = snprintf(path, sizeof path, "%s/%s", dir, file_names[0]);
    FILE *file = used > 0 && used < MAX_PATH ? fopen(path, "rb") : NULL;
    if (file) {
        fclose(file);
        return "";
    }
    used = snprintf(path, sizeof path, "%s/cifar-10-batches-bin/%s", dir, file_names[0]);
    file = used > 0 && used < MAX_PATH ? fopen(path, "rb") : NULL;
    if (file) fclose(file);
    return file ? "/cifar-10-batches-bin" : "";
}

/* 180 MB: whether all six files are there is seen before that much is allocated. */
static wg_status look(const char *dir, const char *sub, int k, char *path, wg_error *error) {
    wgi_stream s;
    int used = snprintf(path, MAX_PATH, "%s%s/%s", dir, sub, file_names[k]);
    if (used < 0 || used >= MAX_PATH)
        return wgi_data_fail_at(error, WG_ERR_FILE, dir, "the path is too long");
    wg_status status = wgi_stream_open(&s, path, error);
    if (status == WG_OK) wgi_stream_close(&s);
    return status;
}

wg_dataset *wgi_read_cifar10(const char *arg, const wg_dataset_options *options, wg_error *error) {
    char path[MAX_PATH];
    const char *sub = subfolder(arg);
    for (int k = 0; k < FILES; ++k)
        if (look(arg, sub, k, path, error) != WG_OK) return NULL;
    wg_dataset *d = wgi_dataset_bare((int64_t)FILES * PER_FILE, SIDE, SIDE, CHANNELS, 0, CLASSES,
                                     error);
    if (!d) return NULL;
    wg_status status = WG_OK;
    d->n_train = (int64_t)(FILES - 1) * PER_FILE;
    for (int k = 0; k < CLASSES && status == WG_OK; ++k)
        status = wgi_dataset_class(d, k, class_names[k], error);
    for (int k = 0; k < FILES && status == WG_OK; ++k) {
        snprintf(path, sizeof path, "%s%s/%s", arg, sub, file_names[k]);
        status = read_file(path, k, d, options, error);
    }
    if (status == WG_OK) return d;
    wg_dataset_free(d);
    return NULL;
}
