/* encode.c: see encode.h */
#include "tests/data/encode.h"

#include "tests/suites.h"

#include <stdlib.h>
#include <string.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#if defined(__GNUC__)
/* these two are seen at the end of the file, after inlining, so they are not popped */
#pragma GCC diagnostic ignored "-Wunused-function"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <stb/stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

typedef struct buffer {
    unsigned char *bytes;
    size_t n;
} buffer;

static void append(void *user, void *bytes, int n) {
    buffer *b = user;
    unsigned char *more = realloc(b->bytes, b->n + (size_t)n);
    ck_assert_ptr_nonnull(more);
    memcpy(more + b->n, bytes, (size_t)n);
    b->bytes = more;
    b->n += (size_t)n;
}

unsigned char *encode(image_kind kind, int height, int width, int channels, const uint8_t *pixels,
                      size_t *n) {
    buffer b = {NULL, 0};
    int good = 0;
    switch (kind) {
    case AS_PNG:
        good = stbi_write_png_to_func(append, &b, width, height, channels, pixels,
                                      width * channels);
        break;
    case AS_BMP: good = stbi_write_bmp_to_func(append, &b, width, height, channels, pixels); break;
    }
    ck_assert(good && b.bytes);
    *n = b.n;
    return b.bytes;
}
