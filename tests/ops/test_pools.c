/* test_pools.c: pools of images and sequences on whole numbers against their definitions, exact to
 * the last bit: any window, stride, padding, ceil, divisor, adaptive size; values and gradients. */
#include "tests/ops/probe.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern Suite *suite_pools(void);

enum { MAX_IN = 7, MAX_SIZE = 6, ROOM = 4096 };
typedef enum { MAX, AVG, L2, N_POOLS } pool;

/* One case.  Index 0 of a pair is height. */
typedef struct shape_of_pool {
    int64_t n, c, in[2], size[2], stride[2], pad[2], out[2];
    int64_t count[2]; /* windows */
    int ceil, adaptive, include_pad;
    int64_t divisor;
} geometry;

static int64_t draw(int64_t lo, int64_t hi) {
    return lo + (int64_t)(probe_random() * (double)(hi - lo + 1));
}

/* ---- the definitions ------------------------------------------------------------------------ */

/* Windows along an axis: those that fit into the padded image; with ceil also one that does not, if
 * the one before left something over and it begins before the far padding. */
static int64_t windows(const geometry *g, int k) {
    int64_t padded = g->in[k] + 2 * g->pad[k], size = g->size[k], stride = g->stride[k], p = 0;
    if (g->adaptive) return g->out[k];
    for (;; ++p) {
        int fits = p * stride + size <= padded;
        int left_over = p > 0 && (p - 1) * stride + size < padded;
        if (!fits && !(g->ceil && left_over && p * stride < g->in[k] + g->pad[k])) return p;
    }
}

/* Whether place i of the padded image, from -pad on, belongs to window p. */
static int inside(const geometry *g, int k, int64_t p, int64_t i) {
    int64_t first = p * g->stride[k] - g->pad[k];
    if (!g->adaptive) return first <= i && i < first + g->size[k];
    return (i + 1) * g->out[k] > p * g->in[k] && i * g->out[k] < (p + 1) * g->in[k];
}

/* What an average over window p divides by along axis k. */
static int64_t places(const geometry *g, int k, int64_t p) {
    int64_t margin = g->include_pad ? g->pad[k] : 0, n = 0;
    for (int64_t i = -margin; i < g->in[k] + margin; ++i) n += inside(g, k, p, i);
    return n;
}

/* Window (p, q) of image n and channel c: y, and up to it into dx. */
static double one_window(const geometry *g, pool kind, const double *x, int64_t p, int64_t q,
                         double up, double *dx, int f32) {
    double best = 0, sum = 0, squares = 0;
    double d = (double)(g->divisor ? g->divisor : places(g, 0, p) * places(g, 1, q));
    int64_t winner = -1;
    for (int pass = 0; pass < 2; ++pass)
        for (int64_t i = 0; i < g->in[0]; ++i)
            for (int64_t j = 0; j < g->in[1]; ++j) {
                int64_t at = (i * g->in[1] + j) * g->c;
                if (!inside(g, 0, p, i) || !inside(g, 1, q, j)) continue;
                if (pass == 0) {
                    if (winner < 0 || x[at] > best) best = x[at], winner = at;
                    sum += x[at];
                    squares += x[at] * x[at];
                } else if (kind == AVG || (kind == MAX && at == winner)) {
                    dx[at] += kind == AVG ? up / d : up;
                } else if (kind == L2 && squares > 0) {
                    dx[at] += up * (x[at] / sqrt(squares));
                }
            }
    if (kind == AVG) return f32 ? (double)((float)sum / (float)d) : sum / d;
    return kind == MAX ? best : f32 ? (double)(float)sqrt(squares) : sqrt(squares);
}

static void define(const geometry *g, pool kind, const double *x, const double *up, double *y,
                   double *dx, int f32) {
    int64_t size = g->in[0] * g->in[1] * g->c, at = 0;
    memset(dx, 0, (size_t)(g->n * size) * sizeof *dx);
    for (int64_t n = 0; n < g->n; ++n)
        for (int64_t p = 0; p < g->count[0]; ++p)
            for (int64_t q = 0; q < g->count[1]; ++q)
                for (int64_t c = 0; c < g->c; ++c, ++at)
                    y[at] = one_window(g, kind, x + n * size + c, p, q, up[at], dx + n * size + c,
                                       f32);
}

/* ---- the gates ------------------------------------------------------------------------------ */

static wg_var image_pool(const geometry *g, pool kind, wg_var x) {
    wg_pool2d_options o = {.ceil = g->ceil, .include_pad = g->include_pad, .divisor = g->divisor};
    for (int k = 0; k < 2; ++k) {
        o.window[k] = g->adaptive ? 0 : g->size[k];
        o.stride[k] = g->adaptive ? 0 : g->stride[k];
        o.pad[k] = g->pad[k];
        o.out[k] = g->adaptive ? g->out[k] : 0;
    }
    if (g->adaptive && !g->divisor && kind == MAX)
        return wg_adaptive_max_pool2d(x, g->out[0], g->out[1]);
    if (g->adaptive && !g->divisor && kind == AVG)
        return wg_adaptive_avg_pool2d(x, g->out[0], g->out[1]);
    return kind == MAX ? wg_max_pool2d(x, &o) : kind == AVG ? wg_avg_pool2d(x, &o)
                                                            : wg_l2_pool2d(x, &o);
}

/* The same of sequences, for images of one row. */
static wg_var sequence_pool(const geometry *g, pool kind, wg_var x) {
    wg_pool1d_options o = {.window = g->size[1], .stride = g->stride[1], .pad = g->pad[1],
                           .ceil = g->ceil, .include_pad = g->include_pad, .divisor = g->divisor};
    if (g->adaptive && kind == MAX) return wg_adaptive_max_pool1d(x, g->out[1]);
    if (g->adaptive) return wg_adaptive_avg_pool1d(x, g->out[1]);
    return kind == MAX ? wg_max_pool1d(x, &o) : kind == AVG ? wg_avg_pool1d(x, &o)
                                                            : wg_l2_pool1d(x, &o);
}

static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape shape, const double *x) {
    float f[ROOM];
    int64_t n = wg_shape_size(shape);
    for (int64_t i = 0; i < n; ++i) f[i] = (float)x[i];
    return wg_input(t, dtype, shape, dtype == WG_F32 ? (const void *)f : (const void *)x);
}

static void expect(const geometry *g, const char *what, pool kind, const double *have,
                   const double *want, int64_t n, double tol) {
    for (int64_t i = 0; i < n; ++i)
        if (!(fabs(have[i] - want[i]) <= tol))
            ck_abort_msg("%s of pool %d, x (%d, %d, %d, %d), size %d %d stride %d %d pad %d %d out "
                         "%d %d ceil %d adaptive %d: [%d] is %.17g, not %.17g",
                         what, (int)kind, (int)g->n, (int)g->in[0], (int)g->in[1], (int)g->c,
                         (int)g->size[0], (int)g->size[1], (int)g->stride[0], (int)g->stride[1],
                         (int)g->pad[0], (int)g->pad[1], (int)g->out[0], (int)g->out[1], g->ceil,
                         g->adaptive, (int)i, have[i], want[i]);
}

/* Value and gradient.  Cotangents are multiples of 3600, so that every count divides them. */
static void compare(const geometry *g, pool kind, wg_dtype dtype, int sequence) {
    static double x[ROOM], up[ROOM], y[ROOM], dx[ROOM], have[ROOM];
    int64_t in = g->n * g->in[0] * g->in[1] * g->c, out = g->n * g->count[0] * g->count[1] * g->c;
    wg_shape s = {4, {g->n, g->in[0], g->in[1], g->c}};
    wg_shape s_y = {4, {g->n, g->count[0], g->count[1], g->c}};
    if (sequence) {
        s = WG_SHAPE(g->n, g->in[1], g->c);
        s_y = WG_SHAPE(g->n, g->count[1], g->c);
    }
    ck_assert(in <= ROOM && out <= ROOM);
    for (int64_t i = 0; i < in; ++i) x[i] = (double)draw(-3, 3);
    for (int64_t i = 0; i < out; ++i) up[i] = 3600 * (double)draw(-4, 4);
    define(g, kind, x, up, y, dx, dtype == WG_F32);
    wg_tape *t = wg_tape_new();
    wg_var v = leaf(t, dtype, s, x), pooled = sequence ? sequence_pool(g, kind, v)
                                                       : image_pool(g, kind, v);
    probe_shape(pooled, s_y);
    probe_read(pooled, out, have);
    expect(g, "value", kind, have, y, out, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(pooled, leaf(t, dtype, s_y, up)))), WG_OK);
    probe_read(wg_grad(v), in, have);
    expect(g, "gradient", kind, have, dx, in, kind != L2 ? 0 : dtype == WG_F32 ? 0.1 : 1e-9);
    wg_tape_free(t);
}

/* ---- random cases --------------------------------------------------------------------------- */

static geometry draw_geometry(int sequence) {
    geometry g = {.n = draw(0, 3), .c = draw(0, 4), .ceil = (int)draw(0, 1)};
    g.include_pad = (int)draw(0, 1);
    g.divisor = draw(0, 3) ? 0 : draw(1, 6);
    g.adaptive = draw(0, 3) == 0;
    for (int k = 0; k < 2; ++k) {
        int flat = sequence && k == 0; /* one row, whatever the window */
        g.in[k] = flat ? 1 : draw(1, g.adaptive ? MAX_SIZE : MAX_IN);
        g.size[k] = flat ? 1 : draw(1, MAX_SIZE);
        g.stride[k] = flat ? 1 : draw(1, 4);
        g.pad[k] = flat ? 0 : draw(0, g.size[k] - 1);
        g.out[k] = flat ? 1 : draw(1, 8);
        if (g.in[k] + 2 * g.pad[k] < g.size[k]) g.in[k] = g.size[k];
    }
    if (g.adaptive) {
        memset(g.pad, 0, sizeof g.pad);
        g.ceil = g.include_pad = 0;
    }
    for (int k = 0; k < 2; ++k) g.count[k] = windows(&g, k);
    return g;
}

START_TEST(test_random) {
    const int cases = full_run() ? 3000 : 200;
    for (int i = 0; i < cases; ++i) {
        int sequence = i % 3 == 0;
        geometry g = draw_geometry(sequence);
        pool kind = (pool)(i / 3 % N_POOLS);
        if (kind != AVG) g.include_pad = 0, g.divisor = 0;
        if (sequence && g.adaptive) g.divisor = 0;
        if (sequence && g.adaptive && kind == L2) kind = AVG;
        use_threads(1 + i % 2);
        compare(&g, kind, i % 5 ? WG_F64 : WG_F32, sequence);
    }
    use_threads(1);
}
END_TEST

/* ---- edges ---------------------------------------------------------------------------------- */

static wg_var row(wg_tape *t, int64_t n, const double *x) {
    return wg_input(t, WG_F64, WG_SHAPE(1, n, 1), x);
}

/* A window larger than the image, which padding makes room for; a last window that ceil would add
 * but for its beginning in the padding; what the average counts. */
START_TEST(test_padding) {
    static const double x[] = {3, 5, 1}, sums[] = {8, 9, 6};
    wg_tape *t = wg_tape_new();
    wg_var v = row(t, 3, x);
    wg_pool1d_options o = {.window = 3, .stride = 1, .pad = 1, .divisor = 1};
    probe_equal(wg_avg_pool1d(v, &o), 3, sums);
    o.divisor = 0;
    probe_equal(wg_avg_pool1d(v, &o), 3, (const double[]){4, 3, 3});
    o.include_pad = 1;
    probe_equal(wg_avg_pool1d(v, &o), 3, (const double[]){8 / 3.0, 3, 2});
    o = (wg_pool1d_options){.window = 5, .stride = 2, .pad = 4};
    probe_equal(wg_max_pool1d(v, &o), 4, (const double[]){3, 5, 5, 1});
    /* 3 + 2 places, windows of 2 at 0, 2 and, cut off, at 4: that one would hold padding alone */
    o = (wg_pool1d_options){.window = 2, .stride = 2, .pad = 1, .ceil = 1};
    probe_equal(wg_max_pool1d(v, &o), 2, (const double[]){3, 5});
    /* 3 + 2 places, windows of 3 at 0 and, cut off, at 3: two places of the image and one padding
     * count, and nothing beyond it */
    o = (wg_pool1d_options){.window = 3, .stride = 3, .pad = 1, .ceil = 1, .include_pad = 1};
    probe_equal(wg_avg_pool1d(v, &o), 2, (const double[]){8 / 3.0, 0.5});
    wg_tape_free(t);
}
END_TEST

/* Windows of 5 elements in 3, and of 2 in 3: neighbours share elements, or are the same one. */
START_TEST(test_adaptive) {
    static const double x[] = {1, 2, 4, 8, 16}, y[] = {3, 1, 2};
    wg_tape *t = wg_tape_new();
    probe_equal(wg_adaptive_max_pool1d(row(t, 5, x), 3), 3, (const double[]){2, 8, 16});
    probe_equal(wg_adaptive_avg_pool1d(row(t, 5, x), 3), 3, (const double[]){1.5, 14 / 3.0, 12});
    probe_equal(wg_adaptive_max_pool1d(row(t, 2, x), 3), 3, (const double[]){1, 2, 2});
    probe_equal(wg_adaptive_avg_pool1d(row(t, 3, y), 1), 1, (const double[]){2});
    wg_tape_free(t);
}
END_TEST

/* The root of a window: 0 with derivative 0, huge, tiny, infinite, NaN. */
START_TEST(test_l2_edges) {
    static const double x[] = {3, 4, 0, -0.0, 3e300, -4e300, 3e-300, 4e-300, 1, INFINITY, 1, NAN};
    double y[6], d[12];
    wg_tape *t = wg_tape_new();
    wg_var v = row(t, 12, x), pooled = wg_l2_pool1d(v, NULL);
    probe_read(pooled, 6, y);
    check_near(y[0], 5, 0);
    check_near(y[1], 0, 0);
    check_near(y[2] / 5e300, 1, 1e-15);
    check_near(y[3] / 5e-300, 1, 1e-15);
    ck_assert(isinf(y[4]) && y[4] > 0 && isnan(y[5]));
    ck_assert_int_eq(wg_backward(wg_sum(wg_slice(pooled, 1, 0, 4, 1))), WG_OK);
    probe_read(wg_grad(v), 12, d);
    static const double want[] = {0.6, 0.8, 0, 0, 0.6, -0.8, 0.6, 0.8};
    for (int i = 0; i < 8; ++i) check_near(d[i], want[i], 1e-15);
    wg_tape_free(t);
    static const float small[] = {3e-44f, 4e-44f, 3e30f, 4e30f};
    float f[4];
    t = wg_tape_new();
    v = wg_input(t, WG_F32, WG_SHAPE(1, 4, 1), small);
    ck_assert_int_eq(wg_backward(wg_sum(wg_l2_pool1d(v, NULL))), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(v), f, sizeof f), WG_OK);
    check_near(f[0], 0.6, 0.05); /* the smallest numbers have few digits */
    check_near(f[1], 0.8, 0.05);
    check_near(f[2], 0.6, 1e-6);
    check_near(f[3], 0.8, 1e-6);
    wg_tape_free(t);
}
END_TEST

/* The second derivative of a window that is all 0 is 0 too, by the recorded rule. */
START_TEST(test_l2_twice) {
    static const double x[] = {0, 0, 3, 4};
    wg_tape *t = wg_tape_new();
    wg_var v = row(t, 4, x), g, h;
    ck_assert_int_eq(wg_gradients(wg_sum(wg_l2_pool1d(v, NULL)), 1, &v, &g), WG_OK);
    probe_equal(g, 4, (const double[]){0, 0, 0.6, 0.8});
    wg_var weights = wg_const(t, WG_F64, WG_SHAPE(1, 4, 1), (const double[]){1, 1, 1, 0});
    ck_assert_int_eq(wg_gradients(wg_sum(wg_mul(g, weights)), 1, &v, &h), WG_OK);
    double have[4];
    probe_read(h, 4, have); /* of x/|x|: (1 - x^2/y^2)/y and -x z/y^3 */
    static const double want[] = {0, 0, 16 / 125.0, -12 / 125.0};
    for (int i = 0; i < 4; ++i) check_near(have[i], want[i], 1e-15);
    wg_tape_free(t);
}
END_TEST

/* ---- over all places ------------------------------------------------------------------------ */

START_TEST(test_global) {
    static const double x[] = {1, 5, 3, 5, 3, -2, 0, 7}; /* (2, 2, 2) */
    wg_tape *t = wg_tape_new();
    wg_var v = wg_input(t, WG_F64, WG_SHAPE(2, 2, 2), x), m = wg_global_max_pool(v);
    probe_shape(m, WG_SHAPE(2, 2));
    probe_equal(m, 4, (const double[]){3, 5, 3, 7});
    probe_equal(wg_global_avg_pool(v), 4, (const double[]){2, 5, 1.5, 2.5});
    ck_assert_int_eq(wg_backward(wg_sum(m)), WG_OK);
    probe_equal(wg_grad(v), 8, (const double[]){0, 0.5, 1, 0.5, 1, 0, 0, 1}); /* a tie is shared */
    probe_equal(wg_global_max_pool(wg_reshape(v, WG_SHAPE(2, 4))), 8, x);
    probe_equal(wg_global_avg_pool(wg_reshape(v, WG_SHAPE(2, 4))), 8, x);
    wg_var none = wg_input(t, WG_F64, WG_SHAPE(2, 0, 3), NULL);
    probe_equal(wg_global_avg_pool(none), 6, (const double[]){NAN, NAN, NAN, NAN, NAN, NAN});
    probe_shape(wg_global_max_pool(wg_input(t, WG_F64, WG_SHAPE(0, 0, 3), NULL)), WG_SHAPE(0, 3));
    probe_fails(wg_global_max_pool(none), WG_ERR_VALUE, "global_max_pool: of no places: the shape");
    wg_var vector = wg_input(t, WG_F64, WG_SHAPE(3), x);
    probe_fails(wg_global_max_pool(vector), WG_ERR_SHAPE, "x has shape (3); it is (N, ..., C)");
    vector = wg_input(t, WG_F64, WG_SHAPE(3), x);
    probe_fails(wg_global_avg_pool(vector), WG_ERR_SHAPE, "global_avg_pool: x has shape (3)");
    wg_tape_free(t);
}
END_TEST

/* ---- errors --------------------------------------------------------------------------------- */

START_TEST(test_errors) {
    static const struct {
        const char *part;
        wg_status status;
        wg_pool2d_options o;
    } rows[] = {
        {"pool2d: out -1 of 4 pixels", WG_ERR_RANGE, {.out = {-1, 2}}},
        {"out 2 gives the windows, beside stride 0, pad 1, ceil 0", WG_ERR_RANGE,
         {.out = {2, 2}, .pad = {1, 0}}},
        {"out 3 gives the windows, beside stride 1, pad 0, ceil 0", WG_ERR_RANGE,
         {.out = {3, 2}, .stride = {1, 1}}},
        {"pad 0, ceil 1, exact 0, include_pad 0; these are 0 then", WG_ERR_RANGE,
         {.out = {2, 2}, .ceil = 1}},
        {"divisor -3; it is not negative", WG_ERR_RANGE, {.divisor = -3}},
        {"the window does not fit: 4 - 9 + 2*2 = -1", WG_ERR_SHAPE,
         {.window = {9, 9}, .pad = {2, 2}}},
    };
    wg_tape *t = wg_tape_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4, 5, 1), NULL);
        probe_fails(wg_avg_pool2d(x, &rows[i].o), rows[i].status, rows[i].part);
        x = wg_input(t, WG_F64, WG_SHAPE(1, 4, 5, 1), NULL);
        probe_fails(wg_l2_pool2d(x, &rows[i].o), rows[i].status, rows[i].part);
    }
    wg_pool1d_options o = {.window = 3, .pad = 3};
    probe_fails(wg_max_pool1d(row(t, 4, NULL), &o), WG_ERR_RANGE,
                "max_pool1d: pad 3; it is less than the size of the window, 3");
    o = (wg_pool1d_options){.window = 3, .stride = 2, .exact = 1};
    probe_fails(wg_avg_pool1d(row(t, 4, NULL), &o), WG_ERR_SHAPE,
                "avg_pool1d: the stride does not fit: (4 - 3 + 2*0)/2 + 1 = 1.50");
    probe_fails(wg_l2_pool1d(wg_input(t, WG_F64, WG_SHAPE(2, 2), NULL), NULL), WG_ERR_SHAPE,
                "l2_pool1d: x has shape (2, 2); it has rank 3");
    probe_fails(wg_max_pool1d(row(t, 0, NULL), NULL), WG_ERR_SHAPE, "an image of 0 pixels");
    probe_fails(wg_adaptive_avg_pool1d(row(t, 4, NULL), 0), WG_ERR_RANGE,
                "adaptive_avg_pool1d: out 0; it is at least 1");
    probe_fails(wg_adaptive_max_pool2d(wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), NULL), 3, 0),
                WG_ERR_RANGE, "adaptive_max_pool2d: out 3 x 0; both are at least 1");
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4, 4, 1), NULL);
    wg_var y = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), NULL);
    probe_fails(wg_l2_pool2d_grad(x, x, y, NULL), WG_ERR_SHAPE,
                "l2_pool2d_grad: g has shape (1, 4, 4, 1); with this geometry it is (1, 2, 2, 1)");
    wg_tape_free(t);
}
END_TEST

Suite *suite_pools(void) {
    Suite *s = suite_create("pools");
    TCase *c = tcase_create("pools");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_random);
    tcase_add_test(c, test_padding);
    tcase_add_test(c, test_adaptive);
    tcase_add_test(c, test_l2_edges);
    tcase_add_test(c, test_l2_twice);
    tcase_add_test(c, test_global);
    tcase_add_test(c, test_errors);
    suite_add_tcase(s, c);
    return s;
}
