/* internal.h: what the files of this folder share: error texts, bytes from files, readers. */
#ifndef WGI_DATA_INTERNAL_H
#define WGI_DATA_INTERNAL_H

#include "backend/memory.h"
#include "data/data.h"

#include <stdio.h>
#include <zlib.h>

#if defined(__GNUC__)
#define WGI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define WGI_PRINTF(text, first)
#endif

/* ---- errors --------------------------------------------------------------------------------- */

/* Writes status and text where error is not NULL and returns status.  A text that does not fit is
 * cut between characters. */
wg_status wgi_data_fail(wg_error *error, wg_status status, const char *format, ...)
    WGI_PRINTF(3, 4);
/* The same with "path: " in front, a long path shortened at its start so that the text has room. */
wg_status wgi_data_fail_at(wg_error *error, wg_status status, const char *path, const char *format,
                           ...) WGI_PRINTF(4, 5);
/* MEMORY, for `what` of so many bytes. */
wg_status wgi_data_no_memory(wg_error *error, const char *what, uint64_t bytes);

/* A path for a message: the last 60 bytes or so, "..." in front where it is longer. */
typedef struct wgi_shown {
    char text[64];
} wgi_shown;
wgi_shown wgi_show_path(const char *path);

/* ---- sizes ---------------------------------------------------------------------------------- */

/* 1 and a * b in *product unless it overflows int64_t or one of them is negative. */
int wgi_multiply(int64_t a, int64_t b, int64_t *product);
/* Elements and bytes of an array; 0 for a negative extent, a rank out of range, an overflow. */
int wgi_array_size(wg_dtype dtype, const wg_shape *shape, int64_t *count, size_t *bytes);
size_t wgi_dtype_bytes(wg_dtype dtype);

/* ---- bytes from a file or from memory ------------------------------------------------------- */

enum { WGI_STREAM_BLOCK = 1 << 16 };

/* Reads forward. */
typedef struct wgi_stream {
    const char *path; /* for messages; the caller's */
    FILE *file;       /* NULL: from memory */
    int64_t size;     /* bytes of the file or in memory as stored, -1 where not known (a pipe) */
    int64_t at;       /* bytes given so far, decompressed */
    int gzip;
    z_stream z;           /* next_in, avail_in: bytes read and not yet used, gzip or not */
    unsigned char *block; /* WGI_STREAM_BLOCK bytes, NULL when from memory */
} wgi_stream;

wg_status wgi_stream_open(wgi_stream *s, const char *path, wg_error *error);
/* The same; a file that begins with the two bytes of gzip is decompressed on the way, its checksums
 * checked. */
wg_status wgi_stream_open_gzip(wgi_stream *s, const char *path, wg_error *error);
/* n bytes in memory. */
void wgi_stream_memory(wgi_stream *s, const char *name, const void *bytes, size_t n);
/* Exactly n bytes to dst; `what` says in messages what was being read. */
wg_status wgi_stream_read(wgi_stream *s, void *dst, size_t n, const char *what, wg_error *error);
/* FORMAT unless all bytes have been given. */
wg_status wgi_stream_end(wgi_stream *s, wg_error *error);
/* FORMAT when the file is too short to have n more bytes, so that a damaged header cannot ask for
 * memory that its file would never fill. */
wg_status wgi_stream_expect(wgi_stream *s, int64_t n, const char *what, wg_error *error);
void wgi_stream_close(wgi_stream *s);

/* All bytes of a file of at most max, freed with wgi_free. */
wg_status wgi_read_file(const char *path, size_t max, unsigned char **bytes, size_t *n,
                        wg_error *error);

/* ---- data sets ------------------------------------------------------------------------------ */

/* As wg_dataset_new without class names. */
wg_dataset *wgi_dataset_bare(int64_t n, int64_t height, int64_t width, int64_t channels,
                             int floats, int64_t classes, wg_error *error);
wg_status wgi_dataset_class(wg_dataset *data, int64_t k, const char *name, wg_error *error);
/* Numbers of one example: height * width * channels. */
int64_t wgi_example_size(const wg_dataset *data);

/* The readers behind wg_dataset_open: arg is what stands behind the colon. */
typedef wg_dataset *wgi_reader(const char *arg, const wg_dataset_options *options, wg_error *error);
wgi_reader wgi_read_digits, wgi_read_mnist, wgi_read_cifar10, wgi_read_images, wgi_make_spiral,
    wgi_make_moons;
/* The digits from rows of 64 pixels and a label. */
wg_dataset *wgi_digits_parse(const char *text, size_t n, wg_error *error);

/* ---- images --------------------------------------------------------------------------------- */

/* stb_image behind four functions: the size without decoding (0 where it cannot be told), the
 * pixels with 1 or 3 channels (freed with wgi_free), why this thread's last call failed, and
 * whether it had no memory. */
int wgi_stb_info(const unsigned char *bytes, int n, int *width, int *height, int *channels);
unsigned char *wgi_stb_decode(const unsigned char *bytes, int n, int channels);
const char *wgi_stb_reason(void);
int wgi_stb_ran_out(void);
/* What makes a PNG or JPEG file unfit to be decoded; NULL: go on. */
const char *wgi_image_fault(const unsigned char *bytes, size_t n);
/* Where the palette of an image is shorter than its pixels might ask for, *filled becomes a copy of
 * the file with black for the missing colours, else NULL; n is at least 2.  OK or MEMORY. */
wg_status wgi_fill_palette(const unsigned char *bytes, size_t n, unsigned char **filled,
                           size_t *n_filled);

/* ---- random numbers ------------------------------------------------------------------------- */

/* Declared as in backend/random.h: numbers by counting, functions of (seed, stream, i) alone. */

#include "backend/random.h"

#endif
