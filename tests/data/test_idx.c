/* MNIST's IDX files: what is read, and every way in which they can be wrong. */
#include "tests/data/files.h"

#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_idx(void);

/* A small MNIST: 5 training and 3 test images of 3 x 2; pixel j of image i is 10 i + j, label i. */
enum { TRAIN = 5, TEST = 3, H = 3, W = 2, SIZE = H * W };
static unsigned char images[2][16 + TRAIN * SIZE], labels[2][8 + TRAIN];
static const size_t n_images[2] = {16 + TRAIN * SIZE, 16 + TEST * SIZE};
static const size_t n_labels[2] = {8 + TRAIN, 8 + TEST};
static const char *const names[4] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                     "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

static void make_parts(void) {
    for (int part = 0; part < 2; ++part) {
        unsigned char n = part ? TEST : TRAIN;
        const unsigned char head[16] = {0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, H, 0, 0, 0, W};
        memcpy(images[part], head, 16);
        memcpy(labels[part], head, 8);
        labels[part][3] = 1;
        for (int i = 0; i < n; ++i) {
            labels[part][8 + i] = (unsigned char)i;
            for (int j = 0; j < SIZE; ++j)
                images[part][16 + i * SIZE + j] = (unsigned char)(10 * i + j + part);
        }
    }
}

static void put_parts(void) {
    make_parts();
    for (int part = 0; part < 2; ++part) {
        put_file(names[2 * part], images[part], n_images[part]);
        put_file(names[2 * part + 1], labels[part], n_labels[part]);
    }
}

static wg_dataset *open_scratch(wg_error *e) {
    char spec[600];
    snprintf(spec, sizeof spec, "mnist:%s", scratch());
    return wg_dataset_open(spec, e);
}

static void check_small(const wg_dataset *d, const wg_error *e) {
    ck_assert_msg(d != NULL, "%s", e->text);
    ck_assert_int_eq(d->n, TRAIN + TEST);
    ck_assert_int_eq(d->n_train, TRAIN);
    ck_assert_int_eq(d->height * 100 + d->width * 10 + d->channels, 321);
    ck_assert_int_eq(d->classes, 10);
    check_near(d->top, 255, 0);
    for (int i = 0; i < TRAIN + TEST; ++i) {
        int part = i >= TRAIN, k = part ? i - TRAIN : i;
        ck_assert_int_eq(d->labels[i], k);
        for (int j = 0; j < SIZE; ++j)
            ck_assert_int_eq(d->pixels[i * SIZE + j], 10 * k + j + part);
    }
}

START_TEST(plain_gzip_and_dots) {
    wg_error e = {0};
    put_parts();
    wg_dataset *d = open_scratch(&e);
    check_small(d, &e);
    wg_dataset_free(d);
    for (int i = 0; i < 4; ++i) remove(in_scratch(names[i])); /* each in another spelling */
    put_gzip("train-images-idx3-ubyte.gz", images[0], n_images[0]);
    put_file("train-labels.idx1-ubyte", labels[0], n_labels[0]);
    put_gzip("t10k-images.idx3-ubyte.gz", images[1], n_images[1]);
    put_gzip("t10k-labels-idx1-ubyte", labels[1], n_labels[1]); /* told by its bytes */
    d = open_scratch(&e);
    check_small(d, &e);
    wg_dataset_free(d);
}
END_TEST

static int64_t last_done, calls;
static void progress(int64_t done, int64_t total, void *user) {
    ck_assert_int_eq(total, TRAIN + TEST);
    ck_assert_int_gt(done, last_done);
    ck_assert_ptr_eq(user, &calls);
    last_done = done;
    ++calls;
}

START_TEST(progress_is_told) {
    wg_error e = {0};
    char spec[600];
    wg_dataset_options o = {.size = sizeof o, .progress = progress, .user = &calls};
    put_parts();
    snprintf(spec, sizeof spec, "mnist:%s", scratch());
    last_done = calls = 0;
    wg_dataset *d = wg_dataset_open_with(spec, &o, &e);
    check_small(d, &e);
    ck_assert_int_eq(last_done, TRAIN + TEST);
    ck_assert_int_eq(calls, 2);
    wg_dataset_free(d);
}
END_TEST

/* Byte `at` of file k becomes `value`. */
static void expect_bad_byte(int k, size_t at, unsigned char value, const char *message) {
    wg_error e = {0};
    put_parts();
    unsigned char *bytes = k % 2 ? labels[k / 2] : images[k / 2];
    bytes[at] = value;
    put_file(names[k], bytes, k % 2 ? n_labels[k / 2] : n_images[k / 2]);
    ck_assert_ptr_null(open_scratch(&e));
    check_error(e, WG_ERR_FORMAT, message);
    ck_assert_msg(strstr(e.text, names[k]) != NULL, "%s", e.text);
}

START_TEST(every_field_is_checked) {
    expect_bad_byte(0, 0, 1, "00 00 08 03 was expected");
    expect_bad_byte(0, 2, 0x0D, "begins with 00 00 0d 03");
    expect_bad_byte(0, 3, 1, "rank 3");
    expect_bad_byte(1, 3, 3, "rank 1");
    expect_bad_byte(0, 7, 6, "truncated");
    expect_bad_byte(0, 7, 0, "0 examples");
    expect_bad_byte(0, 7, 4, "5 labels for the 4 images");
}
END_TEST

START_TEST(extents_are_checked) {
    expect_bad_byte(0, 4, 0xFF, "truncated");    /* 4 billion images in a file of 46 bytes */
    expect_bad_byte(0, 11, 0, "0 x 2");
    expect_bad_byte(2, 15, 0, "3 x 0");
    expect_bad_byte(2, 8, 1, "1 to 4096");
    expect_bad_byte(2, 15, 1, "training part 3 x 2");
    expect_bad_byte(3, 7, 2, "2 labels for the 3 images");
    expect_bad_byte(1, 8 + 4, 10, "label 4 (byte 12) is 10; labels are 0 to 9");
    expect_bad_byte(3, 8, 255, "label 0 (byte 8) is 255");
}
END_TEST

START_TEST(lengths_are_checked) {
    wg_error e = {0};
    for (int k = 0; k < 4; ++k) {
        unsigned char *bytes = k % 2 ? labels[k / 2] : images[k / 2];
        size_t n = k % 2 ? n_labels[k / 2] : n_images[k / 2];
        unsigned char longer[64] = {0};
        for (size_t cut = 0; cut < n; ++cut) {
            put_parts();
            put_file(names[k], bytes, cut);
            ck_assert_ptr_null(open_scratch(&e));
            check_error(e, WG_ERR_FORMAT, "truncated");
            ck_assert_msg(strstr(e.text, names[k]) != NULL, "%s", e.text);
        }
        put_parts();
        memcpy(longer, bytes, n);
        put_file(names[k], longer, n + 1);
        ck_assert_ptr_null(open_scratch(&e));
        check_error(e, WG_ERR_FORMAT, "too long");
    }
}
END_TEST

START_TEST(missing_files_are_named) {
    wg_error e = {0};
    ck_assert_ptr_null(wg_dataset_open("mnist:/no/such/folder", &e));
    check_error(e, WG_ERR_FILE, "train-images-idx3-ubyte: no such file, nor with .gz");
    put_parts();
    remove(in_scratch(names[3]));
    ck_assert_ptr_null(open_scratch(&e));
    check_error(e, WG_ERR_FILE, "t10k-labels-idx1-ubyte: no such file");
    in_scratch("t10k-labels-idx1-ubyte/x"); /* a folder of that name */
    ck_assert_ptr_null(open_scratch(&e));
    ck_assert_int_eq(e.status, WG_ERR_FILE);
}
END_TEST

START_TEST(damaged_gzip_is_told) {
    wg_error e = {0};
    size_t n;
    put_parts();
    remove(in_scratch(names[0]));
    unsigned char *bytes = get_file(put_gzip("g", images[0], n_images[0]), &n);
    for (size_t cut = 2; cut < n; ++cut) { /* down to the checksum's last byte */
        put_file("train-images-idx3-ubyte.gz", bytes, cut);
        ck_assert_ptr_null(open_scratch(&e));
        check_error(e, WG_ERR_FORMAT, "train-images-idx3-ubyte.gz");
    }
    for (size_t at = n - 8; at < n; ++at) { /* checksum and length */
        bytes[at] ^= 1;
        put_file("train-images-idx3-ubyte.gz", bytes, n);
        ck_assert_ptr_null(open_scratch(&e));
        check_error(e, WG_ERR_FORMAT, "damaged gzip data");
        bytes[at] ^= 1;
    }
    unsigned char *twice = malloc(2 * n); /* two members are one file to gzip, too long to us */
    ck_assert_ptr_nonnull(twice);
    memcpy(twice, bytes, n);
    memcpy(twice + n, bytes, n);
    put_file("train-images-idx3-ubyte.gz", twice, 2 * n);
    ck_assert_ptr_null(open_scratch(&e));
    check_error(e, WG_ERR_FORMAT, "too long");
    free(twice);
    free(bytes);
}
END_TEST

START_TEST(a_file_in_two_members) {
    wg_error e = {0};
    size_t n, m;
    put_parts();
    remove(in_scratch(names[0]));
    unsigned char *a = get_file(put_gzip("a", images[0], 20), &n);
    unsigned char *b = get_file(put_gzip("b", images[0] + 20, n_images[0] - 20), &m);
    unsigned char both[512];
    ck_assert_uint_le(n + m, sizeof both);
    memcpy(both, a, n);
    memcpy(both + n, b, m);
    put_file("train-images-idx3-ubyte.gz", both, n + m);
    wg_dataset *d = open_scratch(&e);
    check_small(d, &e);
    wg_dataset_free(d);
    free(a), free(b);
}
END_TEST

START_TEST(allocations_may_fail) {
    wg_error e = {0};
    wg_dataset *d = NULL;
    put_parts();
    remove(in_scratch(names[0]));
    put_gzip("train-images-idx3-ubyte.gz", images[0], n_images[0]);
    check_allocations((d = open_scratch(&e)) != NULL, wg_dataset_free(d), e);
}
END_TEST

/* Mutated files give a data set or an error, never anything else. */
START_TEST(mutations) {
    uint64_t state = 1;
    size_t n;
    put_parts();
    unsigned char *packed = get_file(put_gzip("g", images[0], n_images[0]), &n);
    unsigned char bytes[256];
    for (int round = 0; round < (full_run() ? 20000 : 400); ++round) {
        wg_error e = {0};
        int gzip = round % 2;
        size_t size = gzip ? n : n_images[0];
        memcpy(bytes, gzip ? packed : images[0], size);
        for (uint64_t k = 1 + next_random(&state) % 3; k > 0; --k)
            bytes[next_random(&state) % size] = (unsigned char)next_random(&state);
        if (next_random(&state) % 4 == 0) size = next_random(&state) % size;
        put_file(names[0], bytes, size);
        wg_dataset *d = open_scratch(&e);
        ck_assert_msg((d != NULL) == (e.status == WG_OK), "%s", e.text);
        wg_dataset_free(d);
    }
    free(packed);
}
END_TEST

START_TEST(mnist_itself) {
    const char *dir = test_data("mnist");
    if (!dir) return;
    const int64_t train[10] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
    const int64_t test[10] = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9};
    wg_error e = {0};
    char spec[600];
    snprintf(spec, sizeof spec, "mnist:%s", dir);
    wg_dataset *d = wg_dataset_open(spec, &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    ck_assert_int_eq(d->n, 70000);
    ck_assert_int_eq(d->n_train, 60000);
    ck_assert_mem_eq(d->labels, train, sizeof train);
    ck_assert_mem_eq(d->labels + 60000, test, sizeof test);
    double sum = 0;
    for (int64_t i = 0; i < (int64_t)60000 * 784; ++i) sum += d->pixels[i];
    check_near(sum / 60000 / 784, 33.3184, 1e-4);
    wg_dataset_free(d);
}
END_TEST

Suite *suite_data_idx(void) {
    Suite *s = suite_create("data_idx");
    TCase *c = tcase_create("data_idx");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, plain_gzip_and_dots);
    tcase_add_test(c, progress_is_told);
    tcase_add_test(c, every_field_is_checked);
    tcase_add_test(c, extents_are_checked);
    tcase_add_test(c, lengths_are_checked);
    tcase_add_test(c, missing_files_are_named);
    tcase_add_test(c, damaged_gzip_is_told);
    tcase_add_test(c, a_file_in_two_members);
    tcase_add_test(c, allocations_may_fail);
    tcase_add_test(c, mutations);
    tcase_add_test(c, mnist_itself);
    suite_add_tcase(s, c);
    return s;
}
