/* Numeric derivatives of every elementwise gate: within 1e-10 of the analytic ones, or within the
 * bound that they carry, and that is small. */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include "check/check.h"

#include <math.h>
#include <stdio.h>

static void check_gate(const wg_gate *gate, const wg_sample *sample, size_t number, int *exact,
                       int *bounded) {
    trial t;
    trial_run run;
    ck_assert(trial_init(&t, gate, sample, number));
    ck_assert_msg(trial_start(&t, &run, WG_F64, PLAIN), "%s", t.why);
    double *w;
    wg_var root = trial_contract(run.y, trial_cotangent(&t, run.y, &w));
    wg_gradcheck_report r = {.size = sizeof r};
    wg_status s = wg_gradcheck(root, NULL, &r);
    ck_assert_msg(s == WG_OK, "%s: %s", gate->name,
                  r.n ? r.leaf[0]->message : r.error.text);
    for (size_t i = 0; i < r.n; ++i) {
        const wg_gradcheck_leaf *l = r.leaf[i];
        double near = 1e-10 * fmax(fabs(l->analytic), 1);
        if (l->checked == 0 || l->verdict == WG_VERDICT_SUBGRADIENT) continue;
        *exact += l->abs_error <= near;
        *bounded += !(l->abs_error <= near);
        ck_assert_msg(l->abs_error <= near || l->abs_error <= l->numeric_error,
                      "%s, %s: off by %g, bound %g", gate->name, l->name, l->abs_error,
                      l->numeric_error);
        ck_assert_msg(l->numeric_error <= 1e-6 * fmax(l->largest, 1), "%s, %s: bound %g",
                      gate->name, l->name, l->numeric_error);
    }
    wg_gradcheck_report_clear(&r);
    trial_stop(&run);
    trial_clear(&t);
}

START_TEST(every_elementwise_gate) {
    int exact = 0, bounded = 0, gates = 0;
    for (int i = 0; i < gate_count(); ++i) {
        const wg_gate *gate = wgi_gates[i];
        if (!gate->elementwise || !gate_takes(gate, WG_F64) || gate->flags & WG_GATE_FLAT)
            continue;
        ++gates;
        for (size_t k = 0; gate->samples[k].shapes; ++k)
            check_gate(gate, &gate->samples[k], k, &exact, &bounded);
    }
    if (full_run())
        printf("%d gates: %d within 1e-10, %d within their bound\n", gates, exact, bounded);
    ck_assert_int_gt(gates, 40);
    ck_assert_int_gt(exact, 4 * bounded);
}
END_TEST

extern Suite *suite_gradcheck_elementary(void);
Suite *suite_gradcheck_elementary(void) {
    Suite *s = suite_create("gradcheck_elementary");
    TCase *c = tcase_create("elementary");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_elementwise_gate);
    suite_add_tcase(s, c);
    return s;
}
