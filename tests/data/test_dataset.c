/* Data sets: the embedded digits, the generators, the names that wg_dataset_open knows. */
#include "data/internal.h"
#include "tests/data/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_sets(void);

START_TEST(digits_are_whole) {
    wg_error e = {0};
    wg_dataset *d = wg_dataset_open("digits", &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    ck_assert_int_eq(d->n, 1797);
    ck_assert_int_eq(d->height * 100 + d->width * 10 + d->channels, 881);
    ck_assert_int_eq(d->classes, 10);
    ck_assert_int_eq(d->n_train, d->n);
    ck_assert_ptr_null(d->features);
    ck_assert_str_eq(d->class_names[9], "9");
    ck_assert_ptr_null(d->class_names[10]);
    check_near(d->top, 16, 0);
    const int counts[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    int seen[10] = {0}, largest = 0;
    long sum = 0;
    for (int64_t i = 0; i < d->n; ++i) ++seen[d->labels[i]];
    for (int64_t i = 0; i < d->n * 64; ++i) {
        sum += d->pixels[i];
        if (d->pixels[i] > largest) largest = d->pixels[i];
    }
    for (int k = 0; k < 10; ++k) ck_assert_int_eq(seen[k], counts[k]);
    ck_assert_int_eq(largest, 16);
    ck_assert_int_eq(sum, 561718);
    const uint8_t second_row[8] = {0, 0, 13, 15, 10, 15, 5, 0}; /* of the first digit, a 0 */
    ck_assert_mem_eq(d->pixels + 8, second_row, 8);
    ck_assert_int_eq(d->labels[0], 0);
    wg_dataset_free(d);
    wg_dataset_free(NULL);
}
END_TEST

/* One good row in `text`, at least 200 bytes. */
static void good_row(char *text) {
    text[0] = '\0';
    for (int i = 0; i < 64; ++i) strcat(text, i % 2 ? "16," : "3,");
    strcat(text, "7\n");
}

START_TEST(digits_text_is_checked) {
    static const struct {
        const char *find, *put, *message;
    } bad[] = {
        {"16,", "17,", "row 1"}, {"3,", "-3,", "row 1"},  {"3,", "", "row 1"},
        {",7", ",10", "row 1"},  {",7", "", "row 1"},     {"3,", "016,", "row 1"},
        {"7\n", "7,\n", "row 1"},
    };
    char text[256], broken[300];
    good_row(text);
    wg_error e = {0};
    wg_dataset *d = wgi_digits_parse(text, strlen(text), &e);
    ck_assert_msg(d && d->n == 1 && d->pixels[1] == 16 && d->labels[0] == 7, "%s", e.text);
    wg_dataset_free(d);
    d = wgi_digits_parse(text, strlen(text) - 1, &e); /* no newline at the end */
    ck_assert_msg(d && d->n == 1, "%s", e.text);
    wg_dataset_free(d);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        const char *at = strstr(text, bad[i].find);
        snprintf(broken, sizeof broken, "%.*s%s%s", (int)(at - text), text, bad[i].put,
                 at + strlen(bad[i].find));
        ck_assert_ptr_null(wgi_digits_parse(broken, strlen(broken), &e));
        check_error(e, WG_ERR_FORMAT, bad[i].message);
    }
    for (size_t n = 1; n < strlen(text) - 1; ++n) { /* no byte behind the end is looked at */
        char *part = malloc(n);
        ck_assert_ptr_nonnull(part);
        memcpy(part, text, n);
        ck_assert_ptr_null(wgi_digits_parse(part, n, &e));
        free(part);
    }
}
END_TEST

START_TEST(spiral_as_in_the_course) {
    wg_error e = {0};
    wg_dataset_options o = {.size = sizeof o, .seed = 3};
    wg_dataset *d = wg_dataset_open_with("spiral", &o, &e), *same, *other;
    ck_assert_msg(d != NULL, "%s", e.text);
    ck_assert_int_eq(d->n, 300);
    ck_assert_int_eq(d->classes, 3);
    ck_assert_int_eq(d->channels, 2);
    ck_assert_ptr_null(d->pixels);
    double noise = 0;
    for (int64_t i = 0; i < 300; ++i) { /* radius is exact; the angle is the arm's plus noise */
        double x = (double)d->features[2 * i], y = (double)d->features[2 * i + 1];
        double r = (double)(i % 100) / 99, angle = 4 * ((double)(i / 100) + r);
        check_near(sqrt(x * x + y * y), r, 1e-6);
        ck_assert_int_eq(d->labels[i], i / 100);
        double off = atan2(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle));
        if (i % 100) noise += off * off / 297;
    }
    check_near(sqrt(noise), 0.2, 0.03);
    same = wg_dataset_open_with("spiral", &o, &e);
    o.seed = 4;
    other = wg_dataset_open_with("spiral", &o, &e);
    ck_assert_mem_eq(d->features, same->features, 600 * sizeof(float));
    ck_assert_mem_ne(d->features, other->features, 600 * sizeof(float));
    wg_dataset_free(d), wg_dataset_free(same), wg_dataset_free(other);
}
END_TEST

START_TEST(moons_as_in_the_course) {
    wg_error e = {0};
    wg_dataset *d = wg_dataset_open("moons", &e);
    ck_assert_msg(d && d->n == 100 && d->classes == 2 && d->channels == 2, "%s", e.text);
    double off = 0;
    for (int64_t i = 0; i < 100; ++i) { /* distance from the half circle that it lies on */
        double x = (double)d->features[2 * i] - (i < 50 ? 0 : 1);
        double y = (double)d->features[2 * i + 1] - (i < 50 ? 0 : 0.5);
        double r = sqrt(x * x + y * y) - 1;
        off += r * r / 100;
        ck_assert_int_eq(d->labels[i], i >= 50);
    }
    check_near(sqrt(off), 0.1, 0.03);
    wg_dataset_free(d);
}
END_TEST

START_TEST(names_are_checked) {
    static const struct {
        const char *spec, *message;
    } bad[] = {
        {"", "there are digits"},     {"mnits:x", "mnist:DIR"},    {"Digits", "\"Digits\""},
        {"digit", "unknown"},         {"digitsx", "unknown"},      {"mnist", "mnist:DIR"},
        {"mnist:", "needs its folder"}, {"digits:x", "takes nothing"}, {"moons:", "takes nothing"},
        {":x", "cifar10:DIR, images:DIR, spiral, moons"},
    };
    wg_error e = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_ptr_null(wg_dataset_open(bad[i].spec, &e));
        check_error(e, WG_ERR_NAME, bad[i].message);
        ck_assert_ptr_null(wg_dataset_open(bad[i].spec, NULL));
    }
    ck_assert_ptr_null(wg_dataset_open(NULL, &e));
    wg_dataset_options o = {.height = 5}; /* without a width */
    ck_assert_ptr_null(wg_dataset_open_with("digits", &o, &e));
    check_error(e, WG_ERR_RANGE, "5 x 0");
    o = (wg_dataset_options){.channels = 2};
    ck_assert_ptr_null(wg_dataset_open_with("digits", &o, &e));
    check_error(e, WG_ERR_RANGE, "2 channels");
}
END_TEST

START_TEST(sizes_are_checked) {
    wg_error e = {0};
    ck_assert_ptr_null(wg_dataset_new(-1, 1, 1, 1, 0, 2, &e));
    check_error(e, WG_ERR_RANGE, "-1 x (1, 1, 1)");
    ck_assert_ptr_null(wg_dataset_new(INT64_MAX / 4, 8, 8, 8, 0, 2, &e));
    check_error(e, WG_ERR_RANGE, "data set");
    ck_assert_ptr_null(wg_dataset_new(1, 1, 1, 1, 0, 0, &e));
    check_error(e, WG_ERR_RANGE, "0 classes");
    wg_dataset *d = wg_dataset_new(0, 4, 4, 1, 1, 1, &e);
    ck_assert_ptr_nonnull(d);
    wg_dataset_free(d);
}
END_TEST

START_TEST(texts_are_cut_between_characters) {
    wg_error e = {0};
    char path[400];
    for (int i = 0; i < 200; ++i) memcpy(path + 2 * i, "\xC3\xA9", 2);
    path[398] = 'x', path[399] = '\0';
    wgi_data_fail_at(&e, WG_ERR_FILE, path, "%s", "why");
    check_error(e, WG_ERR_FILE, "x: why");
    ck_assert_msg(memcmp(e.text, "...\xC3", 4) == 0, "%s", e.text);
    for (int pad = 0; pad < 2; ++pad) { /* é across the end of the text */
        wgi_data_fail(&e, WG_ERR_FILE, "%s%s", pad ? "a" : "", path);
        size_t n = strlen(e.text);
        ck_assert_uint_le(n, sizeof e.text - 1);
        ck_assert_uint_eq((n - (size_t)pad) % 2, 0);
    }
    ck_assert_int_eq(wgi_data_fail(NULL, WG_ERR_FILE, "x"), WG_ERR_FILE);
}
END_TEST

START_TEST(allocations_may_fail) {
    wg_error e = {0};
    wg_dataset *d = NULL;
    check_allocations((d = wg_dataset_open("digits", &e)) != NULL, wg_dataset_free(d), e);
    check_allocations((d = wg_dataset_open("moons", &e)) != NULL, wg_dataset_free(d), e);
}
END_TEST

Suite *suite_data_sets(void) {
    Suite *s = suite_create("data_sets");
    TCase *c = tcase_create("data_sets");
    tcase_add_test(c, digits_are_whole);
    tcase_add_test(c, digits_text_is_checked);
    tcase_add_test(c, spiral_as_in_the_course);
    tcase_add_test(c, moons_as_in_the_course);
    tcase_add_test(c, names_are_checked);
    tcase_add_test(c, sizes_are_checked);
    tcase_add_test(c, texts_are_cut_between_characters);
    tcase_add_test(c, allocations_may_fail);
    suite_add_tcase(s, c);
    return s;
}
