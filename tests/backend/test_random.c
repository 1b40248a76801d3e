/* test_random.c: the counter-based generator, its known answers and its distributions. */
#include "tests/backend/numbers.h"

#include "backend/random.h"
#include "backend/parallel.h"
#include "tests/suites.h"

extern Suite *suite_random(void);

static void check_block(uint64_t seed, uint64_t stream, uint64_t counter, const uint32_t want[4]) {
    uint32_t out[4];
    wgi_philox(seed, stream, counter, out);
    for (int i = 0; i < 4; ++i) ck_assert_uint_eq(out[i], want[i]);
}

/* The vectors that the authors of the paper publish with their implementation. */
START_TEST(known_answers) {
    const uint32_t zeros[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    const uint32_t ones[] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    const uint32_t pi[] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    check_block(0, 0, 0, zeros);
    check_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, ones);
    check_block(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, pi);
}
END_TEST

START_TEST(elements_are_halves_of_blocks) {
    uint32_t out[4];
    wgi_philox(3, 4, 5, out);
    ck_assert_uint_eq(wgi_random_bits(3, 4, 10), (uint64_t)out[1] << 32 | out[0]);
    ck_assert_uint_eq(wgi_random_bits(3, 4, 11), (uint64_t)out[3] << 32 | out[2]);
    ck_assert_double_eq(wgi_uniform(3, 4, 10),
                        (double)(wgi_random_bits(3, 4, 10) >> 11) / 9007199254740992.0);
}
END_TEST

/* Mean 1/2 with deviation sqrt(1/12 / n); a bin of sixteen holds n/16 with sqrt(n 15/256). */
START_TEST(uniform_numbers_are_uniform) {
    enum { N = 100000 };
    double sum = 0, bins[16] = {0};
    int outside = 0;
    for (uint64_t i = 0; i < N; ++i) {
        double u = wgi_uniform(11, 2, i);
        outside += !(u >= 0 && u < 1);
        sum += u;
        bins[(int)(u * 16)] += 1;
    }
    ck_assert_int_eq(outside, 0);
    check_near(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N));
    for (int i = 0; i < 16; ++i) check_near(bins[i], N / 16.0, 5 * sqrt(N * 15.0 / 256));
}
END_TEST

/* Moments 0, 1, 0, 3, whose estimates deviate by sqrt of 1, 2, 15, 96 over n; neighbours (which
 * share a pair of uniforms) are uncorrelated. */
START_TEST(normal_numbers_are_normal) {
    enum { N = 100000 };
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, pairs = 0;
    for (uint64_t i = 0; i < N; ++i) {
        double z = wgi_normal(12, 0, i);
        m1 += z;
        m2 += z * z;
        m3 += z * z * z;
        m4 += z * z * z * z;
        if (i % 2) pairs += z * wgi_normal(12, 0, i - 1);
    }
    check_near(m1 / N, 0, 5 * sqrt(1.0 / N));
    check_near(m2 / N, 1, 5 * sqrt(2.0 / N));
    check_near(m3 / N, 0, 5 * sqrt(15.0 / N));
    check_near(m4 / N, 3, 5 * sqrt(96.0 / N));
    check_near(pairs / (N / 2), 0, 5 * sqrt(2.0 / N));
}
END_TEST

START_TEST(whole_numbers_lie_below) {
    enum { N = 60000 };
    double seen[6] = {0};
    for (uint64_t i = 0; i < N; ++i) {
        uint64_t k = wgi_random_below(1, 1, i, 6);
        ck_assert(k < 6);
        seen[k] += 1;
    }
    for (int i = 0; i < 6; ++i) check_near(seen[i], N / 6.0, 5 * sqrt(N * 5.0 / 36));
    ck_assert_uint_eq(wgi_random_below(1, 1, 0, 0), 0);
    ck_assert_uint_eq(wgi_random_below(1, 1, 0, 1), 0);
    /* n = 2^63 takes the upper 63 bits, 2^32 the upper 32, UINT64_MAX nearly all */
    for (uint64_t i = 0; i < 100; ++i) {
        uint64_t bits = wgi_random_bits(1, 1, i);
        ck_assert_uint_eq(wgi_random_below(1, 1, i, (uint64_t)1 << 63), bits >> 1);
        ck_assert_uint_eq(wgi_random_below(1, 1, i, (uint64_t)1 << 32), bits >> 32);
        ck_assert_uint_eq(wgi_random_below(1, 1, i, UINT64_MAX), bits ? bits - 1 : 0);
    }
}
END_TEST

/* However an array is cut and however many threads fill it, element i is element i. */
START_TEST(filling_gives_the_elements) {
    enum { N = 20000 };
    static double a[N], z[N];
    static float b[N], y[N];
    int wrong = 0;
    for (int threads = 1; threads <= 3; ++threads) {
        use_threads(threads);
        memset(a, 0, sizeof a);
        wgi_fill_uniform_f64(a, 7, -1, 3, 9, 5, 100);
        wgi_fill_uniform_f64(a + 7, N - 7, -1, 3, 9, 5, 107);
        wgi_fill_uniform_f32(b, N, -1, 3, 9, 5, 100);
        wgi_fill_normal_f64(z, N, 2, 0.5, 9, 6, 1);
        wgi_fill_normal_f32(y, N, 2, 0.5, 9, 6, 1);
        for (uint64_t i = 0; i < N; ++i) {
            double u = -1 + 4 * wgi_uniform(9, 5, 100 + i), v = 2 + 0.5 * wgi_normal(9, 6, 1 + i);
            wrong += !(a[i] == u) + !(b[i] == (float)u) + !(z[i] == v) + !(y[i] == (float)v);
        }
    }
    ck_assert_int_eq(wrong, 0);
    double kept = a[0];
    wgi_fill_uniform_f64(a, 0, 0, 1, 1, 1, 0);
    wgi_fill_normal_f64(a, 0, 0, 1, 1, 1, 0);
    ck_assert_double_eq(a[0], kept);
}
END_TEST

START_TEST(shuffling_permutes) {
    enum { N = 1000, ROUNDS = 6000 };
    int64_t a[N];
    int seen[N] = {0}, moved = 0;
    for (int64_t i = 0; i < N; ++i) a[i] = i;
    wgi_shuffle(a, N, 1, 2);
    for (int64_t i = 0; i < N; ++i) {
        ck_assert(a[i] >= 0 && a[i] < N);
        ++seen[a[i]];
        moved += a[i] != i;
    }
    for (int i = 0; i < N; ++i) ck_assert_int_eq(seen[i], 1);
    ck_assert_int_gt(moved, N - 20);
    double orders[6] = {0}; /* the six orders of three things are equally likely */
    for (uint64_t round = 0; round < ROUNDS; ++round) {
        int64_t three[] = {0, 1, 2};
        wgi_shuffle(three, 3, 8, round);
        orders[three[0] * 2 + (three[1] > three[2])] += 1;
    }
    for (int i = 0; i < 6; ++i) check_near(orders[i], ROUNDS / 6.0, 5 * sqrt(ROUNDS * 5.0 / 36));
    int64_t one[] = {42};
    wgi_shuffle(one, 1, 1, 1);
    wgi_shuffle(one, 0, 1, 1);
    ck_assert_int_eq(one[0], 42);
}
END_TEST

Suite *suite_random(void) {
    Suite *s = suite_create("random");
    TCase *t = tcase_create("random");
    tcase_add_test(t, known_answers);
    tcase_add_test(t, elements_are_halves_of_blocks);
    tcase_add_test(t, uniform_numbers_are_uniform);
    tcase_add_test(t, normal_numbers_are_normal);
    tcase_add_test(t, whole_numbers_lie_below);
    tcase_add_test(t, filling_gives_the_elements);
    tcase_add_test(t, shuffling_permutes);
    suite_add_tcase(s, t);
    return s;
}
