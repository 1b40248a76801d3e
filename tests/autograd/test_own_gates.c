/* The derivatives of gates of the user's own: C code, rules, both; operands of every kind. */
#include "autograd/tape.h"
#include "tests/autograd/weigh.h"
#include "tests/suites.h"

#include <string.h>

static wg_tape *t;
static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    weigh_calls = 0;
}
static void teardown(void) { wg_tape_free(t); }

/* `status` was returned, the tape's error says `text`; the tape is empty afterwards. */
static void says(wg_status status, wg_status expected, const char *text) {
    ck_assert_msg(status == expected && strstr(wg_tape_message(t), text) != NULL,
                  "%s (%s), expected %s (%s)", wg_tape_message(t), wg_status_name(status), text,
                  wg_status_name(expected));
    wg_tape_rewind(t);
}

/* ---- a derivative in C code ------------------------------------------------------------------ */

static wg_var vector(int64_t n, double first) {
    double x[8];
    for (int64_t i = 0; i < n; ++i) x[i] = first + (double)i;
    return wg_input(t, WG_F64, WG_SHAPE(n), x);
}

static double at(wg_var v, int64_t i) {
    const double *data = wg_data(v);
    ck_assert_ptr_nonnull(data);
    return data[i];
}

START_TEST(test_numeric_backward) {
    wg_var x = vector(3, 1), w = vector(3, 5), xw[] = {x, w};
    wg_var y = wg_record(&weigh, 2, xw, &(struct weigh){10});
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    for (int64_t i = 0; i < 3; ++i) {
        double a = 1 + (double)i, b = 5 + (double)i;
        ck_assert(at(y, i) == 10 * a * a * b);
        ck_assert(at(wg_grad(x), i) == 20 * a * b);
        ck_assert(at(wg_grad(w), i) == 10 * a * a);
    }
    ck_assert_int_eq(weigh_calls, 1);
    ck_assert_int_eq(wg_gradcheck(wg_sum(wg_sin(y)), NULL, NULL), WG_OK);
}
END_TEST

/* An absent operand, one without gradient, the same value twice, rank 0, no elements. */
START_TEST(test_operands) {
    wg_var x = vector(2, 3), alone[] = {x, WG_NONE}, twice[] = {x, x};
    struct weigh one = {1};
    ck_assert_int_eq(wg_backward(wg_sum(wg_record(&weigh, 2, alone, &one))), WG_OK);
    ck_assert(at(wg_grad(x), 0) == 6 && at(wg_grad(x), 1) == 8);
    wg_clear_grads(t);
    wg_var fixed[] = {x, wg_const(t, WG_F64, WG_SHAPE(2), (double[]){2, 5})};
    ck_assert_int_eq(wg_backward(wg_sum(wg_record(&weigh, 2, fixed, &one))), WG_OK);
    ck_assert(at(wg_grad(x), 0) == 12 && at(wg_grad(x), 1) == 40);
    wg_clear_grads(t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_record(&weigh, 2, twice, &one))), WG_OK); /* x^3 */
    ck_assert(at(wg_grad(x), 0) == 27 && at(wg_grad(x), 1) == 48);
    wg_var s = wg_scalar(t, 3), scalars[] = {s, wg_number(t, 7)};
    ck_assert_int_eq(wg_backward(wg_record(&weigh, 2, scalars, &one)), WG_OK);
    ck_assert(wg_item(wg_grad(s)) == 42);
    wg_var none = wg_input(t, WG_F64, WG_SHAPE(0), NULL), empty[] = {none, none};
    ck_assert_int_eq(wg_backward(wg_sum(wg_record(&weigh, 2, empty, &one))), WG_OK);
    ck_assert_int_eq(wg_shape_of(wg_grad(none)).dim[0], 0);
}
END_TEST

/* Operands and cotangents that are views come dense. */
START_TEST(test_views) {
    double m[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(2, 3), m);
    wg_var xw[] = {wg_transpose(x), wg_broadcast_to(wg_scalar(t, 2), WG_SHAPE(3, 2))};
    wg_var y = wg_transpose(wg_record(&weigh, 2, xw, &(struct weigh){1}));
    wg_var k = wg_const(t, WG_F64, WG_SHAPE(2, 3), m);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, k))), WG_OK);
    for (int64_t i = 0; i < 6; ++i) ck_assert(at(wg_grad(x), i) == 4 * m[i] * m[i]);
}
END_TEST

/* A recorded gradient is a value: right, replayed, and never differentiated in silence. */
START_TEST(test_recorded) {
    wg_var x = vector(2, 1), w = vector(2, 1), xw[] = {x, w}, d[2];
    wg_var f = wg_sum(wg_record(&weigh, 2, xw, &(struct weigh){1}));
    ck_assert_int_eq(wg_gradients(f, 2, xw, d), WG_OK);
    ck_assert(at(d[0], 1) == 8 && at(d[1], 1) == 4);
    wg_var both = wg_add(wg_sum(d[0]), wg_sum(d[1]));
    wg_set(x, (double[]){3, 5}, 2 * sizeof(double));
    ck_assert_int_eq(wg_replay(both), WG_OK);
    ck_assert(at(d[0], 1) == 20 && at(d[1], 1) == 25 && wg_item(both) == 6 + 20 + 9 + 25);
    wg_var dd;
    const char *text = "weigh: its backward is C code, which cannot be differentiated";
    says(wg_gradients(both, 1, &x, &dd), WG_ERR_UNSUPPORTED, text);

    wg_var a = vector(2, 1), aw[] = {a, WG_NONE};
    f = wg_sum(wg_record(&weigh, 2, aw, &(struct weigh){1}));
    ck_assert_int_eq(wg_gradients(f, 1, &a, d), WG_OK);
    says(wg_backward(wg_sum(d[0])), WG_ERR_UNSUPPORTED, text);

    wg_var b = vector(2, 1), bw[] = {b, WG_NONE}, db;
    f = wg_sum(wg_record(&weigh, 2, bw, &(struct weigh){1}));
    wg_var one = wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, 1});
    says(wg_jvp(f, 1, &b, &one, &db), WG_ERR_UNSUPPORTED, text);
}
END_TEST

/* ---- rules ---------------------------------------------------------------------------------- */

static int rules;
static void weigh_rule(wg_pull *p) {
    double scale = ((const struct weigh *)p->attrs)->scale;
    ck_assert(p->gate->user == &weigh_calls);
    ++rules;
    wg_var gx = wg_scale(wg_mul(p->g, p->x[0]), scale);
    int weighed = p->x[1].tape != NULL;
    if (p->wanted[0]) p->dx[0] = wg_scale(weighed ? wg_mul(gx, p->x[1]) : gx, 2);
    if (p->wanted[1]) p->dx[1] = wg_mul(gx, p->x[0]);
}

/* With both, the sweep runs the code and a recorded gradient the rule, which has any order. */
START_TEST(test_rule_and_backward) {
    wg_gate gate = weigh;
    gate.rule = weigh_rule;
    wg_var x = vector(2, 1), w = vector(2, 4), xw[] = {x, w}, d[2], dd[2];
    wg_var f = wg_sum(wg_record(&gate, 2, xw, &(struct weigh){3}));
    rules = 0;
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_int_eq(weigh_calls, 1);
    ck_assert_int_eq(rules, 0);
    ck_assert_int_eq(wg_gradients(f, 2, xw, d), WG_OK);
    ck_assert_int_eq(weigh_calls, 1);
    ck_assert_int_eq(rules, 1);
    for (int64_t i = 0; i < 2; ++i) {
        ck_assert(at(d[0], i) == at(wg_grad(x), i) && at(d[1], i) == at(wg_grad(w), i));
    }
    ck_assert_int_eq(wg_gradients(wg_sum(d[0]), 2, xw, dd), WG_OK);
    ck_assert(at(dd[0], 1) == 6 * 5 && at(dd[1], 1) == 6 * 2); /* 2 scale w, 2 scale x */
    wg_var dy, one = wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, 1});
    ck_assert_int_eq(wg_jvp(f, 1, &x, &one, &dy), WG_OK);
    ck_assert(wg_item(dy) == at(d[0], 0) + at(d[0], 1));
}
END_TEST

/* dy = 2 scale w x dx + scale x^2 dw */
static wg_var weigh_tangent(const wg_push *p) {
    double scale = ((const struct weigh *)p->attrs)->scale;
    wg_var sum = WG_NONE;
    for (int k = 0; k < 2; ++k) {
        if (!p->dx[k].tape) continue;
        wg_var partial = k == 0 ? wg_scale(wg_mul(p->x[0], p->x[1]), 2) : wg_square(p->x[0]);
        wg_var term = wg_mul(wg_scale(partial, scale), p->dx[k]);
        sum = sum.tape ? wg_add(sum, term) : term;
    }
    return sum;
}

static void wrong_rule(wg_pull *p) {
    weigh_rule(p);
    for (int k = 0; k < 2; ++k)
        if (p->dx[k].index) p->dx[k] = wg_scale(p->dx[k], 1.5);
}
static wg_status wrong_backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    wg_status s = weigh.backward(c, g, dx);
    if (s == WG_OK && dx[1]) ((double *)dx[1]->data)[0] += 1e-3;
    return s;
}

/* The check holds both of a gate's derivatives against difference quotients. */
START_TEST(test_wrong) {
    for (int which = 0; which < 3; ++which) {
        wg_gate gate = weigh;
        gate.rule = which == 1 ? wrong_rule : weigh_rule;
        if (which == 2) gate.backward = wrong_backward;
        wg_var x = vector(2, 1), w = vector(2, 4), xw[] = {x, w};
        wg_var f = wg_sum(wg_record(&gate, 2, xw, &(struct weigh){3}));
        ck_assert_int_eq(wg_gradcheck(f, NULL, NULL), which ? WG_ERR_CHECK : WG_OK);
    }
}
END_TEST

/* Forward mode of its own beside a backward in C. */
START_TEST(test_tangent) {
    wg_gate gate = weigh;
    gate.tangent = weigh_tangent;
    wg_var x = vector(2, 1), w = vector(2, 4), xw[] = {x, w}, dy, d[2];
    wg_var v[] = {wg_const(t, WG_F64, WG_SHAPE(2), (double[]){1, -2}),
                  wg_const(t, WG_F64, WG_SHAPE(2), (double[]){0.5, 3})};
    wg_var f = wg_sum(wg_record(&gate, 2, xw, &(struct weigh){3}));
    ck_assert_int_eq(wg_jvp(f, 2, xw, v, &dy), WG_OK);
    ck_assert_int_eq(weigh_calls, 0);
    ck_assert_int_eq(wg_gradients(f, 2, xw, d), WG_OK);
    double expected = 0;
    for (int64_t i = 0; i < 2; ++i)
        expected += at(d[0], i) * at(v[0], i) + at(d[1], i) * at(v[1], i);
    check_near(wg_item(dy), expected, 1e-12);
}
END_TEST

/* dx = g of the wrong shape */
static void narrow_rule(wg_pull *p) { p->dx[0] = wg_sum(p->g); }
static wg_status silent(wg_call *c) {
    (void)c;
    return WG_ERR_VALUE;
}
static wg_status refuses(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    (void)g, (void)dx;
    return wg_fail(c, WG_ERR_RANGE, "not today");
}
static wg_status mute(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    (void)c, (void)g, (void)dx;
    return WG_ERR_RANGE;
}
static wg_status rank9(wg_call *c) {
    c->y.rank = 9;
    return WG_OK;
}
static wg_status same_infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}
static wg_status other_dtype(wg_call *c) {
    c->y.dtype = WG_F32;
    return same_infer(c);
}
static int never(wg_call *c) {
    (void)c;
    return 0;
}
static wg_status copy_forward(wg_call *c) {
    size_t bytes = (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    if (bytes) memcpy(c->y.data, c->x[0]->data, bytes);
    return WG_OK;
}
static void same_rule(wg_pull *p) { p->dx[0] = p->g; }
static const wg_gate same = {.size = sizeof same, .name = "same", .arity = 1, .operands = {"x"},
                             .infer = same_infer, .rule = same_rule,
                             .forward = {copy_forward, copy_forward, NULL, NULL}};

/* What goes wrong inside the functions of a gate names the gate. */
START_TEST(test_failures_within) {
    wg_gate g = same;
    wg_var x = vector(3, 1), d;
    g.rule = narrow_rule;
    says(wg_backward(wg_sum(wg_record(&g, 1, &x, NULL))), WG_ERR_STATE,
         "same: its rule gives shape () for an operand of shape (3)");
    x = vector(3, 1);
    says(wg_gradients(wg_sum(wg_record(&g, 1, &x, NULL)), 1, &x, &d), WG_ERR_STATE,
         "same: its rule gives shape () for an operand of shape (3)");
    x = vector(3, 1);
    g = same;
    g.infer = silent;
    ck_assert_uint_eq(wg_record(&g, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_VALUE, "same: it failed and does not say why");
    x = vector(3, 1);
    g.infer = rank9;
    ck_assert_uint_eq(wg_record(&g, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_STATE, "same: its infer gives rank 9");
    x = vector(3, 1);
    g = same;
    g.view = never;
    g.forward[WG_F64] = NULL;
    ck_assert_uint_eq(wg_record(&g, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_DTYPE, "same: not defined for float64");
    g = same;
    g.backward = refuses;
    x = vector(3, 1);
    says(wg_backward(wg_sum(wg_record(&g, 1, &x, NULL))), WG_ERR_RANGE, "same: not today");
    g.backward = mute;
    x = vector(3, 1);
    says(wg_backward(wg_sum(wg_record(&g, 1, &x, NULL))), WG_ERR_RANGE,
         "same: its backward failed");
    g.infer = other_dtype;
    x = vector(3, 1);
    ck_assert_uint_eq(wg_record(&g, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_DTYPE, "same: its backward wants y in the operands' float64");
    x = vector(3, 1);
    ck_assert_uint_eq(wg_record(NULL, 1, &x, NULL).index, 0);
    says(wg_tape_status(t), WG_ERR_VALUE, "record: the gate is NULL");
}
END_TEST

/* ---- any number of operands, indices, both float types --------------------------------------- */

/* y = sum_i i x_i over any number of vectors, float32 or float64, any strides */
static wg_status ramp_forward(wg_call *c) {
    for (int64_t i = 0; i < c->y.dim[0]; ++i) {
        double sum = 0;
        for (size_t k = 0; k < c->n; ++k) {
            int64_t place = i * c->x[k]->stride[0];
            double x = c->dtype == WG_F32 ? (double)((const float *)c->x[k]->data)[place]
                                          : ((const double *)c->x[k]->data)[place];
            sum += (double)k * x;
        }
        if (c->dtype == WG_F32) ((float *)c->y.data)[i] = (float)sum;
        else ((double *)c->y.data)[i] = sum;
    }
    return WG_OK;
}
static wg_status ramp_backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    for (size_t k = 0; k < c->n; ++k)
        for (int64_t i = 0; i < c->y.dim[0] && dx[k]; ++i) {
            int64_t place = i * g->stride[0];
            if (c->dtype == WG_F32)
                ((float *)dx[k]->data)[i] += (float)k * ((const float *)g->data)[place];
            else ((double *)dx[k]->data)[i] += (double)k * ((const double *)g->data)[place];
        }
    return WG_OK;
}
static const wg_gate ramp = {.size = sizeof ramp, .name = "ramp", .arity = -1, .operands = {"x"},
                             .flags = WG_GATE_STRIDED, .infer = same_infer,
                             .forward = {ramp_forward, ramp_forward, NULL, NULL},
                             .backward = ramp_backward};

START_TEST(test_any_number) {
    enum { N = 70 }; /* more than a word has bits */
    wg_var x[N], d[N];
    for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
        wg_tape_rewind(t);
        for (int k = 0; k < N; ++k)
            x[k] = wg_flip(wg_input(t, (wg_dtype)dtype, WG_SHAPE(2), NULL), WG_AXES(0));
        x[3] = wg_detach(x[3]);
        wg_var f = wg_sum(wg_flip(wg_record(&ramp, N, x, NULL), WG_AXES(0)));
        ck_assert_int_eq(wg_gradients(f, N, x, d), WG_OK);
        ck_assert_int_eq(wg_backward(f), WG_OK);
        for (int k = 0; k < N; ++k) {
            double want = k == 3 ? 0 : k;
            ck_assert(wg_item(wg_max(d[k])) == want);
            if (k != 3) ck_assert(wg_item(wg_sum(wg_grad(x[k]))) == 2 * want);
        }
    }
}
END_TEST

/* y_i = x[index_i] */
static wg_status choose_infer(wg_call *c) {
    c->y.rank = 1;
    c->y.dim[0] = c->x[1]->dim[0];
    return WG_OK;
}
static wg_status choose_forward(wg_call *c) {
    const int64_t *index = c->x[1]->data;
    for (int64_t i = 0; i < c->y.dim[0]; ++i)
        ((double *)c->y.data)[i] = ((const double *)c->x[0]->data)[index[i]];
    return WG_OK;
}
static wg_status choose_backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    const int64_t *index = c->x[1]->data;
    ck_assert_ptr_null(dx[1]);
    for (int64_t i = 0; i < c->y.dim[0]; ++i)
        ((double *)dx[0]->data)[index[i]] += ((const double *)g->data)[i];
    return WG_OK;
}

START_TEST(test_indices) {
    const wg_gate choose = {.size = sizeof choose, .name = "choose", .arity = 2,
                            .operands = {"x", "index"}, .indices = 2, .infer = choose_infer,
                            .forward = {[WG_F64] = choose_forward}, .backward = choose_backward};
    const char *const names[] = {"x"};
    wg_var x = vector(3, 4);
    ck_assert_int_eq(wg_tape_add_gate(t, &choose), WG_OK);
    wg_var f = wg_parse(t, "sum(choose(x, [2, 0, 2])^2)", 1, names, &x);
    ck_assert(wg_item(f) == 36 + 16 + 36);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert(at(wg_grad(x), 0) == 8 && at(wg_grad(x), 1) == 0 && at(wg_grad(x), 2) == 24);
}
END_TEST

extern Suite *suite_own_gates(void);
Suite *suite_own_gates(void) {
    Suite *s = suite_create("own_gates");
    TCase *c = tcase_create("own_gates");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_numeric_backward);
    tcase_add_test(c, test_operands);
    tcase_add_test(c, test_views);
    tcase_add_test(c, test_recorded);
    tcase_add_test(c, test_rule_and_backward);
    tcase_add_test(c, test_wrong);
    tcase_add_test(c, test_tangent);
    tcase_add_test(c, test_failures_within);
    tcase_add_test(c, test_any_number);
    tcase_add_test(c, test_indices);
    suite_add_tcase(s, c);
    return s;
}
