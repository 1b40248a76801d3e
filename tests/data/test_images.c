/* Single images: decoded, resized, turned to grey or colour. */
#include "tests/data/encode.h"
#include "tests/data/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

extern Suite *suite_data_images(void);

static void ramp(uint8_t *pixels, int n) {
    for (int i = 0; i < n; ++i) pixels[i] = (uint8_t)(7 * i % 256);
}

/* Makes checksums right again, so that what is broken reaches the decoder. */
static void mend_png(unsigned char *bytes, size_t n) {
    if (n < 8 || memcmp(bytes, "\x89PNG", 4) != 0) return;
    for (size_t at = 8; n - at >= 12;) {
        const unsigned char *p = bytes + at;
        size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (length > n - at - 12) return;
        uint32_t check = (uint32_t)crc32(0, p + 4, (unsigned)length + 4);
        for (size_t i = 0; i < 4; ++i)
            bytes[at + 8 + length + i] = (unsigned char)(check >> (24 - 8 * i));
        at += 12 + length;
    }
}

START_TEST(lossless_kinds_come_back) {
    static const int out[5] = {0, 1, 1, 3, 3}; /* transparency is dropped */
    uint8_t pixels[5 * 7 * 4];
    for (int channels = 1; channels <= 4; ++channels)
        for (int kind = AS_PNG; kind <= AS_BMP; ++kind) {
            size_t n;
            wg_image image = {0};
            wg_error e = {0};
            if (kind == AS_BMP && channels != 3) continue;
            ramp(pixels, 5 * 7 * channels);
            unsigned char *bytes = encode((image_kind)kind, 5, 7, channels, pixels, &n);
            ck_assert_int_eq(wg_image_decode(bytes, n, "x", &image, &e), WG_OK);
            ck_assert_int_eq(image.height, 5);
            ck_assert_int_eq(image.width, 7);
            ck_assert_int_eq(image.channels, out[channels]);
            for (int p = 0; p < 35; ++p)
                for (int c = 0; c < out[channels]; ++c)
                    ck_assert_int_eq(image.pixels[p * out[channels] + c],
                                     pixels[p * channels + c]);
            wg_image_clear(&image);
            wg_image_clear(&image);
            free(bytes);
        }
}
END_TEST

/* What pixel x of a row of fixture k holds in channel c, and how far a decoder may be off. */
static double fixture_value(int k, int x, int c, double *tolerance) {
    *tolerance = k == PNG_16_BITS ? 0 : 4;
    if (k == PNG_16_BITS || k == JPEG_GREY) return 100 + 4 * x;
    return 100 + x + 20 * c;
}

START_TEST(other_kinds_are_read) {
    for (int k = 0; k < FIXTURES; ++k) {
        wg_image image = {0};
        wg_error e = {0};
        wg_status status = wg_image_decode(fixtures[k].bytes, fixtures[k].n, "x", &image, &e);
        ck_assert_msg(status == WG_OK, "%s: %s", fixtures[k].name, e.text);
        ck_assert_int_eq(image.height * 100 + image.width, 1616);
        ck_assert_int_eq(image.channels, k == PNG_16_BITS || k == JPEG_GREY ? 1 : 3);
        for (int i = 0; i < 256 * image.channels; ++i) {
            double tolerance;
            int c = image.channels, x = i / c % 16;
            double v = fixture_value(k, x, i % c, &tolerance);
            check_near((double)image.pixels[i], v, tolerance);
        }
        wg_image_clear(&image);
        check_allocations(wg_image_decode(fixtures[k].bytes, fixtures[k].n, "x", &image, &e) ==
                              WG_OK,
                          wg_image_clear(&image), e);
    }
}
END_TEST

/* The palette file with `keep` colours only, its checksum set right; freed with free. */
static unsigned char *cut_palette(size_t keep, size_t *n) {
    const fixture *f = &fixtures[PNG_PALETTE];
    size_t at = 33; /* behind the header chunk */
    while (memcmp(f->bytes + at + 4, "PLTE", 4) != 0) at += 12 + f->bytes[at + 3];
    size_t less = f->bytes[at + 3] - 3 * keep, after = at + 12 + f->bytes[at + 3];
    unsigned char *cut = malloc(f->n);
    memcpy(cut, f->bytes, at + 8 + 3 * keep);
    cut[at + 3] = (unsigned char)(3 * keep);
    uint32_t sum = (uint32_t)crc32(0, cut + at + 4, (uInt)(4 + 3 * keep));
    for (size_t i = 0; i < 4; ++i)
        cut[at + 8 + 3 * keep + i] = (unsigned char)(sum >> (24 - 8 * i));
    memcpy(cut + after - less, f->bytes + after, f->n - after);
    *n = f->n - less;
    return cut;
}

/* A pixel whose colour the palette lacks is black, in every run. */
START_TEST(colours_beyond_the_palette) {
    wg_image image, whole;
    wg_error e = {WG_OK, ""};
    size_t n;
    unsigned char *png = cut_palette(1, &n);
    const fixture *f = &fixtures[PNG_PALETTE];
    ck_assert_int_eq(wg_image_decode(f->bytes, f->n, "whole", &whole, &e), WG_OK);
    ck_assert_msg(wg_image_decode(png, n, "cut", &image, &e) == WG_OK, "%s", e.text);
    const unsigned char *colour = png + 33; /* the one that is left */
    while (memcmp(colour, "PLTE", 4) != 0) ++colour;
    colour += 4;
    int black = 0;
    for (int i = 0; i < 16 * 16; ++i) {
        int first = memcmp(whole.pixels + 3 * i, colour, 3) == 0;
        int is_black = !image.pixels[3 * i] && !image.pixels[3 * i + 1] && !image.pixels[3 * i + 2];
        ck_assert_int_eq(is_black, !first);
        black += is_black;
    }
    ck_assert(black > 0 && black < 16 * 16);
    wg_image_clear(&image);
    wg_image_clear(&whole);
    free(png);
    /* 2 x 2 BMP of 8 bits with 2 colours, pixels 0, 1, 2, 255 from below */
    unsigned char bmp[14 + 40 + 8 + 8] = {'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 62};
    static const unsigned char tail[16] = {1, 2, 3, 0, 4, 5, 6, 0, 0, 1, 0, 0, 2, 255};
    bmp[14] = 40, bmp[18] = bmp[22] = 2, bmp[26] = 1, bmp[28] = 8;
    memcpy(bmp + 54, tail, sizeof tail);
    static const uint8_t want[12] = {0, 0, 0, 0, 0, 0, 3, 2, 1, 6, 5, 4};
    ck_assert_msg(wg_image_decode(bmp, sizeof bmp, "bmp", &image, &e) == WG_OK, "%s", e.text);
    ck_assert_mem_eq(image.pixels, want, sizeof want);
    wg_image_clear(&image);
}
END_TEST

START_TEST(files_that_are_no_images) {
    static const char gif[] = "GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    wg_image image = {.channels = 9};
    wg_error e = {0};
    ck_assert_int_eq(wg_image_load(in_scratch("none.png"), &image, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "none.png: No such file");
    ck_assert_int_eq(wg_image_load(put_file("empty.png", "", 0), &image, &e), WG_ERR_FORMAT);
    check_error(e, WG_ERR_FORMAT, "empty.png: empty");
    ck_assert_int_eq(wg_image_load(put_file("t.png", "text", 4), &image, &e), WG_ERR_FORMAT);
    check_error(e, WG_ERR_FORMAT, "t.png: no PNG, JPEG or BMP image (");
    ck_assert_int_eq(wg_image_load(put_file("g.png", gif, sizeof gif), &image, &e), WG_ERR_FORMAT);
    ck_assert_int_eq(wg_image_load(scratch(), &image, &e), WG_ERR_FILE);
    check_error(e, WG_ERR_FILE, "folder");
    ck_assert_int_eq(image.channels, 9); /* as it was */
}
END_TEST

START_TEST(the_size_is_bounded_first) {
    uint8_t pixels[3] = {1, 2, 3};
    size_t n;
    wg_image image = {0};
    wg_error e = {0};
    unsigned char *bytes = encode(AS_PNG, 1, 1, 3, pixels, &n);
    const unsigned char huge[8] = {0, 0, 0x40, 0, 0, 0, 0x40, 0}; /* 16384 x 16384 */
    memcpy(bytes + 16, huge, 8);
    mend_png(bytes, n);
    allocations_begin(1000);
    ck_assert_int_eq(wg_image_decode(bytes, n, "big", &image, &e), WG_ERR_FORMAT);
    ck_assert_int_eq(allocations_end(), 0);
    check_error(e, WG_ERR_FORMAT, "16384 x 16384");
    free(bytes);
}
END_TEST

/* Every kind once: the fixtures, and a PNG and a BMP as encoded here. */
enum { KINDS = FIXTURES + 2 };
static unsigned char *one_kind(int k, size_t *n) {
    uint8_t pixels[12 * 10 * 3];
    ramp(pixels, sizeof pixels);
    if (k >= FIXTURES) return encode(k == FIXTURES ? AS_PNG : AS_BMP, 12, 10, 3, pixels, n);
    unsigned char *bytes = malloc(fixtures[k].n);
    ck_assert_ptr_nonnull(bytes);
    *n = fixtures[k].n;
    memcpy(bytes, fixtures[k].bytes, *n);
    return bytes;
}

/* Decodes n bytes that end where their block ends, so that a sanitizer sees a byte too far. */
static wg_status decode_exactly(const unsigned char *bytes, size_t n) {
    wg_image image = {0};
    wg_error e = {0};
    unsigned char *part = malloc(n ? n : 1);
    ck_assert_ptr_nonnull(part);
    memcpy(part, bytes, n);
    wg_status status = wg_image_decode(part, n, "x", &image, &e);
    ck_assert_int_eq(status, e.status);
    ck_assert((status == WG_OK) == (image.pixels != NULL));
    wg_image_clear(&image);
    free(part);
    return status;
}

START_TEST(truncations) {
    for (int k = 0; k < KINDS; ++k) {
        size_t n;
        unsigned char *bytes = one_kind(k, &n);
        ck_assert_int_eq(decode_exactly(bytes, n), WG_OK);
        for (size_t cut = 0; cut < n; ++cut) { /* late in a file its pixels may be there already */
            wg_status status = decode_exactly(bytes, cut);
            ck_assert(status == WG_ERR_FORMAT || (status == WG_OK && cut > 40));
            if (k == PNG_PALETTE || k == FIXTURES) ck_assert_int_eq(status, WG_ERR_FORMAT);
        }
        free(bytes);
    }
}
END_TEST

START_TEST(mutations) {
    uint64_t state = 2;
    for (int k = 0; k < KINDS; ++k) {
        size_t n;
        unsigned char *bytes = one_kind(k, &n), *broken = malloc(n);
        ck_assert_ptr_nonnull(broken);
        for (int round = 0; round < (full_run() ? 20000 : 300); ++round) {
            size_t size = next_random(&state) % 8 ? n : 1 + next_random(&state) % n;
            memcpy(broken, bytes, n);
            for (uint64_t j = 1 + next_random(&state) % 4; j > 0; --j)
                broken[next_random(&state) % size] = (unsigned char)next_random(&state);
            if (round % 2) mend_png(broken, size);
            wg_status status = decode_exactly(broken, size);
            ck_assert(status == WG_OK || status == WG_ERR_FORMAT);
        }
        free(broken), free(bytes);
    }
}
END_TEST

START_TEST(grey_and_colour) {
    uint8_t rgb[15] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30};
    const uint8_t grey[5] = {76, 150, 29, 255, 18};
    wg_image image = {.height = 1, .width = 5, .channels = 3, .pixels = rgb}, out = {0}, back = {0};
    wg_error e = {0};
    ck_assert_int_eq(wg_image_convert(&image, 1, &out, NULL), WG_OK);
    ck_assert_mem_eq(out.pixels, grey, 5);
    ck_assert_int_eq(wg_image_convert(&out, 3, &back, NULL), WG_OK);
    for (int i = 0; i < 15; ++i) ck_assert_int_eq(back.pixels[i], grey[i / 3]);
    wg_image_clear(&back);
    ck_assert_int_eq(wg_image_convert(&image, 3, &back, NULL), WG_OK);
    ck_assert_mem_eq(back.pixels, rgb, 15);
    ck_assert_int_eq(wg_image_convert(&image, 2, &back, &e), WG_ERR_RANGE);
    check_error(e, WG_ERR_RANGE, "2 channels");
    wg_image_clear(&out), wg_image_clear(&back);
    check_allocations(wg_image_convert(&image, 1, &out, &e) == WG_OK, wg_image_clear(&out), e);
}
END_TEST

/* Pixel (y, x), channel c of an image resized to (h, w) by the definition, in long form. */
static double one_axis(const double *x, int from, int to, int i) {
    double scale = (double)from / to, sum = 0;
    if (to >= from) {
        double centre = fmin(fmax((i + 0.5) * scale - 0.5, 0), from - 1);
        int low = (int)centre, high = low + 1 < from ? low + 1 : low;
        return x[low] + (centre - low) * (x[high] - x[low]);
    }
    for (int k = 0; k < from; ++k) {
        double overlap = fmin(k + 1, (i + 1) * scale) - fmax(k, i * scale);
        if (overlap > 0) sum += overlap * x[k] / scale;
    }
    return sum;
}

static void check_resized(const wg_image *image, const wg_image *out) {
    double column[64], row[64];
    int h = (int)image->height, w = (int)image->width, channels = image->channels;
    for (int y = 0; y < out->height; ++y)
        for (int x = 0; x < out->width; ++x)
            for (int c = 0; c < channels; ++c) {
                for (int j = 0; j < h; ++j) {
                    for (int i = 0; i < w; ++i) row[i] = image->pixels[(j * w + i) * channels + c];
                    column[j] = one_axis(row, w, (int)out->width, x);
                }
                double v = one_axis(column, h, (int)out->height, y);
                check_near((double)out->pixels[(y * out->width + x) * channels + c], v, 0.5 + 1e-9);
            }
}

START_TEST(resizing_by_the_definition) {
    static const int sizes[][4] = {{4, 4, 2, 2}, {5, 7, 3, 3}, {3, 2, 6, 5},  {7, 3, 2, 9},
                                   {1, 1, 4, 4}, {9, 9, 1, 1}, {28, 28, 8, 8}, {8, 8, 28, 28}};
    uint8_t pixels[28 * 28 * 3];
    ramp(pixels, sizeof pixels);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; ++k)
        for (int channels = 1; channels <= 3; channels += 2) {
            wg_image image = {sizes[k][0], sizes[k][1], channels, pixels}, out = {0};
            wg_error e = {0};
            ck_assert_int_eq(wg_image_resize(&image, sizes[k][2], sizes[k][3], &out, &e), WG_OK);
            check_resized(&image, &out);
            wg_image_clear(&out);
        }
}
END_TEST

START_TEST(resizing_faults) {
    uint8_t pixels[4] = {255, 255, 255, 255};
    wg_image image = {2, 2, 1, pixels}, out = {0};
    wg_error e = {0};
    ck_assert_int_eq(wg_image_resize(&image, 0, 2, &out, &e), WG_ERR_RANGE);
    ck_assert_int_eq(wg_image_resize(&image, 2, -2, &out, &e), WG_ERR_RANGE);
    ck_assert_int_eq(wg_image_resize(&image, INT64_MAX, INT64_MAX, &out, &e), WG_ERR_RANGE);
    check_error(e, WG_ERR_RANGE, "2 x 2 resized to");
    ck_assert_int_eq(wg_image_resize(&image, 2, 2, &out, &e), WG_OK); /* a copy */
    ck_assert_mem_eq(out.pixels, pixels, 4);
    ck_assert_ptr_ne(out.pixels, pixels);
    wg_image_clear(&out);
    check_allocations(wg_image_resize(&image, 3, 1, &out, &e) == WG_OK, wg_image_clear(&out), e);
}
END_TEST

Suite *suite_data_images(void) {
    Suite *s = suite_create("data_images");
    TCase *c = tcase_create("data_images");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, lossless_kinds_come_back);
    tcase_add_test(c, other_kinds_are_read);
    tcase_add_test(c, colours_beyond_the_palette);
    tcase_add_test(c, files_that_are_no_images);
    tcase_add_test(c, the_size_is_bounded_first);
    tcase_add_test(c, truncations);
    tcase_add_test(c, mutations);
    tcase_add_test(c, grey_and_colour);
    tcase_add_test(c, resizing_by_the_definition);
    tcase_add_test(c, resizing_faults);
    suite_add_tcase(s, c);
    return s;
}
