/* gradcheck_helpers.h: what the suites of the gradient check share: a tape, a report, roots without
 * pattern, and a gate that sums with a rule of the test's own. */
#ifndef TESTS_GRADCHECK_HELPERS_H
#define TESTS_GRADCHECK_HELPERS_H

#include "check/check.h"
#include "ops/ops.h"
#include "tests/suites.h"

#include <math.h>
#include <string.h>

extern const wg_gate wg_gate_square, wg_gate_tanh, wg_gate_sum_to, wg_gate_where;

static wg_tape *t;
static wg_gradcheck_report r;

static inline void setup(void) {
    t = wg_tape_new();
    ck_assert_ptr_nonnull(t);
    memset(&r, 0, sizeof r);
}
static inline void teardown(void) {
    wg_gradcheck_report_clear(&r);
    wg_tape_free(t);
}

/* Weights w of x's shape, all different, so that no cotangent is one. */
static inline wg_var weighted_sum(wg_var x) {
    double w[64];
    wg_shape shape = wg_shape_of(x);
    int64_t n = wg_shape_size(shape);
    ck_assert(n <= 64);
    for (int64_t i = 0; i < n; ++i) w[i] = sin(1.7 * (double)i + 0.4) + 0.1;
    wg_var c = wg_const(t, WG_F64, shape, w);
    if (wg_dtype_of(x) == WG_F32) c = wg_cast(c, WG_F32);
    return wg_sum_to(wg_mul(x, c), WG_RANK0);
}

static inline wg_var matrix(wg_dtype dtype, int64_t rows, int64_t cols, double lo, double hi) {
    double x[64];
    float f[64];
    int64_t n = rows * cols;
    for (int64_t i = 0; i < n; ++i) {
        x[i] = lo + (hi - lo) * (0.5 + 0.5 * sin(2.3 * (double)i + lo));
        f[i] = (float)x[i];
    }
    return wg_input(t, dtype, WG_SHAPE(rows, cols), dtype == WG_F32 ? (void *)f : (void *)x);
}

static inline void expect(wg_var root, wg_verdict verdict) {
    wg_status s = wg_gradcheck(root, NULL, &r);
    for (size_t i = 0; i < r.n; ++i)
        if (r.leaf[i]->verdict != verdict && r.verdict != verdict)
            ck_abort_msg("%s [%lld]: analytic %.17g numeric %.17g tolerance %g, %s: %s",
                         r.leaf[i]->name, (long long)r.leaf[i]->worst, r.leaf[i]->analytic,
                         r.leaf[i]->numeric, r.leaf[i]->tolerance,
                         wg_verdict_name(r.leaf[i]->verdict), r.leaf[i]->message);
    ck_assert_msg(s == (verdict == WG_VERDICT_PASS ? WG_OK : WG_ERR_CHECK), "%s: %s",
                  wg_status_name(s), r.error.text);
    ck_assert_int_eq(r.verdict, verdict);
}

static double factor_of_rule;
static inline void scaled_rule(wg_pull *p) {
    wg_gate_sum_to.rule(p);
    p->dx[0] = wg_scale(p->dx[0], factor_of_rule);
}

static inline wg_var sum_by(void (*rule)(wg_pull *p), wg_var x) {
    static wg_gate gate;
    gate = wg_gate_sum_to;
    gate.rule = rule;
    wg_shape shape = WG_RANK0; /* the whole of the gate's attributes */
    return wg_record(&gate, 1, &x, &shape);
}

static inline void add_tests(Suite *s, const char *name, const TTest *const *tests, size_t n) {
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < n; ++i) tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}
#define ADD(suite, name, tests) add_tests(suite, name, tests, sizeof(tests) / sizeof *(tests))

#endif
