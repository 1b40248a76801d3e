/* encode.h: images as bytes, for tests of the decoders. */
#ifndef TESTS_DATA_ENCODE_H
#define TESTS_DATA_ENCODE_H

#include <stddef.h>
#include <stdint.h>

typedef enum { AS_PNG, AS_BMP } image_kind;

/* (height, width, channels) of 1 to 4 channels by stb_image_write; *n bytes, freed with free. */
unsigned char *encode(image_kind kind, int height, int width, int channels, const uint8_t *pixels,
                      size_t *n);

/* Ready-made images of 16 x 16. */
typedef struct fixture {
    const char *name;
    const unsigned char *bytes;
    size_t n;
} fixture;
enum {
    JPEG_PLAIN,       /* (100 + x, 120 + x, 140 + x) */
    JPEG_PROGRESSIVE, /* the same, with colour at half the resolution */
    JPEG_GREY,        /* 100 + 4 x */
    PNG_PALETTE,      /* 4 colours, from (101, 121, 141) left to (113, 133, 153) right */
    PNG_16_BITS,      /* grey, 256 (100 + 4 x) + 77 */
    FIXTURES
};
extern const fixture fixtures[FIXTURES];

#endif
