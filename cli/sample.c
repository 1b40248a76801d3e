/* sample.c: wengert sample: one held-out example of a data set as a PNG file, to be classified. */
#include "cli/cli.h"
#include "cli/numbers.h"

#include "data/data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char NAME[] = "sample";

typedef struct plan {
    const char *data, *out, *seed_text, *index_text;
    uint64_t seed;
    int64_t index;
} plan;

/* ---- PNG (ISO/IEC 15948) --------------------------------------------------------------------- */

static void put32(unsigned char *at, uint32_t v) {
    for (int i = 0; i < 4; ++i) at[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* Length, type, bytes, and the checksum of the last two. */
static void put_chunk(FILE *f, const char *type, const unsigned char *bytes, size_t n) {
    unsigned char word[4];
    put32(word, (uint32_t)n);
    fwrite(word, 1, 4, f);
    fwrite(type, 1, 4, f);
    if (n) fwrite(bytes, 1, n, f);
    uLong sum = crc32(crc32(0, NULL, 0), (const unsigned char *)type, 4);
    if (n) sum = crc32(sum, bytes, (uInt)n);
    put32(word, (uint32_t)sum);
    fwrite(word, 1, 4, f);
}

/* The rows, each with filter type 0 in front, compressed; NULL without memory. */
static unsigned char *pack_rows(const wg_image *image, size_t *n) {
    size_t row = (size_t)image->width * (size_t)image->channels, height = (size_t)image->height;
    uLongf bytes = compressBound((uLong)(height * (row + 1)));
    unsigned char *plain = malloc(height * (row + 1)), *packed = malloc(bytes);
    int good = plain && packed;
    for (size_t i = 0; i < height && good; ++i) {
        plain[i * (row + 1)] = 0;
        memcpy(plain + i * (row + 1) + 1, image->pixels + i * row, row);
    }
    good = good && compress(packed, &bytes, plain, (uLong)(height * (row + 1))) == Z_OK;
    free(plain);
    *n = bytes;
    if (good) return packed;
    free(packed);
    return NULL;
}

static int write_png(const char *path, const wg_image *image) {
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char header[13] = {0};
    size_t n;
    unsigned char *rows = pack_rows(image, &n);
    FILE *f = rows ? fopen(path, "wb") : NULL;
    int error = !rows ? ENOMEM : !f ? errno : 0;
    if (f) {
        put32(header, (uint32_t)image->width);
        put32(header + 4, (uint32_t)image->height);
        header[8] = 8; /* bits; then the kind of colour: 0 grey, 2 red, green, blue */
        header[9] = image->channels == 3 ? 2 : 0;
        errno = 0;
        fwrite(signature, 1, sizeof signature, f);
        put_chunk(f, "IHDR", header, sizeof header);
        put_chunk(f, "IDAT", rows, n);
        put_chunk(f, "IEND", NULL, 0);
        if (ferror(f)) error = errno ? errno : EIO;
        if (fclose(f) != 0 && !error) error = errno;
        if (error) remove(path);
    }
    free(rows);
    return error;
}

/* ---- the example ---------------------------------------------------------------------------- */

/* Example i with its numbers stretched to 0 .. 255. */
static int write_example(const plan *p, const wg_dataset *d, int64_t i) {
    int64_t size = d->height * d->width * d->channels;
    wg_image image = {d->height, d->width, (int)d->channels, malloc((size_t)size)};
    if (!image.pixels) return wgi_complain(NAME, WGI_EXIT_DATA, "no memory");
    for (int64_t k = 0; k < size; ++k)
        image.pixels[k] = (uint8_t)lround(255 * d->pixels[i * size + k] / d->top);
    int error = write_png(p->out, &image);
    free(image.pixels);
    if (error) return wgi_complain(NAME, WGI_EXIT_DATA, "%s: %s", p->out, strerror(error));
    printf("%s: held-out example %lld of %s, class %s\n", p->out, (long long)p->index, p->data,
           d->class_names[d->labels[i]]);
    return WGI_EXIT_FINE;
}

static int pick(const plan *p, const wg_dataset *d) {
    wg_error e = {WG_OK, ""};
    wg_partition split = {0, 0, 0, NULL, NULL, NULL};
    int status;
    if (!d->pixels || (d->channels != 1 && d->channels != 3))
        return wgi_complain(NAME, WGI_EXIT_USAGE, "%s has no images", p->data);
    if (wg_dataset_split(d, 0.1, 0.2, p->seed, &split, &e) != WG_OK)
        return wgi_complain(NAME, wgi_exit_of(e.status), "%s", e.text);
    if (p->index >= split.n_test)
        status = wgi_complain(NAME, WGI_EXIT_USAGE, "--index %lld: %lld examples are held out",
                              (long long)p->index, (long long)split.n_test);
    else status = write_example(p, d, split.test[p->index]);
    wg_partition_clear(&split);
    return status;
}

int wgi_cli_sample(int argc, char **argv) {
    static const wgi_usage usage = {
        NAME, "[--data SPEC] [--seed N] [--index N] -o FILE.png",
        "Writes one of the examples that wengert train with the same --data and --seed (and its\n"
        "defaults of --valid and --test) holds out as an image file, and says what it shows.\n",
        "  wengert sample --index 3 -o digit.png\n"
        "  wengert predict wengert-out/model.safetensors digit.png\n"};
    plan p = {NULL, NULL, NULL, NULL, 0, 0};
    const wgi_option options[] = {
        {"--data", "SPEC", "digits (the default), mnist:DIR, cifar10:DIR, images:DIR", &p.data, 0},
        {"--seed", "N", "of the split (0)", &p.seed_text, 0},
        {"--index", "N", "which one of those held out, from 0 (0)", &p.index_text, 0},
        {"-o", "FILE.png", "where to write it", &p.out, 0},
        {0, 0, 0, 0, 0}};
    int words, s = wgi_args(&usage, options, argc, argv, &words);
    if (s < 0 && words > 0)
        s = wgi_complain(NAME, WGI_EXIT_USAGE, "it takes options only, not \"%s\"", argv[1]);
    if (s < 0 && !p.out) s = wgi_complain(NAME, WGI_EXIT_USAGE, "-o FILE.png is missing");
    if (s < 0) s = wgi_option_seed(NAME, "--seed", p.seed_text, &p.seed);
    if (s < 0) s = wgi_option_whole(NAME, "--index", p.index_text, 0, INT64_MAX, &p.index);
    if (s >= 0) return s;
    if (!p.data) p.data = "digits";
    wg_error e = {WG_OK, ""};
    wg_dataset *d = wg_dataset_open(p.data, &e);
    if (!d) return wgi_complain(NAME, wgi_exit_of(e.status), "%s", e.text);
    s = pick(&p, d);
    wg_dataset_free(d);
    return s;
}
