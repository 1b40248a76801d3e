/* Profiles: what is counted, and what is not.  Times are only held against each other. */
#include "autograd/tape.h"
#include "tests/oom.h"
#include "tests/suites.h"
#include "wengert.h"

#include <string.h>

static wg_tape *t;
static wg_profile p;
static void setup(void) {
    ck_assert_ptr_nonnull(t = wg_tape_new());
    memset(&p, 0, sizeof p);
}
static void teardown(void) {
    wg_profile_clear(&p);
    wg_tape_free(t);
}

static const wg_gate_cost *cost_of(const char *gate) {
    for (size_t i = 0; i < p.n; ++i)
        if (strcmp(p.gates[i].gate, gate) == 0) return &p.gates[i];
    return NULL;
}
static wg_var zeros(wg_shape shape) { return wg_input(t, WG_F32, shape, NULL); }

/* sum(relu(x W)), x a constant */
static wg_var network(void) {
    wg_var x = wg_const(t, WG_F32, WG_SHAPE(2, 3), NULL);
    return wg_sum(wg_relu(wg_matmul(x, zeros(WG_SHAPE(3, 4)))));
}

START_TEST(test_counts) {
    wg_tape_profile(t, 1);
    for (int i = 0; i < 3; ++i) {
        wg_tape_rewind(t);
        ck_assert_int_eq(wg_backward(network()), WG_OK);
    }
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_eq(p.n, 3);
    ck_assert_uint_eq(p.sweeps, 3);
    const wg_gate_cost *m = cost_of("matmul"), *r = cost_of("relu"), *s = cost_of("sum");
    ck_assert(m && r && s);
    ck_assert_uint_eq(m->forward_calls, 3);
    ck_assert_uint_eq(m->reverse_calls, 3);
    check_near(m->forward_work, 3 * 2 * 2 * 3 * 4, 0);
    check_near(m->reverse_work, 3 * 2 * 2 * 3 * 4, 0); /* x wants none */
    check_near(r->forward_work, 3 * 8, 0);
    check_near(s->forward_work, 3 * 8, 0);
    check_near(m->bytes, 3 * 8 * 4, 0);
    check_near(s->bytes, 3 * 4, 0);
    double reverse = m->reverse_seconds + r->reverse_seconds + s->reverse_seconds;
    ck_assert(m->forward_seconds > 0 && reverse > 0 && reverse <= p.sweep_seconds);
    for (size_t i = 0; i + 1 < p.n; ++i) {
        const wg_gate_cost *a = &p.gates[i], *b = a + 1;
        ck_assert(a->forward_seconds + a->reverse_seconds >=
                  b->forward_seconds + b->reverse_seconds);
    }
    ck_assert_uint_gt(p.node_bytes, 0);
    ck_assert_uint_gt(p.value_bytes, 0);
    ck_assert_uint_gt(p.grad_bytes, 0);
}
END_TEST

START_TEST(test_not_counted) {
    wg_var s = wg_scalar(t, 2);
    (void)wg_backward(network()); /* before */
    wg_tape_profile(t, 1);
    wg_no_grad_begin(t);
    (void)network();
    wg_no_grad_end(t);
    (void)wg_mul(s, wg_sin(s));
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_eq(p.n, 0);
    ck_assert_ptr_null(p.gates);
    wg_tape_profile(t, 0);
    (void)wg_backward(network()); /* after */
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_eq(p.n + p.sweeps, 0);
}
END_TEST

/* From zero at each start; kept when it ends. */
START_TEST(test_starts_anew) {
    wg_tape_profile(t, 1);
    (void)wg_backward(network());
    wg_tape_profile(t, 1);
    (void)wg_backward(network());
    wg_tape_profile(t, 0);
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_eq(p.sweeps, 1);
    ck_assert_uint_eq(cost_of("matmul")->forward_calls, 1);
}
END_TEST

START_TEST(test_work_of_convolutions) {
    wg_tape_profile(t, 1);
    wg_var x = zeros(WG_SHAPE(2, 5, 5, 4)), w = zeros(WG_SHAPE(6, 3, 3, 2)),
           b = zeros(WG_SHAPE(6));
    wg_conv2d_options o = {.groups = 2};
    ck_assert_int_eq(wg_backward(wg_sum(wg_conv2d(x, w, b, &o))), WG_OK);
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    const wg_gate_cost *c = cost_of("conv2d");
    double products = 2.0 * (2 * 3 * 3 * 6) * (3 * 3 * 2);
    check_near(c->forward_work, products, 0);
    check_near(c->reverse_work, 2 * products + 2 * 3 * 3 * 6, 0);
}
END_TEST

static wg_var section(wg_tape *tape, size_t n, const wg_var *x, void *user) {
    (void)tape, (void)n, (void)user;
    return wg_tanh(wg_matmul(x[0], x[0]));
}

/* What the gates within a checkpoint took is theirs alone. */
START_TEST(test_spans_nest) {
    wg_var x = zeros(WG_SHAPE(64, 64));
    wg_tape_profile(t, 1);
    ck_assert_int_eq(wg_backward(wg_sum(wg_checkpoint(t, section, 1, &x, NULL))), WG_OK);
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    const wg_gate_cost *m = cost_of("matmul"), *c = cost_of("checkpoint");
    ck_assert_uint_eq(m->forward_calls, 2);
    ck_assert_uint_eq(m->reverse_calls, 1);
    ck_assert_uint_eq(c->reverse_calls, 1);
    double sum = 0;
    for (size_t i = 0; i < p.n; ++i) sum += p.gates[i].reverse_seconds;
    ck_assert(sum <= p.sweep_seconds && c->reverse_seconds >= 0);
}
END_TEST

START_TEST(test_edges) {
    wg_params *store = wg_params_new();
    wg_param *w = wg_param_new(store, "w", WG_F32, WG_SHAPE(10));
    (void)wg_buffer_new(store, "b", WG_F64, WG_SHAPE(3));
    (void)wg_use(t, w);
    (void)wg_use(t, w);
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_ge(p.param_bytes, 2 * 10 * 4 + 3 * 8); /* each begins at a cache line */
    ck_assert_uint_le(p.param_bytes, 2 * 64 + 64);
    wg_params_free(store);
    wg_tape_profile(NULL, 1);
    ck_assert_int_eq(wg_profile_of(NULL, &p), WG_ERR_TAPE);
    wg_tape_rewind(t);
    wg_tape_profile(t, 1);
    (void)network();
    p.size = offsetof(wg_profile, sweeps); /* of an older header */
    p.sweeps = 99;
    ck_assert_int_eq(wg_profile_of(t, &p), WG_OK);
    ck_assert_uint_eq(p.n, 3);
    ck_assert_uint_eq(p.sweeps, 99);
    wg_profile_clear(&p);
    ck_assert_uint_eq(p.sweeps, 99);
    wg_profile_clear(&p);
}
END_TEST

/* Without memory for a line the work goes on. */
static wg_status scenario(void) {
    wg_tape *tape = wg_tape_new();
    wg_profile q = {0};
    wg_tape_profile(tape, 1);
    wg_var x = wg_input(tape, WG_F64, WG_SHAPE(3), NULL);
    (void)wg_backward(wg_sum(wg_square(x)));
    wg_status s = tape ? wg_tape_status(tape) : WG_ERR_MEMORY;
    wg_status of = wg_profile_of(tape, &q);
    if (s == WG_OK) s = of;
    uint64_t calls = 0;
    for (size_t i = 0; i < q.n; ++i) calls += q.gates[i].forward_calls + q.gates[i].reverse_calls;
    if (s == WG_OK && calls < 4) s = WG_ERR_MEMORY;
    wg_profile_clear(&q);
    wg_tape_free(tape);
    return s;
}

START_TEST(test_no_memory) { ck_assert_int_gt(run_out_of_memory("profile", scenario), 5); }
END_TEST

extern Suite *suite_profile(void);
Suite *suite_profile(void) {
    Suite *s = suite_create("profile");
    TCase *c = tcase_create("profile");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_counts);
    tcase_add_test(c, test_not_counted);
    tcase_add_test(c, test_starts_anew);
    tcase_add_test(c, test_work_of_convolutions);
    tcase_add_test(c, test_spans_nest);
    tcase_add_test(c, test_edges);
    tcase_add_test(c, test_no_memory);
    suite_add_tcase(s, c);
    return s;
}
