/* stream.c: bytes from a file, plain or gzip, or from memory, read forward.
 *
 * zlib is used directly rather than through its gzFile so that its memory comes from the library's
 * allocator and so that damage is told apart from a short file. */
#define _POSIX_C_SOURCE 200809L
#include "data/internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* ---- opening and closing -------------------------------------------------------------------- */

static void *zlib_alloc(void *user, unsigned items, unsigned size) {
    (void)user;
    return wgi_alloc((size_t)items * size);
}
static void zlib_free(void *user, void *p) {
    (void)user;
    wgi_free(p);
}

static wg_status read_failed(const wgi_stream *s, wg_error *error) {
    return wgi_data_fail_at(error, WG_ERR_FILE, s->path, "%s", strerror(errno));
}

/* Reads the next block of a file; at its end avail_in stays 0. */
static wg_status refill(wgi_stream *s, wg_error *error) {
    if (s->z.avail_in > 0 || !s->file) return WG_OK;
    errno = 0;
    size_t n = fread(s->block, 1, WGI_STREAM_BLOCK, s->file);
    if (n == 0 && ferror(s->file)) return read_failed(s, error);
    s->z.next_in = s->block;
    s->z.avail_in = (unsigned)n;
    return WG_OK;
}

static wg_status start_gzip(wgi_stream *s, wg_error *error) {
    s->z.zalloc = zlib_alloc;
    s->z.zfree = zlib_free;
    if (inflateInit2(&s->z, 16 + MAX_WBITS) != Z_OK) /* 16: gzip with its header and checksum */
        return wgi_data_no_memory(error, "decompression", 1 << 16);
    s->gzip = 1;
    return WG_OK;
}

/* A folder opens like a file and fails only at the first read: refill then says so. */
static wg_status start(wgi_stream *s, wg_error *error) {
    struct stat about;
    s->file = fopen(s->path, "rb");
    if (!s->file) return read_failed(s, error);
    s->size = fstat(fileno(s->file), &about) == 0 && S_ISREG(about.st_mode) ? about.st_size : -1;
    s->block = wgi_alloc(WGI_STREAM_BLOCK);
    if (!s->block) return wgi_data_no_memory(error, "a file buffer", WGI_STREAM_BLOCK);
    return refill(s, error);
}

wg_status wgi_stream_open(wgi_stream *s, const char *path, wg_error *error) {
    memset(s, 0, sizeof *s);
    s->path = path;
    wg_status status = start(s, error);
    if (status != WG_OK) wgi_stream_close(s);
    return status;
}

wg_status wgi_stream_open_gzip(wgi_stream *s, const char *path, wg_error *error) {
    wg_status status = wgi_stream_open(s, path, error);
    if (status != WG_OK || s->z.avail_in < 2 || s->block[0] != 0x1F || s->block[1] != 0x8B)
        return status;
    status = start_gzip(s, error);
    if (status != WG_OK) wgi_stream_close(s);
    return status;
}

void wgi_stream_memory(wgi_stream *s, const char *name, const void *bytes, size_t n) {
    memset(s, 0, sizeof *s);
    s->path = name;
    s->size = (int64_t)n;
    s->z.next_in = (unsigned char *)(uintptr_t)bytes; /* zlib's type; read only */
}

void wgi_stream_close(wgi_stream *s) {
    if (s->gzip) inflateEnd(&s->z);
    if (s->file) fclose(s->file);
    wgi_free(s->block);
    memset(s, 0, sizeof *s);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* From memory: avail_in has 32 bits only, so the place is told by `at`. */
static size_t take_memory(wgi_stream *s, unsigned char *dst, size_t n) {
    size_t left = (size_t)(s->size - s->at);
    if (n > left) n = left;
    if (n == 0) return 0;
    memcpy(dst, s->z.next_in, n);
    s->z.next_in += n;
    return n;
}

static wg_status take_plain(wgi_stream *s, unsigned char *dst, size_t n, size_t *got,
                            wg_error *error) {
    wg_status status = refill(s, error);
    if (status != WG_OK) return status;
    *got = n < s->z.avail_in ? n : s->z.avail_in;
    if (*got == 0) return WG_OK;
    memcpy(dst, s->z.next_in, *got);
    s->z.next_in += *got;
    s->z.avail_in -= (unsigned)*got;
    return WG_OK;
}

/* A member of a gzip file has ended: goes on with the next one where there is one. */
static wg_status next_member(wgi_stream *s, int *more, wg_error *error) {
    wg_status status = refill(s, error);
    *more = status == WG_OK && s->z.avail_in > 0;
    if (*more && inflateReset(&s->z) != Z_OK)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path, "damaged gzip data");
    return status;
}

static wg_status bad_gzip(const wgi_stream *s, int code, wg_error *error) {
    if (code == Z_MEM_ERROR) return wgi_data_no_memory(error, "decompression", 1 << 16);
    if (code == Z_BUF_ERROR)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                                "truncated: the gzip data ends after %lld decompressed bytes",
                                (long long)s->at);
    return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                            "damaged gzip data after %lld decompressed bytes (%s)",
                            (long long)s->at, s->z.msg ? s->z.msg : "bad stream");
}

/* Up to n bytes, decompressed; *got is 0 only at the end. */
static wg_status take_gzip(wgi_stream *s, unsigned char *dst, size_t n, size_t *got,
                           wg_error *error) {
    unsigned want = n < UINT_MAX / 2 ? (unsigned)n : UINT_MAX / 2;
    s->z.next_out = dst;
    s->z.avail_out = want;
    *got = 0;
    while (*got == 0) {
        wg_status status = refill(s, error);
        if (status != WG_OK) return status;
        int code = inflate(&s->z, Z_NO_FLUSH);
        *got = want - s->z.avail_out;
        if (code == Z_STREAM_END && *got == 0) {
            int more;
            status = next_member(s, &more, error);
            if (status != WG_OK || !more) return status;
        } else if (code != Z_OK && code != Z_STREAM_END) {
            return bad_gzip(s, code, error);
        }
    }
    return WG_OK;
}

/* Between 1 and n bytes, 0 at the end.  n >= 1. */
static wg_status take(wgi_stream *s, unsigned char *dst, size_t n, size_t *got, wg_error *error) {
    wg_status status = WG_OK;
    if (s->gzip) status = take_gzip(s, dst, n, got, error);
    else if (s->file) status = take_plain(s, dst, n, got, error);
    else *got = take_memory(s, dst, n);
    if (status == WG_OK) s->at += (int64_t)*got;
    return status;
}

wg_status wgi_stream_read(wgi_stream *s, void *dst, size_t n, const char *what, wg_error *error) {
    unsigned char *p = dst;
    while (n > 0) {
        size_t got = 0;
        wg_status status = take(s, p, n, &got, error);
        if (status != WG_OK) return status;
        if (got == 0)
            return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                                    "truncated: ends after %lld bytes, %llu short of %s",
                                    (long long)s->at, (unsigned long long)n, what);
        p += got;
        n -= got;
    }
    return WG_OK;
}

wg_status wgi_stream_end(wgi_stream *s, wg_error *error) {
    unsigned char extra;
    size_t got = 0;
    long long end = (long long)s->at;
    wg_status status = take(s, &extra, 1, &got, error);
    if (status == WG_OK && got > 0)
        return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                                "too long: bytes left over behind byte %lld, where it should end",
                                end);
    return status;
}

wg_status wgi_stream_expect(wgi_stream *s, int64_t n, const char *what, wg_error *error) {
    /* deflate at its best turns one byte into 1,032 */
    int64_t most = s->size < 0 ? INT64_MAX : s->gzip ? s->size * 1032 : s->size - s->at;
    if (n <= most) return WG_OK;
    return wgi_data_fail_at(error, WG_ERR_FORMAT, s->path,
                            "truncated: %s needs %lld bytes, the file%s has %lld", what,
                            (long long)n, s->gzip ? ", compressed," : " from here",
                            (long long)(s->gzip ? s->size : most));
}

/* ---- whole files ---------------------------------------------------------------------------- */

wg_status wgi_read_file(const char *path, size_t max, unsigned char **bytes, size_t *n,
                        wg_error *error) {
    struct stat about;
    wg_status status = WG_OK;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &about) != 0) {
        status = wgi_data_fail_at(error, WG_ERR_FILE, path, "%s", strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        status = wgi_data_fail_at(error, WG_ERR_FILE, path, "not a file%s",
                                  S_ISDIR(about.st_mode) ? " but a folder" : "");
    } else if ((uint64_t)about.st_size > max) {
        status = wgi_data_fail_at(error, WG_ERR_FORMAT, path, "%lld bytes; at most %llu are read",
                                  (long long)about.st_size, (unsigned long long)max);
    } else {
        size_t size = (size_t)about.st_size;
        unsigned char *block = wgi_alloc(size);
        if (!block) status = wgi_data_no_memory(error, "a file", size);
        else if (fread(block, 1, size, file) != size)
            status = wgi_data_fail_at(error, WG_ERR_FILE, path, "cannot be read (%s)",
                                      ferror(file) ? strerror(errno) : "it shrank meanwhile");
        if (status == WG_OK) *bytes = block, *n = size;
        else wgi_free(block);
    }
    if (file) fclose(file);
    return status;
}
