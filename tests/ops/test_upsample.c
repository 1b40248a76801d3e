/* test_upsample.c: images and sequences at another size: nearest exact against its definition,
 * lines at values worked out by hand and against their coordinates, adjoints, errors. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

extern Suite *suite_upsample(void);

enum { ROOM = 4096 };

static int64_t draw(int64_t lo, int64_t hi) {
    return lo + (int64_t)(probe_random() * (double)(hi - lo + 1));
}

static wg_var row(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(1, n, 1), x);
}

/* ---- nearest -------------------------------------------------------------------------------- */

/* The last place whose pixel begins at or before output p, both being cut into equal pixels. */
static int64_t nearest(int64_t p, int64_t out, int64_t in) {
    int64_t i = 0;
    while ((i + 1) * out <= p * in) ++i;
    return i;
}

typedef struct sizes {
    int64_t n, in[2], out[2], c;
} sizes;

static void check_nearest(const sizes *s, wg_dtype dtype, wg_var (*make)(const sizes *, wg_var)) {
    static double x[ROOM], y[ROOM], g[ROOM], dx[ROOM], have[ROOM];
    int64_t n_x = s->n * s->in[0] * s->in[1] * s->c, at = 0;
    wg_shape y_shape = {4, {s->n, s->out[0], s->out[1], s->c}};
    int64_t n_y = wg_shape_size(y_shape);
    ck_assert(n_x <= ROOM && n_y <= ROOM);
    wg_tape *t = wg_tape_new();
    wg_var v = probe_leaf(t, dtype, (wg_shape){4, {s->n, s->in[0], s->in[1], s->c}});
    wg_var up = probe_leaf(t, dtype, y_shape), big = make(s, v);
    probe_read(v, n_x, x);
    probe_read(up, n_y, g);
    memset(dx, 0, sizeof dx);
    for (int64_t n = 0; n < s->n; ++n)
        for (int64_t p = 0; p < s->out[0]; ++p)
            for (int64_t q = 0; q < s->out[1]; ++q)
                for (int64_t c = 0; c < s->c; ++c, ++at) {
                    int64_t i = nearest(p, s->out[0], s->in[0]);
                    int64_t j = nearest(q, s->out[1], s->in[1]);
                    int64_t from = ((n * s->in[0] + i) * s->in[1] + j) * s->c + c;
                    y[at] = x[from];
                    dx[from] += g[at];
                }
    probe_shape(big, y_shape);
    probe_equal(big, n_y, y);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(big, up))), WG_OK);
    probe_read(wg_grad(v), n_x, have);
    for (int64_t i = 0; i < n_x; ++i) check_near(have[i], dx[i], 0);
    wg_tape_free(t);
}

static wg_var to_size(const sizes *s, wg_var x) {
    return wg_upsample(x, s->out[0], s->out[1], WG_UPSAMPLE_NEAREST, 0);
}
static wg_var by_factor(const sizes *s, wg_var x) {
    return wg_upsample_by(x, s->out[0] / s->in[0], s->out[1] / s->in[1], WG_UPSAMPLE_NEAREST, 0);
}
static wg_var as_sequence(const sizes *s, wg_var x) { /* of one row */
    wg_var y = wg_upsample1d(wg_squeeze(x, WG_AXES(1)), s->out[1], WG_UPSAMPLE_NEAREST, 0);
    return wg_expand_dims(y, 1);
}

START_TEST(test_nearest) {
    const int cases = full_run() ? 3000 : 200;
    for (int i = 0; i < cases; ++i) {
        sizes s = {.n = draw(0, 3), .in = {draw(1, 5), draw(1, 5)}, .c = draw(0, 3)};
        for (int k = 0; k < 2; ++k)
            s.out[k] = i % 3 == 1 ? s.in[k] * draw(1, 4) : draw(1, 12);
        if (i % 3 == 2) s.in[0] = s.out[0] = 1;
        use_threads(1 + i % 2);
        check_nearest(&s, i % 5 ? WG_F64 : WG_F32,
                      i % 3 == 0 ? to_size : i % 3 == 1 ? by_factor : as_sequence);
    }
    use_threads(1);
}
END_TEST

/* ---- lines ---------------------------------------------------------------------------------- */

START_TEST(test_lines_by_hand) {
    static const double x[] = {0, 4, 16};
    wg_tape *t = wg_tape_new();
    wg_var v = row(t, 3, x);
    /* coordinates -1/4 (so 0), 1/4, 3/4, 5/4, 7/4, 9/4 (so 2) */
    probe_equal(wg_upsample1d(v, 6, WG_UPSAMPLE_LINEAR, 0), 6,
                (const double[]){0, 1, 3, 7, 13, 16});
    /* coordinates 0, 1/2, 1, 3/2, 2 */
    probe_equal(wg_upsample1d(v, 5, WG_UPSAMPLE_LINEAR, 1), 5, (const double[]){0, 2, 4, 10, 16});
    /* one output: the first element, or the middle */
    probe_equal(wg_upsample1d(v, 1, WG_UPSAMPLE_LINEAR, 1), 1, (const double[]){0});
    probe_equal(wg_upsample1d(v, 1, WG_UPSAMPLE_LINEAR, 0), 1, (const double[]){4});
    /* smaller: coordinates 1/4 and 7/4 */
    probe_equal(wg_upsample1d(v, 2, WG_UPSAMPLE_LINEAR, 0), 2, (const double[]){1, 13});
    static const double corner[] = {0, 4, 8, 20};
    wg_var square = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), corner);
    probe_equal(wg_upsample(square, 3, 3, WG_UPSAMPLE_LINEAR, 1), 9,
                (const double[]){0, 2, 4, 4, 8, 12, 8, 14, 20});
    probe_equal(wg_upsample_by(square, 1, 2, WG_UPSAMPLE_LINEAR, 0), 8,
                (const double[]){0, 1, 3, 4, 8, 11, 17, 20});
    wg_tape_free(t);
}
END_TEST

/* The definition in floating point: coordinate, neighbours, weights. */
static double line(const double *x, int64_t stride, int64_t p, int64_t out, int64_t in, int align) {
    double u = align ? out > 1 ? (double)(p * (in - 1)) / (double)(out - 1) : 0
                     : fmax(0, ((double)p + 0.5) * (double)in / (double)out - 0.5);
    int64_t i = (int64_t)fmin(floor(u + 1e-9), (double)in - 1), j = i + 1 < in ? i + 1 : i;
    return x[i * stride] + (u - (double)i) * (x[j * stride] - x[i * stride]);
}

/* Of images it is the line along the width of the lines along the height; and <g, up x> =
 * <up_grad g, x>. */
static void check_lines(const sizes *s, int align) {
    static double x[ROOM], y[ROOM], g[ROOM], dx[ROOM], column[ROOM];
    int64_t n_x = s->in[0] * s->in[1], n_y = s->out[0] * s->out[1];
    wg_tape *t = wg_tape_new();
    wg_var v = probe_leaf(t, WG_F64, WG_SHAPE(1, s->in[0], s->in[1], 1));
    wg_var up = probe_leaf(t, WG_F64, WG_SHAPE(1, s->out[0], s->out[1], 1));
    probe_read(v, n_x, x);
    probe_read(wg_upsample(v, s->out[0], s->out[1], WG_UPSAMPLE_LINEAR, align), n_y, y);
    probe_read(up, n_y, g);
    probe_read(wg_upsample_grad(up, s->in[0], s->in[1], WG_UPSAMPLE_LINEAR, align), n_x, dx);
    double left = 0, right = 0;
    for (int64_t p = 0; p < s->out[0]; ++p) {
        for (int64_t j = 0; j < s->in[1]; ++j)
            column[j] = line(x + j, s->in[1], p, s->out[0], s->in[0], align);
        for (int64_t q = 0; q < s->out[1]; ++q)
            check_near(y[p * s->out[1] + q], line(column, 1, q, s->out[1], s->in[1], align), 1e-6);
    }
    for (int64_t i = 0; i < n_y; ++i) left += g[i] * y[i];
    for (int64_t i = 0; i < n_x; ++i) right += dx[i] * x[i];
    check_near(left, right, 1e-9);
    wg_tape_free(t);
}

START_TEST(test_lines) {
    const int cases = full_run() ? 2000 : 200;
    for (int i = 0; i < cases; ++i) {
        sizes s = {.n = 1, .in = {draw(1, 9), draw(1, 9)}, .out = {draw(1, 15), draw(1, 15)},
                   .c = 1};
        check_lines(&s, i % 2);
    }
}
END_TEST

/* An infinity does not spoil what it has no weight in. */
START_TEST(test_edges) {
    static const double x[] = {1, INFINITY, 2};
    double y[5];
    wg_tape *t = wg_tape_new();
    probe_read(wg_upsample1d(row(t, 3, x), 5, WG_UPSAMPLE_LINEAR, 1), 5, y);
    ck_assert(y[0] == 1 && isinf(y[1]) && isinf(y[2]) && isinf(y[3]) && y[4] == 2);
    probe_shape(wg_upsample(wg_input(t, WG_F64, WG_SHAPE(0, 2, 2, 3), NULL), 1 << 30, 5,
                            WG_UPSAMPLE_LINEAR, 0),
                WG_SHAPE(0, 1 << 30, 5, 3));
    probe_shape(wg_upsample_by(wg_input(t, WG_F64, WG_SHAPE(2, 2, 2, 0), NULL), 3, 1,
                               WG_UPSAMPLE_NEAREST, 0),
                WG_SHAPE(2, 6, 2, 0));
    wg_tape_free(t);
}
END_TEST

START_TEST(test_errors) {
    wg_tape *t = wg_tape_new();
#define IMAGE wg_input(t, WG_F64, WG_SHAPE(1, 2, 3, 1), NULL)
    probe_fails(wg_upsample(IMAGE, 0, 0, WG_UPSAMPLE_LINEAR, 0), WG_ERR_RANGE,
                "upsample: neither size nor factor is given");
    probe_fails(wg_upsample(IMAGE, 4, 0, WG_UPSAMPLE_LINEAR, 0), WG_ERR_RANGE,
                "upsample: size 0; it lies in [1, 1073741824]");
    probe_fails(wg_upsample_by(IMAGE, 2, -1, WG_UPSAMPLE_LINEAR, 0), WG_ERR_RANGE,
                "upsample: factor -1; it is at least 1");
    probe_fails(wg_upsample_by(IMAGE, 2, INT64_MAX, WG_UPSAMPLE_LINEAR, 0), WG_ERR_MEMORY,
                "too many elements");
    probe_fails(wg_upsample(IMAGE, 4, 4, WG_UPSAMPLE_NEAREST, 1), WG_ERR_RANGE,
                "align_corners is not for mode nearest");
    probe_fails(wg_upsample(IMAGE, 4, 4, (wg_upsample_mode)7, 0), WG_ERR_RANGE,
                "there is no mode 7");
    probe_fails(wg_upsample(row(t, 3, NULL), 4, 4, WG_UPSAMPLE_NEAREST, 0), WG_ERR_SHAPE,
                "upsample: x has shape (1, 3, 1); it has rank 4");
    probe_fails(wg_upsample(wg_input(t, WG_F64, WG_SHAPE(1, 0, 3, 1), NULL), 4, 4,
                            WG_UPSAMPLE_NEAREST, 0),
                WG_ERR_SHAPE, "upsample: an image of 0 pixels along an axis");
    probe_fails(wg_upsample_grad(IMAGE, 0, 2, WG_UPSAMPLE_NEAREST, 0), WG_ERR_SHAPE,
                "upsample_grad: an image of 0 pixels along an axis");
    probe_fails(wg_upsample1d(IMAGE, 4, WG_UPSAMPLE_NEAREST, 0), WG_ERR_SHAPE,
                "upsample1d: x has shape (1, 2, 3, 1); it has rank 3");
    probe_fails(wg_upsample1d(row(t, 3, NULL), -4, WG_UPSAMPLE_NEAREST, 0), WG_ERR_RANGE,
                "upsample1d: size -4; it lies in");
    probe_fails(wg_upsample1d(row(t, 3, NULL), 0, WG_UPSAMPLE_NEAREST, 0), WG_ERR_RANGE,
                "upsample1d: neither size nor factor is given");
    wg_tape_free(t);
}
END_TEST

Suite *suite_upsample(void) {
    Suite *s = suite_create("upsample");
    TCase *c = tcase_create("upsample");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_nearest);
    tcase_add_test(c, test_lines_by_hand);
    tcase_add_test(c, test_lines);
    tcase_add_test(c, test_edges);
    tcase_add_test(c, test_errors);
    suite_add_tcase(s, c);
    return s;
}
