/* Gates of the user's own and hooks with every allocation failing in turn, and without any once the
 * tape is warm. */
#include "tests/oom.h"
#include "tests/suites.h"

#include <string.h>

static wg_status infer(wg_call *c) {
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    c->saved_count = wg_value_size(c->x[0]);
    return WG_OK;
}
static wg_status forward(wg_call *c) {
    const double *x = c->x[0]->data;
    for (int64_t i = 0; i < c->saved_count; ++i) {
        ((double *)c->y.data)[i] = 3 * x[i];
        ((double *)c->saved)[i] = 3;
    }
    return WG_OK;
}
static wg_status backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    const double *gy = g->data, *slope = c->saved;
    double *room = wg_scratch(c, (size_t)c->saved_count * sizeof *room);
    if (!room) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    for (int64_t i = 0; i < c->saved_count; ++i) room[i] = gy[i] * slope[i];
    memcpy(dx[0]->data, room, (size_t)c->saved_count * sizeof *room);
    return WG_OK;
}
static const wg_gate triple = {.size = sizeof triple, .name = "triple", .arity = 1,
                               .operands = {"x"}, .infer = infer,
                               .forward = {[WG_F64] = forward}, .backward = backward};
static wg_var pass(wg_var g, void *user) { return user ? wg_scale(g, 2) : g; }

static wg_status own_gates(void) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    wg_tape *t = wg_tape_new();
    for (int i = 0; i < 10; ++i) { /* more than there is room for at first */
        wg_gate g = triple;
        g.name = names[i];
        wg_tape_add_gate(t, &g);
    }
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), NULL), d;
    wg_var y = wg_parse(t, "sum(a(b(x)))", 1, (const char *const[]){"x"}, &x);
    if (wg_tape_status(t) == WG_OK) {
        wg_backward(wg_sum(wg_record(&triple, 1, &y, NULL)));
        wg_gradients(y, 1, &x, &d);
        wg_replay(d);
    }
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

static wg_status hooks(void) {
    wg_tape *t = wg_tape_new();
    wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), NULL), d;
    wg_var y = wg_sum(wg_square(wg_hook(wg_hook(x, pass, &t), pass, NULL)));
    wg_backward(y);
    wg_gradients(y, 1, &x, &d);
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

START_TEST(test_no_memory) {
    wg_set_threads(1);
    ck_assert_int_gt(run_out_of_memory("own gates", own_gates), 12);
    ck_assert_int_gt(run_out_of_memory("hooks", hooks), 3);
}
END_TEST

START_TEST(test_steady_state) {
    count_allocations();
    wg_tape *t = wg_tape_new();
    long warm = 0;
    for (int step = 0; step < 50; ++step) {
        wg_tape_rewind(t);
        wg_var x = wg_input(t, WG_F64, WG_SHAPE(3), (double[]){1, 2, 3}), d;
        wg_var y = wg_record(&triple, 1, &x, NULL);
        wg_var f = wg_sum(wg_mul(wg_hook(y, pass, &t), y));
        ck_assert_int_eq(wg_backward(f), WG_OK);
        ck_assert_int_eq(wg_gradients(f, 1, &x, &d), WG_OK);
        ck_assert(((const double *)wg_data(d))[1] == 3 * (6 + 2 * 6));
        if (step == 0) warm = allocations_counted();
    }
    ck_assert_int_eq(allocations_counted(), warm);
    wg_tape_free(t);
    wg_set_allocator(NULL);
}
END_TEST

extern Suite *suite_own_gates_oom(void);
Suite *suite_own_gates_oom(void) {
    Suite *s = suite_create("own_gates_oom");
    TCase *c = tcase_create("own_gates_oom");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_no_memory);
    tcase_add_test(c, test_steady_state);
    suite_add_tcase(s, c);
    return s;
}
