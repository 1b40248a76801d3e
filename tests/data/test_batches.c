/* Splits and mini-batches. */
#include "tests/data/files.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_batches(void);

/* n feature vectors of two numbers (i, -i); classes by the counts. */
static wg_dataset *labelled(int64_t classes, const int64_t *counts) {
    int64_t n = 0, i = 0;
    for (int64_t k = 0; k < classes; ++k) n += counts[k];
    wg_dataset *d = wg_dataset_new(n, 1, 1, 2, 1, classes, NULL);
    ck_assert_ptr_nonnull(d);
    for (int64_t k = 0; k < classes; ++k)
        for (int64_t j = 0; j < counts[k]; ++j, ++i) {
            d->labels[i] = k;
            d->features[2 * i] = (float)i;
            d->features[2 * i + 1] = -(float)i;
        }
    return d;
}

/* ---- splits --------------------------------------------------------------------------------- */

/* Parts are increasing, disjoint and cover everything; each class gives floor or ceil of its
 * share. */
static void check_split(const wg_dataset *d, const wg_partition *s, double valid, double test) {
    ck_assert_int_eq(s->n_train + s->n_valid + s->n_test, d->n);
    const int64_t *part[3] = {s->train, s->valid, s->test};
    const int64_t n[3] = {s->n_train, s->n_valid, s->n_test};
    const double share[3] = {1 - valid - test, valid, test};
    unsigned char *seen = calloc((size_t)d->n + 1, 1);
    int64_t *count = calloc((size_t)d->classes, sizeof *count);
    ck_assert(seen && count);
    for (int p = 0; p < 3; ++p) {
        int64_t in_class[64] = {0};
        for (int64_t i = 0; i < n[p]; ++i) {
            ck_assert(i == 0 || part[p][i - 1] < part[p][i]);
            ck_assert_int_eq(seen[part[p][i]]++, 0);
            ++in_class[d->labels[part[p][i]]];
        }
        memset(count, 0, (size_t)d->classes * sizeof *count);
        for (int64_t i = 0; i < d->n; ++i) ++count[d->labels[i]];
        for (int64_t k = 0; k < d->classes && p > 0; ++k)
            check_near((double)in_class[k], share[p] * (double)count[k], 1 - 1e-9);
        if (p > 0) ck_assert_int_eq(n[p], llround(share[p] * (double)d->n));
    }
    free(seen), free(count);
}

START_TEST(splits_are_stratified) {
    static const double fractions[][2] = {{0, 0.2}, {0.1, 0.2}, {0.15, 0.15}, {0, 0}, {0.333, 0}};
    wg_dataset *d = digits();
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; ++i) {
        wg_partition s = {0};
        wg_error e = {0};
        ck_assert_int_eq(wg_dataset_split(d, fractions[i][0], fractions[i][1], i, &s, &e), WG_OK);
        check_split(d, &s, fractions[i][0], fractions[i][1]);
        wg_partition_clear(&s);
        wg_partition_clear(&s);
    }
    wg_dataset_free(d);
}
END_TEST

START_TEST(splits_follow_the_seed) {
    wg_dataset *d = digits();
    wg_partition a = {0}, b = {0}, c = {0};
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 7, &a, NULL), WG_OK);
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 7, &b, NULL), WG_OK);
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 8, &c, NULL), WG_OK);
    size_t bytes = (size_t)d->n * sizeof *a.train;
    ck_assert_mem_eq(a.train, b.train, bytes);
    ck_assert_mem_ne(a.train, c.train, bytes);
    int64_t shared = 0; /* of two test parts of a fifth, about a fifth */
    for (int64_t i = 0, j = 0; i < a.n_test && j < c.n_test;) {
        shared += a.test[i] == c.test[j];
        if (a.test[i] <= c.test[j]) ++i;
        else ++j;
    }
    check_near((double)shared / (double)a.n_test, 0.2, 0.1);
    wg_partition_clear(&a), wg_partition_clear(&b), wg_partition_clear(&c);
    wg_dataset_free(d);
}
END_TEST

START_TEST(small_classes) {
    static const int64_t counts[5] = {1, 2, 3, 10, 0};
    wg_dataset *d = labelled(5, counts);
    wg_error e = {0};
    for (int f = 0; f < 10; ++f) {
        wg_partition s = {0};
        ck_assert_int_eq(wg_dataset_split(d, 0.05 * f, 0.5 - 0.05 * f, 1, &s, &e), WG_OK);
        check_split(d, &s, 0.05 * f, 0.5 - 0.05 * f);
        wg_partition_clear(&s);
    }
    wg_dataset_free(d);
}
END_TEST

START_TEST(an_official_test_part_stays) {
    static const int64_t counts[2] = {40, 60};
    wg_dataset *d = labelled(2, counts);
    wg_partition s = {0};
    d->n_train = 80;
    ck_assert_int_eq(wg_dataset_split(d, 0.25, 0.5, 3, &s, NULL), WG_OK);
    ck_assert_int_eq(s.n_test, 20);
    ck_assert_int_eq(s.n_valid, 20);
    for (int64_t i = 0; i < 20; ++i) ck_assert_int_eq(s.test[i], 80 + i);
    int64_t ones = 0;
    for (int64_t i = 0; i < 20; ++i) ones += d->labels[s.valid[i]];
    ck_assert_int_eq(ones, 10);
    wg_partition_clear(&s);
    wg_dataset_free(d);
}
END_TEST

START_TEST(split_faults) {
    static const int64_t counts[2] = {2, 2};
    static const double bad[][2] = {{-0.1, 0}, {0, -0.1}, {0.5, 0.5}, {1, 0}, {(double)NAN, 0},
                                    {0, (double)NAN}};
    wg_dataset *d = labelled(2, counts);
    wg_partition s = {0};
    wg_error e = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_int_eq(wg_dataset_split(d, bad[i][0], bad[i][1], 0, &s, &e), WG_ERR_RANGE);
        check_error(e, WG_ERR_RANGE, "less than 1");
        ck_assert_ptr_null(s.train);
    }
    ck_assert_int_eq(wg_dataset_split(d, 0.45, 0.5, 0, &s, &e), WG_ERR_RANGE);
    check_error(e, WG_ERR_RANGE, "no example of 4 is left");
    d->labels[3] = 2;
    ck_assert_int_eq(wg_dataset_split(d, 0, 0.5, 0, &s, &e), WG_ERR_VALUE);
    check_error(e, WG_ERR_VALUE, "example 3 has label 2");
    d->labels[3] = -1;
    ck_assert_int_eq(wg_dataset_split(d, 0, 0.5, 0, &s, NULL), WG_ERR_VALUE);
    d->labels[3] = 1;
    check_allocations(wg_dataset_split(d, 0, 0.5, 0, &s, &e) == WG_OK, wg_partition_clear(&s), e);
    wg_dataset_free(d);
}
END_TEST

/* ---- batches -------------------------------------------------------------------------------- */

START_TEST(an_epoch_visits_each_once) {
    wg_dataset *d = digits();
    wg_error e = {0};
    int64_t index[23], labels[5], seen[1797] = {0};
    float x[5 * 64];
    for (int64_t i = 0; i < 23; ++i) index[i] = 70 * i + 3;
    wg_loader *l = wg_loader_new(d, NULL, 23, index, 5, &e);
    ck_assert_msg(l != NULL, "%s", e.text);
    ck_assert_int_eq(wg_loader_batches(l), 5);
    wg_loader_start(l, 1, 0);
    for (int b = 0; b < 5; ++b) {
        int64_t n = wg_loader_next(l, x, labels);
        ck_assert_int_eq(n, b < 4 ? 5 : 3);
        for (int64_t i = 0; i < n; ++i) {
            int64_t from = wg_loader_last(l)[i];
            ++seen[from];
            ck_assert_int_eq(labels[i], d->labels[from]);
            for (int64_t p = 0; p < 64; ++p)
                check_near((double)x[64 * i + p], d->pixels[64 * from + p] / 16.0, 1e-7);
        }
    }
    ck_assert_int_eq(wg_loader_next(l, x, labels), 0);
    ck_assert_int_eq(wg_loader_next(l, x, labels), 0);
    for (int64_t i = 0; i < 1797; ++i)
        ck_assert_int_eq(seen[i], i >= 3 && (i - 3) % 70 == 0 && i < 1544);
    wg_loader_free(l);
    wg_dataset_free(d);
}
END_TEST

START_TEST(epochs_are_drawn_from_seed_and_number) {
    static const int64_t counts[1] = {50};
    wg_dataset *d = labelled(1, counts);
    wg_loader *l = wg_loader_new(d, NULL, 50, NULL, 50, NULL);
    ck_assert_ptr_nonnull(l);
    float in_order[100], first[100], again[100], second[100], other[100];
    ck_assert_int_eq(wg_loader_next(l, in_order, NULL), 50);
    for (int i = 0; i < 50; ++i) check_near((double)in_order[2 * i + 1], -i, 0);
    wg_loader_start(l, 5, 0), wg_loader_next(l, first, NULL);
    wg_loader_start(l, 5, 1), wg_loader_next(l, second, NULL);
    wg_loader_start(l, 6, 0), wg_loader_next(l, other, NULL);
    wg_loader_start(l, 5, 0), wg_loader_next(l, again, NULL);
    ck_assert_mem_eq(first, again, sizeof first);
    ck_assert_mem_ne(first, second, sizeof first);
    ck_assert_mem_ne(first, other, sizeof first);
    ck_assert_mem_ne(first, in_order, sizeof first);
    wg_loader_start_in_order(l), wg_loader_next(l, again, NULL);
    ck_assert_mem_eq(again, in_order, sizeof again);
    wg_loader_free(l);
    wg_dataset_free(d);
}
END_TEST

START_TEST(batches_allocate_nothing) {
    wg_dataset *d = digits();
    wg_preprocess p = {0};
    int64_t labels[32];
    float x[32 * 64];
    int64_t all[1797];
    for (int64_t i = 0; i < 1797; ++i) all[i] = i;
    ck_assert_int_eq(wg_preprocess_fit(d, 1797, all, WG_NORM_PIXEL, &p, NULL), WG_OK);
    wg_loader *l = wg_loader_new(d, &p, 1797, NULL, 32, NULL);
    ck_assert_ptr_nonnull(l);
    allocations_begin(LONG_MAX);
    for (uint64_t epoch = 0; epoch < 3; ++epoch) {
        wg_loader_start(l, 0, epoch);
        while (wg_loader_next(l, x, labels) > 0) {}
    }
    ck_assert_int_eq(allocations_made(), 0);
    ck_assert_int_eq(allocations_end(), 0);
    wg_loader_free(l);
    wg_preprocess_clear(&p);
    wg_dataset_free(d);
}
END_TEST

START_TEST(loader_faults) {
    static const int64_t counts[1] = {4}, bad_low[2] = {0, -1}, bad_high[2] = {0, 4};
    wg_dataset *d = labelled(1, counts);
    wg_error e = {0};
    wg_preprocess p = {.scale = 1, .height = 1, .width = 1, .channels = 3};
    ck_assert_ptr_null(wg_loader_new(d, NULL, 2, bad_low, 1, &e));
    check_error(e, WG_ERR_RANGE, "index 1 of 2 is -1");
    ck_assert_ptr_null(wg_loader_new(d, NULL, 2, bad_high, 1, &e));
    check_error(e, WG_ERR_RANGE, "index 1 of 2 is 4");
    ck_assert_ptr_null(wg_loader_new(d, NULL, 5, NULL, 1, &e));
    check_error(e, WG_ERR_RANGE, "5 examples");
    ck_assert_ptr_null(wg_loader_new(d, NULL, -1, NULL, 1, &e));
    ck_assert_ptr_null(wg_loader_new(d, NULL, 4, NULL, 0, &e));
    check_error(e, WG_ERR_RANGE, "batches of 0");
    ck_assert_ptr_null(wg_loader_new(d, &p, 4, NULL, 2, &e));
    check_error(e, WG_ERR_SHAPE, "(1, 1, 3)");
    wg_loader *l = wg_loader_new(d, NULL, 0, NULL, 3, &e); /* nothing is fine */
    ck_assert_ptr_nonnull(l);
    ck_assert_int_eq(wg_loader_batches(l), 0);
    wg_loader_start(l, 0, 0);
    ck_assert_int_eq(wg_loader_next(l, NULL, NULL), 0);
    wg_loader_free(l);
    wg_loader_free(NULL);
    check_allocations((l = wg_loader_new(d, NULL, 4, NULL, 3, &e)) != NULL, wg_loader_free(l), e);
    wg_dataset_free(d);
}
END_TEST

Suite *suite_data_batches(void) {
    Suite *s = suite_create("data_batches");
    TCase *c = tcase_create("data_batches");
    tcase_add_test(c, splits_are_stratified);
    tcase_add_test(c, splits_follow_the_seed);
    tcase_add_test(c, small_classes);
    tcase_add_test(c, an_official_test_part_stays);
    tcase_add_test(c, split_faults);
    tcase_add_test(c, an_epoch_visits_each_once);
    tcase_add_test(c, epochs_are_drawn_from_seed_and_number);
    tcase_add_test(c, batches_allocate_nothing);
    tcase_add_test(c, loader_faults);
    suite_add_tcase(s, c);
    return s;
}
