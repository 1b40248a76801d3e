/* The program's predict and sample, as a shell sees them. */
#include "tests/cli/program.h"

#include <math.h>
#include <string.h>

/* A file of 24-bit BMP, h x w, grey by g(i, j) where tint is 0. */
static const char *put_bmp(const char *name, int h, int w, int tint) {
    unsigned char file[54 + 64 * 64 * 3] = {'B', 'M'};
    int row = (3 * w + 3) / 4 * 4, n = 54 + h * row;
    file[2] = (unsigned char)(n & 255);
    file[3] = (unsigned char)(n >> 8);
    file[10] = 54;
    file[14] = 40;
    file[18] = (unsigned char)w;
    file[22] = (unsigned char)h;
    file[26] = 1;
    file[28] = 24;
    for (int i = 0; i < h; ++i)
        for (int j = 0; j < w; ++j)
            for (int c = 0; c < 3; ++c)
                file[54 + i * row + 3 * j + c] = (unsigned char)(4 * i + 2 * j + tint * c);
    return put_file(name, file, (size_t)n);
}

START_TEST(predict_sample) {
    const char *dir = trained(), *png = in_scratch("digit.png");
    ck_assert_int_eq(run_shell("$w sample --seed 0 --index 7 -o %s", png), 0);
    char expected[512];
    snprintf(expected, sizeof expected, "%s: held-out example 7 of digits, class ", png);
    ck_assert_int_eq(strncmp(output, expected, strlen(expected)), 0);
    ck_assert_int_eq(run_shell("$w predict %s/model.safetensors %s 2>&1", dir, png), 0);
    snprintf(expected, sizeof expected, "%s: ", png); /* nothing was resized */
    ck_assert_int_eq(strncmp(output, expected, strlen(expected)), 0);
    int class, second, third;
    double p, q, r;
    ck_assert_int_eq(sscanf(output + strlen(expected), "%d (%lf %%), then %d (%lf %%), %d (%lf %%)",
                            &class, &p, &second, &q, &third, &r), 6);
    ck_assert(p >= q && q >= r && r >= 0 && p + q + r <= 100.011);
    ck_assert(class != second && second != third && class != third);
}
END_TEST

/* The file that sample writes is the example itself: all of the data set comes back by predict's
 * own way of reading. */
START_TEST(sample_is_exact) {
    wg_error e;
    wg_dataset *d = wg_dataset_open("digits", &e);
    wg_partition s;
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 5, &s, &e), WG_OK);
    for (int i = 0; i < 3; ++i) {
        wg_image image;
        ck_assert_int_eq(run_shell("$w sample --seed 5 --index %d -o %s", i, in_scratch("s.png")), 0);
        ck_assert_int_eq(wg_image_load(in_scratch("s.png"), &image, &e), WG_OK);
        ck_assert(image.height == 8 && image.width == 8 && image.channels == 1);
        for (int k = 0; k < 64; ++k)
            ck_assert_int_eq(image.pixels[k], lround(d->pixels[64 * s.test[i] + k] * 255 / 16.0));
        wg_image_clear(&image);
    }
    wg_partition_clear(&s);
    wg_dataset_free(d);
}
END_TEST

START_TEST(predict_fits) {
    const char *dir = trained(), *path = put_bmp("c.bmp", 20, 30, 9);
    ck_assert_int_eq(run_shell("$w predict %s/model.safetensors %s 2>&1 >/dev/null", dir, path), 0);
    has("c.bmp: turned grey\n");
    has("c.bmp: resized from 20 x 30 to 8 x 8\n");
}
END_TEST

/* A file that cannot be read is reported and does not keep the others from their class. */
START_TEST(predict_goes_on) {
    const char *dir = trained();
    const char *a = put_bmp("a.bmp", 8, 8, 0), *text = put_file("text.png", "hello", 5);
    ck_assert_int_eq(run_shell("$w predict %s/model.safetensors /no/such.png %s %s 2>%s", dir, text, a,
                         in_scratch("err")), 3);
    ck_assert_ptr_nonnull(strstr(output, "a.bmp: "));
    ck_assert_int_eq(run_shell("cat %s", in_scratch("err")), 0);
    has("/no/such.png");
    has("text.png");
    ck_assert_int_eq(run_shell("$w predict %s/model.safetensors --json /no/such.png %s 2>/dev/null", dir,
                         a), 3);
    ck_assert_int_eq(strncmp(output, "{\"model\": ", 10), 0);
    has("{\"file\": \"/no/such.png\", \"error\": \"");
    has("a.bmp\", \"class\": \"");
    has(", \"top\": [{\"class\": \"");
    ck_assert_str_eq(output + strlen(output) - 5, "}\n]}\n");
}
END_TEST

extern Suite *suite_cli_predict(void);
Suite *suite_cli_predict(void) {
    Suite *s = suite_create("cli_predict");
    TCase *c = tcase_create("cli_predict");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, predict_sample);
    tcase_add_test(c, sample_is_exact);
    tcase_add_test(c, predict_fits);
    tcase_add_test(c, predict_goes_on);
    suite_add_tcase(s, c);
    return s;
}
