/* CIFAR-10's binary files: planes to channels last, sizes and labels checked. */
#define _XOPEN_SOURCE 700
#include "tests/data/files.h"

#include <string.h>
#include <unistd.h>

extern Suite *suite_data_cifar(void);

enum { RECORD = 3073, FILE_BYTES = 30730000 };

/* Record i of a file; the rest of it stays a hole, which reads as label 0 and black. */
static void put_record(const char *name, int i, unsigned char label, unsigned char shift) {
    unsigned char record[RECORD];
    record[0] = label;
    for (int c = 0; c < 3; ++c)
        for (int p = 0; p < 1024; ++p)
            record[1 + c * 1024 + p] = (unsigned char)(shift + 50 * c + p % 41);
    FILE *file = fopen(in_scratch(name), "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)i * RECORD, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(record, 1, RECORD, file), RECORD);
    fclose(file);
}

static void put_files(const char *folder, long bytes) {
    char name[100];
    for (int k = 0; k < 6; ++k) {
        if (k < 5) snprintf(name, sizeof name, "%sdata_batch_%d.bin", folder, k + 1);
        else snprintf(name, sizeof name, "%stest_batch.bin", folder);
        ck_assert_int_eq(truncate(put_file(name, "", 0), bytes), 0);
        if (bytes == FILE_BYTES) put_record(name, 9999, (unsigned char)(k + 1), (unsigned char)k);
    }
}

static wg_dataset *open_scratch(wg_error *e) {
    char spec[600];
    snprintf(spec, sizeof spec, "cifar10:%s", scratch());
    return wg_dataset_open(spec, e);
}

START_TEST(channels_last) {
    wg_error e = {0};
    put_files("cifar-10-batches-bin/", FILE_BYTES);
    wg_dataset *d = open_scratch(&e);
    ck_assert_msg(d != NULL, "%s", e.text);
    ck_assert_int_eq(d->n, 60000);
    ck_assert_int_eq(d->n_train, 50000);
    ck_assert_int_eq(d->classes, 10);
    ck_assert_int_eq(d->height * 1000 + d->width * 10 + d->channels, 32323);
    ck_assert_str_eq(d->class_names[0], "airplane");
    ck_assert_str_eq(d->class_names[9], "truck");
    for (int k = 0; k < 6; ++k) {
        int64_t i = 10000 * k + 9999;
        ck_assert_int_eq(d->labels[i], k + 1);
        ck_assert_int_eq(d->labels[i - 1], 0);
        for (int p = 0; p < 1024; ++p)
            for (int c = 0; c < 3; ++c)
                ck_assert_int_eq(d->pixels[i * 3072 + 3 * p + c], k + 50 * c + p % 41);
    }
    wg_dataset_free(d);
}
END_TEST

START_TEST(faults_are_named) {
    wg_error e = {0};
    ck_assert_ptr_null(wg_dataset_open("cifar10:/no/such/folder", &e));
    check_error(e, WG_ERR_FILE, "data_batch_1.bin");
    put_files("", FILE_BYTES);
    put_record("data_batch_1.bin", 7, 10, 0);
    ck_assert_ptr_null(open_scratch(&e));
    check_error(e, WG_ERR_FORMAT, "data_batch_1.bin: record 7 (byte 21511) has label 10");
    put_record("data_batch_1.bin", 7, 9, 0);
    for (int off = -1; off <= 1; off += 2) {
        ck_assert_int_eq(truncate(in_scratch("data_batch_1.bin"), FILE_BYTES + off), 0);
        ck_assert_ptr_null(open_scratch(&e));
        check_error(e, WG_ERR_FORMAT, "data_batch_1.bin");
        check_error(e, WG_ERR_FORMAT, "exactly 30730000");
    }
    remove(in_scratch("test_batch.bin"));
    ck_assert_ptr_null(open_scratch(&e));
    check_error(e, WG_ERR_FILE, "test_batch.bin");
}
END_TEST

START_TEST(allocations_may_fail) {
    wg_error e = {0};
    wg_dataset *d = NULL;
    put_files("", 10); /* too short: up to the last failure every answer is MEMORY */
    for (long allowed = 0; e.status != WG_ERR_FORMAT; ++allowed) {
        ck_assert_int_lt(allowed, 100);
        allocations_begin(allowed);
        d = open_scratch(&e);
        ck_assert_int_eq(allocations_end(), 0);
        ck_assert_ptr_null(d);
        ck_assert_msg(e.status == WG_ERR_MEMORY || e.status == WG_ERR_FORMAT, "%s", e.text);
    }
}
END_TEST

Suite *suite_data_cifar(void) {
    Suite *s = suite_create("data_cifar");
    TCase *c = tcase_create("data_cifar");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, channels_last);
    tcase_add_test(c, faults_are_named);
    tcase_add_test(c, allocations_may_fail);
    suite_add_tcase(s, c);
    return s;
}
