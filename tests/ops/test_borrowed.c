/* Every gate of the library once more as a user would write it: values and derivatives by C code
 * that knows nothing of this tape.  Its forward and backward record the library's gate on a tape of
 * their own; what the registry's tests hold for a gate with a rule must hold for it.  This goes
 * through operands that are indices, masks, absent, views, of any number, and random numbers. */
#include "autograd/tape.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"
#include "wengert.h"

#include <string.h>

enum { MOST = 8 };

/* The call's operands on a tape of their own, and the library's gate of them. */
static wg_var again(const wg_call *c, wg_tape *tape, wg_var *x) {
    for (size_t i = 0; i < c->n; ++i) {
        x[i] = WG_NONE;
        if (!c->x[i]) continue;
        wg_shape shape = wgi_shape(c->x[i]);
        x[i] = c->x[i]->dtype <= WG_F64 ? wg_input(tape, c->x[i]->dtype, shape, c->x[i]->data)
                                        : wg_const(tape, c->x[i]->dtype, shape, c->x[i]->data);
    }
    return wg_record(c->gate->user, c->n, x, c->attrs);
}

static size_t bytes_of(const wg_value *v) {
    return (size_t)wg_value_size(v) * wg_dtype_size(v->dtype);
}

static wg_status finish(const wg_call *c, wg_tape *tape) {
    wg_status s = wg_tape_status(tape);
    if (s != WG_OK) wg_fail(c, s, "%s", wg_tape_message(tape));
    wg_tape_free(tape);
    return s;
}

static wg_status forward(wg_call *c) {
    wg_var x[MOST];
    wg_tape *tape = wg_tape_new();
    wg_read(again(c, tape, x), c->y.data, bytes_of(&c->y));
    return finish(c, tape);
}

static wg_status backward(const wg_call *c, const wg_value *g, wg_value *const *dx) {
    wg_var x[MOST], xs[MOST], out[MOST];
    size_t place[MOST], n = 0;
    wg_tape *tape = wg_tape_new();
    wg_var y = again(c, tape, x);
    for (size_t i = 0; i < c->n; ++i) {
        if (!dx[i]) continue;
        place[n] = i;
        xs[n++] = x[i];
    }
    wg_vjp(y, wg_const(tape, g->dtype, wgi_shape(g), g->data), n, xs, out);
    for (size_t k = 0; k < n; ++k) wg_read(out[k], dx[place[k]]->data, bytes_of(dx[place[k]]));
    return finish(c, tape);
}

static wg_status broadcasts(wg_call *c) { return wgi_elementwise_infer(c); }

/* g as C code; where `ruled` only its backward, beside g's rule, which may read what g's forward
 * saved. */
static wg_gate borrow(const wg_gate *g, int ruled) {
    wg_gate own = *g;
    own.name = "borrowed";
    own.elementwise = NULL;
    if (!ruled) own.view = NULL;
    own.signature = NULL;
    own.tangent = NULL;
    own.flags &= (unsigned)WG_GATE_RANDOM;
    if (!own.infer) own.infer = broadcasts;
    for (int d = 0; d < 4; ++d)
        if (!ruled || !own.forward[d]) own.forward[d] = gate_takes(g, (wg_dtype)d) ? forward : NULL;
    if (!ruled) own.rule = NULL;
    own.backward = backward;
    own.user = g;
    return own;
}

/* backward is for a y of the operands' dtype. */
static int borrowable(const wg_gate *g) {
    return g->rule && !g->compose && strcmp(g->name, "cast") != 0;
}

static void hold(const wg_gate *gate, trial_check *check, const char *name) {
    for (size_t i = 0; gate->samples[i].shapes; ++i) {
        trial t;
        ck_assert(trial_init(&t, gate, &gate->samples[i], i));
        const char *of = ((const wg_gate *)gate->user)->name;
        ck_assert_msg(check(&t), "%s, %s: %s", of, name, t.why);
        trial_clear(&t);
    }
}

START_TEST(test_code_alone) {
    static const named_check checks[] = {{"first order", check_first_order},
                                         {"float32", check_float32},
                                         {"replay", check_replay},
                                         {"no grad", check_no_grad},
                                         {"unused", check_unused},
                                         {"turned", check_turned},
                                         {"as floats", check_as_floats}};
    if (!borrowable(wgi_gates[_i])) return;
    const wg_gate own = borrow(wgi_gates[_i], 0);
    for (size_t k = 0; k < sizeof checks / sizeof *checks; ++k)
        hold(&own, checks[k].run, checks[k].name);
}
END_TEST

START_TEST(test_code_and_rule) {
    if (!borrowable(wgi_gates[_i])) return;
    const wg_gate own = borrow(wgi_gates[_i], 1);
    hold(&own, check_first_order, "first order");
    if (full_run()) hold(&own, check_second_order, "second order");
}
END_TEST

extern Suite *suite_borrowed(void);
Suite *suite_borrowed(void) {
    Suite *s = suite_create("borrowed");
    TCase *c = tcase_create("borrowed");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, test_code_alone, 0, gate_count());
    tcase_add_loop_test(c, test_code_and_rule, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
