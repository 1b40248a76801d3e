/* test_gates_oom.c: every gate of the registry with every allocation failing in turn: recording it,
 * both reverse passes, the gradient's gradient, forward mode, replay, and parsing a call of it. */
#include "tests/oom.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include "backend/memory.h"

#include <stdio.h>
#include <string.h>

/* The one trial of this process: its numbers stay, the tape is made anew for each failure. */
static trial at_hand;

static wg_status finish(wg_tape *t) {
    wg_status s = t ? wg_tape_status(t) : WG_ERR_MEMORY;
    wg_tape_free(t);
    return s;
}

/* The operands as leaves; *n of them want gradients. */
static void leaves(wg_tape *t, wg_dtype dtype, wg_var *x, size_t *n, wg_var *wanted) {
    wg_var leaf[MAX_OPERANDS];
    *n = 0;
    for (size_t i = 0; i < at_hand.n_leaves; ++i) {
        const trial_leaf *l = &at_hand.leaf[i];
        wg_dtype d = l->kind == INDEX ? WG_I64 : l->kind == MASK ? WG_BOOL : dtype;
        leaf[i] = put(t, d, l->shape, l->n, l->x, l->kind == VALUE);
        if (l->kind == VALUE) wanted[(*n)++] = leaf[i];
    }
    for (size_t i = 0; i < at_hand.n; ++i)
        x[i] = at_hand.leaf_of[i] < 0 ? WG_NONE : leaf[at_hand.leaf_of[i]];
}

/* <y, y> of a float gate: its cotangent depends on the operands.  Integers and masks cast. */
static wg_var contracted(wg_var y) {
    if (wg_dtype_of(y) > WG_F64) y = wg_cast(y, WG_F64);
    return wg_sum(wg_mul(y, y));
}

static wg_status differentiate(wg_dtype dtype) {
    wg_tape *t = wg_tape_new();
    wg_var x[MAX_OPERANDS], wanted[MAX_OPERANDS], d[MAX_OPERANDS], sum, dd[MAX_OPERANDS];
    size_t n;
    leaves(t, dtype, x, &n, wanted);
    wg_var y = wg_record(at_hand.gate, at_hand.n, x, at_hand.sample->attrs);
    wg_var root = contracted(y);
    wg_backward(root);
    for (size_t i = 0; i < n; ++i) wg_grad(wanted[i]);
    wg_gradients(root, n, wanted, d);
    sum = n ? wg_sum(wg_mul(d[0], d[0])) : WG_NONE;
    for (size_t i = 1; i < n; ++i) sum = wg_add(sum, wg_sum(wg_mul(d[i], d[i])));
    if (n) wg_gradients(sum, n, wanted, dd);
    wg_replay(root);
    return finish(t);
}

/* Forward mode, and both modes together. */
static wg_status forwards(void) {
    wg_tape *t = wg_tape_new();
    wg_var x[MAX_OPERANDS], wanted[MAX_OPERANDS], out[MAX_OPERANDS];
    size_t n;
    leaves(t, WG_F64, x, &n, wanted);
    wg_var root = contracted(wg_record(at_hand.gate, at_hand.n, x, at_hand.sample->attrs));
    if (n) wg_jvp(root, n, wanted, wanted, out);
    if (n) wg_hvp(root, n, wanted, wanted, out);
    return finish(t);
}

static wg_status in_float64(void) { return differentiate(WG_F64); }
static wg_status in_float32(void) { return differentiate(WG_F32); }

/* The operands as views that must be packed, in a section without gradients. */
static wg_status turned(void) {
    wg_tape *t = wg_tape_new();
    wg_var x[MAX_OPERANDS], wanted[MAX_OPERANDS];
    size_t n;
    wg_no_grad_begin(t);
    leaves(t, WG_F64, x, &n, wanted);
    for (size_t i = 0; i < at_hand.n; ++i)
        if (x[i].tape) x[i] = turn(turn(x[i]));
    wg_data(wg_record(at_hand.gate, at_hand.n, x, at_hand.sample->attrs));
    wg_no_grad_end(t);
    return finish(t);
}

/* ---- in an expression ------------------------------------------------------------------------ */

static char expression[600];

static size_t say(size_t used, const char *format, double x) {
    return used + (size_t)snprintf(expression + used, sizeof expression - used, format, x);
}

static size_t say_list(size_t used, int n, const int64_t *x) {
    used = say(used, "[", 0);
    for (int i = 0; i < n; ++i) used = say(used, i ? ", %.17g" : "%.17g", (double)x[i]);
    return say(used, "]", 0);
}

/* One attribute as an expression gives it; an integer left at its preset (a slice's open end has no
 * number) is not given. */
static size_t say_attr(size_t used, const wg_attr *a, const char *at) {
    int64_t integer = 0, axes[WG_MAX_RANK];
    int number = 0;
    double real = 0;
    if (a->kind == WG_ATTR_INT) memcpy(&integer, at, sizeof integer);
    if (a->kind == WG_ATTR_INT && !a->required && (double)integer == a->preset) return used;
    const wg_axes *list = (const wg_axes *)(const void *)at;
    const wg_shape *shape = (const wg_shape *)(const void *)at;
    used += (size_t)snprintf(expression + used, sizeof expression - used, ", %s=", a->name);
    switch (a->kind) {
    case WG_ATTR_INT: return say(used, "%.17g", (double)integer);
    case WG_ATTR_REAL: memcpy(&real, at, sizeof real); return say(used, "%.17g", real);
    case WG_ATTR_BOOL:
    case WG_ATTR_AXIS: memcpy(&number, at, sizeof number); return say(used, "%.0f", number);
    case WG_ATTR_WORD:
        memcpy(&number, at, sizeof number);
        return used + (size_t)snprintf(expression + used, sizeof expression - used, "%s",
                                       a->words[number]);
    case WG_ATTR_TEXT:
        return used + (size_t)snprintf(expression + used, sizeof expression - used, "\"%s\"", at);
    case WG_ATTR_PAIR: return say_list(used, 2, (const int64_t *)(const void *)at);
    case WG_ATTR_SHAPE: return say_list(used, shape->rank, shape->dim);
    case WG_ATTR_AXES:
        for (int i = 0; i < list->n; ++i) axes[i] = list->axis[i];
        return say_list(used, list->n, axes);
    }
    return used;
}

/* The sample as a call: "gate(a, b, axis=0)"; 0 where an absent operand stands before another,
 * which an expression cannot say. */
static int say_call(void) {
    for (size_t i = 1; i < at_hand.n; ++i)
        if (at_hand.leaf_of[i - 1] < 0 && at_hand.leaf_of[i] >= 0) return 0;
    size_t used = (size_t)snprintf(expression, sizeof expression, "%s(", at_hand.gate->name);
    for (size_t i = 0; i < at_hand.n && at_hand.leaf_of[i] >= 0; ++i) {
        used = say(used, i ? ", " : "", 0);
        expression[used++] = (char)('a' + i);
    }
    for (const wg_attr *a = at_hand.gate->attrs; a && a->name; ++a)
        used = say_attr(used, a, (const char *)at_hand.sample->attrs + a->offset);
    say(used, ")", 0);
    return 1;
}

static wg_var parse_call(wg_tape *t, wg_var *y) {
    static const char *const names[MAX_OPERANDS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    wg_var x[MAX_OPERANDS], wanted[MAX_OPERANDS];
    size_t n, given = 0;
    leaves(t, WG_F64, x, &n, wanted);
    while (given < at_hand.n && at_hand.leaf_of[given] >= 0) ++given;
    if (y) *y = wg_record(at_hand.gate, at_hand.n, x, at_hand.sample->attrs);
    return wg_parse(t, expression, given, names, x);
}

static wg_status parsed(void) {
    wg_tape *t = wg_tape_new();
    parse_call(t, NULL);
    return finish(t);
}

/* The call means what the sample does, bit for bit. */
static void hold_call(void) {
    wg_tape *t = wg_tape_new();
    wg_var y, z = parse_call(t, &y);
    ck_assert_msg(wg_tape_status(t) == WG_OK, "%s: %s", expression, wg_tape_message(t));
    size_t bytes = (size_t)wg_shape_size(wg_shape_of(y)) * wg_dtype_size(wg_dtype_of(y));
    ck_assert_msg(wg_dtype_of(y) == wg_dtype_of(z), "%s: another dtype", expression);
    ck_assert_msg(wg_shape_size(wg_shape_of(z)) == wg_shape_size(wg_shape_of(y)),
                  "%s: another size", expression);
    if (!(at_hand.gate->flags & WG_GATE_RANDOM) && bytes)
        ck_assert_msg(!memcmp(wg_data(y), wg_data(z), bytes), "%s: another value", expression);
    wg_tape_free(t);
}

/* ---- all gates ------------------------------------------------------------------------------- */

static void hold_sample(const wg_gate *gate, size_t number) {
    ck_assert(trial_init(&at_hand, gate, &gate->samples[number], number));
    int sayable = say_call();
    if (sayable) hold_call();
    wgi_arena_sparingly(1);
    ck_assert_int_gt(run_out_of_memory(gate->name, in_float64), 10);
    ck_assert_int_gt(run_out_of_memory(gate->name, forwards), 3);
    ck_assert_int_gt(run_out_of_memory(gate->name, turned), 1);
    if (sayable) ck_assert_int_gt(run_out_of_memory(expression, parsed), 3);
    if (full_run()) ck_assert_int_gt(run_out_of_memory(gate->name, in_float32), 3);
    wgi_arena_sparingly(0);
    trial_clear(&at_hand);
}

START_TEST(test_gate) {
    const wg_gate *gate = wgi_gates[_i];
    wg_set_threads(1);
    for (size_t k = 0; gate->samples[k].shapes && (k == 0 || full_run()); ++k)
        hold_sample(gate, k);
}
END_TEST

extern Suite *suite_gates_oom(void);
Suite *suite_gates_oom(void) {
    Suite *s = suite_create("gates_oom");
    TCase *c = tcase_create("gates");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, test_gate, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
