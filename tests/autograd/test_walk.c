/* test_walk.c: arrays walked together, copied and added: random shapes, strides and broadcasting
 * against loops over indices; short rows, tiles of transpositions and their borders, threads. */
#include "autograd/tape.h"
#include "autograd/walk.h"
#include "tests/suites.h"

#include <stdlib.h>
#include <string.h>

extern Suite *suite_walk(void);

enum { ROOM = 1 << 13, RANK = 4 };

static uint64_t state;
static int64_t draw(int64_t n) { /* below n */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((state >> 33) % (uint64_t)n);
}

/* Elements are bytes of a counter, so that every place has a value of its own in 4 and 8 bytes. */
static char room[3][ROOM * 8];

static void fill(void) {
    for (int k = 0; k < 3; ++k)
        for (int64_t i = 0; i < ROOM * 8; ++i) room[k][i] = (char)(i % 251 + i / 251 + 7 * k);
}

/* A view of room k: axes in a random order, some reversed, some (of what is read) repeated. */
static wg_value view(int k, wg_dtype dtype, wg_shape s, int written) {
    wg_value v = wgi_value_make(dtype, s, NULL);
    int order[RANK] = {0, 1, 2, 3};
    int64_t size = 1, offset = 0;
    for (int i = s.rank - 1; i > 0; --i) {
        int j = written && draw(2) ? i : (int)draw(i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (int i = s.rank - 1; i >= 0; --i) {
        int axis = order[i];
        v.stride[axis] = size;
        size *= s.dim[axis];
        if (!written && draw(6) == 0) {
            v.stride[axis] = 0;
        } else if (draw(6) == 0) {
            offset += (s.dim[axis] - 1) * v.stride[axis];
            v.stride[axis] = -v.stride[axis];
        }
    }
    ck_assert_int_le(size, ROOM);
    v.data = room[k] + offset * (int64_t)wg_dtype_size(dtype);
    return v;
}

static wg_shape some_shape(void) {
    static const int64_t extents[] = {1, 2, 3, 7, 15, 16, 17, 64, 65, 130};
    wg_shape s = {1 + (int)draw(RANK), {0}};
    int64_t size = 1;
    for (int i = 0; i < s.rank; ++i) {
        s.dim[i] = extents[draw(10)];
        while (size * s.dim[i] > ROOM) s.dim[i] /= 2;
        size *= s.dim[i];
    }
    return s;
}

/* Where the i-th element of v lies, counted in row-major order. */
static const char *place(const wg_value *v, int64_t i) {
    int64_t at = 0;
    for (int axis = v->rank - 1; axis >= 0; --axis) {
        at += i % v->dim[axis] * v->stride[axis];
        i /= v->dim[axis];
    }
    return (const char *)v->data + at * (int64_t)wg_dtype_size(v->dtype);
}

static void hold_copy(wg_dtype dtype) {
    static char expected[ROOM * 8];
    wg_shape s = some_shape();
    wg_value from = view(0, dtype, s, 0), to = view(1, dtype, s, 1);
    size_t bytes = wg_dtype_size(dtype);
    memcpy(expected, room[1], sizeof expected);
    for (int64_t i = 0; i < wg_shape_size(s); ++i)
        memcpy(expected + (place(&to, i) - room[1]), place(&from, i), bytes);
    wgi_value_copy(&from, &to);
    ck_assert_msg(memcmp(expected, room[1], sizeof expected) == 0, "copy of rank %d", s.rank);
}

START_TEST(test_copy) {
    static const wg_dtype dtypes[] = {WG_F32, WG_F64, WG_BOOL};
    state = 17;
    fill();
    for (int threads = 1; threads <= 3; threads += 2) {
        use_threads(threads);
        for (int round = 0; round < (full_run() ? 3000 : 150); ++round)
            hold_copy(dtypes[round % 3]);
    }
    use_threads(1);
}
END_TEST

static double number(const wg_value *v, int64_t i) {
    const char *p = place(v, i);
    double d;
    float f;
    if (v->dtype == WG_F64) return memcpy(&d, p, sizeof d), d;
    return memcpy(&f, p, sizeof f), (double)f;
}

static void hold_sum(wg_dtype dtype) {
    static double expected[ROOM];
    wg_shape s = some_shape();
    wg_value a = view(0, dtype, s, 0), b = view(1, dtype, s, 0), sum = view(2, dtype, s, 1);
    int64_t n = wg_shape_size(s);
    for (int64_t i = 0; i < n; ++i) expected[i] = number(&a, i) + number(&b, i);
    wgi_value_add(&a, &b, &sum);
    for (int64_t i = 0; i < n; ++i)
        ck_assert_msg(number(&sum, i) == expected[i], "element %lld", (long long)i);
    wgi_value_add(&sum, &sum, &sum); /* in place */
    for (int64_t i = 0; i < n; ++i) ck_assert(number(&sum, i) == 2 * expected[i]);
}

START_TEST(test_sum) {
    state = 23;
    for (int threads = 1; threads <= 3; threads += 2) {
        use_threads(threads);
        for (int round = 0; round < (full_run() ? 1500 : 60); ++round) {
            for (int k = 0; k < 2; ++k) /* small whole numbers: exact sums */
                for (int64_t i = 0; i < ROOM; ++i)
                    if (round % 2) ((double *)(void *)room[k])[i] = (double)(i % 1000 + k);
                    else ((float *)(void *)room[k])[i] = (float)(i % 1000 + k);
            hold_sum(round % 2 ? WG_F64 : WG_F32);
        }
    }
    use_threads(1);
}
END_TEST

/* What a body is given adds up to every element once, whatever the shape. */
static void count(int64_t n, char *const *data, const int64_t *s, void *arg) {
    (void)arg;
    for (int64_t i = 0; i < n; ++i) {
        float *y = (float *)(void *)data[0] + i * s[0];
        *y += 1 + *((const float *)(const void *)data[1] + i * s[1]);
    }
}

START_TEST(test_once) {
    state = 5;
    for (int round = 0; round < (full_run() ? 3000 : 150); ++round) {
        wg_shape s = some_shape(), t = s;
        wgi_walk w;
        for (int i = 0; i < t.rank; ++i) t.dim[i] = draw(2) ? 1 : t.dim[i]; /* broadcast */
        wg_value y = wgi_value_make(WG_F32, s, room[0]), x = wgi_value_make(WG_F32, t, room[1]);
        int64_t n = wg_shape_size(s), m = wg_shape_size(t);
        memset(room[0], 0, (size_t)n * sizeof(float));
        for (int64_t i = 0; i < m; ++i) ((float *)(void *)room[1])[i] = (float)i;
        w.n = 0;
        wgi_walk_add(&w, &y, &y);
        wgi_walk_add(&w, &y, &x);
        wgi_walk_run(&w, &y, count, NULL);
        for (int axis = 0; axis < s.rank; ++axis)
            if (t.dim[axis] == 1) x.stride[axis] = 0;
        memcpy(x.dim, y.dim, sizeof x.dim);
        for (int64_t i = 0; i < n; ++i) ck_assert(number(&y, i) == 1 + number(&x, i));
    }
}
END_TEST

/* No elements: no call. */
START_TEST(test_empty) {
    wg_value y = wgi_value_make(WG_F32, WG_SHAPE(3, 0, 2), NULL);
    wgi_walk w;
    w.n = 0;
    wgi_walk_add(&w, &y, &y);
    wgi_walk_run(&w, &y, count, NULL);
    wgi_value_copy(&y, &y);
    wgi_value_add(&y, &y, &y);
}
END_TEST

Suite *suite_walk(void) {
    Suite *s = suite_create("walk");
    TCase *c = tcase_create("walk");
    tcase_add_test(c, test_copy);
    tcase_add_test(c, test_sum);
    tcase_add_test(c, test_once);
    tcase_add_test(c, test_empty);
    suite_add_tcase(s, c);
    return s;
}
