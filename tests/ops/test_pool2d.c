/* test_pool2d.c: pooling at values worked out by hand; ties, geometry, replay; errors. */
#include "ops/pool2d.h"
#include "tests/ops/hold.h"

#include <math.h>
#include <string.h>

extern Suite *suite_pool2d(void);

static wg_var image4(wg_tape *t) {
    double d[16];
    for (int i = 0; i < 16; ++i) d[i] = sin(78.233 * (i + 1));
    return wg_input(t, WG_F64, WG_SHAPE(1, 4, 4, 1), d);
}

static void numbers(wg_var v, double *x) {
    size_t n = (size_t)wg_shape_size(wg_shape_of(v));
    ck_assert_msg(wg_read(v, x, n * sizeof *x) == WG_OK, "%s", wg_tape_message(v.tape));
}

START_TEST(test_pool_values) {
    static const double image[] = {1, 2, 5, 0, 3, 4, 1, 1, -1, 0, 9, 7, -3, -2, 8, 6};
    static const double largest[] = {4, 5, 0, 9}, mean[] = {2.5, 1.75, -1.5, 7.5};
    double y[4];
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4, 4, 1), image);
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
    static const struct wgi_pool2d_attrs a = {.size = {2, 2}, .stride = {2, 2}};
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
    static const struct wgi_pool2d_attrs
        small = {.size = {1, 1}, .image = {2, 2}},
        cut = {.size = {2, 3}, .stride = {2, 2}, .pad = {1, 1}, .ceil = 1, .image = {5, 4}},
        whole = {.size = {3, 3}, .exact = 1, .image = {3, 3}};
    static const wg_sample forward[] = {
        {.shapes = "1,2,2,1", .attrs = &small}, {.shapes = "1,5,4,2", .attrs = &cut},
        {.shapes = "2,3,3,3", .attrs = &whole}, {.shapes = "0,3,3,2", .attrs = &whole},
        {.shapes = "2,3,3,0", .attrs = &whole}, {.shapes = NULL},
    };
    static const wg_sample grad[] = {
        {.shapes = "1,3,3,2", .attrs = &cut}, {.shapes = "2,1,1,3", .attrs = &whole},
        {.shapes = "0,1,1,3", .attrs = &whole}, {.shapes = NULL},
    };
    static const wg_sample winners[] = {
        {.shapes = "2,1,1,3|2,1,1,3", .attrs = &whole, .limit = 9},
        {.shapes = "0,1,1,3|0,1,1,3", .attrs = &whole, .limit = 9},
        {.shapes = NULL},
    };
    static const wg_sample picked[] = {
        {.shapes = "2,3,3,3|2,1,1,3", .attrs = &whole, .limit = 9},
        {.shapes = "0,3,3,3|0,1,1,3", .attrs = &whole, .limit = 9},
        {.shapes = NULL},
    };
    hold_samples(&wg_gate_max_pool2d_grad, winners);
    hold_samples(&wg_gate_max_pool2d_pick, picked);
    hold_samples(&wg_gate_max_pool2d, forward);
    hold_samples(&wg_gate_avg_pool2d, forward);
    hold_samples(&wg_gate_avg_pool2d_grad, grad);
}
END_TEST

START_TEST(test_pool_errors) {
    wg_tape *t = wg_tape_new();
    wg_pool2d_options o = {.window = {2, 2}, .pad = {2, 0}};
    check_refused(wg_max_pool2d(image4(t), &o), WG_ERR_RANGE,
                  "pad 2; it is less than the size of the window, 2");
    check_refused(wg_avg_pool2d(wg_reshape(image4(t), WG_SHAPE(4, 4, 1)), NULL), WG_ERR_SHAPE,
                  "it has rank 4");
    wg_var empty = wg_input(t, WG_F64, WG_SHAPE(1, 0, 4, 1), NULL);
    check_refused(wg_max_pool2d(empty, NULL), WG_ERR_SHAPE, "an image of 0 pixels");
    o = (wg_pool2d_options){.window = {-2, 2}};
    check_refused(wg_max_pool2d(image4(t), &o), WG_ERR_RANGE,
                  "a window of -2 elements");
    o = (wg_pool2d_options){.window = {5, 5}};
    check_refused(wg_avg_pool2d(image4(t), &o), WG_ERR_SHAPE,
                  "the window does not fit: 4 - 5 + 2*0 = -1");
    static const int64_t winners[] = {0, 3, 16, 1};
    wg_var g = wg_input(t, WG_F64, WG_SHAPE(1, 2, 2, 1), NULL);
    wg_var w = wg_const(t, WG_I64, WG_SHAPE(1, 2, 2, 1), winners);
    check_refused(wg_max_pool2d_grad(g, w, 4, 4, NULL), WG_ERR_RANGE,
                  "winner 16 of window 2; the image has 16 places");
    wg_tape_free(t);
}
END_TEST

Suite *suite_pool2d(void) {
    Suite *s = suite_create("pool2d");
    TCase *c = tcase_create("pool2d");
    tcase_set_timeout(c, 60);
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
