/* Preprocessing: statistics, what training and prediction make of an image, JSON. */
#include "tests/data/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_data_preprocess(void);

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

Suite *suite_data_preprocess(void) {
    Suite *s = suite_create("data_preprocess");
    TCase *c = tcase_create("data_preprocess");
    tcase_add_test(c, statistics_by_channel_and_pixel);
    tcase_add_test(c, a_fitted_part_has_mean_0_and_deviation_1);
    tcase_add_test(c, prediction_does_the_same);
    tcase_add_test(c, fit_faults);
    tcase_add_test(c, json_brings_every_number_back);
    tcase_add_test(c, json_faults);
    suite_add_tcase(s, c);
    return s;
}
