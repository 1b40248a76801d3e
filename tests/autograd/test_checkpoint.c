/* Checkpoints: the same bits as the plain computation, nothing kept between, and what goes
 * wrong. */
#include "autograd/tape.h"
#include "tests/oom.h"
#include "tests/suites.h"
#include "wengert.h"

#include <math.h>
#include <string.h>

static wg_tape *t;
static wg_params *store;
static wg_param *weight;
static int runs, seen_state;

static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    ck_assert_ptr_nonnull(store = wg_params_new());
    ck_assert_ptr_nonnull(weight = wg_param_new(store, "w", WG_F64, WG_SHAPE(4, 4)));
    double *w = wg_param_data(weight);
    for (int i = 0; i < 16; ++i) w[i] = sin(3 * i + 1);
    runs = seen_state = 0;
}
static void teardown(void) {
    wg_tape_free(t);
    wg_params_free(store);
}

/* dropout(tanh(x W)) * x: random, with a parameter, an operand used twice and inner values. */
static wg_var block(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    ++runs;
    seen_state = wg_in_section(tape);
    ck_assert_uint_eq(n, 1);
    wg_var h = wg_tanh(wg_matmul(x[0], wg_use(tape, user)));
    return wg_mul(wg_dropout(h, 0.5), x[0]);
}
static wg_var two_blocks(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    wg_var h = wg_checkpoint(tape, block, n, x, user);
    return wg_checkpoint(tape, block, 1, &h, user);
}
static wg_var plain_two(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    wg_var h = block(tape, n, x, user);
    return block(tape, 1, &h, user);
}

typedef struct outcome {
    double value[12], dx[12], dw[16];
    uint32_t nodes;
} outcome;

static outcome outcome_of(wg_section *f, int checkpointed, int keep) {
    outcome o;
    double x[12];
    memset(&o, 0, sizeof o);
    for (int i = 0; i < 12; ++i) x[i] = cos(i);
    wg_tape_rewind(t);
    wg_tape_seed(t, 7);
    wg_tape_keep_grads(t, keep);
    wg_params_clear_grads(store);
    wg_var in = wg_input(t, WG_F64, WG_SHAPE(3, 4), x), y;
    y = checkpointed ? wg_checkpoint(t, f, 1, &in, weight) : f(t, 1, &in, weight);
    o.nodes = t->head.count;
    wg_var loss = wg_sum(wg_square(y));
    ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(t));
    ck_assert_int_eq(wg_read(y, o.value, sizeof o.value), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(in), o.dx, sizeof o.dx), WG_OK);
    memcpy(o.dw, wg_param_grad(weight), sizeof o.dw);
    return o;
}

static void check_same(const outcome *a, const outcome *b) {
    ck_assert_mem_eq(a->value, b->value, sizeof a->value);
    ck_assert_mem_eq(a->dx, b->dx, sizeof a->dx);
    ck_assert_mem_eq(a->dw, b->dw, sizeof a->dw);
}

START_TEST(test_same_bits) {
    outcome plain = outcome_of(block, 0, _i);
    ck_assert_int_eq(runs, 1);
    outcome checkpointed = outcome_of(block, 1, _i);
    ck_assert_int_eq(runs, 3);
    ck_assert_int_eq(seen_state, 2);
    check_same(&plain, &checkpointed);
    ck_assert_uint_eq(checkpointed.nodes, 4); /* poison, x, the parameter, y */
    ck_assert_uint_gt(plain.nodes, 5);
    ck_assert_int_eq(wg_in_section(t), 0);
}
END_TEST

START_TEST(test_nested) {
    outcome plain = outcome_of(plain_two, 0, _i);
    outcome checkpointed = outcome_of(two_blocks, 1, _i);
    check_same(&plain, &checkpointed);
    ck_assert_uint_eq(checkpointed.nodes, 4);
}
END_TEST

/* A second sweep adds to leaves what the first did. */
START_TEST(test_swept_twice) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4), (double[]){1, 2, 3, 4});
    wg_var loss = wg_sum(wg_checkpoint(t, block, 1, &x, weight));
    double once[4], twice[4];
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), once, sizeof once), WG_OK);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad(x), twice, sizeof twice), WG_OK);
    for (int i = 0; i < 4; ++i) ck_assert(twice[i] == 2 * once[i]);
}
END_TEST

/* Steps of training, and the tape as large after each as after the first. */
START_TEST(test_steady) {
    size_t blocks = 0;
    count_allocations();
    for (int step = 0; step < 20; ++step) {
        if (step == 2) count_allocations();
        (void)outcome_of(two_blocks, 1, 0);
        if (step == 0) blocks = t->grad_blocks;
        ck_assert_uint_eq(t->grad_blocks, blocks);
    }
    ck_assert_int_eq(allocations_counted(), 0);
    wg_set_allocator(NULL);
}
END_TEST

static wg_var scalars(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)user;
    ck_assert_uint_eq(n, 3);
    return wg_mul(wg_mul(wg_sin(x[0]), x[1]), x[2]);
}

START_TEST(test_scalars) {
    wg_var x[3] = {wg_scalar(t, 0.3), wg_scalar(t, 2), wg_number(t, 5)};
    wg_var y = wg_checkpoint(t, scalars, 3, x, NULL);
    ck_assert(wg_item(y) == sin(0.3) * 2 * 5);
    ck_assert_int_eq(wg_backward(wg_mul(y, y)), WG_OK);
    check_near(wg_item(wg_grad(x[0])), 2 * wg_item(y) * cos(0.3) * 10, 1e-12);
    check_near(wg_item(wg_grad(x[1])), 2 * wg_item(y) * sin(0.3) * 5, 1e-12);
    ck_assert(wg_item(wg_grad(x[2])) == 0);
}
END_TEST

static wg_var cube(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)user;
    return wg_mul(wg_square(x[0]), x[0]);
}

/* Recorded gradients record the section, and can be differentiated again; forward mode too. */
START_TEST(test_orders) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){2, -3}), d, h, v, j;
    wg_var y = wg_sum(wg_checkpoint(t, cube, 1, &x, NULL));
    ck_assert_int_eq(wg_gradients(y, 1, &x, &d), WG_OK);
    ck_assert(((const double *)wg_data(d))[1] == 27);
    ck_assert_int_eq(wg_gradients(wg_sum(d), 1, &x, &h), WG_OK);
    ck_assert(((const double *)wg_data(h))[0] == 12 && ((const double *)wg_data(h))[1] == -18);
    v = wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, 1});
    ck_assert_int_eq(wg_jvp(y, 1, &x, &v, &j), WG_OK);
    ck_assert(wg_item(j) == 12 + 27);
}
END_TEST

static wg_var mixed(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)user;
    return wg_cast(wg_gather(x[0], x[1], 0), WG_F64);
}

START_TEST(test_operands_of_other_dtypes) {
    wg_var x[2] = {wg_input(t, WG_F32, WG_SHAPE(3), (float[]){1, 2, 3}),
                   wg_const(t, WG_I64, WG_SHAPE(2), (int64_t[]){2, 2})};
    wg_var y = wg_checkpoint(t, mixed, 2, x, NULL);
    ck_assert_int_eq(wg_dtype_of(y), WG_F64);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    const float *g = wg_data(wg_grad(x[0]));
    ck_assert(g[0] == 0 && g[1] == 0 && g[2] == 2);
}
END_TEST

static wg_var same(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)user;
    return x[n - 1];
}
static wg_var view(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)user;
    return wg_transpose(x[0]);
}
static wg_var nothing(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)n, (void)x;
    return wg_sum(wg_square(wg_use(tape, user)));
}

START_TEST(test_edges) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    ck_assert_uint_eq(wg_checkpoint(t, same, 1, &x, NULL).index, x.index);
    wg_var y = wg_checkpoint(t, view, 1, &x, NULL);
    ck_assert(((const double *)wg_data(y))[1] == 3);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, y))), WG_OK);
    ck_assert(((const double *)wg_data(wg_grad(x)))[1] == 4);
    wg_var w = wg_checkpoint(t, nothing, 0, NULL, weight); /* parameters alone */
    ck_assert_int_eq(wg_backward(w), WG_OK);
    ck_assert(((const double *)wg_param_grad(weight))[0] == 2 * sin(1));
    wg_var empty = wg_input(t, WG_F64, WG_SHAPE(0, 4), NULL);
    ck_assert_int_eq(wg_backward(wg_sum(wg_checkpoint(t, block, 1, &empty, weight))), WG_OK);
    wg_no_grad_begin(t);
    runs = 0;
    (void)wg_checkpoint(t, block, 1, &empty, weight);
    wg_no_grad_end(t);
    ck_assert_int_eq(runs, 1);
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
}
END_TEST

/* ---- failures ------------------------------------------------------------------------------- */

static wg_var other_value(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n;
    return wg_mul(x[0], *(wg_var *)user);
}
static wg_var rewinds(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)n, (void)user;
    wg_tape_rewind(tape);
    return x[0];
}
static wg_var absent(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)x, (void)user;
    return WG_NONE;
}
static wg_var broken(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)user;
    return wg_matmul(x[0], wg_transpose(x[0]));
}

static void check_error(wg_status status, const char *text) {
    ck_assert_msg(wg_tape_status(t) == status && strstr(wg_tape_message(t), text),
                  "%s, expected %s: %s", wg_tape_message(t), wg_status_name(status), text);
    wg_tape_rewind(t);
}

START_TEST(test_wrong_calls) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), NULL), z = wg_name(wg_scalar(t, 2), "z");
    ck_assert_uint_eq(wg_checkpoint(t, other_value, 1, &x, &z).index, 0);
    check_error(WG_ERR_STATE, "checkpoint: its section uses z, which it was not given");
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_uint_eq(wg_checkpoint(t, NULL, 1, &x, NULL).index, 0);
    check_error(WG_ERR_VALUE, "the section is NULL");
    wg_var none = WG_NONE;
    ck_assert_uint_eq(wg_checkpoint(t, same, 1, &none, NULL).index, 0);
    check_error(WG_ERR_TAPE, "an operand is not of the tape");
    ck_assert_uint_eq(wg_checkpoint(t, same, 1, &x, NULL).index, 0);
    check_error(WG_ERR_STALE, "rewound");
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_uint_eq(wg_checkpoint(t, absent, 1, &x, NULL).index, 0);
    check_error(WG_ERR_TAPE, "its section gives no value");
    x = wg_input(t, WG_F64, WG_SHAPE(2), NULL);
    ck_assert_uint_eq(wg_checkpoint(t, rewinds, 1, &x, NULL).index, 0);
    check_error(WG_ERR_STALE, "rewound");
    x = wg_input(t, WG_F64, WG_SHAPE(2, 3, 2), NULL);
    uint32_t count = t->head.count;
    ck_assert_uint_eq(wg_checkpoint(t, broken, 1, &x, NULL).index, 0);
    ck_assert_uint_eq(t->head.count, count);
    check_error(WG_ERR_SHAPE, "matmul");
    ck_assert_uint_eq(wg_checkpoint(NULL, same, 0, NULL, NULL).index, 0);
}
END_TEST

START_TEST(test_changed_parameter) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4), (double[]){1, 2, 3, 4});
    wg_var loss = wg_sum(wg_checkpoint(t, block, 1, &x, weight));
    double *w = wg_param_data(weight);
    for (int i = 0; i < 16; ++i) w[i] = 0.5;
    uint32_t count = t->head.count;
    ck_assert_int_eq(wg_backward(loss), WG_ERR_STATE);
    ck_assert_uint_eq(t->head.count, count);
    check_error(WG_ERR_STATE, "gives another value than when it was recorded");
    x = wg_input(t, WG_F64, WG_SHAPE(1, 4), NULL);
    loss = wg_sum(wg_checkpoint(t, block, 1, &x, weight));
    wg_params_changed(store); /* whoever says so is told the name */
    ck_assert_int_eq(wg_backward(loss), WG_ERR_STATE);
    check_error(WG_ERR_STATE, "the parameter w was changed after it was used");
}
END_TEST

/* Lints see the parameters of a section. */
START_TEST(test_lints) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 4), (double[]){1, 2, 3, 4});
    wg_var loss = wg_sum(wg_checkpoint(t, two_blocks, 1, &x, weight));
    wg_lints l = {0};
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_lint(loss, store, NULL, &l), WG_OK);
    for (size_t i = 0; i < l.n; ++i) ck_assert_int_ne(l.findings[i].kind, WG_LINT_UNREACHED);
    wg_lints_clear(&l);
}
END_TEST

START_TEST(test_no_replay) {
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){2, 3});
    wg_var y = wg_sum(wg_checkpoint(t, cube, 1, &x, NULL));
    ck_assert_int_eq(wg_replay(y), WG_ERR_UNSUPPORTED);
    check_error(WG_ERR_UNSUPPORTED, "checkpoint: a section is not on the tape");
    x = wg_input(t, WG_F64, WG_SHAPE(2), (double[]){2, 3});
    y = wg_sum(wg_checkpoint(t, cube, 1, &x, NULL));
    wg_gradcheck_report r = {0};
    ck_assert_int_eq(wg_gradcheck(y, NULL, &r), WG_ERR_UNSUPPORTED);
    wg_gradcheck_report_clear(&r);
}
END_TEST

static wg_status scenario(void) {
    wg_tape *tape = wg_tape_new();
    wg_params *p = wg_params_new();
    wg_param *w = p ? wg_param_new(p, "w", WG_F64, WG_SHAPE(4, 4)) : NULL;
    wg_var x = wg_input(tape, WG_F64, WG_SHAPE(3, 4), NULL), d;
    if (w && tape) {
        wg_var loss = wg_sum(wg_checkpoint(tape, two_blocks, 1, &x, w));
        wg_backward(loss);
        wg_gradients(loss, 1, &x, &d);
    }
    wg_status s = !tape || !p ? WG_ERR_MEMORY : wg_params_status(p);
    if (s == WG_OK) s = wg_tape_status(tape);
    wg_tape_free(tape);
    wg_params_free(p);
    return s;
}

START_TEST(test_no_memory) {
    wg_set_threads(1);
    ck_assert_int_gt(run_out_of_memory("checkpoint", scenario), 8);
}
END_TEST

extern Suite *suite_checkpoint(void);
Suite *suite_checkpoint(void) {
    Suite *s = suite_create("checkpoint");
    TCase *c = tcase_create("checkpoint");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, test_same_bits, 0, 2);
    tcase_add_loop_test(c, test_nested, 0, 2);
    tcase_add_test(c, test_swept_twice);
    tcase_add_test(c, test_steady);
    tcase_add_test(c, test_scalars);
    tcase_add_test(c, test_orders);
    tcase_add_test(c, test_operands_of_other_dtypes);
    tcase_add_test(c, test_edges);
    tcase_add_test(c, test_wrong_calls);
    tcase_add_test(c, test_changed_parameter);
    tcase_add_test(c, test_lints);
    tcase_add_test(c, test_no_replay);
    tcase_add_test(c, test_no_memory);
    suite_add_tcase(s, c);
    return s;
}
