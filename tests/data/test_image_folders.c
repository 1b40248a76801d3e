/* Folders of images as data sets. */
#include "tests/data/encode.h"
#include "tests/data/files.h"

#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_image_folders(void);

/* An image of one colour. */
static void put_image(const char *name, int height, int width, int channels, uint8_t value) {
    uint8_t pixels[32 * 32 * 3];
    size_t n;
    memset(pixels, value, sizeof pixels);
    size_t length = strlen(name);
    image_kind kind = strcmp(name + length - 4, ".bmp") == 0 ? AS_BMP : AS_PNG;
    unsigned char *bytes = encode(kind, height, width, channels, pixels, &n);
    put_file(name, bytes, n);
    free(bytes);
}

static wg_dataset *open_folder(const char *sub, const wg_dataset_options *o, wg_error *e) {
    char spec[600];
    snprintf(spec, sizeof spec, "images:%s%s", scratch(), sub);
    return wg_dataset_open_with(spec, o, e);
}

static void check_values(const wg_dataset *d, const wg_error *e, int n, const int *values,
                         const int *labels) {
    ck_assert_msg(d != NULL, "%s", e->text);
    ck_assert_int_eq(d->n, n);
    int64_t size = d->height * d->width * d->channels;
    for (int i = 0; i < n; ++i) {
        ck_assert_int_eq(d->labels[i], labels[i]);
        check_near((double)d->pixels[i * size], values[i], 2);
        check_near((double)d->pixels[(i + 1) * size - 1], values[i], 2);
    }
}

START_TEST(classes_in_a_folder) {
    static const int values[5] = {40, 10, 20, 30, 50}, labels[5] = {0, 1, 1, 1, 2};
    wg_error e = {0};
    put_image("b c/1.png", 4, 3, 1, 10);
    put_image("b c/2.jpg", 4, 3, 1, 20);
    put_image("b c/3 \xC3\xA9.png", 4, 3, 1, 30);
    put_image("a/x.jpeg.png", 4, 3, 1, 40);
    put_image("\xE7\xA7\x81/y.PNG", 4, 3, 1, 50);
    put_file("a/.hidden.png", "no image", 8);
    put_file("a/readme.txt", "no image", 8);
    put_file(".git/x.png", "no image", 8);
    put_file("labels.csv", "no folder", 9);
    in_scratch("a/folder.png/"); /* a folder named like an image */
    wg_dataset *d = open_folder("", NULL, &e);
    check_values(d, &e, 5, values, labels);
    ck_assert_int_eq(d->height * 100 + d->width * 10 + d->channels, 431);
    ck_assert_int_eq(d->classes, 3);
    ck_assert_int_eq(d->n_train, 5);
    ck_assert_str_eq(d->class_names[0], "a");
    ck_assert_str_eq(d->class_names[1], "b c");
    ck_assert_str_eq(d->class_names[2], "\xE7\xA7\x81");
    wg_dataset_free(d);
    check_allocations((d = open_folder("", NULL, &e)) != NULL, wg_dataset_free(d), e);
}
END_TEST

START_TEST(training_and_test_parts) {
    static const int values[4] = {1, 2, 3, 4}, labels[4] = {0, 1, 1, 1};
    wg_error e = {0};
    put_image("train/cat/1.bmp", 2, 2, 3, 1);
    put_image("train/dog/1.png", 2, 2, 3, 2);
    put_image("train/dog/2.png", 2, 2, 1, 3); /* grey among colour */
    put_image("test/dog/1.png", 2, 2, 3, 4);
    in_scratch("test/cat/"); /* empty in the test part: fine */
    wg_dataset *d = open_folder("", NULL, &e);
    check_values(d, &e, 4, values, labels);
    ck_assert_int_eq(d->n_train, 3);
    ck_assert_int_eq(d->channels, 3);
    ck_assert_int_eq(d->classes, 2);
    wg_dataset_free(d);
    put_image("test/cow/1.png", 2, 2, 3, 4);
    ck_assert_ptr_null(open_folder("", NULL, &e));
    check_error(e, WG_ERR_FORMAT, "test/cow: a class that the training part does not have");
}
END_TEST

START_TEST(the_first_colour_image_turns_all) {
    static const int values[4] = {11, 22, 33, 44}, labels[4] = {0, 0, 0, 0};
    wg_error e = {0};
    put_image("a/1.png", 3, 3, 1, 11);
    put_image("a/2.png", 3, 3, 1, 22);
    put_image("a/3.png", 3, 3, 3, 33);
    put_image("a/4.png", 3, 3, 1, 44);
    wg_dataset *d = open_folder("", NULL, &e);
    check_values(d, &e, 4, values, labels);
    ck_assert_int_eq(d->channels, 3);
    wg_dataset_free(d);
    check_allocations((d = open_folder("", NULL, &e)) != NULL, wg_dataset_free(d), e);
    wg_dataset_options o = {.size = sizeof o, .channels = 1};
    d = open_folder("", &o, &e);
    check_values(d, &e, 4, values, labels);
    ck_assert_int_eq(d->channels, 1);
    wg_dataset_free(d);
}
END_TEST

START_TEST(sizes_must_agree_or_be_asked_for) {
    static const int values[2] = {9, 8}, labels[2] = {0, 0};
    wg_error e = {0};
    put_image("a/1.png", 3, 4, 1, 9);
    put_image("a/2.png", 5, 6, 1, 8);
    ck_assert_ptr_null(open_folder("", NULL, &e));
    check_error(e, WG_ERR_SHAPE, "a/2.png: 5 x 6, but ");
    check_error(e, WG_ERR_SHAPE, "a/1.png is 3 x 4");
    wg_dataset_options o = {.size = sizeof o, .height = 4, .width = 5};
    wg_dataset *d = open_folder("", &o, &e);
    check_values(d, &e, 2, values, labels);
    ck_assert_int_eq(d->height * 10 + d->width, 45);
    wg_dataset_free(d);
}
END_TEST

START_TEST(folder_faults) {
    wg_error e = {0};
    ck_assert_ptr_null(open_folder("/none", NULL, &e));
    check_error(e, WG_ERR_FILE, "none: No such file");
    ck_assert_ptr_null(open_folder("", NULL, &e));
    check_error(e, WG_ERR_FORMAT, "no class folders");
    in_scratch("a/");
    ck_assert_ptr_null(open_folder("", NULL, &e));
    check_error(e, WG_ERR_FORMAT, "/a: a class without images");
    put_image("a/1.png", 2, 2, 1, 1);
    put_file("a/2.png", "broken", 6);
    ck_assert_ptr_null(open_folder("", NULL, &e));
    check_error(e, WG_ERR_FORMAT, "a/2.png: no PNG");
    ck_assert_ptr_null(open_folder("/a/1.png", NULL, &e)); /* a file */
    check_error(e, WG_ERR_FILE, "1.png");
}
END_TEST

Suite *suite_data_image_folders(void) {
    Suite *s = suite_create("data_image_folders");
    TCase *c = tcase_create("data_image_folders");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, classes_in_a_folder);
    tcase_add_test(c, training_and_test_parts);
    tcase_add_test(c, the_first_colour_image_turns_all);
    tcase_add_test(c, sizes_must_agree_or_be_asked_for);
    tcase_add_test(c, folder_faults);
    suite_add_tcase(s, c);
    return s;
}
