/* test_saved.c: what a gate keeps for its rule, what a random gate draws, and cotangents of values
 * without elements: on gates made here, so that nothing of ops is in between. */
#include "autograd/tape.h"
#include "ops/ops.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

extern Suite *suite_saved(void);

/* ---- y = max(x) of a vector, keeping the winner's place and value ---------------------------- */

static wg_status peak_infer(wg_call *c) {
    c->y.rank = 0;
    c->saved_dtype = WG_I64;
    c->saved_count = 2;
    return WG_OK;
}

static wg_status peak_forward(wg_call *c) {
    const double *x = c->x[0]->data;
    int64_t *saved = c->saved, best = 0;
    for (int64_t i = 1; i < c->x[0]->dim[0]; ++i)
        if (x[i] > x[best]) best = i;
    saved[0] = -7;
    saved[1] = best;
    *(double *)c->y.data = x[best];
    return WG_OK;
}

static int64_t ask_offset = 1, ask_count = 1;
static wg_status pulled;
static double seen_place;

static void peak_rule(wg_pull *p) {
    wg_var place = wg_pull_saved(p, WG_SHAPE(ask_count), ask_offset);
    pulled = place.index ? WG_OK : wg_tape_status(place.tape);
    seen_place = wg_item(place);
    int64_t n = wg_shape_of(p->x[0]).dim[0];
    if (place.index)
        p->dx[0] = wg_mul(p->g, wg_reshape(wg_one_hot(place, n, WG_F64), WG_SHAPE(n)));
}

static const wg_gate peak = {
    .size = sizeof(wg_gate),
    .name = "peak",
    .arity = 1,
    .operands = {"x"},
    .infer = peak_infer,
    .forward = {NULL, peak_forward},
    .rule = peak_rule,
};

static const double up[] = {1, 2, 3}, down[] = {3, 2, 1};

static void check_gradient(wg_var g, double a, double b, double c) {
    double d[3];
    ck_assert_int_eq(wg_read(g, d, sizeof d), WG_OK);
    check_near(d[0], a, 0);
    check_near(d[1], b, 0);
    check_near(d[2], c, 0);
}

START_TEST(test_block) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), up), y = wg_record(&peak, 1, &x, NULL), g;
    ask_offset = ask_count = 1;
    ck_assert_int_eq(wg_backward(y), WG_OK);
    check_near(seen_place, 2, 0);
    check_gradient(wg_grad(x), 0, 0, 1);
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_OK);
    check_gradient(g, 0, 0, 1);
    /* A recorded gradient sees what a replay kept. */
    ck_assert_int_eq(wg_set(x, down, sizeof down), WG_OK);
    ck_assert_int_eq(wg_replay(g), WG_OK);
    check_gradient(g, 1, 0, 0);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_block_range) {
    wg_tape *t = wg_tape_new();
    static const int64_t bad[][2] = {{2, 1}, {3, 0}, {-1, 1}, {0, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), up), y = wg_record(&peak, 1, &x, NULL);
        ask_offset = bad[i][0];
        ask_count = bad[i][1];
        wg_backward(y);
        ck_assert_int_eq(pulled, WG_ERR_RANGE);
        ck_assert_msg(strstr(wg_tape_message(t), "the block has 2"), "%s", wg_tape_message(t));
        wg_tape_rewind(t);
    }
    wg_tape_free(t);
}
END_TEST

/* ---- saved floats ---------------------------------------------------------------------------- */

static wg_status keep_infer(wg_call *c) {
    c->y.rank = 0;
    c->saved_count = 1;
    return WG_OK;
}
static wg_status keep_forward(wg_call *c) {
    double x = *(const double *)c->x[0]->data;
    *(double *)c->saved = 2 * x;
    *(double *)c->y.data = x * x;
    return WG_OK;
}
static void keep_rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_pull_saved(p, WG_RANK0, 0)); }
static const wg_gate keep = {
    .size = sizeof(wg_gate),
    .name = "keep",
    .arity = 1,
    .operands = {"x"},
    .infer = keep_infer,
    .forward = {NULL, keep_forward},
    .rule = keep_rule,
};

/* A sweep may read them; a recorded gradient, which would lose their derivative, may not. */
START_TEST(test_floats) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_scalar(t, 1.5), y = wg_record(&keep, 1, &x, NULL), g;
    ck_assert_int_eq(wg_backward(y), WG_OK);
    check_near(wg_item(wg_grad(x)), 3, 0);
    ck_assert_int_eq(wg_gradients(y, 1, &x, &g), WG_ERR_STATE);
    ck_assert_msg(strstr(wg_tape_message(t), "keep: its rule reads saved floats"), "%s",
                  wg_tape_message(t));
    wg_tape_free(t);
}
END_TEST

/* ---- random gates ---------------------------------------------------------------------------- */

struct dice {
    wg_random random;
    double bias;
};
static wg_status dice_infer(wg_call *c) {
    if (((const struct dice *)c->attrs)->bias < 0) return wg_fail(c, WG_ERR_RANGE, "bias");
    c->y.rank = 1;
    c->y.dim[0] = 2;
    return WG_OK;
}
static wg_status dice_forward(wg_call *c) {
    const struct dice *d = c->attrs;
    double *y = c->y.data;
    y[0] = (double)d->random.seed + d->bias;
    y[1] = (double)d->random.stream;
    return WG_OK;
}
static const wg_gate dice = {
    .size = sizeof(wg_gate),
    .name = "dice",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_RANDOM | WG_GATE_FLAT,
    .attr_bytes = sizeof(struct dice),
    .infer = dice_infer,
    .forward = {NULL, dice_forward},
};

static void check_dice(wg_var y, double seed, double stream) {
    double d[2];
    ck_assert_int_eq(wg_read(y, d, sizeof d), WG_OK);
    check_near(d[0], seed, 0);
    check_near(d[1], stream, 0);
}

START_TEST(test_draws) {
    wg_tape *t = wg_tape_new();
    struct dice undrawn = {{0, 0}, 0.25}, given = {{9, 4}, 0.25}, bad = {{0, 0}, -1};
    wg_var x = wg_scalar(t, 1);
    wg_var a = wg_record(&dice, 1, &x, &undrawn), b = wg_record(&dice, 1, &x, &undrawn);
    check_dice(a, 0.25, 1);
    check_dice(b, 0.25, 2);
    ck_assert_uint_eq(undrawn.random.stream, 0);
    check_dice(wg_record(&dice, 1, &x, &given), 9.25, 4);
    ck_assert_uint_eq(wg_record(&dice, 1, &x, &bad).index, 0); /* takes no draw */
    check_dice(wg_record(&dice, 1, &x, &undrawn), 0.25, 3);
    ck_assert_int_eq(wg_replay(a), WG_OK);
    check_dice(a, 0.25, 1);
    wg_mark mark = wg_tape_mark(t);
    wg_record(&dice, 1, &x, &undrawn);
    wg_tape_release(t, mark);
    check_dice(wg_record(&dice, 1, &x, &undrawn), 0.25, 5);
    wg_tape_rewind(t);
    x = wg_scalar(t, 1);
    check_dice(wg_record(&dice, 1, &x, &undrawn), 0.25, 6);
    wg_tape_seed(t, 3);
    check_dice(wg_record(&dice, 1, &x, &undrawn), 3.25, 1);
    wg_tape_free(t);
}
END_TEST

/* ---- empty values ---------------------------------------------------------------------------- */

static wg_shape seen_shape;
static wg_dtype seen_dtype;
static wg_status pass_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status pass_forward(wg_call *c) {
    wgi_value_copy(c->x[0], &c->y);
    return WG_OK;
}
static void pass_rule(wg_pull *p) {
    seen_shape = wg_shape_of(p->g);
    seen_dtype = wg_dtype_of(p->g);
    p->dx[0] = p->g;
}
static const wg_gate pass = {
    .size = sizeof(wg_gate),
    .name = "pass",
    .arity = 1,
    .operands = {"x"},
    .infer = pass_infer,
    .forward = {pass_forward, pass_forward},
    .rule = pass_rule,
};

START_TEST(test_empty_cotangent) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3, 0, 2), NULL);
    wg_var y = wg_sum_to(wg_record(&pass, 1, &x, NULL), WG_RANK0);
    check_near(wg_item(y), 0, 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(seen_shape.rank, 3);
    ck_assert_int_eq(seen_shape.dim[0], 3);
    ck_assert_int_eq(seen_shape.dim[1], 0);
    ck_assert_int_eq(seen_dtype, WG_F64);
    wg_tape_free(t);
}
END_TEST

START_TEST(test_empty_is_dense) {
    wg_value v = {WG_F64, 2, {0, 3}, {0, 0}, NULL, NULL};
    ck_assert_int_eq(wg_value_dense(&v), 1);
    v.dim[0] = 2;
    ck_assert_int_eq(wg_value_dense(&v), 0);
}
END_TEST

Suite *suite_saved(void) {
    Suite *s = suite_create("saved");
    TCase *c = tcase_create("saved");
    tcase_add_test(c, test_block);
    tcase_add_test(c, test_block_range);
    tcase_add_test(c, test_floats);
    tcase_add_test(c, test_draws);
    tcase_add_test(c, test_empty_cotangent);
    tcase_add_test(c, test_empty_is_dense);
    suite_add_tcase(s, c);
    return s;
}
