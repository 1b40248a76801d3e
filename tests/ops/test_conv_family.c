/* test_conv_family.c: convolutions over one, two and three axes, their transposes, unfold and fold:
 * values by hand, options, and every refusal.  test_conv_exact.c draws the rest. */
#include "tests/ops/hold.h"
#include "tests/ops/probe.h"

#include <math.h>
#include <string.h>

extern Suite *suite_ops_conv_family(void);

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

static wg_var leaf(wg_shape s, const double *x) { return wg_input(t, WG_F64, s, x); }
/* A signal (1, n, 1). */
static wg_var line(int64_t n, const double *x) { return leaf(WG_SHAPE(1, n, 1), x); }

#define NUMBERS(...) (int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), \
                     (const double[]){__VA_ARGS__}

/* ---- one axis ------------------------------------------------------------------------------- */

START_TEST(test_conv1d) {
    static const double hundred[1] = {100};
    wg_var x = line(NUMBERS(1, 2, 3, 4)), w = line(NUMBERS(1, 10));
    wg_var b = leaf(WG_SHAPE(1), hundred);
    probe_equal(wg_conv1d(x, w, WG_NONE, NULL), NUMBERS(21, 32, 43)); /* not flipped */
    probe_equal(wg_conv1d(x, w, b, NULL), NUMBERS(121, 132, 143));
    wg_conv1d_options o = {.size = sizeof o, .pad = 1};
    probe_equal(wg_conv1d(x, w, WG_NONE, &o), NUMBERS(10, 21, 32, 43, 4));
    o.stride = 2;
    probe_equal(wg_conv1d(x, w, WG_NONE, &o), NUMBERS(10, 32, 4));
    o = (wg_conv1d_options){.dilation = 3};
    probe_equal(wg_conv1d(x, w, WG_NONE, &o), NUMBERS(41));
    probe_shape(wg_conv1d(x, w, WG_NONE, &o), WG_SHAPE(1, 1, 1));
}
END_TEST

/* The lacking zero, or the odd one, stands behind; a stride that needs none has none. */
START_TEST(test_same) {
    wg_var x = line(NUMBERS(1, 2, 3, 4, 5)), two = line(NUMBERS(1, 10));
    wg_var three = line(NUMBERS(1, 10, 100)), four = line(NUMBERS(1, 10, 100, 1000));
    wg_conv1d_options o = {.padding = WG_PADDING_SAME};
    probe_equal(wg_conv1d(x, two, WG_NONE, &o), NUMBERS(21, 32, 43, 54, 5));
    probe_equal(wg_conv1d(x, three, WG_NONE, &o), NUMBERS(210, 321, 432, 543, 54));
    probe_equal(wg_conv1d(x, four, WG_NONE, &o), NUMBERS(3210, 4321, 5432, 543, 54));
    o.stride = 3; /* ceil(5/3) = 2 places; (2 - 1) 3 + 3 - 5 = 1 zero, behind */
    probe_equal(wg_conv1d(x, three, WG_NONE, &o), NUMBERS(321, 54));
    o.exact = 1; /* it always fits */
    probe_equal(wg_conv1d(x, two, WG_NONE, &o), NUMBERS(21, 54));
    o.stride = 5; /* the kernel is shorter than the step */
    probe_equal(wg_conv1d(x, two, WG_NONE, &o), NUMBERS(21));
    o = (wg_conv1d_options){.padding = WG_PADDING_SAME, .dilation = 2};
    probe_equal(wg_conv1d(x, two, WG_NONE, &o), NUMBERS(20, 31, 42, 53, 4));
    wg_var none = leaf(WG_SHAPE(1, 0, 1), NULL);
    probe_shape(wg_conv1d(none, two, WG_NONE, &o), WG_SHAPE(1, 0, 1));
}
END_TEST

START_TEST(test_reflect) {
    wg_var x = line(NUMBERS(1, 2, 3)), one = line(NUMBERS(1)), w = line(NUMBERS(1, 10));
    wg_conv1d_options o = {.padding = WG_PADDING_REFLECT, .pad = 2};
    wg_var y = wg_conv1d(x, one, WG_NONE, &o);
    probe_equal(y, NUMBERS(3, 2, 1, 2, 3, 2, 1));
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    probe_equal(wg_grad(x), NUMBERS(2, 3, 2));
    o.stride = 2;
    probe_equal(wg_conv1d(x, w, WG_NONE, &o), NUMBERS(23, 21, 23));
    o.pad = 0; /* no places to mirror, even of an axis without any */
    probe_equal(wg_conv1d(x, w, WG_NONE, &o), NUMBERS(21));
    o.pad = 3;
    check_refused(wg_conv1d(x, w, WG_NONE, &o), WG_ERR_SHAPE,
                  "conv1d: pad 3 of an axis of 3; a mirror needs more than pad");
}
END_TEST

START_TEST(test_conv_transpose1d) {
    static const double hundred[1] = {100};
    wg_var x = line(NUMBERS(1, 2)), w = line(NUMBERS(1, 10, 100));
    wg_conv_transpose1d_options o = {.size = sizeof o, .stride = 2};
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, NULL), NUMBERS(1, 12, 120, 200));
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o), NUMBERS(1, 10, 102, 20, 200));
    o.output_pad = 1;
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o), NUMBERS(1, 10, 102, 20, 200, 0));
    o.pad = 1;
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o), NUMBERS(10, 102, 20, 200));
    probe_equal(wg_conv_transpose1d(x, w, leaf(WG_SHAPE(1), hundred), &o),
                NUMBERS(110, 202, 120, 300));
    /* an output_pad of the stride or more: past the end of the uncut 1 2 | 10 | 20 | 100 ... */
    o = (wg_conv_transpose1d_options){.dilation = 3, .output_pad = 2};
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o),
                NUMBERS(1, 2, 0, 10, 20, 0, 100, 200, 0, 0));
    o.pad = 1;
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o), NUMBERS(2, 0, 10, 20, 0, 100, 200, 0));
    o.pad = 5; /* 10 less 10: nothing is left */
    probe_shape(wg_conv_transpose1d(x, w, WG_NONE, &o), WG_SHAPE(1, 0, 1));
}
END_TEST

/* Two groups of one channel, each to two: w is (C, K, O/groups), as of the convolution 4 -> 2. */
START_TEST(test_transpose_layout) {
    static const double channels[2] = {1, 2}, kernel[4] = {1, 10, 100, 1000};
    wg_var x = leaf(WG_SHAPE(1, 1, 2), channels), w = leaf(WG_SHAPE(2, 1, 2), kernel);
    wg_conv_transpose1d_options o = {.groups = 2};
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, &o), NUMBERS(1, 10, 200, 2000));
    probe_equal(wg_conv_transpose1d(x, w, WG_NONE, NULL), NUMBERS(201, 2010));
}
END_TEST

/* ---- two and three -------------------------------------------------------------------------- */

/* A kernel of powers of ten reads the cube's elements out in order. */
START_TEST(test_conv3d) {
    double cube[8], kernel[8];
    for (int i = 0; i < 8; ++i) cube[i] = i + 1, kernel[i] = pow(10, i);
    wg_var x = leaf(WG_SHAPE(1, 2, 2, 2, 1), cube), w = leaf(WG_SHAPE(1, 2, 2, 2, 1), kernel);
    probe_equal(wg_conv3d(x, w, WG_NONE, NULL), NUMBERS(87654321));
    wg_conv3d_options o = {.size = sizeof o, .pad = {1, 0, 0}};
    wg_var y = wg_conv3d(x, w, WG_NONE, &o);
    probe_equal(y, NUMBERS(43210000, 87654321, 8765));
    probe_shape(y, WG_SHAPE(1, 3, 1, 1, 1));
    o = (wg_conv3d_options){.padding = WG_PADDING_SAME, .stride = {2}}; /* the width's, too */
    probe_equal(wg_conv3d(x, w, WG_NONE, &o), NUMBERS(87654321));
    o.stride[1] = 1;
    y = wg_conv3d(x, w, WG_NONE, &o);
    probe_equal(y, NUMBERS(87654321, 8060402, 870043, 80004));
}
END_TEST

/* A mirrored border of a 2 x 2 image, corners too. */
START_TEST(test_reflect_corners) {
    static const double image[4] = {1, 2, 3, 4}, one[1] = {1};
    wg_var x = leaf(WG_SHAPE(1, 2, 2, 1), image), w = leaf(WG_SHAPE(1, 1, 1, 1), one);
    wg_conv2d_options o = {.pad = {1, 1}, .padding = WG_PADDING_REFLECT};
    wg_var y = wg_conv2d(x, w, WG_NONE, &o);
    probe_equal(y, NUMBERS(4, 3, 4, 3, 2, 1, 2, 1, 4, 3, 4, 3, 2, 1, 2, 1));
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    probe_equal(wg_grad(x), NUMBERS(4, 4, 4, 4));
    probe_equal(wg_grad(w), NUMBERS(40));
}
END_TEST

START_TEST(test_unfold) {
    static const double image[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = leaf(WG_SHAPE(1, 2, 3, 1), image);
    wg_unfold_options o = {.size = sizeof o, .kernel = {2}};
    wg_var y = wg_unfold(x, &o);
    probe_equal(y, NUMBERS(1, 2, 4, 5, 2, 3, 5, 6));
    probe_shape(y, WG_SHAPE(1, 2, 4));
    probe_equal(wg_fold(y, 2, 3, &o), NUMBERS(1, 4, 3, 4, 10, 6)); /* the middle column twice */
    o.stride[1] = 2; /* the right column is in no window */
    probe_equal(wg_fold(wg_unfold(x, &o), 2, 3, &o), NUMBERS(1, 2, 0, 4, 5, 0));
    o = (wg_unfold_options){.kernel = {1, 2}, .dilation = {1, 2}, .pad = {0, 1}};
    probe_equal(wg_unfold(x, &o), NUMBERS(0, 2, 1, 3, 2, 0, 0, 5, 4, 6, 5, 0));
    o = (wg_unfold_options){.kernel = {1}}; /* channels stay together */
    probe_equal(wg_unfold(wg_reshape(x, WG_SHAPE(1, 1, 3, 2)), &o), NUMBERS(1, 2, 3, 4, 5, 6));
}
END_TEST

/* Other element types are copied too; fold adds, and so takes floats alone. */
START_TEST(test_unfold_types) {
    static const int64_t whole[4] = {1, 2, 3, 4};
    wg_var x = wg_const(t, WG_I64, WG_SHAPE(1, 2, 2, 1), whole);
    wg_unfold_options o = {.kernel = {1, 2}, .pad = {0, 1}};
    wg_var y = wg_unfold(x, &o);
    ck_assert_int_eq(wg_dtype_of(y), WG_I64);
    probe_equal(y, NUMBERS(0, 1, 1, 2, 2, 0, 0, 3, 3, 4, 4, 0));
    check_refused(wg_fold(y, 2, 2, &o), WG_ERR_DTYPE, "fold: not defined for int64");
}
END_TEST

/* conv2d is the product of the windows with the weights. */
START_TEST(test_im2col) {
    wg_var x = probe_leaf(t, WG_F64, WG_SHAPE(2, 5, 4, 3));
    wg_var w = probe_leaf(t, WG_F64, WG_SHAPE(4, 3, 2, 3));
    wg_conv2d_options o = {.stride = {2, 1}, .pad = {1, 0}};
    wg_unfold_options u = {.kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 0}};
    double expected[PROBE_MAX];
    wg_var y = wg_conv2d(x, w, WG_NONE, &o);
    int64_t n = wg_shape_size(wg_shape_of(y));
    probe_read(y, n, expected);
    probe_equal(wg_matmul(wg_unfold(x, &u), wg_transpose(wg_reshape(w, WG_SHAPE(4, 18)))), n,
                expected);
}
END_TEST

/* ---- options -------------------------------------------------------------------------------- */

/* The plain conv2d stays one gate; a mirrored one too. */
START_TEST(test_one_node) {
    static const char *const calls[] = {"conv2d(x, w)", "conv2d(x, w, padding=same)",
                                        "conv2d(x, w, padding=reflect, pad=1)"};
    static const char *const names[] = {"x", "w"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
        wg_var x[] = {probe_leaf(t, WG_F32, WG_SHAPE(1, 4, 4, 2)),
                      probe_leaf(t, WG_F32, WG_SHAPE(3, 3, 3, 2))};
        wg_var y = wg_parse(t, calls[i], 2, names, x);
        ck_assert_msg(y.index == x[1].index + 1, "%s: %s", calls[i], wg_tape_message(t));
        wg_tape_rewind(t);
    }
}
END_TEST

/* A struct of an earlier version ends before the padding; one of a later has more. */
START_TEST(test_versions) {
    wg_var x = probe_leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1));
    wg_var w = probe_leaf(t, WG_F64, WG_SHAPE(1, 3, 3, 1));
    wg_conv2d_options o = {.size = offsetof(wg_conv2d_options, padding),
                           .padding = WG_PADDING_SAME};
    probe_shape(wg_conv2d(x, w, WG_NONE, &o), WG_SHAPE(1, 2, 2, 1));
    struct {
        wg_conv2d_options o;
        int64_t later;
    } longer = {{.size = sizeof longer, .padding = WG_PADDING_SAME}, 7};
    probe_shape(wg_conv2d(x, w, WG_NONE, &longer.o), WG_SHAPE(1, 4, 4, 1));
    o = (wg_conv2d_options){.padding = 3};
    check_refused(wg_conv2d(x, w, WG_NONE, &o), WG_ERR_RANGE, "conv2d: there is no padding 3");
    o.padding = WG_PADDING_REFLECT;
    x = probe_leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1));
    check_refused(wg_conv2d_grad_input(x, x, 4, 4, &o), WG_ERR_RANGE,
                  "conv2d_grad_input: padding \"reflect\"; a gradient is of zero or same");
    x = probe_leaf(t, WG_F64, WG_SHAPE(1, 4, 4, 1));
    check_refused(wg_conv2d_grad_weight(x, x, 4, 4, &o), WG_ERR_RANGE,
                  "conv2d_grad_weight: padding \"reflect\"; a gradient is of zero or same");
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------- */

/* l (1, 4, 2), k (2, 3, 2), im (1, 4, 4, 2), ker (2, 3, 3, 2), vol (1, 4, 4, 4, 2), cube
 * (2, 3, 3, 3, 2), v (3), win (1, 4, 18). */
static const struct {
    wg_status status;
    const char *text, *part;
} refusals[] = {
    {WG_ERR_SHAPE, "conv1d(v, k)", "conv1d: x has shape (3); it has rank 3"},
    {WG_ERR_SHAPE, "conv1d(l, v)", "conv1d: w has shape (3); it has rank 3"},
    {WG_ERR_SHAPE, "conv1d(l, k, v)", "conv1d: b has shape (3); it is (2), one an output channel"},
    {WG_ERR_SHAPE, "conv1d(l, k, groups=2)",
     "conv1d: 2 channels in 2 groups with a kernel (2, 3, 2); it is (O, K, C/groups), groups"},
    {WG_ERR_RANGE, "conv1d(l, k, groups=0)", "conv1d: groups 0; it lies in [1, 2147483647]"},
    {WG_ERR_RANGE, "conv1d(l, k, stride=0)", "conv1d: stride 0; it lies in [1, 2147483647]"},
    {WG_ERR_RANGE, "conv1d(l, k, dilation=0)", "conv1d: dilation 0; it is at least 1"},
    {WG_ERR_RANGE, "conv1d(l, k, pad=-1)", "conv1d: pad -1; it lies in [0, 2147483647]"},
    {WG_ERR_SHAPE, "conv1d(l, k, dilation=2)", "conv1d: the window does not fit: 4 - 5 + 2*0"},
    {WG_ERR_SHAPE, "conv1d(l, k, stride=2, exact=1)", "conv1d: the stride does not fit: (4 - 3"},
    {WG_ERR_RANGE, "conv1d(l, k, padding=same, pad=1)",
     "conv1d: pad 1; padding \"same\" says itself how much"},
    {WG_ERR_RANGE, "conv1d(l, k, padding=full)",
     "conv1d: padding is zero, same or reflect, not \"full\""},
    {WG_ERR_SHAPE, "conv1d(l, slice(k, axis=1, stop=0))", "the kernel has 0 elements"},
    {WG_ERR_RANGE, "conv2d(im, ker, padding=same, pad=[0, 1])", "conv2d: pad 1; padding \"same\""},
    {WG_ERR_SHAPE, "conv2d(im, ker, padding=reflect, pad=4)", "conv2d: pad 4 of an axis of 4;"},
    {WG_ERR_RANGE, "conv2d_grad_input(im, ker, size=4, padding=reflect)",
     "padding is zero or same, not \"reflect\""},
    {WG_ERR_SHAPE, "conv3d(im, cube)", "conv3d: x has shape (1, 4, 4, 2); it has rank 5"},
    {WG_ERR_SHAPE, "conv3d(vol, ker)", "conv3d: w has shape (2, 3, 3, 2); it has rank 5"},
    {WG_ERR_SHAPE, "conv3d(vol, cube, v)", "conv3d: b has shape (3); it is (2)"},
    {WG_ERR_SHAPE, "conv3d(vol, cube, groups=2)", "it is (O, KD, KH, KW, C/groups), "},
    {WG_ERR_RANGE, "conv3d(vol, cube, stride=[1, 2])",
     "conv3d: stride is a number or three, not (1, 2)"},
    {WG_ERR_RANGE, "conv3d(vol, cube, pad=[1, 2])", "conv3d: pad is a number or three, not (1, 2)"},
    {WG_ERR_RANGE, "conv3d(vol, cube, dilation=[1, 1, 1, 1])", "three, not (1, 1, 1, 1)"},
    {WG_ERR_RANGE, "conv3d(vol, cube, stride=[1, 1, 0])", "conv3d: stride 0; it lies in"},
    {WG_ERR_SHAPE, "conv3d(vol, cube, dilation=[2, 1, 1])", "the window does not fit: 4 - 5"},
    {WG_ERR_SHAPE, "conv3d(vol, cube, stride=[2, 1, 1], exact=1)", "the stride does not fit"},
    {WG_ERR_SHAPE, "conv_transpose1d(im, k)", "conv_transpose1d: x has shape (1, 4, 4, 2); it has"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, im)", "conv_transpose1d: w has shape (1, 4, 4, 2)"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, k, v)", "conv_transpose1d: b has shape (3); it is (2)"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, l)",
     "conv_transpose1d: 2 channels in 1 groups with a kernel (1, 4, 2); it is (C, K, O/groups), "
     "groups divides C"},
    {WG_ERR_RANGE, "conv_transpose1d(l, k, groups=-1)", "conv_transpose1d: groups -1; it lies"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, k, groups=3)", "2 channels in 3 groups"},
    {WG_ERR_RANGE, "conv_transpose1d(l, k, output_pad=1)",
     "output_pad 1; it is at least 0 and less than stride 1 or dilation 1"},
    {WG_ERR_RANGE, "conv_transpose1d(l, k, output_pad=-1)", "output_pad -1; it is at least 0"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, k, pad=4)",
     "the result would have (4 - 1)*1 - 2*4 + 1*(3 - 1) + 0 + 1 = -2 places"},
    {WG_ERR_SHAPE, "conv_transpose1d(l, k, stride=2000000000)", " = 6000000003 places"},
    {WG_ERR_SHAPE, "conv_transpose1d(slice(l, axis=1, stop=0), k)",
     "conv_transpose1d: an axis of 0 places has no transpose"},
    {WG_ERR_SHAPE, "conv_transpose2d(l, ker)", "conv_transpose2d: x has shape (1, 4, 2); it has"},
    {WG_ERR_SHAPE, "conv_transpose2d(im, k)", "conv_transpose2d: w has shape (2, 3, 2); it has"},
    {WG_ERR_SHAPE, "conv_transpose2d(im, ker, v)", "conv_transpose2d: b has shape (3); it is (2)"},
    {WG_ERR_SHAPE, "conv_transpose2d(im, im)", "it is (C, KH, KW, O/groups), groups divides C"},
    {WG_ERR_RANGE, "conv_transpose2d(im, ker, stride=2, output_pad=[0, 2])", "output_pad 2; it is"},
    {WG_ERR_SHAPE, "unfold(l, kernel=2)", "unfold: x has shape (1, 4, 2); it has rank 4"},
    {WG_ERR_SHAPE, "unfold(im, kernel=5)", "unfold: the window does not fit: 4 - 5 + 2*0 = -1"},
    {WG_ERR_SHAPE, "unfold(im, kernel=0)", "unfold: the kernel has 0 elements along an axis"},
    {WG_ERR_RANGE, "unfold(im, kernel=2, stride=[1, 0])", "unfold: stride 0; it lies in"},
    {WG_ERR_SYNTAX, "unfold(im)", "unfold needs kernel=, height and width of a window"},
    {WG_ERR_MEMORY, "unfold(slice(im, stop=0), kernel=2000000000, pad=2000000000)",
     "unfold: the result, (0, 4000000020000000025, 8000000000000000000), would have"},
    {WG_ERR_SHAPE, "fold(im, kernel=3, image=4)", "fold: x has shape (1, 4, 4, 2); it has rank 3"},
    {WG_ERR_SHAPE, "fold(win, kernel=3, image=5)",
     "fold: x has shape (1, 4, 18); with this geometry it is (N, 3 * 3, 3 * 3 * C)"},
    {WG_ERR_SHAPE, "fold(win, kernel=[4, 1], image=[5, 2])", "it is (N, 2 * 2, 4 * 1 * C)"},
    {WG_ERR_RANGE, "fold(win, kernel=3, image=[-1, 4])", "fold: an image of (-1, 4)"},
    {WG_ERR_SYNTAX, "fold(win, kernel=3)", "fold needs image=, height and width of the image"},
};

START_TEST(test_refusals) {
    static const char *const names[] = {"l", "k", "im", "ker", "vol", "cube", "v", "win"};
    const wg_shape shapes[] = {WG_SHAPE(1, 4, 2),       WG_SHAPE(2, 3, 2),
                               WG_SHAPE(1, 4, 4, 2),    WG_SHAPE(2, 3, 3, 2),
                               WG_SHAPE(1, 4, 4, 4, 2), WG_SHAPE(2, 3, 3, 3, 2),
                               WG_SHAPE(3),             WG_SHAPE(1, 4, 18)};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; ++i) {
        wg_var x[8];
        for (int k = 0; k < 8; ++k) x[k] = wg_input(t, WG_F64, shapes[k], NULL);
        wg_var y = wg_parse(t, refusals[i].text, 8, names, x);
        ck_assert_msg(y.index == 0, "%s: no error", refusals[i].text);
        ck_assert_msg(strstr(wg_tape_message(t), refusals[i].part), "%s: %s", refusals[i].text,
                      wg_tape_message(t));
        ck_assert_msg(wg_tape_status(t) == refusals[i].status, "%s: status %s: %s",
                      refusals[i].text, wg_status_name(wg_tape_status(t)), wg_tape_message(t));
        wg_tape_rewind(t);
    }
}
END_TEST

Suite *suite_ops_conv_family(void) {
    Suite *s = suite_create("ops_conv_family");
    TCase *c = tcase_create("ops_conv_family");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_conv1d);
    tcase_add_test(c, test_same);
    tcase_add_test(c, test_reflect);
    tcase_add_test(c, test_conv_transpose1d);
    tcase_add_test(c, test_transpose_layout);
    tcase_add_test(c, test_conv3d);
    tcase_add_test(c, test_reflect_corners);
    tcase_add_test(c, test_unfold);
    tcase_add_test(c, test_unfold_types);
    tcase_add_test(c, test_im2col);
    tcase_add_test(c, test_one_node);
    tcase_add_test(c, test_versions);
    tcase_add_test(c, test_refusals);
    suite_add_tcase(s, c);
    return s;
}
