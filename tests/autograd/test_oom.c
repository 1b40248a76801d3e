/* The engine's entry points with every allocation failing in turn, and a recording that, once
 * warm, allocates nothing. */
#include "tests/oom.h"
#include "tests/suites.h"

/* Ends a scenario: the tape's own status, unless there is no tape at all. */
static wg_status finish(wg_tape *t) {
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

static wg_status scalars(void) {
    wg_tape *t = wg_tape_new();
    WG_LET(x, wg_scalar(t, 2));
    wg_var y = wg_scale(wg_mul(x, wg_exp(x)), 3), g, h;
    wg_backward(y);
    wg_grad(x);
    wg_gradients(y, 1, &x, &g);
    wg_gradients(g, 1, &x, &h);
    double v = 3;
    wg_set(x, &v, sizeof v);
    wg_replay(h);
    return finish(t);
}

static wg_status many_scalars(void) {
    wg_tape *t = wg_tape_new();
    wg_var y = wg_scalar(t, 2);
    for (int i = 0; i < 70000; ++i) y = wg_neg(y); /* a second chunk */
    for (int i = 0; i < 100; ++i) wg_name(wg_neg(y), "name");
    const wg_var *order;
    size_t n;
    wg_toposort(y, &n, &order);
    return finish(t);
}

static wg_status tensors(void) {
    static const float a[6] = {1, 2, 3, 4, 5, 6};
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F32, WG_SHAPE(2, 3), a), w = wg_input(t, WG_F32, WG_SHAPE(3), a);
    wg_var y = wg_sum(wg_tanh(wg_mul(wg_add(x, w), wg_number(t, 0.5)))), xs[2] = {x, w}, g[2];
    wg_backward(y);
    wg_grad(w);
    wg_gradients(y, 2, xs, g);
    wg_set(x, a, sizeof a);
    wg_replay(y);
    wg_data(wg_transpose(x));
    wg_detach(y);
    return finish(t);
}

static wg_status parameters(void) {
    wg_tape *t = wg_tape_new();
    wg_params *p = wg_params_new();
    wg_param *w = wg_param_new(p, "w", WG_F32, WG_SHAPE(100)),
             *b = wg_param_new(p, "b", WG_F64, WG_SHAPE(1));
    wg_buffer_new(p, "r", WG_I64, WG_SHAPE(3));
    wg_status s = p && w && b && wg_params_count(p) == 3 ? WG_OK : WG_ERR_MEMORY;
    if (s == WG_OK) {
        wg_var f = wg_sum(wg_square(wg_use(t, w)));
        wg_backward(f);
        wg_use(t, b);
    }
    wg_status of_tape = finish(t);
    wg_params_free(p);
    return s == WG_OK ? of_tape : s;
}

START_TEST(test_engine) {
    wg_set_threads(1);
    ck_assert_int_gt(run_out_of_memory("scalars", scalars), 3);
    ck_assert_int_gt(run_out_of_memory("many scalars", many_scalars), 5);
    ck_assert_int_gt(run_out_of_memory("tensors", tensors), 3);
    ck_assert_int_gt(run_out_of_memory("parameters", parameters), 8);
}
END_TEST

START_TEST(test_steady_state) {
    static const float a[6] = {1, 2, 3, 4, 5, 6};
    count_allocations();
    wg_tape *t = wg_tape_new();
    long warm = 0;
    for (int step = 0; step < 50; ++step) {
        wg_tape_rewind(t);
        wg_var x = wg_name(wg_input(t, WG_F32, WG_SHAPE(2, 3), a), "x");
        wg_var y = wg_sum(wg_square(wg_tanh(wg_scale(x, 0.5))));
        wg_var s = wg_exp(wg_scalar(t, 1)), g;
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_int_eq(wg_gradients(s, 1, &s, &g), WG_OK);
        if (step == 0) warm = allocations_counted();
    }
    ck_assert_int_eq(allocations_counted(), warm);
    wg_tape_free(t);
    wg_set_allocator(NULL);
}
END_TEST

extern Suite *suite_oom(void);
Suite *suite_oom(void) {
    Suite *s = suite_create("oom");
    TCase *c = tcase_create("oom");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_engine);
    tcase_add_test(c, test_steady_state);
    suite_add_tcase(s, c);
    return s;
}
