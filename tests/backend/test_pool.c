/* test_pool.c: pools against plain loops over each window. */
#include "tests/backend/numbers.h"

#include "backend/conv.h"
#include "backend/parallel.h"
#include "backend/pool.h"
#include "tests/suites.h"

extern Suite *suite_pool(void);

/* ---- the definition ------------------------------------------------------------------------- */

typedef struct answers { /* all in double */
    double *max, *avg, *max_dx, *avg_dx, *pick;
    int64_t *winners;
} answers;

/* One window of one channel. */
static void one_window(const wgi_pool2d *s, size_t element, const void *x, const void *g,
                       const int64_t at[4], const answers *want) {
    const int64_t plane = at[0] * s->h * s->w;
    const int64_t y = ((at[0] * s->oh + at[1]) * s->ow + at[2]) * s->c + at[3];
    double best = -INFINITY, sum = 0, count = 0, up = number_at(g, y, element);
    int64_t winner = -1;
    for (int pass = 0; pass < 2; ++pass) {
        for (int64_t u = 0; u < s->size[0]; ++u) {
            for (int64_t v = 0; v < s->size[1]; ++v) {
                int64_t r = at[1] * s->stride[0] + u - s->before[0];
                int64_t q = at[2] * s->stride[1] + v - s->before[1];
                if (r < 0 || r >= s->h || q < 0 || q >= s->w) continue;
                const int64_t place = (plane + r * s->w + q) * s->c + at[3];
                const double value = number_at(x, place, element);
                if (pass == 1) {
                    want->avg_dx[place] += up / count;
                    continue;
                }
                ++count;
                sum += value;
                if (winner < 0 || (!isnan(best) && !(value <= best))) {
                    best = value;
                    winner = r * s->w + q;
                }
            }
        }
    }
    want->max[y] = best;
    want->avg[y] = sum / count;
    want->winners[y] = winner;
    if (winner >= 0) want->max_dx[(plane + winner) * s->c + at[3]] += up;
    want->pick[y] = winner >= 0 ? number_at(x, (plane + winner) * s->c + at[3], element) : 0;
}

static void all_windows(const wgi_pool2d *s, size_t element, const void *x, const void *g,
                        const answers *want) {
    int64_t at[4];
    for (at[0] = 0; at[0] < s->n; ++at[0])
        for (at[1] = 0; at[1] < s->oh; ++at[1])
            for (at[2] = 0; at[2] < s->ow; ++at[2])
                for (at[3] = 0; at[3] < s->c; ++at[3]) one_window(s, element, x, g, at, want);
}

/* ---- the kernels, by type ------------------------------------------------------------------- */

static void run_max(const wgi_pool2d *s, size_t element, const void *x, void *y, int64_t *winners) {
    if (element == sizeof(float)) wgi_max_pool2d_f32(s, x, y, winners);
    else wgi_max_pool2d_f64(s, x, y, winners);
}

static void run_avg(const wgi_pool2d *s, size_t element, const void *x, void *y) {
    if (element == sizeof(float)) wgi_avg_pool2d_f32(s, x, y);
    else wgi_avg_pool2d_f64(s, x, y);
}

static void run_grads(const wgi_pool2d *s, size_t element, const void *g, const int64_t *winners,
                      void *max_dx, void *avg_dx) {
    if (element == sizeof(float)) {
        wgi_max_pool2d_grad_f32(s, g, winners, max_dx);
        wgi_avg_pool2d_grad_f32(s, g, avg_dx);
    } else {
        wgi_max_pool2d_grad_f64(s, g, winners, max_dx);
        wgi_avg_pool2d_grad_f64(s, g, avg_dx);
    }
}

static void run_pick(const wgi_pool2d *s, size_t element, const void *x, const int64_t *winners,
                     void *y) {
    if (element == sizeof(float)) wgi_max_pool2d_pick_f32(s, x, winners, y);
    else wgi_max_pool2d_pick_f64(s, x, winners, y);
}

/* ---- comparison ----------------------------------------------------------------------------- */

static void expect(const char *what, const wgi_pool2d *s, const void *a, const double *want,
                   int64_t n, size_t element) {
    const int64_t at = first_difference(a, want, n, element);
    ck_assert_msg(at < 0,
                  "%s of (%lld, %lld, %lld, %lld) size %lldx%lld stride %lldx%lld before %lldx%lld "
                  "to %lldx%lld, %d bytes: [%lld] = %g, not %g",
                  what, (long long)s->n, (long long)s->h, (long long)s->w, (long long)s->c,
                  (long long)s->size[0], (long long)s->size[1], (long long)s->stride[0],
                  (long long)s->stride[1], (long long)s->before[0], (long long)s->before[1],
                  (long long)s->oh, (long long)s->ow, (int)element, (long long)at,
                  at < 0 ? 0 : number_at(a, at, element), at < 0 ? 0 : want[at]);
}

static double *zeros(int64_t n) {
    double *a = room_for(n, sizeof(double));
    for (int64_t i = 0; i < n; ++i) a[i] = 0;
    return a;
}

static void check_pools(const wgi_pool2d *s, size_t element, const void *x, const void *g) {
    const int64_t in = s->n * s->h * s->w * s->c, out = s->n * s->oh * s->ow * s->c;
    answers want = {zeros(out), zeros(out), zeros(in), zeros(in), zeros(out), NULL};
    want.winners = room_for(out, sizeof(int64_t));
    all_windows(s, element, x, g, &want);
    int64_t *winners = room_for(out, sizeof(int64_t));
    void *y = no_numbers(out, element), *max_dx = no_numbers(in, element);
    void *avg_dx = no_numbers(in, element);
    run_max(s, element, x, y, NULL);
    expect("maximum", s, y, want.max, out, element);
    run_max(s, element, x, y, winners);
    expect("maximum with winners", s, y, want.max, out, element);
    ck_assert_int_eq(memcmp(winners, want.winners, (size_t)out * sizeof *winners), 0);
    run_avg(s, element, x, y);
    for (int64_t i = 0; i < out && element == sizeof(float); ++i)
        want.avg[i] = (double)(float)want.avg[i];
    expect("average", s, y, want.avg, out, element);
    run_pick(s, element, x, winners, y);
    expect("pick", s, y, want.pick, out, element);
    run_grads(s, element, g, winners, max_dx, avg_dx);
    expect("gradient of the maximum", s, max_dx, want.max_dx, in, element);
    expect("gradient of the average", s, avg_dx, want.avg_dx, in, element);
    void *all[] = {want.max,     want.avg, want.max_dx, want.avg_dx, want.pick,
                   want.winners, winners,  y,           max_dx,      avg_dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) free(all[i]);
}

/* Windows hold at most 2 x 3 elements and g is a multiple of 60: every quotient is whole. */
static void check_random(draws *d, size_t element) {
    wgi_pool2d s = {.n = draw(d, 0, 4), .h = draw(d, 0, 9), .w = draw(d, 0, 9)};
    s.c = draw(d, 0, 5);
    if (draw(d, 0, 2) == 0) s.c = draw(d, 6, 40); /* whole vectors and what is left over */
    if (draw(d, 0, 9) == 0) s.c = draw(d, 250, 600);
    for (int i = 0; i < 2; ++i) {
        s.size[i] = draw(d, 1, i ? 3 : 2);
        s.stride[i] = draw(d, 1, 4);
        s.before[i] = draw(d, 0, s.size[i]);
    }
    s.oh = wgi_conv2d_extent(s.h, s.size[0], s.stride[0], 1, s.before[0], draw(d, 0, 3));
    s.ow = wgi_conv2d_extent(s.w, s.size[1], s.stride[1], 1, s.before[1], draw(d, 0, 3));
    const int64_t in = s.n * s.h * s.w * s.c, out = s.n * s.oh * s.ow * s.c;
    void *x = whole_numbers(d, in, 3, element), *g = whole_numbers(d, out, 3, element);
    for (int64_t i = 0; i < out; ++i) put_number(g, i, 60 * number_at(g, i, element), element);
    if (in > 0 && draw(d, 0, 3) == 0) put_number(x, draw(d, 0, in - 1), NAN, element);
    check_pools(&s, element, x, g);
    free(x);
    free(g);
}

START_TEST(random_pools_are_exact) {
    if (!use_isa(_i)) return;
    draws d = {.seed = 40 + 100 * (uint64_t)_i};
    const int cases = full_run() ? 6000 : 400;
    for (int i = 0; i < cases; ++i) {
        use_threads(1 + i % 3);
        check_random(&d, i % 2 ? sizeof(float) : sizeof(double));
    }
}
END_TEST

START_TEST(a_whole_image_is_one_window) {
    draws d = {.seed = 41};
    const wgi_pool2d s = {2, 4, 5, 3, {4, 5}, {1, 1}, {0, 0}, 1, 1, 0, {0, 0}, 0};
    double *x = whole_numbers(&d, 2 * 60, 50, sizeof(double));
    double *g = whole_numbers(&d, 6, 9, sizeof(double));
    for (int64_t i = 0; i < 6; ++i) g[i] *= 20; /* a multiple of the 20 elements */
    check_pools(&s, sizeof(double), x, g);
    free(x);
    free(g);
}
END_TEST

/* The same row in every channel: in vectors and in what is left over. */
static void check_row(const double *row, int64_t place) {
    enum { CHANNELS = 37 };
    const wgi_pool2d s = {1, 1, 4, CHANNELS, {1, 4}, {1, 1}, {0, 0}, 1, 1, 0, {0, 0}, 0};
    double x[4 * CHANNELS], y[CHANNELS];
    float x32[4 * CHANNELS], y32[CHANNELS];
    int64_t winners[CHANNELS], winners32[CHANNELS];
    for (int i = 0; i < 4 * CHANNELS; ++i) x32[i] = (float)(x[i] = row[i / CHANNELS]);
    wgi_max_pool2d_f64(&s, x, y, winners);
    wgi_max_pool2d_f32(&s, x32, y32, winners32);
    for (int j = 0; j < CHANNELS; ++j) {
        ck_assert_int_eq(winners[j], place);
        ck_assert_int_eq(winners32[j], place);
        ck_assert(memcmp(&y[j], &x[place * CHANNELS + j], sizeof *y) == 0);
        ck_assert(memcmp(&y32[j], &x32[place * CHANNELS + j], sizeof *y32) == 0);
    }
}

/* Ties go to the first place; the first NaN wins over numbers before it and NaNs behind it. */
START_TEST(ties_and_nan) {
    const double low = -INFINITY;
    const double rows[][4] = {{1, 2, 2, 2},   {-0.0, 0.0, 0, 0},    {3, NAN, 5, NAN},
                              {NAN, 1, 2, 9}, {1, 2, 3, NAN},       {low, low, low, low},
                              {1, INFINITY, 2, INFINITY}};
    const int64_t places[] = {1, 0, 1, 0, 3, 0, 1};
    if (!use_isa(_i)) return;
    for (int i = 0; i < 7; ++i) check_row(rows[i], places[i]);
}
END_TEST

/* The gradient takes any places of the image for winners. */
START_TEST(winners_may_lie_anywhere) {
    enum { CHANNELS = 19 };
    const wgi_pool2d s = {1, 4, 4, CHANNELS, {2, 2}, {2, 2}, {0, 0}, 2, 2, 0, {0, 0}, 0};
    float g[4 * CHANNELS], dx[16 * CHANNELS], want[16 * CHANNELS] = {0};
    int64_t winners[4 * CHANNELS];
    if (!use_isa(_i)) return;
    for (int i = 0; i < 4 * CHANNELS; ++i) {
        g[i] = (float)(i + 1);
        winners[i] = i * 7 % 17 - 1;
        if (winners[i] >= 0) want[winners[i] * CHANNELS + i % CHANNELS] += g[i];
    }
    wgi_max_pool2d_grad_f32(&s, g, winners, dx);
    for (int i = 0; i < 16 * CHANNELS; ++i) ck_assert_float_eq(dx[i], want[i]);
}
END_TEST

START_TEST(windows_in_the_padding_are_empty) {
    const wgi_pool2d s = {1, 1, 1, 1, {1, 1}, {1, 1}, {0, 1}, 1, 3, 0, {0, 0}, 0};
    const float x[] = {5};
    const float g[] = {1, 10, 100};
    float y[3], dx[1];
    int64_t winners[3];
    wgi_max_pool2d_f32(&s, x, y, winners);
    ck_assert(isinf(y[0]) && y[0] < 0 && y[1] == 5 && isinf(y[2]) && y[2] < 0);
    ck_assert(winners[0] == -1 && winners[1] == 0 && winners[2] == -1);
    wgi_max_pool2d_grad_f32(&s, g, winners, dx);
    ck_assert_float_eq(dx[0], 10);
    wgi_max_pool2d_pick_f32(&s, x, winners, y);
    ck_assert(y[0] == 0 && y[1] == 5 && y[2] == 0);
    wgi_avg_pool2d_f32(&s, x, y);
    ck_assert(isnan(y[0]) && y[1] == 5 && isnan(y[2]));
    wgi_avg_pool2d_grad_f32(&s, g, dx);
    ck_assert_float_eq(dx[0], 10);
}
END_TEST

Suite *suite_pool(void) {
    Suite *s = suite_create("pool");
    TCase *t = tcase_create("pool");
    tcase_set_timeout(t, 600);
    tcase_add_loop_test(t, random_pools_are_exact, 0, WGI_ISA_COUNT);
    tcase_add_test(t, a_whole_image_is_one_window);
    tcase_add_loop_test(t, ties_and_nan, 0, WGI_ISA_COUNT);
    tcase_add_loop_test(t, winners_may_lie_anywhere, 0, WGI_ISA_COUNT);
    tcase_add_test(t, windows_in_the_padding_are_empty);
    suite_add_tcase(s, t);
    return s;
}
