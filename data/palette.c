/* palette.c: a palette shorter than the numbers that its pixels may hold.
 *
 * The decoder keeps 256 colours on its stack and sets those the file has; a pixel that names one
 * beyond them would show whatever lay there before.  So the file is given to it with black for the
 * missing ones: in a PNG the chunk PLTE is filled up to 256 entries of 3 bytes (the checksum is
 * looked at before, and not by the decoder), in a BMP the table behind the header, of 3 or 4. */
#include "data/internal.h"

#include <string.h>

/* Where zeros are missing, and the number in the header that grows with them. */
typedef struct gap {
    size_t at, zeros, field;
    uint32_t value;
} gap;

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static uint32_t little_endian(const unsigned char *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Chunks are sound: wgi_image_fault has been over them. */
static int png_gap(const unsigned char *p, size_t n, gap *g) {
    for (size_t at = 8; n - at >= 12; at += 12 + big_endian(p + at)) {
        uint32_t bytes = big_endian(p + at);
        if (memcmp(p + at + 4, "IDAT", 4) == 0) return 0;
        if (memcmp(p + at + 4, "PLTE", 4) != 0) continue;
        *g = (gap){at + 8 + bytes, 768 - bytes, at, 768};
        return bytes % 3 == 0 && bytes < 768;
    }
    return 0;
}

static int bmp_gap(const unsigned char *p, size_t n, gap *g) {
    if (n < 30) return 0;
    uint32_t pixels = little_endian(p + 10), header = little_endian(p + 14);
    uint32_t depth = header == 12 ? p[24] : p[28], entry = header == 12 ? 3 : 4;
    uint64_t table = (uint64_t)14 + header;
    if (depth > 8 || pixels < table || pixels > n) return 0;
    uint32_t entries = (uint32_t)(pixels - table) / entry;
    g->at = (size_t)(table + entries * entry);
    g->zeros = entries < 256 ? (256 - entries) * entry : 0;
    g->field = 10;
    g->value = pixels + (uint32_t)g->zeros;
    return entries > 0 && entries < 256;
}

static void put(unsigned char *p, uint32_t value, int big) {
    for (int i = 0; i < 4; ++i) p[i] = (unsigned char)(value >> (big ? 24 - 8 * i : 8 * i));
}

wg_status wgi_fill_palette(const unsigned char *bytes, size_t n, unsigned char **filled,
                           size_t *n_filled) {
    gap g = {0, 0, 0, 0};
    int png = n >= 33 && memcmp(bytes, "\x89PNG", 4) == 0, bmp = memcmp(bytes, "BM", 2) == 0;
    *filled = NULL;
    if (!(png && bytes[25] == 3 && png_gap(bytes, n, &g)) && !(bmp && bmp_gap(bytes, n, &g)))
        return WG_OK;
    unsigned char *copy = wgi_alloc(n + g.zeros);
    if (!copy) return WG_ERR_MEMORY;
    memcpy(copy, bytes, g.at);
    memset(copy + g.at, 0, g.zeros);
    memcpy(copy + g.at + g.zeros, bytes + g.at, n - g.at);
    put(copy + g.field, g.value, png);
    *filled = copy;
    *n_filled = n + g.zeros;
    return WG_OK;
}
