/* test_messages.c: what the gates say about wrong calls: a table of expressions with the status and
 * a part of the text that each must end with.  Every text of ops/ that an expression can provoke
 * stands here; the rest is provoked below the table. */
#include "tests/suites.h"
#include "wengert.h"

#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) { wg_tape_free(t); }

/* s (), v (3), m (2, 3), e (0), image (1, 4, 4, 2) and kernel (2, 3, 3, 2) are float64, f (3) is
 * float32, i (2) int64, r8 has rank 8, wide is an image of 3e9 pixels. */
enum { NAMES = 10 };
static const char *const names[NAMES] = {"s", "v",      "m", "e", "f",
                                         "i", "kernel", "image", "r8", "wide"};

static void make(wg_var *x) {
    static const int64_t two[2] = {0, 2};
    int n = 0;
    x[n++] = wg_scalar(t, 1.5);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2, 3), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(0), NULL);
    x[n++] = wg_input(t, WG_F32, WG_SHAPE(3), NULL);
    x[n++] = wg_const(t, WG_I64, WG_SHAPE(2), two);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(2, 3, 3, 2), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(1, 4, 4, 2), NULL);
    x[n++] = wg_input(t, WG_F64, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), NULL);
    x[n++] = wg_broadcast_to(wg_scalar(t, 1), WG_SHAPE(1, 3000000000, 1, 1));
    ck_assert_int_eq(n, NAMES);
}

typedef struct row {
    wg_status status;
    const char *text, *part;
} row;

static const row elementwise[] = {
    {WG_ERR_SHAPE, "v + m@v", "add: shapes do not broadcast: (3) and (2)"},
    {WG_ERR_DTYPE, "v + f", "add: dtypes differ: float64 and float32; wg_cast converts"},
    {WG_ERR_DTYPE, "tanh(i)", "tanh: not defined for int64"},
    {WG_ERR_DTYPE, "equal(i, 0.5)", "equal: the number 0.5 does not fit int64"},
    {WG_ERR_DTYPE, "equal(less(v, v), 1)", "equal: the number 1 does not fit bool"},
    {WG_ERR_RANGE, "softplus(v, beta=-1)", "softplus: beta is -1; it must be positive and finite"},
    {WG_ERR_RANGE, "dropout(v, keep=0)", "dropout: keep = 0, the probability of keeping"},
    {WG_ERR_VALUE, "where(v + 0.5, v, v)", "where: mask: element 0 is 0.5, a mask is 0 or 1"},
    {WG_ERR_VALUE, "cast(1e300 * s, dtype=i64)", "cast: the value is 1.5"},
    {WG_ERR_SHAPE, "where(1, v, m@v)", "where: shapes do not broadcast"},
    {WG_OK, NULL, NULL},
};
static const row shapes[] = {
    {WG_ERR_SHAPE, "m @ m", "matmul: inner dimensions differ: (2, 3) x (2, 3)"},
    {WG_ERR_SHAPE, "s @ v", "matmul: "},
    {WG_ERR_SHAPE, "reshape(m, shape=[-1, -1])", "reshape: (-1, -1) has two extents of -1"},
    {WG_ERR_SHAPE, "reshape(e, shape=[0, -1])", "(0, -1) leaves the extent -1 undetermined"},
    {WG_ERR_SHAPE, "reshape(m, shape=[4])", "(4) has another number of elements than (2, 3)"},
    {WG_ERR_SHAPE, "broadcast_to(v, shape=[2])", "broadcast_to: (3) cannot be repeated to (2)"},
    {WG_ERR_SHAPE, "broadcast_to(v, shape=[-1])", "broadcast_to: the shape has rank 1 or an"},
    {WG_ERR_SHAPE, "sum_to(m, shape=[2])", "sum_to: (2, 3) is not what (2) is repeated to"},
    {WG_ERR_SHAPE, "sum_to(m, shape=[-2])", "sum_to: the shape has rank 1 or an extent out of"},
    {WG_ERR_SHAPE, "transpose(m, axes=[0])", "transpose: 1 axes for a value of rank 2"},
    {WG_ERR_RANGE, "transpose(m, axes=[0, 2])", "transpose: axis 2 of a value of rank 2"},
    {WG_ERR_RANGE, "transpose(m, axes=[1, -1])", "transpose: axis -1 is given twice"},
    {WG_ERR_RANGE, "slice(v, axis=1)", "slice: axis 1 of a value of rank 1"},
    {WG_ERR_RANGE, "slice(v, step=0)", "slice: the step is 0"},
    {WG_ERR_RANGE, "concat(v, v, axis=1)", "concat: axis 1 of a value of rank 1"},
    {WG_ERR_SHAPE, "concat(v, m)", "concat: "},
    {WG_ERR_SHAPE, "zero_pad(m, before=[1])",
     "zero_pad: before has 1 entries for a value of rank 2"},
    {WG_ERR_RANGE, "zero_pad(v, after=[-1])", "zero_pad: after is -1 at axis 0"},
    {WG_ERR_RANGE, "sum(m, axis=2)", "sum: axis 2 of a value of rank 2"},
    {WG_ERR_RANGE, "sum(m, axis=[1, 1])", "sum: axis 1 is given twice"},
    {WG_ERR_VALUE, "max(e)", "max: of no elements: the shape is (0)"},
    {WG_ERR_VALUE, "argmax(e)", "argmax: axis -1 has no elements"},
    {WG_ERR_RANGE, "argmax(v, axis=1)", "argmax: axis 1 of a value of rank 1"},
    {WG_ERR_RANGE, "softmax(v, axis=1)", "softmax: axis 1 of a value of rank 1"},
    {WG_ERR_RANGE, "log_softmax(v, axis=-2)", "log_softmax: axis -2 of a value of rank 1"},
    {WG_ERR_SHAPE, "softmax_grad(v, m@v)", "softmax_grad: shapes differ: (3) and (2)"},
    {WG_ERR_RANGE, "softmax_grad(v, v, axis=1)", "softmax_grad: axis 1 of a value of rank 1"},
    {WG_ERR_SHAPE, "log_softmax_grad(v, m@v)", "log_softmax_grad: shapes differ"},
    {WG_OK, NULL, NULL},
};
static const row indices[] = {
    {WG_ERR_RANGE, "gather(v, [0, 3])", "gather: index: element 1 is 3, outside [0, 3)"},
    {WG_ERR_VALUE, "gather(v, [0, 1.5])", "gather: index: element 1 is 1.5, not whole"},
    {WG_ERR_VALUE, "gather(v, [nan])", "gather: index: element 0 is nan, not a whole number"},
    {WG_ERR_VALUE, "gather(v, [1e300])", "element 0 is 1e+300, which int64 cannot hold"},
    {WG_ERR_SHAPE, "gather(m, i)", "gather: index (2) does not go with x (2, 3) along axis 0"},
    {WG_ERR_RANGE, "gather(v, i, axis=1)", "gather: axis 1 of a value of rank 1"},
    {WG_ERR_SHAPE, "scatter_add(v, i, v)", "scatter_add: src (3) has another shape than index (2)"},
    {WG_ERR_RANGE, "one_hot(i, classes=-1)", "one_hot: -1 classes"},
    {WG_ERR_RANGE, "one_hot(i, classes=2)", "one_hot: index: element 1 is 2, outside [0, 2)"},
    {WG_ERR_SHAPE, "one_hot(r8, classes=2)", "one_hot: the index has rank 8 already"},
    {WG_ERR_SHAPE, "softmax_loss(v, i)",
     "softmax_loss: scores (3) with labels (2); they are (N, C)"},
    {WG_ERR_VALUE, "svm_loss(m, [0, 0.5])", "svm_loss: labels: element 1 is 0.5, not whole"},
    {WG_ERR_RANGE, "svm_loss(m, [0, 3])",
     "svm_loss: label 3 of row 1; with 3 classes it is 0 to 2"},
    {WG_ERR_RANGE, "softmax_loss(m, [-1, 0])", "softmax_loss: label -1 of row 0"},
    {WG_ERR_SHAPE, "softmax_loss_grad(m, i, v)",
     "softmax_loss_grad: g has shape (3); it is of rank 0"},
    {WG_ERR_SHAPE, "svm_loss_grad(v, i, s)", "svm_loss_grad: scores (3) with labels (2)"},
    {WG_OK, NULL, NULL},
};
static const row images[] = {
    {WG_ERR_SHAPE, "conv2d(m, kernel)", "conv2d: x has shape (2, 3); it has rank 4"},
    {WG_ERR_SHAPE, "conv2d(image, m)", "conv2d: w has shape (2, 3); it has rank 4"},
    {WG_ERR_SHAPE, "conv2d(image, kernel, v)", "conv2d: b has shape (3); it is (2), one an output"},
    {WG_ERR_RANGE, "conv2d(image, kernel, groups=-1)", "conv2d: groups -1; it is at least 1"},
    {WG_ERR_SHAPE, "conv2d(image, kernel, groups=2)",
     "conv2d: 2 channels in 2 groups with a kernel"},
    {WG_ERR_RANGE, "conv2d(image, kernel, dilation=-1)", "conv2d: dilation -1; it is at least 1"},
    {WG_ERR_RANGE, "conv2d(image, kernel, stride=-1)",
     "conv2d: stride -1; it lies in [1, 2147483647]"},
    {WG_ERR_RANGE, "conv2d(image, kernel, pad=-1)", "conv2d: pad -1; it lies in [0, 2147483647]"},
    {WG_ERR_RANGE, "conv2d(image, kernel, stride=[1, 2, 3])", "stride is a number or two, not 3"},
    {WG_ERR_SHAPE, "conv2d(image, kernel, dilation=2)",
     "the window does not fit: 4 - 5 + 2*0 = -1"},
    {WG_ERR_SHAPE, "conv2d(image, kernel, stride=2, exact=1)", "(4 - 3 + 2*0)/2 + 1 = 1.50"},
    {WG_ERR_SHAPE, "conv2d(image, reshape(e, shape=[2, 0, 3, 2]))", "has 0 elements along an axis"},
    {WG_ERR_RANGE, "max_pool2d(wide, size=1)", "max_pool2d: an image of 3000000000 pixels along"},
    {WG_ERR_RANGE, "max_pool2d(image, size=-1)", "a window of -1 elements; it has 1 to 2147483647"},
    {WG_ERR_RANGE, "max_pool2d(image, size=2, pad=2)", "pad 2; it is less than the size of the"},
    {WG_ERR_SHAPE, "avg_pool2d(image, size=5)", "avg_pool2d: the window does not fit: 4 - 5"},
    {WG_ERR_SHAPE, "avg_pool2d(m, size=1)", "avg_pool2d: x has shape (2, 3); it has rank 4"},
    {WG_ERR_SHAPE, "batch_norm(m, m@v, v)", "batch_norm: gamma has shape (2); it is (3), one a"},
    {WG_ERR_SHAPE, "batch_norm(m, v, m@v)", "batch_norm: beta has shape (2); it is (3), one a"},
    {WG_ERR_SHAPE, "batch_norm(s, v, v)", "batch_norm: x has rank 0; its last axis is channels"},
    {WG_ERR_STATE, "batch_norm(m, v, v, v)", "batch_norm: mean is given without var"},
    {WG_ERR_RANGE, "batch_norm(m, v, v, eps=-1)", "batch_norm: eps = -1; it is finite and not"},
    {WG_ERR_MEMORY, "zero_pad(m, before=[9e15, 9e15])", "would have too many elements"},
    {WG_ERR_RANGE, "max_pool2d_pick(image, reshape([16, 0], shape=[1, 1, 1, 2]), size=4)",
     "winner 16 of window 0; the image has 16 places"},
    {WG_ERR_RANGE, "conv2d_grad_input(image, kernel, size=4, groups=-1)", "groups -1"},
    {WG_ERR_RANGE, "conv2d_grad_weight(image, image, size=3, groups=-1)", "groups -1"},
    {WG_ERR_SHAPE, "conv2d_grad_input(image, kernel, size=9)", "with this geometry it is"},
    {WG_ERR_SHAPE, "batch_norm_sums(m, v, v)", "g (2, 3) and x (3); they are both (..., C)"},
    {WG_ERR_SHAPE, "batch_norm_sums(m, m, m@v)", "mean has shape (2); it is (3), one a channel"},
    {WG_ERR_SHAPE, "batch_norm_grad(m, m, v, v, m@v, v)", "b has shape (2); it is (3), one a"},
    {WG_ERR_RANGE, "slice_grad(v, extent=2)", "slice_grad: 3 places from 0 by 1 do not fit into 2"},
    {WG_OK, NULL, NULL},
};

static void hold(const row *rows) {
    for (const row *r = rows; r->text; ++r) {
        wg_var x[NAMES];
        wg_tape_rewind(t);
        make(x);
        ck_assert_int_eq(wg_tape_status(t), WG_OK);
        wg_var y = wg_parse(t, r->text, NAMES, names, x);
        ck_assert_msg(y.index == 0, "%s: no error", r->text);
        ck_assert_msg(strstr(wg_tape_message(t), r->part), "%s: %s", r->text, wg_tape_message(t));
        ck_assert_msg(wg_tape_status(t) == r->status, "%s: status %s: %s", r->text,
                      wg_status_name(wg_tape_status(t)), wg_tape_message(t));
    }
}

START_TEST(test_elementwise) { hold(elementwise); }
END_TEST
START_TEST(test_shapes) { hold(shapes); }
END_TEST
START_TEST(test_indices) { hold(indices); }
END_TEST
START_TEST(test_images) { hold(images); }
END_TEST

/* ---- the engine's own ------------------------------------------------------------------------ */

static void says(wg_status got, wg_status status, const char *part) {
    ck_assert_msg(got == status && strstr(wg_tape_message(t), part), "%s: %s",
                  wg_status_name(got), wg_tape_message(t));
    wg_tape_rewind(t);
}

static wg_status copy_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status copy_forward(wg_call *c) {
    memcpy(c->y.data, c->x[0]->data, (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype));
    return WG_OK;
}
static void narrow_rule(wg_pull *p) { p->dx[0] = wg_cast(p->g, WG_F32); }

/* A user's gate without a rule, and one whose rule gives another dtype. */
START_TEST(test_gates_of_users) {
    wg_gate copy = {.size = sizeof copy, .name = "copy", .arity = 1, .operands = {"x"},
                    .infer = copy_infer, .forward = {copy_forward, copy_forward, NULL, NULL}};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), NULL), d;
    says(wg_backward(wg_sum(wg_record(&copy, 1, &x, NULL))), WG_ERR_UNSUPPORTED,
         "copy: it has no derivative");
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    says(wg_gradients(wg_sum(wg_record(&copy, 1, &x, NULL)), 1, &x, &d), WG_ERR_UNSUPPORTED,
         "copy: it has no derivative");
    copy.rule = narrow_rule;
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    says(wg_backward(wg_sum(wg_record(&copy, 1, &x, NULL))), WG_ERR_STATE,
         "copy: its rule gives float32 for float64");
    copy.attr_bytes = 4;
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_uint_eq(wg_record(&copy, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_STATE, "copy: its attributes are missing");
}
END_TEST

START_TEST(test_gradients_of_integers) {
    int64_t one[1] = {1};
    wg_var x = wg_scalar(t, 2), i = wg_const(t, WG_I64, WG_SHAPE(1), one), d;
    says(wg_gradients(wg_square(x), 1, &i, &d), WG_ERR_DTYPE, "gradients: value 0 is not a float");
}
END_TEST

extern Suite *suite_messages(void);
Suite *suite_messages(void) {
    Suite *s = suite_create("messages");
    TCase *c = tcase_create("messages");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_elementwise);
    tcase_add_test(c, test_shapes);
    tcase_add_test(c, test_indices);
    tcase_add_test(c, test_images);
    tcase_add_test(c, test_gates_of_users);
    tcase_add_test(c, test_gradients_of_integers);
    suite_add_tcase(s, c);
    return s;
}
