/* Splits, preprocessing and mini-batches. */
#include "tests/data/files.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_batches(void);

static wg_dataset *digits(void) {
    wg_error e = {0};
    wg_dataset *d = wg_dataset_open("digits", &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    return d;
}

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

/* ---- preprocessing -------------------------------------------------------------------------- */

/* Two colour images of 1 x 2, and a third one that the fit does not see. */
static wg_dataset *colours(void) {
    static const uint8_t pixels[18] = {0,  51, 255, 102, 51, 0,   204, 51, 255,
                                       51, 51, 0,   9,   9,  9,   9,   9,  9};
    wg_dataset *d = wg_dataset_new(3, 1, 2, 3, 0, 2, NULL);
    ck_assert_ptr_nonnull(d);
    memcpy(d->pixels, pixels, sizeof pixels);
    return d;
}

START_TEST(statistics_by_channel_and_pixel) {
    static const int64_t train[2] = {0, 1};
    wg_dataset *d = colours();
    wg_preprocess p = {0};
    ck_assert_int_eq(wg_preprocess_fit(d, 2, train, WG_NORM_CHANNEL, &p, NULL), WG_OK);
    ck_assert_int_eq(p.n, 3);
    check_near((double)p.mean[0], (0 + 0.4 + 0.8 + 0.2) / 4, 1e-7);
    check_near((double)p.mean[1], 0.2, 1e-7);
    check_near((double)p.mean[2], 0.5, 1e-7);
    check_near((double)p.std[0], sqrt((0.35 * 0.35 + 0.05 * 0.05 + 0.45 * 0.45 + 0.15 * 0.15) / 4),
               1e-7);
    check_near((double)p.std[1], 1, 0); /* constant */
    check_near((double)p.std[2], 0.5, 1e-7);
    wg_preprocess_clear(&p);
    ck_assert_int_eq(wg_preprocess_fit(d, 2, train, WG_NORM_CHANNEL_MEAN, &p, NULL), WG_OK);
    check_near((double)p.mean[0], 0.35, 1e-7);
    check_near((double)p.std[0], 1, 0);
    wg_preprocess_clear(&p);
    ck_assert_int_eq(wg_preprocess_fit(d, 2, train, WG_NORM_PIXEL, &p, NULL), WG_OK);
    ck_assert_int_eq(p.n, 6);
    const double mean[6] = {0.4, 0.2, 1, 0.3, 0.2, 0}, std[6] = {0.4, 1, 1, 0.1, 1, 1};
    for (int k = 0; k < 6; ++k) {
        check_near((double)p.mean[k], mean[k], 1e-7);
        check_near((double)p.std[k], std[k], 1e-7);
    }
    wg_preprocess_clear(&p);
    ck_assert_int_eq(wg_preprocess_fit(d, 2, train, WG_NORM_PIXEL_MEAN, &p, NULL), WG_OK);
    check_near((double)p.std[0], 1, 0);
    wg_preprocess_clear(&p);
    ck_assert_int_eq(wg_preprocess_fit(d, 2, train, WG_NORM_SCALE, &p, NULL), WG_OK);
    ck_assert_int_eq(p.n, 0);
    wg_preprocess_clear(&p);
    wg_dataset_free(d);
}
END_TEST

START_TEST(a_fitted_part_has_mean_0_and_deviation_1) {
    wg_dataset *d = digits();
    wg_partition s = {0};
    wg_preprocess p = {0};
    ck_assert_int_eq(wg_dataset_split(d, 0, 0.2, 0, &s, NULL), WG_OK);
    ck_assert_int_eq(wg_preprocess_fit(d, s.n_train, s.train, WG_NORM_CHANNEL, &p, NULL), WG_OK);
    wg_loader *l = wg_loader_new(d, &p, s.n_train, s.train, s.n_train, NULL);
    float *x = malloc((size_t)s.n_train * 64 * sizeof *x);
    ck_assert(l && x);
    ck_assert_int_eq(wg_loader_next(l, x, NULL), s.n_train);
    double n = (double)s.n_train * 64, sum = 0, square = 0;
    for (int64_t i = 0; i < s.n_train * 64; ++i) {
        sum += (double)x[i];
        square += (double)(x[i] * x[i]);
    }
    check_near(sum / n, 0, 1e-5);
    check_near(square / n, 1, 1e-5);
    free(x);
    wg_loader_free(l);
    wg_preprocess_clear(&p);
    wg_partition_clear(&s);
    wg_dataset_free(d);
}
END_TEST

START_TEST(prediction_does_the_same) {
    static const int64_t train[2] = {0, 1};
    static const wg_norm norms[5] = {WG_NORM_SCALE, WG_NORM_CHANNEL_MEAN, WG_NORM_CHANNEL,
                                     WG_NORM_PIXEL_MEAN, WG_NORM_PIXEL};
    wg_dataset *d = colours();
    for (int k = 0; k < 5; ++k) {
        wg_preprocess p = {0};
        float batch[12], single[6];
        ck_assert_int_eq(wg_preprocess_fit(d, 2, train, norms[k], &p, NULL), WG_OK);
        p.scale = 3;
        wg_loader *l = wg_loader_new(d, &p, 2, train, 2, NULL);
        ck_assert_int_eq(wg_loader_next(l, batch, NULL), 2);
        wg_image image = {.height = 1, .width = 2, .channels = 3, .pixels = d->pixels + 6};
        ck_assert_int_eq(wg_preprocess_image(&p, &image, single, NULL), WG_OK);
        ck_assert_mem_eq(single, batch + 6, sizeof single);
        int64_t stat = p.n ? 5 % p.n : 0;
        double mean = p.n ? (double)p.mean[stat] : 0, std = p.n ? (double)p.std[stat] : 1;
        check_near((double)batch[5], (3 * 0 - mean) / std, 1e-6);
        image.channels = 1;
        wg_error e = {0};
        ck_assert_int_eq(wg_preprocess_image(&p, &image, single, &e), WG_ERR_SHAPE);
        check_error(e, WG_ERR_SHAPE, "(1, 2, 1), preprocessing for (1, 2, 3)");
        wg_loader_free(l);
        wg_preprocess_clear(&p);
    }
    wg_dataset_free(d);
}
END_TEST

START_TEST(fit_faults) {
    static const int64_t bad[1] = {3};
    wg_dataset *d = colours();
    wg_preprocess p = {0};
    wg_error e = {0};
    ck_assert_int_eq(wg_preprocess_fit(d, 0, bad, WG_NORM_CHANNEL, &p, &e), WG_ERR_RANGE);
    check_error(e, WG_ERR_RANGE, "0 examples");
    ck_assert_int_eq(wg_preprocess_fit(d, 1, bad, WG_NORM_CHANNEL, &p, &e), WG_ERR_RANGE);
    check_error(e, WG_ERR_RANGE, "index 0 of 1 is 3");
    const int64_t good[1] = {0};
    check_allocations(wg_preprocess_fit(d, 1, good, WG_NORM_PIXEL, &p, &e) == WG_OK,
                      wg_preprocess_clear(&p), e);
    wg_dataset_free(d);
}
END_TEST

START_TEST(json_brings_every_number_back) {
    wg_dataset *d = digits();
    wg_error e = {0};
    const int64_t some[3] = {5, 77, 1000};
    for (int with = 0; with < 2; ++with) {
        wg_preprocess p = {0}, q = {0};
        char *text = NULL;
        wg_norm norm = with ? WG_NORM_PIXEL : WG_NORM_SCALE;
        ck_assert_int_eq(wg_preprocess_fit(d, 3, some, norm, &p, &e), WG_OK);
        p.scale = 0.1;
        ck_assert_int_eq(wg_preprocess_to_json(&p, &text, &e), WG_OK);
        ck_assert_int_eq(wg_preprocess_from_json(text, &q, &e), WG_OK);
        check_near(q.scale, 0.1, 0);
        ck_assert_int_eq(q.n, with ? 64 : 0);
        ck_assert_int_eq(q.height * 100 + q.width * 10 + q.channels, 881);
        if (with) ck_assert_mem_eq(p.mean, q.mean, 64 * sizeof(float));
        if (with) ck_assert_mem_eq(p.std, q.std, 64 * sizeof(float));
        wg_preprocess_clear(&q);
        if (with)
            check_allocations(wg_preprocess_from_json(text, &q, &e) == WG_OK,
                              wg_preprocess_clear(&q), e);
        wg_text_free(text);
        check_allocations(wg_preprocess_to_json(&p, &text, &e) == WG_OK, wg_text_free(text), e);
        if (with) {
            p.mean[0] = NAN;
            ck_assert_int_eq(wg_preprocess_to_json(&p, &text, &e), WG_ERR_VALUE);
        }
        wg_preprocess_clear(&p);
    }
    wg_dataset_free(d);
}
END_TEST

START_TEST(json_faults) {
    static const char *const bad[] = {
        "", "[]", "{}", "1", "{\"scale\": 1}", "{\"scale\": \"1\", \"shape\": [1, 1, 1]}",
        "{\"scale\": 1, \"shape\": [1, 1]}", "{\"scale\": 1, \"shape\": [1, 1, 0]}",
        "{\"scale\": 1, \"shape\": [1, 1, 1.5]}", "{\"scale\": 1, \"shape\": [1, 1, 1], \"x\": 1}",
        "{\"scale\": 1, \"scale\": 1, \"shape\": [1, 1, 1]}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"mean\": [0]}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"std\": [1]}",
        "{\"scale\": 1, \"shape\": [1, 1, 2], \"mean\": [0], \"std\": [1]}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"mean\": [], \"std\": []}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"mean\": 0, \"std\": 1}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"mean\": [0], \"std\": [0]}",
        "{\"scale\": 1, \"shape\": [1, 1, 1], \"mean\": [null], \"std\": [1]}",
        "{\"scale\": 1, \"shape\": [16777216, 16777216, 16777216], \"mean\": [0], \"std\": [1]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        wg_preprocess p = {.scale = 42};
        wg_error e = {0};
        ck_assert_int_eq(wg_preprocess_from_json(bad[i], &p, &e), WG_ERR_FORMAT);
        check_error(e, WG_ERR_FORMAT, "preprocessing: ");
        check_near(p.scale, 42, 0);
        ck_assert_ptr_null(p.mean);
    }
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
    tcase_add_test(c, statistics_by_channel_and_pixel);
    tcase_add_test(c, a_fitted_part_has_mean_0_and_deviation_1);
    tcase_add_test(c, prediction_does_the_same);
    tcase_add_test(c, fit_faults);
    tcase_add_test(c, json_brings_every_number_back);
    tcase_add_test(c, json_faults);
    suite_add_tcase(s, c);
    return s;
}
