/* test_shape_more.c: expand_dims, squeeze, stack, pad, flip, roll, tile, repeat, tril, triu, diag
 * and split: values, what is a view, what is refused. */
#include "tests/ops/hold.h"
#include "tests/ops/probe.h"

#include <math.h>
#include <string.h>

static const double six[6] = {1, 2, 3, 4, 5, 6};

static wg_var matrix(wg_tape *t) { return wg_input(t, WG_F64, WG_SHAPE(2, 3), six); }
static wg_var vector(wg_tape *t, int64_t n) { return wg_input(t, WG_F64, WG_SHAPE(n), six); }

START_TEST(views) {
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t);
    const double *data = wg_data(x);
    probe_shape(wg_expand_dims(x, 1), WG_SHAPE(2, 1, 3));
    probe_shape(wg_expand_dims(x, -1), WG_SHAPE(2, 3, 1));
    ck_assert_ptr_eq(wg_data(wg_expand_dims(x, 0)), data);
    wg_axes all = {0, {0}};
    wg_var three = wg_reshape(x, WG_SHAPE(1, 6, 1));
    probe_shape(wg_squeeze(three, all), WG_SHAPE(6));
    probe_shape(wg_squeeze(three, WG_AXES(-1)), WG_SHAPE(1, 6));
    ck_assert_ptr_eq(wg_data(wg_squeeze(three, all)), data);
    probe_equal(wg_flip(x, all), 6, (double[]){6, 5, 4, 3, 2, 1});
    probe_equal(wg_flip(x, WG_AXES(0)), 6, (double[]){4, 5, 6, 1, 2, 3});
    probe_equal(wg_flip(wg_transpose(x), WG_AXES(-1)), 6, (double[]){4, 1, 5, 2, 6, 3});
    probe_equal(wg_squeeze(wg_expand_dims(wg_transpose(x), 1), all), 6,
                (double[]){1, 4, 2, 5, 3, 6});
    probe_equal(wg_diag(x, 1), 2, (double[]){2, 6});
    probe_equal(wg_diag(wg_transpose(x), 0), 2, (double[]){1, 5});
    probe_equal(wg_diag(x, 9), 0, NULL);
    wg_tape_free(t);
}
END_TEST

START_TEST(copies) {
    wg_tape *t = wg_tape_new();
    wg_var x = matrix(t), v = vector(t, 3), pair[2] = {v, wg_neg(v)};
    probe_equal(wg_stack(2, pair, 0), 6, (double[]){1, 2, 3, -1, -2, -3});
    probe_equal(wg_stack(2, pair, -1), 6, (double[]){1, -1, 2, -2, 3, -3});
    probe_equal(wg_roll(v, 1, 0), 3, (double[]){3, 1, 2});
    probe_equal(wg_roll(x, -4, 1), 6, (double[]){2, 3, 1, 5, 6, 4});
    probe_equal(wg_repeat(v, 2, 0), 6, (double[]){1, 1, 2, 2, 3, 3});
    probe_equal(wg_repeat(wg_transpose(x), 2, 1), 12,
                (double[]){1, 1, 4, 4, 2, 2, 5, 5, 3, 3, 6, 6});
    probe_equal(wg_tile(v, WG_SHAPE(2)), 6, (double[]){1, 2, 3, 1, 2, 3});
    probe_equal(wg_tile(vector(t, 2), WG_SHAPE(2, 3)), 12,
                (double[]){1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2});
    probe_equal(wg_tile(vector(t, 1), WG_SHAPE(5)), 5, (double[]){1, 1, 1, 1, 1});
    probe_shape(wg_tile(x, WG_SHAPE(0, 2)), WG_SHAPE(0, 6));
    probe_equal(wg_diag(vector(t, 2), -1), 9, (double[]){0, 0, 0, 1, 0, 0, 0, 2, 0});
    const double nan[4] = {1, NAN, 3, 4};
    wg_var m = wg_input(t, WG_F64, WG_SHAPE(2, 2), nan);
    probe_equal(wg_tril(m, 0), 4, (double[]){1, 0, 3, 4});
    probe_equal(wg_triu(x, 1), 6, (double[]){0, 2, 3, 0, 0, 6});
    probe_equal(wg_tril(x, 1), 6, (double[]){1, 2, 0, 4, 5, 6});
    wg_tape_free(t);
}
END_TEST

START_TEST(padding) {
    wg_tape *t = wg_tape_new();
    wg_var v = vector(t, 3), x = matrix(t);
    probe_equal(wg_pad(v, WG_SHAPE(2), WG_SHAPE(1), WG_PAD_ZERO), 6, (double[]){0, 0, 1, 2, 3, 0});
    probe_equal(wg_pad(v, WG_SHAPE(2), WG_SHAPE(2), WG_PAD_REFLECT), 7,
                (double[]){3, 2, 1, 2, 3, 2, 1});
    probe_equal(wg_pad(v, WG_SHAPE(1), WG_SHAPE(4), WG_PAD_REPLICATE), 8,
                (double[]){1, 1, 2, 3, 3, 3, 3, 3});
    probe_equal(wg_pad(x, WG_SHAPE(1, 0), WG_SHAPE(0, 1), WG_PAD_REFLECT), 12,
                (double[]){4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5});
    probe_fails(wg_pad(v, WG_SHAPE(3), WG_RANK0, WG_PAD_REFLECT), WG_ERR_SHAPE,
                "pad: before is 3 at axis 0, which has 3 elements");
    v = vector(t, 3);
    probe_fails(wg_pad(v, WG_RANK0, WG_SHAPE(-1), WG_PAD_ZERO), WG_ERR_RANGE, "after is -1");
    v = vector(t, 3);
    probe_fails(wg_pad(v, WG_RANK0, WG_RANK0, 3), WG_ERR_RANGE, "mode is 3");
    v = vector(t, 3);
    probe_fails(wg_pad(v, WG_SHAPE(1, 1), WG_RANK0, 0), WG_ERR_SHAPE, "before has 2 entries");
    v = vector(t, 0);
    probe_fails(wg_pad(v, WG_SHAPE(1), WG_RANK0, WG_PAD_REPLICATE), WG_ERR_SHAPE, "0 elements");
    wg_tape_free(t);
}
END_TEST

START_TEST(parts) {
    wg_tape *t = wg_tape_new();
    const int64_t sizes[2] = {1, 2}, wrong[2] = {1, 1};
    wg_var x = matrix(t), out[3];
    ck_assert_int_eq(wg_split_along(x, 1, 2, sizes, out), WG_OK);
    probe_equal(out[0], 2, (double[]){1, 4});
    probe_equal(out[1], 4, (double[]){2, 3, 5, 6});
    ck_assert_int_eq(wg_split_along(x, -1, 3, NULL, out), WG_OK);
    probe_equal(out[2], 2, (double[]){3, 6});
    ck_assert_int_eq(wg_split_along(x, 1, 2, wrong, out), WG_ERR_SHAPE);
    ck_assert_uint_eq(out[1].index, 0);
    wg_tape_rewind(t);
    ck_assert_int_eq(wg_split_along(matrix(t), 2, 1, NULL, out), WG_ERR_RANGE);
    wg_tape_free(t);
}
END_TEST

START_TEST(refusals) {
    wg_tape *t = wg_tape_new();
    wg_var two[2] = {vector(t, 2), vector(t, 3)};
    probe_fails(wg_stack(2, two, 0), WG_ERR_SHAPE, "stack: x[1] is (3), x[0] (2)");
    probe_fails(wg_stack(1, (wg_var[]){vector(t, 2)}, 2), WG_ERR_RANGE, "axis 2 of a result");
    probe_fails(wg_expand_dims(matrix(t), 3), WG_ERR_RANGE, "axis 3 of a result of rank 3");
    probe_fails(wg_squeeze(matrix(t), WG_AXES(0)), WG_ERR_SHAPE, "axis 0 has 2 elements, not 1");
    probe_fails(wg_flip(matrix(t), WG_AXES(0, 0)), WG_ERR_RANGE, "axis 0 is given twice");
    probe_fails(wg_roll(matrix(t), 1, 2), WG_ERR_RANGE, "roll: axis 2");
    probe_fails(wg_repeat(matrix(t), -1, 0), WG_ERR_RANGE, "repeat: n is -1");
    probe_fails(wg_tile(matrix(t), WG_SHAPE(-2)), WG_ERR_RANGE, "tile: reps is -2");
    probe_fails(wg_tril(vector(t, 2), 0), WG_ERR_SHAPE, "tril: (2) is no matrix");
    probe_fails(wg_diag(wg_scalar(t, 1), 0), WG_ERR_SHAPE, "neither a vector nor a matrix");
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_shape_more(void);
Suite *suite_shape_more(void) {
    Suite *s = suite_create("shape_more");
    TCase *c = tcase_create("values");
    tcase_add_test(c, views);
    tcase_add_test(c, copies);
    tcase_add_test(c, padding);
    tcase_add_test(c, parts);
    tcase_add_test(c, refusals);
    suite_add_tcase(s, c);
    return s;
}
