/* test_conv.c: convolution and pooling against the loops that define them; geometry; errors. */
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_ops_conv(void);
extern const wg_gate wg_gate_conv2d, wg_gate_conv2d_grad_input, wg_gate_conv2d_grad_weight,
    wg_gate_max_pool2d, wg_gate_avg_pool2d, wg_gate_max_pool2d_grad, wg_gate_max_pool2d_pick,
    wg_gate_avg_pool2d_grad;

enum { LARGEST = 8192 };

static double number(int64_t i) { return sin(78.233 * (double)(i + 1)); }

static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape s, int64_t seed) {
    static double d[LARGEST];
    static float f[LARGEST];
    int64_t n = wg_shape_size(s);
    ck_assert_int_le(n, LARGEST);
    for (int64_t i = 0; i < n; ++i) f[i] = (float)(d[i] = (double)(float)number(i + seed));
    return wg_input(t, dtype, s, dtype == WG_F32 ? (const void *)f : (const void *)d);
}

static void numbers(wg_var v, double *x) {
    static float f[LARGEST];
    int64_t n = wg_shape_size(wg_shape_of(v));
    ck_assert_msg(n >= 0 && n <= LARGEST, "%s", wg_tape_message(v.tape));
    if (wg_dtype_of(v) == WG_F64) {
        ck_assert_int_eq(wg_read(v, x, (size_t)n * sizeof *x), WG_OK);
        return;
    }
    ck_assert_int_eq(wg_read(v, f, (size_t)n * sizeof *f), WG_OK);
    for (int64_t i = 0; i < n; ++i) x[i] = (double)f[i];
}

static const wg_dtype floats[] = {WG_F32, WG_F64};

/* ---- convolution ---------------------------------------------------------------------------- */

typedef struct conv_case {
    int64_t x[4], w[4];
    int bias;
    wg_conv2d_options o;
    int64_t out[2];
} conv_case;

static const conv_case cases[] = {
    {{2, 5, 6, 3}, {4, 3, 3, 3}, 1, {.pad = {1, 1}}, {5, 6}},
    {{1, 7, 7, 2}, {3, 3, 3, 2}, 0, {.stride = {3}}, {2, 2}}, /* does not fit: the floor */
    {{2, 6, 5, 4}, {6, 2, 3, 2}, 1, {.stride = {2, 1}, .pad = {0, 1}, .groups = 2}, {3, 5}},
    {{1, 8, 9, 1}, {2, 3, 2, 1}, 0, {.dilation = {2, 3}}, {4, 6}},
    {{1, 4, 4, 4}, {4, 3, 3, 1}, 1, {.pad = {1, 1}, .groups = 4}, {4, 4}}, /* one a channel */
    {{3, 1, 1, 5}, {2, 1, 1, 5}, 1, {.size = sizeof(wg_conv2d_options)}, {1, 1}},
    {{1, 2, 2, 1}, {1, 5, 5, 1}, 0, {.pad = {2, 2}}, {2, 2}}, /* larger than the image */
};

/* The sum for one element of y at (n, p, q, o); sizes and steps with their defaults resolved. */
static double conv_at(const conv_case *c, const double *x, const double *w, const int64_t at[4]) {
    int64_t sh = c->o.stride[0] ? c->o.stride[0] : 1, sw = c->o.stride[1] ? c->o.stride[1] : sh;
    int64_t dh = c->o.dilation[0] ? c->o.dilation[0] : 1;
    int64_t dw = c->o.dilation[1] ? c->o.dilation[1] : dh;
    int64_t groups = c->o.groups ? c->o.groups : 1, first = at[3] / (c->w[0] / groups) * c->w[3];
    double sum = 0;
    for (int64_t u = 0; u < c->w[1]; ++u)
        for (int64_t v = 0; v < c->w[2]; ++v) {
            int64_t h = at[1] * sh + u * dh - c->o.pad[0], k = at[2] * sw + v * dw - c->o.pad[1];
            if (h < 0 || h >= c->x[1] || k < 0 || k >= c->x[2]) continue;
            const double *pixel = x + ((at[0] * c->x[1] + h) * c->x[2] + k) * c->x[3] + first;
            const double *tap = w + ((at[3] * c->w[1] + u) * c->w[2] + v) * c->w[3];
            for (int64_t j = 0; j < c->w[3]; ++j) sum += pixel[j] * tap[j];
        }
    return sum;
}

static wg_shape shape4(const int64_t *d) { return WG_SHAPE(d[0], d[1], d[2], d[3]); }

START_TEST(test_conv_values) {
    static double x[LARGEST], w[LARGEST], b[16], y[LARGEST];
    const conv_case *c = &cases[_i / 2];
    wg_dtype dtype = floats[_i % 2];
    wg_tape *t = wg_tape_new();
    wg_var vx = leaf(t, dtype, shape4(c->x), 1), vw = leaf(t, dtype, shape4(c->w), 2);
    wg_var vb = c->bias ? leaf(t, dtype, WG_SHAPE(c->w[0]), 3) : WG_NONE;
    wg_var vy = wg_conv2d(vx, vw, vb, &c->o);
    ck_assert_msg(vy.index, "%s", wg_tape_message(t));
    wg_shape s = wg_shape_of(vy);
    ck_assert_int_eq(s.dim[1], c->out[0]);
    ck_assert_int_eq(s.dim[2], c->out[1]);
    numbers(vx, x), numbers(vw, w), numbers(vy, y);
    if (c->bias) numbers(vb, b);
    for (int64_t i = 0; i < wg_shape_size(s); ++i) {
        int64_t at[4] = {i / (s.dim[1] * s.dim[2] * s.dim[3]), i / (s.dim[2] * s.dim[3]) % s.dim[1],
                         i / s.dim[3] % s.dim[2], i % s.dim[3]};
        check_near(y[i], conv_at(c, x, w, at) + (c->bias ? b[at[3]] : 0),
                   dtype == WG_F32 ? 2e-5 : 1e-12);
    }
    wg_tape_free(t);
}
END_TEST

/* Ten 5x5 filters over 3 channels: 760 parameters, 32x32x3 with padding 2 to 32x32x10. */
START_TEST(test_course_figures) {
    wg_tape *t = wg_tape_new();
    wg_conv2d_options o = {.pad = {2, 2}};
    wg_var w = leaf(t, WG_F32, WG_SHAPE(10, 5, 5, 3), 1), b = leaf(t, WG_F32, WG_SHAPE(10), 2);
    ck_assert_int_eq(wg_shape_size(wg_shape_of(w)) + wg_shape_size(wg_shape_of(b)), 760);
    wg_shape s = wg_shape_of(wg_conv2d(leaf(t, WG_F32, WG_SHAPE(1, 32, 32, 3), 3), w, b, &o));
    ck_assert_int_eq(s.dim[1], 32);
    ck_assert_int_eq(s.dim[2], 32);
    ck_assert_int_eq(s.dim[3], 10);
    wg_tape_free(t);
}
END_TEST

/* A kernel that is a view: HWIO weights permuted to OHWI give what dense ones give. */
START_TEST(test_conv_views) {
    static double a[LARGEST], b[LARGEST];
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_F64, WG_SHAPE(2, 3, 5, 5), 1);
    wg_var w = leaf(t, WG_F64, WG_SHAPE(3, 3, 3, 2), 2);
    wg_var last = wg_permute(x, WG_AXES(0, 2, 3, 1)), ohwi = wg_permute(w, WG_AXES(3, 0, 1, 2));
    int64_t n = wg_shape_size(wg_shape_of(x)), m = wg_shape_size(wg_shape_of(w));
    numbers(last, a), numbers(ohwi, b);
    wg_var dx = wg_input(t, WG_F64, wg_shape_of(last), a);
    wg_var dw = wg_input(t, WG_F64, wg_shape_of(ohwi), b);
    wg_var y = wg_conv2d(last, ohwi, WG_NONE, NULL), z = wg_conv2d(dx, dw, WG_NONE, NULL);
    int64_t k = wg_shape_size(wg_shape_of(y));
    numbers(y, a), numbers(z, b);
    for (int64_t i = 0; i < k; ++i) check_near(a[i], b[i], 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_add(wg_mul(y, y), wg_mul(z, z)))), WG_OK);
    numbers(wg_permute(wg_grad(x), WG_AXES(0, 2, 3, 1)), a), numbers(wg_grad(dx), b);
    for (int64_t i = 0; i < n; ++i) check_near(a[i], b[i], 1e-12);
    numbers(wg_permute(wg_grad(w), WG_AXES(3, 0, 1, 2)), a), numbers(wg_grad(dw), b);
    for (int64_t i = 0; i < m; ++i) check_near(a[i], b[i], 1e-12);
    wg_tape_free(t);
}
END_TEST

/* The options as the gate keeps them. */
struct conv_attrs {
    int64_t stride[2], pad[2], dilation[2], groups;
    int exact;
    int64_t size[2];
};

START_TEST(test_conv_gradients) {
    static const struct conv_attrs plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}},
                                   floor_ = {{3, 2}, {1, 0}, {1, 1}, 1, 0, {0, 0}},
                                   deep = {{1, 1}, {1, 1}, {2, 1}, 2, 0, {0, 0}};
    static const wg_sample samples[] = {
        {.shapes = "1,1,1,1|1,1,1,1|1", .attrs = &plain},
        {.shapes = "0,3,3,2|2,2,2,2|2", .attrs = &plain},
        {.shapes = "1,3,3,0|2,2,2,0|2", .attrs = &plain},
        {.shapes = "1,3,3,2|0,2,2,2|0", .attrs = &plain},
        {.shapes = "2,6,5,1|2,2,2,1|-", .attrs = &floor_},
        {.shapes = "1,4,3,2|4,2,2,1|4", .attrs = &deep},
        {.shapes = NULL},
    };
    hold_samples(&wg_gate_conv2d, samples);
}
END_TEST

/* The transposes where a stride does not fit: the size of the input or kernel is what is asked. */
START_TEST(test_conv_transposes) {
    static const struct conv_attrs five = {{2, 2}, {0, 0}, {1, 1}, 1, 0, {5, 6}},
                                   kernel = {{2, 2}, {0, 0}, {1, 1}, 1, 0, {2, 3}};
    static const wg_sample input[] = {{.shapes = "1,2,2,2|2,2,3,1", .attrs = &five},
                                      {.shapes = NULL}};
    static const wg_sample weight[] = {{.shapes = "1,5,6,1|1,2,2,2", .attrs = &kernel},
                                       {.shapes = NULL}};
    hold_samples(&wg_gate_conv2d_grad_input, input);
    hold_samples(&wg_gate_conv2d_grad_weight, weight);
}
END_TEST

/* A larger struct of a later version, a shorter one, and none. */
START_TEST(test_options) {
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_F64, WG_SHAPE(1, 7, 7, 1), 1);
    wg_var w = leaf(t, WG_F64, WG_SHAPE(1, 3, 3, 1), 2);
    struct {
        wg_conv2d_options o;
        int64_t later;
    } longer = {{.size = sizeof longer, .stride = {2}}, 5};
    wg_shape s = wg_shape_of(wg_conv2d(x, w, WG_NONE, &longer.o));
    ck_assert_int_eq(s.dim[1], 3);
    ck_assert_int_eq(s.dim[2], 3); /* the width's stride is the height's */
    wg_conv2d_options cut = {.size = offsetof(wg_conv2d_options, pad), .stride = {2}, .pad = {9}};
    s = wg_shape_of(wg_conv2d(x, w, WG_NONE, &cut));
    ck_assert_int_eq(s.dim[1], 3); /* what lies past the size is not read */
    s = wg_shape_of(wg_conv2d(x, w, WG_NONE, NULL));
    ck_assert_int_eq(s.dim[1], 5);
    wg_tape_free(t);
}
END_TEST

static wg_var conv(wg_tape *t, const int64_t *x, const int64_t *w, const wg_conv2d_options *o) {
    return wg_conv2d(wg_input(t, WG_F32, shape4(x), NULL), wg_input(t, WG_F32, shape4(w), NULL),
                     WG_NONE, o);
}

START_TEST(test_conv_errors) {
    static const int64_t x[] = {1, 7, 7, 2}, w[] = {4, 3, 3, 2}, wide[] = {4, 3, 9, 2},
                         other[] = {4, 3, 3, 3}, odd[] = {3, 3, 3, 1}, none[] = {4, 0, 3, 2};
    wg_tape *t = wg_tape_new();
    wg_conv2d_options o = {.stride = {3, 3}, .exact = 1};
    check_refused(conv(t, x, w, &o), WG_ERR_SHAPE,
                  "conv2d: the stride does not fit: (7 - 3 + 2*0)/3 + 1 = 2.33");
    o = (wg_conv2d_options){.stride = {2, 2}, .exact = 1};
    ck_assert_int_eq(wg_shape_of(conv(t, x, w, &o)).dim[1], 3);
    check_refused(conv(t, x, wide, NULL), WG_ERR_SHAPE,
                  "the window does not fit: 7 - 9 + 2*0 = -2");
    check_refused(conv(t, x, other, NULL), WG_ERR_SHAPE, "2 channels in 1 groups");
    o = (wg_conv2d_options){.groups = 2};
    check_refused(conv(t, x, odd, &o), WG_ERR_SHAPE, "2 channels in 2 groups");
    check_refused(conv(t, x, none, NULL), WG_ERR_SHAPE, "the kernel has 0 elements");
    o = (wg_conv2d_options){.stride = {-1, 1}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "stride -1; it is at least 1");
    o = (wg_conv2d_options){.pad = {0, -2}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "pad -2; it is at least 0");
    o = (wg_conv2d_options){.dilation = {-1, 1}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "dilation -1; it is at least 1");
    o = (wg_conv2d_options){.groups = -2};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "groups -2; it is at least 1");
    o = (wg_conv2d_options){.pad = {INT64_MAX, INT64_MAX}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "pad 9223372036854775807");
    wg_tape_free(t);
}
END_TEST

START_TEST(test_conv_operands) {
    wg_tape *t = wg_tape_new();
    wg_var x = leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 2), 1);
    check_refused(wg_conv2d(wg_reshape(x, WG_SHAPE(4, 4, 2)), x, WG_NONE, NULL), WG_ERR_SHAPE,
                  "x has shape (4, 4, 2); it has rank 4");
    x = leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 2), 1);
    wg_var w = leaf(t, WG_F64, WG_SHAPE(3, 2, 2, 2), 2), b = leaf(t, WG_F64, WG_SHAPE(2), 3);
    check_refused(wg_conv2d(x, w, b, NULL), WG_ERR_SHAPE, "b has shape (2); it is (3)");
    wg_var g = leaf(t, WG_F64, WG_SHAPE(1, 3, 3, 2), 1);
    w = leaf(t, WG_F64, WG_SHAPE(3, 2, 2, 2), 2);
    check_refused(wg_conv2d_grad_input(g, w, 4, 4, NULL), WG_ERR_SHAPE,
                  "g has shape (1, 3, 3, 2); with this geometry it is (1, 3, 3, 3)");
    x = leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 2), 1);
    g = leaf(t, WG_F64, WG_SHAPE(1, 3, 3, 2), 1);
    check_refused(wg_conv2d_grad_weight(x, g, 3, 2, NULL), WG_ERR_SHAPE,
                  "with this geometry it is (1, 2, 3, 2)");
    wg_tape_free(t);
}
END_TEST

/* ---- pools ---------------------------------------------------------------------------------- */

START_TEST(test_pool_values) {
    static const double image[] = {1, 2, 5, 0, 3, 4, 1, 1, -1, 0, 9, 7, -3, -2, 8, 6};
    static const double largest[] = {4, 5, 0, 9}, mean[] = {2.5, 1.75, -1.5, 7.5};
    double y[4];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, floats[1], WG_SHAPE(1, 4, 4, 1), image);
    numbers(wg_max_pool2d(x, NULL), y);
    for (int i = 0; i < 4; ++i) check_near(y[i], largest[i], 0);
    numbers(wg_avg_pool2d(x, NULL), y);
    for (int i = 0; i < 4; ++i) check_near(y[i], mean[i], 0);
    wg_tape_free(t);
}
END_TEST

/* 5 pixels, windows of 2: two, or with ceil three, the last cut off. */
START_TEST(test_pool_geometry) {
    static const double row[] = {1, 2, 3, 4, 10};
    double y[5];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 1, 5, 1), row);
    wg_pool2d_options o = {.window = {1, 2}};
    wg_var v = wg_max_pool2d(x, &o);
    ck_assert_int_eq(wg_shape_of(v).dim[2], 2);
    o.ceil = 1;
    v = wg_avg_pool2d(x, &o);
    ck_assert_int_eq(wg_shape_of(v).dim[2], 3);
    numbers(v, y);
    check_near(y[1], 3.5, 0);
    check_near(y[2], 10, 0); /* the mean of the one element there is */
    o = (wg_pool2d_options){.window = {1, 2}, .stride = {1, 2}, .pad = {0, 1}, .ceil = 1};
    v = wg_max_pool2d(x, &o);
    ck_assert_int_eq(wg_shape_of(v).dim[2], 3);
    numbers(v, y);
    check_near(y[0], 1, 0); /* padding is no element */
    check_near(y[1], 3, 0);
    check_near(y[2], 10, 0);
    o = (wg_pool2d_options){.window = {1, 2}, .exact = 1};
    check_refused(wg_max_pool2d(x, &o), WG_ERR_SHAPE,
                  "max_pool2d: the stride does not fit: (5 - 2 + 2*0)/2 + 1 = 2.50");
    wg_tape_free(t);
}
END_TEST

/* Equal elements: the first one gets the gradient.  A NaN wins and is passed on. */
START_TEST(test_pool_ties) {
    static const double image[] = {1, 7, 7, 7};
    double d[4], with_nan[] = {1, NAN, 9, 2};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), image);
    ck_assert_int_eq(wg_backward(wg_max_pool2d(x, NULL)), WG_OK);
    numbers(wg_grad(x), d);
    check_near(d[0], 0, 0);
    check_near(d[1], 1, 0);
    check_near(d[2], 0, 0);
    check_near(d[3], 0, 0);
    x = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), with_nan);
    wg_var y = wg_max_pool2d(x, NULL);
    ck_assert(isnan(wg_item(y)));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    numbers(wg_grad(x), d);
    check_near(d[1], 1, 0);
    check_near(d[2], 0, 0);
    wg_tape_free(t);
}
END_TEST

static uint64_t pool_signature(const double *image) {
    struct {
        int64_t size[2], stride[2], pad[2];
        int ceil, exact;
        int64_t image[2];
    } a = {{2, 2}, {2, 2}, {0, 0}, 0, 0, {0, 0}};
    wg_value v = {WG_F64, 4, {1, 2, 2, 1}, {4, 2, 1, 1}, (void *)(uintptr_t)image, NULL};
    const wg_value *x[] = {&v};
    wg_call c;
    memset(&c, 0, sizeof c);
    c.gate = &wg_gate_max_pool2d;
    c.n = 1;
    c.x = x;
    c.attrs = &a;
    return wg_gate_max_pool2d.signature(&c);
}

START_TEST(test_pool_signature) {
    static const double a[] = {1, 7, 2, 3}, b[] = {0, 8, 5, 6}, c[] = {1, 7, 7.5, 3},
                        tie[] = {1, 7, 7, 3}, three[] = {1, 7, 7, 7};
    ck_assert(pool_signature(a) == pool_signature(b));
    ck_assert(pool_signature(a) != pool_signature(c));
    ck_assert(pool_signature(a) != pool_signature(tie));
    ck_assert(pool_signature(c) != pool_signature(tie));
    ck_assert(pool_signature(three) != pool_signature(tie));
}
END_TEST

/* A recorded gradient follows the winners of a replay. */
START_TEST(test_pool_replay) {
    static const double a[] = {1, 7, 2, 3}, b[] = {1, 0, 2, 3};
    double d[4];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), a);
    wg_var y = wg_sum(wg_square(wg_max_pool2d(x, NULL))), g;
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK);
    numbers(g, d);
    check_near(d[1], 14, 0);
    ck_assert_int_eq(wg_set(x, b, sizeof b), WG_OK);
    ck_assert_int_eq(wg_replay(g), WG_OK);
    numbers(g, d);
    check_near(d[1], 0, 0);
    check_near(d[3], 6, 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_pool_gradients) {
    static const struct {
        int64_t size[2], stride[2], pad[2];
        int ceil, exact;
        int64_t image[2];
    } small = {{1, 1}, {0, 0}, {0, 0}, 0, 0, {2, 2}}, cut = {{2, 3}, {2, 2}, {1, 1}, 1, 0, {5, 4}},
      whole = {{3, 3}, {0, 0}, {0, 0}, 0, 1, {3, 3}};
    static const wg_sample forward[] = {
        {.shapes = "1,2,2,1", .attrs = &small}, {.shapes = "1,5,4,2", .attrs = &cut},
        {.shapes = "2,3,3,3", .attrs = &whole}, {.shapes = "0,3,3,2", .attrs = &whole},
        {.shapes = "2,3,3,0", .attrs = &whole}, {.shapes = NULL},
    };
    static const wg_sample grad[] = {
        {.shapes = "1,3,3,2", .attrs = &cut}, {.shapes = "2,1,1,3", .attrs = &whole},
        {.shapes = "0,1,1,3", .attrs = &whole}, {.shapes = NULL},
    };
    hold_samples(&wg_gate_max_pool2d, forward);
    hold_samples(&wg_gate_avg_pool2d, forward);
    hold_samples(&wg_gate_avg_pool2d_grad, grad);
}
END_TEST

START_TEST(test_pool_errors) {
    wg_tape *t = wg_tape_new();
    wg_pool2d_options o = {.window = {2, 2}, .pad = {2, 0}};
    check_refused(wg_max_pool2d(leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1), 1), &o), WG_ERR_RANGE,
                  "pad 2; it is less than the size of the window, 2");
    check_refused(wg_avg_pool2d(leaf(t, WG_F64, WG_SHAPE(4, 4, 1), 1), NULL), WG_ERR_SHAPE,
                  "it has rank 4");
    wg_var empty = wg_input(t, WG_F64, WG_SHAPE(1, 0, 4, 1), NULL);
    check_refused(wg_max_pool2d(empty, NULL), WG_ERR_SHAPE, "an image of 0 pixels");
    o = (wg_pool2d_options){.window = {-2, 2}};
    check_refused(wg_max_pool2d(leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1), 1), &o), WG_ERR_RANGE,
                  "a window of -2 elements");
    o = (wg_pool2d_options){.window = {5, 5}};
    check_refused(wg_avg_pool2d(leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1), 1), &o), WG_ERR_SHAPE,
                  "the window does not fit: 4 - 5 + 2*0 = -1");
    static const int64_t winners[] = {0, 3, 16, 1};
    wg_var g = leaf(t, WG_F64, WG_SHAPE(1, 2, 2, 1), 1);
    wg_var w = wg_const(t, WG_I64, WG_SHAPE(1, 2, 2, 1), winners);
    check_refused(wg_max_pool2d_grad(g, w, 4, 4, NULL), WG_ERR_RANGE,
                  "winner 16 of window 2; the image has 16 places");
    wg_tape_free(t);
}
END_TEST

Suite *suite_ops_conv(void) {
    Suite *s = suite_create("ops_conv");
    TCase *c = tcase_create("ops_conv");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_conv_values, 0, 2 * (int)(sizeof cases / sizeof *cases));
    tcase_add_test(c, test_course_figures);
    tcase_add_test(c, test_conv_views);
    tcase_add_test(c, test_conv_gradients);
    tcase_add_test(c, test_conv_transposes);
    tcase_add_test(c, test_options);
    tcase_add_test(c, test_conv_errors);
    tcase_add_test(c, test_conv_operands);
    tcase_add_test(c, test_pool_values);
    tcase_add_test(c, test_pool_geometry);
    tcase_add_test(c, test_pool_ties);
    tcase_add_test(c, test_pool_signature);
    tcase_add_test(c, test_pool_replay);
    tcase_add_test(c, test_pool_gradients);
    tcase_add_test(c, test_pool_errors);
    suite_add_tcase(s, c);
    return s;
}
