/* fault.c: a look through an image file before it is decoded, for what stb_image does not see.
 *
 * PNG (ISO/IEC 15948): lengths and checksums of the chunks, so that a file that was cut or changed
 * on its way is an error and not a wrong picture.
 *
 * JPEG: a Huffman table (marker FF C4; ITU-T T.81, B.2.4.2) lists how many codes of 1 to 16 bits
 * there are.  256 is the most that makes sense; stb_image up to 2.27 believes any number and writes
 * past its table.  So all tables are checked first. */
#include "data/internal.h"

#include <string.h>

/* ---- PNG ------------------------------------------------------------------------------------ */

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Chunks: length, type, as many bytes, checksum of type and bytes; the last one is IEND. */
static const char *png_fault(const unsigned char *p, const unsigned char *end) {
    for (p += 8; end - p >= 12;) {
        uint32_t n = big_endian(p);
        if (n > (uint64_t)(end - p - 12)) return "truncated PNG";
        if (big_endian(p + 8 + n) != crc32(0, p + 4, n + 4)) return "PNG with a wrong checksum";
        if (memcmp(p + 4, "IEND", 4) == 0) return NULL;
        p += 12 + n;
    }
    return "truncated PNG";
}

/* ---- JPEG ----------------------------------------------------------------------------------- */

enum { DHT = 0xC4, SOI = 0xD8, SOS = 0xDA };

static size_t length_at(const unsigned char *p) { return (size_t)p[0] << 8 | p[1]; }

/* The tables of one DHT segment, whose length field is at p: each one byte of destination, 16
 * counts, then as many values.  Bytes past the end count as zeros, as they do to the decoder. */
static int tables_are_sound(const unsigned char *p, const unsigned char *end) {
    if (end - p < 2) return 1;
    ptrdiff_t left = (ptrdiff_t)length_at(p) - 2;
    for (p += 2; left > 0;) {
        int codes = 0;
        for (int i = 1; i <= 16 && i < end - p; ++i) codes += p[i];
        if (codes > 256) return 0;
        if (end - p < 17 + codes) return 1;
        left -= 17 + codes;
        p += 17 + codes;
    }
    return 1;
}

/* Behind the first scan the decoder may find a marker after any byte FF. */
static int rest_is_sound(const unsigned char *p, const unsigned char *end) {
    for (; end - p >= 2; ++p)
        if (p[0] == 0xFF && p[1] == DHT && !tables_are_sound(p + 2, end)) return 0;
    return 1;
}

static int jpeg_is_sound(const unsigned char *p, const unsigned char *end) {
    /* Up to the first scan segments follow one another, and what lies in them (a thumbnail with
     * tables of its own) is skipped; at anything out of the ordinary every byte is looked at. */
    while (end - p >= 4 && p[0] == 0xFF && p[1] != SOS) {
        size_t skip = p[1] == SOI || p[1] == 0xFF ? 0 : length_at(p + 2);
        if (p[1] == DHT && !tables_are_sound(p + 2, end)) return 0;
        if (p[1] == 0xFF) skip = 1; /* a fill byte */
        else if (p[1] == SOI) skip = 2;
        else if (skip < 2) break;
        else skip += 2;
        if ((size_t)(end - p) < skip) return 1;
        p += skip;
    }
    return rest_is_sound(p, end);
}

const char *wgi_image_fault(const unsigned char *bytes, size_t n) {
    const unsigned char *end = bytes + n;
    if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0) return png_fault(bytes, end);
    if (n >= 2 && bytes[0] == 0xFF && !jpeg_is_sound(bytes, end)) return "bad Huffman table";
    return NULL;
}
