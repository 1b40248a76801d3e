/* test_rectified.c: conv2d_relu and batch_norm_relu have the bits of what they stand for, values
 * and gradients, at sizes where the kernels of networks run; and what the gates refuse. */
#include "tests/ops/hold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_rectified(void);

enum { MOST = 5 };

/* Leaves, the value, the gradients of sum(y g), as bytes. */
typedef struct outcome {
    size_t bytes[MOST + 1];
    void *data[MOST + 1];
} outcome;

/* One way to compute y of the leaves. */
typedef wg_var way(const wg_var *x);

/* Numbers around 0 that repeat, some of them 0; with `hole` one is NaN. */
static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape shape, uint64_t seed, int hole) {
    int64_t n = wg_shape_size(shape);
    double *v = malloc((size_t)n * sizeof *v);
    float *f = malloc((size_t)n * sizeof *f);
    ck_assert(v && f);
    for (int64_t i = 0; i < n; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        v[i] = (double)(int64_t)(seed >> 40 & 0xffff) / 32768 - 1;
        if (seed >> 60 == 0) v[i] = 0;
    }
    if (hole) v[n / 2] = NAN;
    for (int64_t i = 0; i < n; ++i) f[i] = (float)v[i];
    wg_var x = wg_input(t, dtype, shape, dtype == WG_F32 ? (void *)f : (void *)v);
    free(v);
    free(f);
    return x;
}

static void keep(outcome *o, int i, wg_var v) {
    o->bytes[i] = (size_t)wg_shape_size(wg_shape_of(v)) * wg_dtype_size(wg_dtype_of(v));
    o->data[i] = malloc(o->bytes[i]);
    ck_assert_ptr_nonnull(o->data[i]);
    ck_assert_int_eq(wg_read(v, o->data[i], o->bytes[i]), WG_OK);
}

/* Inner gradients are let go, or kept: then no kernel may write over the one it is given. */
static outcome run(wg_dtype dtype, int n, const wg_shape *shapes, int hole, int let_go,
                   way *compute) {
    outcome o = {{0}, {NULL}};
    wg_var x[MOST];
    wg_tape *t = wg_tape_new();
    wg_tape_keep_grads(t, !let_go);
    for (int i = 0; i < n; ++i)
        x[i] = leaf(t, dtype, shapes[i], (uint64_t)i + 7, hole && i == 0);
    wg_var y = compute(x);
    ck_assert_msg(wg_tape_status(t) == WG_OK, "%s", wg_tape_message(t));
    wg_var g = leaf(t, dtype, wg_shape_of(y), 99, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, g))), WG_OK);
    keep(&o, 0, y);
    for (int i = 0; i < n; ++i) keep(&o, 1 + i, wg_grad(x[i]));
    wg_tape_free(t);
    return o;
}

/* 1 if the numbers are the same, NaN like NaN. */
static int same(wg_dtype dtype, size_t bytes, const void *a, const void *b) {
    size_t size = wg_dtype_size(dtype);
    for (size_t i = 0; i < bytes; i += size) {
        float f[2];
        double d[2];
        memcpy(f, (const char *)a + i, sizeof *f);
        memcpy(f + 1, (const char *)b + i, sizeof *f);
        if (size == sizeof *f && !(f[0] == f[1] || (isnan(f[0]) && isnan(f[1])))) return 0;
        if (size == sizeof *f) continue;
        memcpy(d, (const char *)a + i, sizeof *d);
        memcpy(d + 1, (const char *)b + i, sizeof *d);
        if (!(d[0] == d[1] || (isnan(d[0]) && isnan(d[1])))) return 0;
    }
    return 1;
}

static void check_same(int n, const wg_shape *shapes, way *fused, way *plain) {
    for (int k = 0; k < 8; ++k) {
        const wg_dtype dtype = k & 1 ? WG_F32 : WG_F64;
        outcome a = run(dtype, n, shapes, k & 2, k & 4, fused);
        outcome b = run(dtype, n, shapes, k & 2, 0, plain);
        for (int i = 0; i <= n; ++i) {
            ck_assert_uint_eq(a.bytes[i], b.bytes[i]);
            ck_assert_msg(same(dtype, a.bytes[i], a.data[i], b.data[i]),
                          "%s%s: %s %d differs", wg_dtype_name(dtype), k & 2 ? " with NaN" : "",
                          i ? "the gradient of leaf" : "value", i);
            free(a.data[i]);
            free(b.data[i]);
        }
    }
}

/* ---- convolution ---------------------------------------------------------------------------- */

static const wg_conv2d_options same_size = {.pad = {1, 1}}, half = {.stride = {2, 2}, .groups = 2},
                               mirror = {.pad = {2, 1}, .padding = WG_PADDING_REFLECT};

static wg_var conv_fused(const wg_var *x) { return wg_conv2d_relu(x[0], x[1], x[2], &same_size); }
static wg_var conv_plain(const wg_var *x) {
    return wg_relu(wg_conv2d(x[0], x[1], x[2], &same_size));
}
static wg_var bare_fused(const wg_var *x) { return wg_conv2d_relu(x[0], x[1], WG_NONE, &half); }
static wg_var bare_plain(const wg_var *x) { return wg_relu(wg_conv2d(x[0], x[1], WG_NONE, &half)); }
static wg_var mirror_fused(const wg_var *x) { return wg_conv2d_relu(x[0], x[1], x[2], &mirror); }
static wg_var mirror_plain(const wg_var *x) {
    return wg_relu(wg_conv2d(x[0], x[1], x[2], &mirror));
}

/* The convolution's value twice, so that its operands' gradients are added to. */
static wg_var twice_fused(const wg_var *x) {
    return wg_add(wg_conv2d_relu(x[0], x[1], x[2], &same_size),
                  wg_scale(wg_conv2d_relu(x[0], x[1], x[2], &same_size), 0.5));
}
static wg_var twice_plain(const wg_var *x) {
    return wg_add(wg_relu(wg_conv2d(x[0], x[1], x[2], &same_size)),
                  wg_scale(wg_relu(wg_conv2d(x[0], x[1], x[2], &same_size)), 0.5));
}

START_TEST(test_convolutions) {
    const wg_shape small[] = {WG_SHAPE(2, 5, 7, 3), WG_SHAPE(5, 3, 3, 3), WG_SHAPE(5)};
    const wg_shape wide[] = {WG_SHAPE(2, 6, 17, 32), WG_SHAPE(33, 3, 3, 32), WG_SHAPE(33)};
    const wg_shape split[] = {WG_SHAPE(2, 6, 7, 4), WG_SHAPE(6, 2, 3, 2)};
    check_same(3, small, conv_fused, conv_plain);
    check_same(3, wide, conv_fused, conv_plain);
    check_same(3, small, twice_fused, twice_plain);
    check_same(3, small, mirror_fused, mirror_plain);
    check_same(2, split, bare_fused, bare_plain);
}
END_TEST

/* ---- normalisation -------------------------------------------------------------------------- */

static wg_var norm_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[2], WG_NONE, WG_NONE, WG_NONE, 1e-5);
}
static wg_var norm_plain(const wg_var *x) {
    return wg_relu(wg_batch_norm(x[0], x[1], x[2], WG_NONE, WG_NONE, 1e-5));
}
static wg_var added_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[2], WG_NONE, WG_NONE, x[3], 1e-5);
}
static wg_var added_plain(const wg_var *x) {
    return wg_relu(wg_add(wg_batch_norm(x[0], x[1], x[2], WG_NONE, WG_NONE, 1e-5), x[3]));
}
static wg_var given_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[2], x[3], wg_square(x[4]), WG_NONE, 0.5);
}
static wg_var given_plain(const wg_var *x) {
    return wg_relu(wg_batch_norm(x[0], x[1], x[2], x[3], wg_square(x[4]), 0.5));
}
/* x is its own shortcut, gamma its own beta: shares of one array. */
static wg_var shared_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[1], WG_NONE, WG_NONE, x[0], 1e-5);
}
static wg_var shared_plain(const wg_var *x) {
    return wg_relu(wg_add(wg_batch_norm(x[0], x[1], x[1], WG_NONE, WG_NONE, 1e-5), x[0]));
}

START_TEST(test_normalisations) {
    const wg_shape small[] = {WG_SHAPE(4, 3, 5), WG_SHAPE(5), WG_SHAPE(5), WG_SHAPE(4, 3, 5)};
    const wg_shape large[] = {WG_SHAPE(3, 9, 11, 19), WG_SHAPE(19), WG_SHAPE(19),
                              WG_SHAPE(3, 9, 11, 19)};
    const wg_shape given[] = {WG_SHAPE(4, 17), WG_SHAPE(17), WG_SHAPE(17), WG_SHAPE(17),
                              WG_SHAPE(17)};
    check_same(3, small, norm_fused, norm_plain);
    check_same(3, large, norm_fused, norm_plain);
    check_same(4, small, added_fused, added_plain);
    check_same(4, large, added_fused, added_plain);
    check_same(5, given, given_fused, given_plain);
}
END_TEST

/* Of rank 1 the shortcut can be the scale, or the shift. */
static wg_var scale_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[2], WG_NONE, WG_NONE, x[1], 1e-5);
}
static wg_var scale_plain(const wg_var *x) {
    return wg_relu(wg_add(wg_batch_norm(x[0], x[1], x[2], WG_NONE, WG_NONE, 1e-5), x[1]));
}
static wg_var shift_fused(const wg_var *x) {
    return wg_batch_norm_relu(x[0], x[1], x[2], WG_NONE, WG_NONE, x[2], 1e-5);
}
static wg_var shift_plain(const wg_var *x) {
    return wg_relu(wg_add(wg_batch_norm(x[0], x[1], x[2], WG_NONE, WG_NONE, 1e-5), x[2]));
}

/* The order in which the shares of one array are added up is not that of the plain gates. */
static void check_near_same(int n, const wg_shape *shapes, way *fused, way *plain) {
    outcome a = run(WG_F64, n, shapes, 0, 0, fused), b = run(WG_F64, n, shapes, 0, 0, plain);
    for (int i = 0; i <= n; ++i) {
        const double *x = a.data[i], *y = b.data[i];
        for (size_t j = 0; j < a.bytes[i] / sizeof *x; ++j) check_near(x[j], y[j], 1e-12);
        free(a.data[i]);
        free(b.data[i]);
    }
}

START_TEST(test_shared_operands) {
    const wg_shape shapes[] = {WG_SHAPE(6, 19), WG_SHAPE(19)};
    const wg_shape lines[] = {WG_SHAPE(5), WG_SHAPE(5), WG_SHAPE(5)};
    check_near_same(2, shapes, shared_fused, shared_plain);
    check_near_same(3, lines, scale_fused, scale_plain);
    check_near_same(3, lines, shift_fused, shift_plain);
}
END_TEST

START_TEST(test_refused) {
    static const double zeros[12] = {0};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(4, 3), zeros);
    wg_var c = wg_input(t, WG_F64, WG_SHAPE(3), zeros);
    wg_var other = wg_input(t, WG_F64, WG_SHAPE(3, 4), zeros);
    check_refused(wg_batch_norm_relu(x, c, c, WG_NONE, WG_NONE, other, 1), WG_ERR_SHAPE,
                  "batch_norm_relu: shortcut has shape (3, 4); it is that of x, (4, 3)");
    wg_tape_free(t);
}
END_TEST

/* No elements: no gradient but zeros. */
START_TEST(test_empty) {
    static const double one[3] = {1, 1, 1};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(0, 3), one), c = wg_input(t, WG_F64, WG_SHAPE(3), one);
    wg_var y = wg_batch_norm_relu(x, c, c, WG_NONE, WG_NONE, WG_NONE, 1);
    double got[3] = {5, 5, 5};
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(c), got, sizeof got), WG_OK);
    for (int j = 0; j < 3; ++j) ck_assert(got[j] == 0);
    wg_tape_free(t);
}
END_TEST

Suite *suite_rectified(void) {
    Suite *s = suite_create("rectified");
    TCase *c = tcase_create("rectified");
    tcase_add_test(c, test_convolutions);
    tcase_add_test(c, test_normalisations);
    tcase_add_test(c, test_shared_operands);
    tcase_add_test(c, test_refused);
    tcase_add_test(c, test_empty);
    suite_add_tcase(s, c);
    return s;
}
