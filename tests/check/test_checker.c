/* The gradient check beyond one leaf's coordinates: the wrong gate by name, samples, directions,
 * second order, functions that record anew, numerical gradients. */
#include "tests/suites.h"

#include "check/check.h"
#include "ops/ops.h"
#include "tests/oom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static wg_gradcheck_report r;

static void setup(void) {
    t = wg_tape_new();
    memset(&r, 0, sizeof r);
}
static void teardown(void) {
    wg_gradcheck_report_clear(&r);
    wg_tape_free(t);
}

static wg_var vector(size_t n, uint64_t seed) {
    double *x = malloc(n * sizeof *x + 1);
    for (size_t i = 0; i < n; ++i) x[i] = sin(1.3 * (double)i + (double)seed);
    wg_var v = wg_input(t, WG_F64, WG_SHAPE((int64_t)n), x);
    free(x);
    return v;
}

extern const wg_gate wg_gate_square, wg_gate_sum_to;

/* sum_to whose gradient is wrong at one place. */
static int64_t wrong_place;
static void wrong_at(wg_pull *p) {
    wg_gate_sum_to.rule(p);
    int64_t n = wg_shape_size(wg_shape_of(p->x[0]));
    double *w = malloc((size_t)n * sizeof *w);
    for (int64_t i = 0; i < n; ++i) w[i] = i == wrong_place ? 1.5 : 1;
    wg_var c = wg_const(p->g.tape, WG_F64, wg_shape_of(p->x[0]), w);
    free(w);
    p->dx[0] = wg_mul(wg_broadcast_to(p->g, wg_shape_of(p->x[0])), c);
}

static struct {
    wg_shape shape;
} rank0 = {{0, {0}}};

static wg_var sum_wrong_at(wg_gate *copy, wg_var x, int64_t place) {
    *copy = wg_gate_sum_to;
    copy->rule = wrong_at;
    wrong_place = place;
    return wg_record(copy, 1, &x, &rank0);
}

/* ---- the wrong gate ------------------------------------------------------------------------- */

START_TEST(names_the_gate) {
    wg_gate bad;
    wg_var x = wg_name(vector(5, 1), "x"), h = wg_name(wg_sin(x), "h");
    wg_var s = wg_site(wg_name(sum_wrong_at(&bad, h, 3), "total"), "model.c:41");
    wg_var root = wg_square(s);
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_ERR_CHECK);
    ck_assert_int_eq(r.verdict, WG_VERDICT_FAIL);
    ck_assert_int_eq(r.leaf[0]->worst, 3);
    ck_assert_str_eq(r.blame.gate, "sum_to");
    ck_assert_str_eq(r.blame.name, "total");
    ck_assert_str_eq(r.blame.site, "model.c:41");
    ck_assert_int_eq(r.blame.element, 3);
    ck_assert_int_eq(r.blame.verdict, WG_VERDICT_FAIL);
    ck_assert_uint_eq(r.blame.index, s.index);
}
END_TEST

START_TEST(lists_wrong_gates) {
    wg_gate one, two;
    wg_gradcheck_node out[4];
    size_t n;
    wg_var x = vector(4, 1);
    wg_var a = sum_wrong_at(&one, x, 0), b = sum_wrong_at(&two, wg_exp(x), 0);
    wg_var root = wg_mul(a, b);
    ck_assert_int_eq(wg_gradcheck_nodes(root, NULL, 4, out, &n), WG_ERR_CHECK);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(out[0].index, a.index);
    ck_assert_uint_eq(out[1].index, b.index);
    ck_assert_int_eq(wg_gradcheck_nodes(root, NULL, 1, out, &n), WG_ERR_CHECK);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(wg_gradcheck_nodes(wg_sum(wg_exp(x)), NULL, 4, out, &n), WG_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* Two errors that cancel in the whole are seen one by one. */
START_TEST(sees_errors_that_cancel) {
    wg_gate one;
    wg_gradcheck_node out[4];
    size_t n;
    wg_var x = vector(4, 1), a = sum_wrong_at(&one, x, 0);
    wg_var root = wg_sub(a, wg_record(&one, 1, &x, &rank0));
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);
    ck_assert_int_eq(wg_gradcheck_nodes(root, NULL, 4, out, &n), WG_ERR_CHECK);
    ck_assert_uint_eq(n, 2);
}
END_TEST

/* Masks, indices, numbers, absent operands, ranks, draws: all kinds of operands pass. */
START_TEST(passes_every_kind_of_operand) {
    double image[18];
    int64_t labels[2] = {1, 0};
    wg_gradcheck_node out[2];
    size_t n;
    for (size_t i = 0; i < 18; ++i) image[i] = sin((double)(i * i));
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(1, 3, 3, 2), image);
    wg_var w = wg_input(t, WG_F64, WG_SHAPE(2, 2, 2, 2), image);
    wg_var y = wg_dropout(wg_conv2d(x, w, WG_NONE, NULL), 0.5);
    wg_var scores = wg_reshape(wg_slice(y, 1, 0, 1, 1), WG_SHAPE(2, 2));
    wg_var picked = wg_where(wg_greater(scores, wg_number(t, 0)), scores, wg_scale(scores, 0.5));
    wg_var loss = wg_softmax_loss(picked, wg_const(t, WG_I64, WG_SHAPE(2), labels));
    ck_assert_int_eq(wg_gradcheck_nodes(wg_mul(loss, wg_number(t, 3)), NULL, 2, out, &n), WG_OK);
}
END_TEST

/* ---- samples, directions -------------------------------------------------------------------- */

/* One wrong element of many: no sample sees it, a direction does, and finds it. */
START_TEST(finds_one_wrong_element) {
    wg_gate bad;
    wg_gradcheck_options o = {.size = sizeof o, .coordinates = 5};
    wg_var root = wg_square(sum_wrong_at(&bad, wg_sin(vector(3000, 2)), 1234));
    ck_assert_int_eq(wg_gradcheck(root, &o, &r), WG_ERR_CHECK);
    ck_assert_int_eq(r.leaf[0]->worst, 1234);
    ck_assert_int_eq(r.leaf[0]->failed, 1);
    ck_assert_int_ge(r.leaf[0]->directions, 1);
    wg_gradcheck_report_clear(&r);
    o.directions = -1;
    ck_assert_int_eq(wg_gradcheck(root, &o, &r), WG_OK);
    ck_assert_int_eq(r.leaf[0]->directions, 0);
    ck_assert_int_eq(r.leaf[0]->checked, 5);
}
END_TEST

START_TEST(keeps_to_the_time) {
    wg_gradcheck_options o = {.size = sizeof o, .seconds = 1e-3};
    wg_var x = vector(20000, 1);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_mul(wg_tanh(x), x)), &o, &r), WG_OK);
    ck_assert_int_lt(r.leaf[0]->checked, 2000);
    ck_assert_int_ge(r.leaf[0]->checked, 8);
    ck_assert_int_eq(r.leaf[0]->directions, 4);
    o.seconds = (double)NAN;
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck(wg_sum(x), &o, &r), WG_ERR_RANGE);
}
END_TEST

/* ---- tests without a step ------------------------------------------------------------------- */

START_TEST(taylor_and_dot) {
    wg_gate bad;
    wg_var x = vector(6, 3);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_exp(wg_sin(x))), NULL, &r), WG_OK);
    check_near(r.taylor, 2, 0.1);
    ck_assert(r.dot <= 1e-14);
    wg_gradcheck_report_clear(&r);
    wg_gradcheck(wg_square(sum_wrong_at(&bad, wg_exp(x), 2)), NULL, &r);
    check_near(r.taylor, 1, 0.1);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck(wg_sum(x), NULL, &r), WG_OK); /* linear: rounding alone */
    ck_assert(isnan(r.taylor));
}
END_TEST

/* ---- second order --------------------------------------------------------------------------- */

START_TEST(second_order) {
    wg_var x = wg_name(vector(4, 3), "x"), y = wg_name(vector(4, 5), "y");
    wg_var root = wg_sum(wg_mul(wg_exp(x), wg_sin(wg_mul(x, y))));
    wg_mark before = wg_tape_mark(t);
    ck_assert_int_eq(wg_gradcheck_second(root, NULL, &r), WG_OK);
    ck_assert_uint_eq(r.n, 2);
    ck_assert_str_eq(r.leaf[1]->name, "y");
    ck_assert(r.asymmetry <= 1e-13);
    ck_assert_uint_eq(wg_tape_mark(t).count, before.count);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck_second(wg_sum(x), NULL, &r), WG_OK); /* a constant gradient */
    ck_assert_uint_eq(r.n, 0);
    ck_assert_int_eq(wg_gradcheck_second(x, NULL, &r), WG_ERR_SHAPE);
}
END_TEST

/* A rule that is right and forgets that it depends on x. */
static void detached_square(wg_pull *p) {
    p->dx[0] = wg_mul(p->g, wg_scale(wg_detach(p->x[0]), 2));
}

START_TEST(second_order_fails) {
    wg_gate bad = wg_gate_square;
    bad.rule = detached_square;
    wg_var x = vector(4, 3), y = wg_record(&bad, 1, &x, NULL);
    wg_var root = wg_sum(wg_mul(y, wg_exp(x)));
    ck_assert_int_eq(wg_gradcheck(root, NULL, &r), WG_OK);
    wg_gradcheck_report_clear(&r);
    ck_assert_int_eq(wg_gradcheck_second(root, NULL, &r), WG_ERR_CHECK);
    ck_assert_int_eq(r.verdict, WG_VERDICT_FAIL);
}
END_TEST

/* ---- functions ------------------------------------------------------------------------------ */

static int calls;

/* Newton's iteration for sqrt x, as many steps as it takes: a graph that depends on x. */
static wg_var newton(wg_tape *tape, size_t n, const wg_var *xs, void *user) {
    wg_var y = wg_number(tape, 1);
    (void)n;
    (void)user;
    ++calls;
    for (int k = 0; k < 50; ++k) {
        wg_var next = wg_scale(wg_add(y, wg_div(xs[0], y)), 0.5);
        double change = fabs(wg_item(next) - wg_item(y));
        y = next;
        if (change < 1e-15) break;
    }
    return y;
}

START_TEST(checks_a_function) {
    wg_var x = wg_name(wg_scalar(t, 7), "x");
    calls = 0;
    ck_assert_int_eq(wg_gradcheck_fn(newton, NULL, 1, &x, NULL, &r), WG_OK);
    check_near(r.leaf[0]->numeric, 0.5 / sqrt(7), 1e-9);
    ck_assert_str_eq(r.leaf[0]->name, "x");
    ck_assert_int_gt(calls, 4);
    ck_assert(wg_item(x) == 7);
}
END_TEST

/* A branch in C: two graphs, one at each side, and a kink where they meet. */
static wg_var branchy(wg_tape *tape, size_t n, const wg_var *xs, void *user) {
    (void)tape;
    (void)n;
    (void)user;
    return wg_item(xs[0]) > 0 ? wg_scale(xs[0], 3) : wg_neg(xs[0]);
}

START_TEST(sees_branches_of_a_function) {
    wg_var x = wg_scalar(t, 1e-9);
    ck_assert_int_eq(wg_gradcheck_fn(branchy, NULL, 1, &x, NULL, &r), WG_OK);
    check_near(r.leaf[0]->numeric, 3, 1e-9);
    wg_gradcheck_report_clear(&r);
    float f[2] = {0.5f, -0.25f};
    wg_var y = wg_input(t, WG_F32, WG_SHAPE(2), f);
    wg_var first = wg_slice(y, 0, 0, 1, 1);
    ck_assert_int_eq(wg_gradcheck_fn(branchy, NULL, 1, &first, NULL, &r), WG_OK);
}
END_TEST

static wg_var fails(wg_tape *tape, size_t n, const wg_var *xs, void *user) {
    (void)n;
    (void)tape;
    return user ? *(wg_var *)user : wg_add(xs[0], wg_const(tape, WG_F64, WG_SHAPE(7), NULL));
}

START_TEST(function_refused) {
    wg_var x = vector(3, 1), none = WG_NONE;
    int64_t whole = 3;
    wg_var i = wg_const(t, WG_I64, WG_RANK0, &whole);
    ck_assert_int_eq(wg_gradcheck_fn(fails, NULL, 1, &x, NULL, &r), WG_ERR_SHAPE);
    ck_assert_str_ne(r.error.text, "");
    ck_assert_int_eq(wg_gradcheck_fn(fails, &none, 1, &x, NULL, &r), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck_fn(fails, &x, 1, &x, NULL, &r), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck_fn(newton, NULL, 0, NULL, NULL, &r), WG_ERR_STATE);
    ck_assert_int_eq(wg_gradcheck_fn(newton, NULL, 1, &none, NULL, &r), WG_ERR_TAPE);
    ck_assert_int_eq(wg_gradcheck_fn(newton, NULL, 1, &i, NULL, &r), WG_ERR_DTYPE);
    ck_assert_int_eq(wg_gradcheck_fn(newton, NULL, 1, &x, NULL, &r), WG_ERR_SHAPE); /* no scalar */
}
END_TEST

/* ---- determinism ---------------------------------------------------------------------------- */

static wg_status drifting_forward(wg_call *c) {
    static double drift;
    drift += 1e-3;
    *(double *)c->y.data = *(const double *)c->x[0]->data + drift;
    return WG_OK;
}
static wg_status same_shape(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static void hand_on(wg_pull *p) { p->dx[0] = p->g; }
static const wg_gate drifting = {.size = sizeof(wg_gate), .name = "drifting", .formula = "",
                                 .derivative = "", .arity = 1, .operands = {"x"},
                                 .infer = same_shape, .forward = {NULL, drifting_forward},
                                 .rule = hand_on};

START_TEST(names_what_is_not_deterministic) {
    wg_var x = wg_scalar(t, 1), y = wg_name(wg_record(&drifting, 1, &x, NULL), "noisy");
    ck_assert_int_eq(wg_gradcheck(wg_square(y), NULL, &r), WG_ERR_VALUE);
    ck_assert_ptr_nonnull(strstr(r.error.text, "drifting"));
    ck_assert_ptr_nonnull(strstr(r.error.text, "noisy"));
}
END_TEST

/* ---- the course's quotient ------------------------------------------------------------------ */

START_TEST(numerical_gradient) {
    double out[3];
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), (double[]){1, 2, 3}), y = wg_scalar(t, 4);
    wg_var f = wg_sum(wg_square(x));
    ck_assert_int_eq(wg_numerical_gradient(f, x, 0, 0, out), WG_OK);
    for (int i = 0; i < 3; ++i) check_near(out[i], 2 * (i + 1) + 1e-5, 2e-9);
    ck_assert_int_eq(wg_numerical_gradient(f, x, 0.5, 1, out), WG_OK);
    for (int i = 0; i < 3; ++i) check_near(out[i], 2 * (i + 1), 0);
    ck_assert_int_eq(wg_numerical_gradient(f, y, 0, 0, out), WG_OK);
    check_near(out[0], 0, 0);
    ck_assert_int_eq(wg_numerical_gradient(y, y, 0, 1, out), WG_OK);
    check_near(out[0], 1, 1e-9);
    ck_assert_int_eq(wg_numerical_gradient(x, x, 0, 1, out), WG_ERR_SHAPE);
    ck_assert_int_eq(wg_numerical_gradient(f, f, 0, 1, out), WG_ERR_DTYPE);
    ck_assert_int_eq(wg_numerical_gradient(f, x, -1, 1, out), WG_ERR_RANGE);
}
END_TEST

static wg_status scenario(void) {
    wg_tape *tape = wg_tape_new();
    if (!tape) return WG_ERR_MEMORY;
    wg_var x = wg_scalar(tape, 2), f = wg_mul(wg_exp(x), x);
    wg_gradcheck_report report = {.size = sizeof report};
    wg_status s = wg_gradcheck_second(f, NULL, &report);
    wg_gradcheck_report_clear(&report);
    if (s == WG_OK) s = wg_gradcheck_fn(newton, NULL, 1, &x, NULL, &report);
    wg_gradcheck_report_clear(&report);
    wg_tape_free(tape);
    return s;
}

START_TEST(survives_no_memory) { ck_assert_int_gt(run_out_of_memory("checker", scenario), 8); }
END_TEST

extern Suite *suite_checker(void);
Suite *suite_checker(void) {
    const TTest *const tests[] = {
        names_the_gate, lists_wrong_gates, sees_errors_that_cancel, passes_every_kind_of_operand,
        finds_one_wrong_element, keeps_to_the_time, taylor_and_dot, second_order,
        second_order_fails, checks_a_function, sees_branches_of_a_function, function_refused,
        names_what_is_not_deterministic, numerical_gradient, survives_no_memory};
    Suite *s = suite_create("checker");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    return s;
}
