/* test_registry.c: every gate there is, held to what holds for all.  A failure names the gate, the
 * sample, the operand, the element and both values. */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <string.h>

/* All checks on one trial. */
static void hold(trial *t) {
    for (size_t k = 0; trial_checks[k].name; ++k)
        ck_assert_msg(trial_checks[k].run(t), "%s: %s", trial_checks[k].name, t->why);
}

static void hold_sample(const wg_gate *gate, const wg_sample *sample, size_t number,
                        const char *variant) {
    trial t;
    ck_assert_msg(trial_init(&t, gate, sample, number), "%s, sample %zu: \"%s\" is no list of %d",
                  gate->name, number, sample->shapes, gate->arity);
    t.variant = variant;
    for (int round = full_run() ? 20 : 1; round > 0; --round) {
        hold(&t);
        trial_redraw(&t);
    }
    if (trial_tie(&t)) {
        t.variant = "(operands tied)";
        ck_assert_msg(check_first_order(&t), "%s", t.why);
        ck_assert_msg(check_second_order(&t), "%s", t.why);
    }
    trial_clear(&t);
}

/* The descriptor itself: what parser, dumps and manual read. */
START_TEST(test_descriptor) {
    const wg_gate *g = wgi_gates[_i];
    ck_assert_uint_eq(g->size, sizeof *g);
    ck_assert_ptr_eq(wgi_gate_find(g->name, strlen(g->name)), g);
    ck_assert_msg(g->formula && g->derivative, "%s: no formula or derivative", g->name);
    ck_assert_msg(g->samples && g->samples->shapes, "%s has no samples", g->name);
    for (int i = 0; i < (g->arity < 0 ? 1 : g->arity) && i < 6; ++i)
        ck_assert_msg(g->operands[i], "%s: operand %d has no name", g->name, i);
    ck_assert_msg(g->elementwise || g->infer || g->compose, "%s: no infer", g->name);
    ck_assert_msg(g->flags & WG_GATE_FLAT || g->rule || g->compose, "%s: neither flat nor a rule",
                  g->name);
    ck_assert_msg(!(g->flags & WG_GATE_FLAT && g->rule), "%s: flat, with a rule", g->name);
    ck_assert_msg(!g->compose || !(g->rule || g->signature || g->view || g->tangent),
                  "%s: a composition with functions of its own", g->name);
    int choices = g->compose ? (g->flags & WG_GATE_KINKED) != 0
                             : g->signature || (g->elementwise && g->elementwise->branch);
    ck_assert_msg(!(g->flags & WG_GATE_KINKED) == !choices, "%s: KINKED and signature disagree",
                  g->name);
    for (const wg_attr *a = g->attrs; a && a->name; ++a) {
        ck_assert_msg(a->offset < g->attr_bytes, "%s: %s lies outside", g->name, a->name);
        ck_assert_msg(a->doc && *a->doc, "%s: %s has no doc", g->name, a->name);
        ck_assert_msg(a->kind != WG_ATTR_WORD || a->words, "%s: %s: no words", g->name, a->name);
    }
}
END_TEST

START_TEST(test_samples) {
    const wg_gate *g = wgi_gates[_i];
    for (size_t k = 0; g->samples && g->samples[k].shapes; ++k)
        hold_sample(g, &g->samples[k], k, "");
}
END_TEST

/* Elementwise gates take any shapes: what samples need not repeat. */
START_TEST(test_shapes) {
    static const char *const one[] = {"", "1", "0", "2,0", "4,3,2,3", "1,1,1,1,1,1,1,2"};
    static const char *const two[] = {"1|1",   "0|0", "0|",    "2,0|1", "1,3|2,1,1",
                                      "3|2,3", "2|",  "2,1,2|3,1"};
    const wg_gate *g = wgi_gates[_i];
    if (!g->elementwise) return;
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        int n = g->arity == 1 ? (int)(sizeof one / sizeof *one) : (int)(sizeof two / sizeof *two);
        for (int i = 0; i < n; ++i) {
            wg_sample s = g->samples[k];
            s.shapes = g->arity == 1 ? one[i] : two[i];
            hold_sample(g, &s, k, "(made up)");
        }
        if (!g->attr_bytes) break; /* samples that differ in shape alone */
    }
}
END_TEST

/* The sections of the manual hold every gate once. */
START_TEST(test_sections) {
    int gates = 0;
    ck_assert_ptr_nonnull(wgi_sections[0].title);
    for (const wgi_section *s = wgi_sections; s->title || s->gate; ++s) {
        if (s->title) {
            ck_assert_msg(s[1].gate, "no gate under \"%s\"", s->title);
            continue;
        }
        ++gates;
        for (const wgi_section *k = s + 1; k->title || k->gate; ++k)
            ck_assert_msg(k->gate != s->gate, "%s twice", s->gate->name);
    }
    ck_assert_int_eq(gates, gate_count());
}
END_TEST

/* The helper that the others trust: views turned twice are what they were. */
START_TEST(test_turn) {
    wg_tape *t = wg_tape_new();
    double x[6] = {1, 2, 3, 4, 5, 6}, y[6], z[6], want[6] = {6, 3, 5, 2, 4, 1};
    wg_var v = turn(put(t, WG_F64, WG_SHAPE(2, 3), 6, x, 1));
    ck_assert_int_eq(wg_shape_of(v).dim[0], 3);
    ck_assert(take(v, 6, y));
    turn_numbers(WG_SHAPE(2, 3), x, z);
    ck_assert_mem_eq(y, want, sizeof want);
    ck_assert_mem_eq(z, want, sizeof want);
    ck_assert(take(turn(v), 6, y));
    ck_assert_mem_eq(y, x, sizeof x);
    wg_tape_free(t);
}
END_TEST

extern Suite *suite_registry(void);
Suite *suite_registry(void) {
    Suite *s = suite_create("registry");
    TCase *c = tcase_create("gates");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_turn);
    tcase_add_test(c, test_sections);
    tcase_add_loop_test(c, test_descriptor, 0, gate_count());
    tcase_add_loop_test(c, test_samples, 0, gate_count());
    tcase_add_loop_test(c, test_shapes, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
