/* test_conv.c: convolution against the loops that define it; geometry; errors. */
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_ops_conv(void);
extern const wg_gate wg_gate_conv2d, wg_gate_conv2d_grad_input, wg_gate_conv2d_grad_weight;

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
    int padding;
};

START_TEST(test_conv_gradients) {
    static const struct conv_attrs plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}, 0},
                                   floor_ = {{3, 2}, {1, 0}, {1, 1}, 1, 0, {0, 0}, 0},
                                   deep = {{1, 1}, {1, 1}, {2, 1}, 2, 0, {0, 0}, 0};
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
    static const struct conv_attrs five = {{2, 2}, {0, 0}, {1, 1}, 1, 0, {5, 6}, 0},
                                   kernel = {{2, 2}, {0, 0}, {1, 1}, 1, 0, {2, 3}, 0};
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
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "stride -1; it lies in [1, 2147483647]");
    o = (wg_conv2d_options){.pad = {0, -2}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "pad -2; it lies in [0, 2147483647]");
    o = (wg_conv2d_options){.dilation = {-1, 1}};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "dilation -1; it is at least 1");
    o = (wg_conv2d_options){.groups = -2};
    check_refused(conv(t, x, w, &o), WG_ERR_RANGE, "groups -2; it lies in [1, 2147483647]");
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
    suite_add_tcase(s, c);
    return s;
}
