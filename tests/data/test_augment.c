/* Images mirrored and moved: which changes there are, on what they depend, what is refused. */
#include "data/data.h"
#include "tests/suites.h"

#include <string.h>

enum { H = 4, W = 5, C = 2, SIZE = H * W * C, N = 300 };

/* N images; pixel (y, x) of each has 10 y + x + 1 in both channels, the second 100 more. */
static wg_dataset *images(void) {
    wg_dataset *d = wg_dataset_new(N, H, W, C, 0, 2, NULL);
    ck_assert_ptr_nonnull(d);
    d->top = 1;
    for (int64_t i = 0; i < N; ++i) {
        d->labels[i] = i % 2;
        for (int p = 0; p < H * W; ++p)
            for (int c = 0; c < C; ++c)
                d->pixels[i * SIZE + p * C + c] = (uint8_t)(10 * (p / W) + p % W + 1 + 100 * c);
    }
    return d;
}

/* The change that gives `x`: flip, then dy and dx; -1 if it is none up to `crop`. */
static int change_of(const float *x, int crop, int *flip, int *dy, int *dx) {
    for (*flip = 0; *flip < 2; ++*flip)
        for (*dy = -crop; *dy <= crop; ++*dy)
            for (*dx = -crop; *dx <= crop; ++*dx) {
                int same = 1;
                for (int k = 0; k < SIZE && same; ++k) {
                    int row = k / (W * C) - *dy, at = k / C % W, c = k % C;
                    int column = (*flip ? W - 1 - at : at) - *dx;
                    int in = row >= 0 && row < H && column >= 0 && column < W;
                    float v = in ? (float)(10 * row + column + 1 + 100 * c) : 0;
                    same = x[k] == v;
                }
                if (same) return 0;
            }
    return -1;
}

static float x[N * SIZE];
static void draw(wg_loader *l, uint64_t seed, uint64_t epoch) {
    wg_loader_start(l, seed, epoch);
    for (int64_t b; (b = wg_loader_next(l, x, NULL)) > 0;)
        for (int64_t i = 0; i < b; ++i) /* put back in the given order */
            memcpy(x + N / 2 * SIZE + (wg_loader_last(l)[i] % (N / 2)) * SIZE, x + i * SIZE,
                   SIZE * sizeof *x);
}

START_TEST(flips_and_crops) {
    wg_dataset *d = images();
    wg_loader *l = wg_loader_new(d, NULL, N, NULL, N, NULL);
    wg_augment a = {.size = sizeof a, .flip = 1, .crop = 2};
    int seen[2][5][5] = {{{0}}}, flips = 0, flip, dy, dx;
    ck_assert_int_eq(wg_loader_augment(l, &a, NULL), WG_OK);
    for (uint64_t epoch = 0; epoch < 4; ++epoch) {
        wg_loader_start(l, 1, epoch);
        ck_assert_int_eq(wg_loader_next(l, x, NULL), N);
        for (int i = 0; i < N; ++i) {
            ck_assert_int_eq(change_of(x + i * SIZE, 2, &flip, &dy, &dx), 0);
            ++seen[flip][dy + 2][dx + 2];
            flips += flip;
        }
    }
    for (int i = 0; i < 50; ++i) ck_assert_int_gt(((int *)seen)[i], 0);
    ck_assert_int_gt(flips, 4 * N / 2 - 100); /* 5.8 deviations */
    ck_assert_int_lt(flips, 4 * N / 2 + 100);
    wg_loader_start_in_order(l);
    ck_assert_int_eq(wg_loader_next(l, x, NULL), N);
    for (int i = 0; i < N; ++i) {
        ck_assert_int_eq(change_of(x + i * SIZE, 0, &flip, &dy, &dx), 0);
        ck_assert_int_eq(flip, 0);
    }
    wg_loader_free(l);
    wg_dataset_free(d);
}
END_TEST

START_TEST(one_kind_alone) {
    wg_dataset *d = images();
    wg_loader *l = wg_loader_new(d, NULL, N, NULL, N, NULL);
    int flip, dy, dx, moved = 0, mirrored = 0;
    ck_assert_int_eq(wg_loader_augment(l, &(wg_augment){.crop = 1}, NULL), WG_OK);
    wg_loader_start(l, 3, 0);
    wg_loader_next(l, x, NULL);
    for (int i = 0; i < N; ++i) {
        ck_assert_int_eq(change_of(x + i * SIZE, 1, &flip, &dy, &dx), 0);
        ck_assert_int_eq(flip, 0);
        moved += dy || dx;
    }
    ck_assert_int_gt(moved, N / 2);
    ck_assert_int_eq(wg_loader_augment(l, &(wg_augment){.flip = 1}, NULL), WG_OK);
    wg_loader_start(l, 3, 0);
    wg_loader_next(l, x, NULL);
    for (int i = 0; i < N; ++i) {
        ck_assert_int_eq(change_of(x + i * SIZE, 0, &flip, &dy, &dx), 0);
        mirrored += flip;
    }
    ck_assert_int_gt(mirrored, N / 4);
    wg_loader_free(l);
    wg_dataset_free(d);
}
END_TEST

/* An example changes by seed, epoch and its index, whatever the batch and what else is drawn. */
START_TEST(depends_on_nothing_else) {
    static float first[N / 2 * SIZE], again[N / 2 * SIZE];
    wg_dataset *d = images();
    wg_augment a = {.size = sizeof a, .flip = 1, .crop = 3};
    wg_loader *one = wg_loader_new(d, NULL, N / 2, NULL, 7, NULL);
    wg_loader *two = wg_loader_new(d, NULL, N / 2, NULL, 64, NULL);
    ck_assert_int_eq(wg_loader_augment(one, &a, NULL), WG_OK);
    ck_assert_int_eq(wg_loader_augment(two, &a, NULL), WG_OK);
    draw(one, 5, 2);
    memcpy(first, x + N / 2 * SIZE, sizeof first);
    draw(two, 5, 1);
    memcpy(again, x + N / 2 * SIZE, sizeof again);
    ck_assert_int_ne(memcmp(first, again, sizeof first), 0);
    draw(two, 5, 2);
    ck_assert_mem_eq(first, x + N / 2 * SIZE, sizeof first);
    wg_loader_free(one);
    wg_loader_free(two);
    wg_dataset_free(d);
}
END_TEST

START_TEST(refusals) {
    wg_dataset *d = images();
    wg_loader *l = wg_loader_new(d, NULL, N, NULL, N, NULL);
    wg_error e;
    ck_assert_int_eq(wg_loader_augment(l, &(wg_augment){.crop = 4}, &e), WG_ERR_RANGE);
    ck_assert_str_eq(e.text, "crops by 4 pixels of images 4 by 5");
    e.status = WG_OK;
    ck_assert_int_eq(wg_loader_augment(l, &(wg_augment){.crop = -1}, &e), WG_ERR_RANGE);
    wg_loader_free(l);
    wg_dataset_free(d);
}
END_TEST

extern Suite *suite_data_augment(void);
Suite *suite_data_augment(void) {
    Suite *s = suite_create("data_augment");
    TCase *c = tcase_create("data_augment");
    tcase_add_test(c, flips_and_crops);
    tcase_add_test(c, one_kind_alone);
    tcase_add_test(c, depends_on_nothing_else);
    tcase_add_test(c, refusals);
    suite_add_tcase(s, c);
    return s;
}
