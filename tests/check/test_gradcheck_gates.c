/* The checker against every gate there is: each passes as it stands, in both float types, and each
 * is caught when its rule or its partial derivatives are scaled, negated or dropped, one operand
 * at a time. */
#include "tests/suites.h"

#include "check/check.h"
#include "tests/ops/registry_helpers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern Suite *suite_gradcheck_gates(void);

/* ---- one check ------------------------------------------------------------------------------ */

/* Checks sum(w y) of a trial, w drawn; 0 where y is no float. */
static int check_trial(trial *t, wg_dtype dtype, wg_gradcheck_report *r, wg_status *status) {
    trial_run run;
    memset(r, 0, sizeof *r);
    ck_assert_msg(trial_start(t, &run, dtype, PLAIN), "%s", t->why);
    int is_float = wg_dtype_of(run.y) <= WG_F64;
    if (is_float) {
        wg_shape shape = wg_shape_of(run.y);
        size_t n = (size_t)wg_shape_size(shape);
        t->random = 7; /* the same weights in every check of a sample */
        double *w = trial_draw(t, n);
        wg_var weights = put(run.tape, wg_dtype_of(run.y), shape, n, w, 0);
        *status = wg_gradcheck(wg_sum(wg_mul(run.y, weights)), NULL, r);
    }
    trial_stop(&run);
    return is_float;
}

static const char *about(const trial *t, const wg_gradcheck_report *r) {
    static char text[512];
    snprintf(text, sizeof text, "%s, sample %zu: %s", t->gate->name, t->number, r->error.text);
    for (size_t i = 0; i < r->n; ++i) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, " [%s: %lld: %g, %g: %s]", r->leaf[i]->name,
                 (long long)r->leaf[i]->worst, r->leaf[i]->analytic, r->leaf[i]->numeric,
                 r->leaf[i]->message);
    }
    return text;
}

/* ---- wrong gates ---------------------------------------------------------------------------- */

typedef enum { SCALED, NEGATED, DROPPED, KINDS } mutation;
static const double factors[KINDS] = {1.01, -1, 0};

static const wg_gate *right; /* what the wrong gate was made from */
static int wrong_operand;
static double factor;

static void wrong_rule(wg_pull *p) {
    right->rule(p);
    wg_var *dx = &p->dx[wrong_operand];
    if (dx->tape) *dx = wg_scale(*dx, factor);
}

static double wrong_scalar(const double *x, const void *attrs, double *partial) {
    double y = right->elementwise->scalar(x, attrs, partial);
    partial[wrong_operand] *= factor;
    return y;
}

static void wrong_pull(int k, int64_t n, const void *g, const void *y, const void *const *x,
                       const int64_t *s, void *out, const void *attrs) {
    double *dx = out;
    right->elementwise->pull[WG_F64][k](n, g, y, x, s, out, attrs);
    for (int64_t i = 0; i < n && k == wrong_operand; ++i) dx[i] *= factor;
}
static void wrong_pull0(int64_t n, const void *g, const void *y, const void *const *x,
                        const int64_t *s, void *out, const void *attrs) {
    wrong_pull(0, n, g, y, x, s, out, attrs);
}
static void wrong_pull1(int64_t n, const void *g, const void *y, const void *const *x,
                        const int64_t *s, void *out, const void *attrs) {
    wrong_pull(1, n, g, y, x, s, out, attrs);
}

/* A copy of gate that is wrong at operand k; the inline mathematics or the rule. */
static void make_wrong(const wg_gate *gate, int k, mutation m, int inline_too, wg_gate *wrong,
                       wg_elementwise *mathematics) {
    right = gate;
    wrong_operand = k;
    factor = factors[m];
    *wrong = *gate;
    if (!inline_too) {
        wrong->rule = wrong_rule;
        return;
    }
    *mathematics = *gate->elementwise;
    mathematics->scalar = wrong_scalar;
    mathematics->pull[WG_F64][0] = wrong_pull0;
    mathematics->pull[WG_F64][1] = wrong_pull1;
    wrong->elementwise = mathematics;
    wrong->flags &= ~(unsigned)WG_GATE_PASSES; /* whose partials no sweep over arrays asks for */
}

/* ---- tests ---------------------------------------------------------------------------------- */

START_TEST(every_gate_passes) {
    const wg_gate *g = wgi_gates[_i];
    for (size_t k = 0; g->samples[k].shapes; ++k) {
        for (int dtype = WG_F32; dtype <= WG_F64; ++dtype) {
            wg_gradcheck_report r;
            wg_status s = WG_OK;
            trial t;
            if (!gate_takes(g, (wg_dtype)dtype)) continue;
            ck_assert(trial_init(&t, g, &g->samples[k], k));
            if (check_trial(&t, (wg_dtype)dtype, &r, &s))
                ck_assert_msg(s == WG_OK || strstr(r.error.text, "no leaf"), "%s", about(&t, &r));
            wg_gradcheck_report_clear(&r);
            trial_clear(&t);
        }
    }
}
END_TEST

/* Whether the gradient at operand k's leaf is anything but zero, so that there is a wrong one. */
static int has_gradient(trial *t, int k) {
    wg_gradcheck_report r;
    wg_status s = WG_OK;
    double largest = 0;
    if (t->leaf_of[k] < 0 || t->leaf[t->leaf_of[k]].kind != VALUE) return 0;
    if (!check_trial(t, WG_F64, &r, &s)) return 0;
    size_t at = 0; /* the leaf's place among those that want a gradient */
    for (int i = 0; i < t->leaf_of[k]; ++i) at += t->leaf[i].kind == VALUE;
    if (at < r.n && r.leaf[at]->worst >= 0)
        largest = fmax(fabs(r.leaf[at]->analytic), fabs(r.leaf[at]->numeric));
    wg_gradcheck_report_clear(&r);
    return largest > 1e-3;
}

/* 1 where there was something to catch. */
static int expect_caught(const wg_gate *g, size_t sample, int k, mutation m, int inline_too) {
    wg_gradcheck_report r;
    wg_elementwise mathematics;
    wg_gate wrong;
    wg_status s = WG_OK;
    trial t;
    ck_assert(trial_init(&t, g, &g->samples[sample], sample));
    int wrongs = has_gradient(&t, k);
    if (wrongs) {
        make_wrong(g, k, m, inline_too, &wrong, &mathematics);
        t.gate = &wrong;
        ck_assert(check_trial(&t, WG_F64, &r, &s));
        ck_assert_msg(s == WG_ERR_CHECK && r.verdict == WG_VERDICT_FAIL,
                      "not caught: operand %d, factor %g, %s: %s", k, factor,
                      inline_too ? "partial" : "rule", about(&t, &r));
        wg_gradcheck_report_clear(&r);
    }
    trial_clear(&t);
    return wrongs;
}

START_TEST(every_wrong_gate_is_caught) {
    const wg_gate *g = wgi_gates[_i];
    int caught = 0;
    if (!g->rule || !gate_takes(g, WG_F64)) return;
    for (size_t i = 0; g->samples[i].shapes; ++i)
        for (int k = 0; k < (g->arity < 0 ? 1 : g->arity); ++k)
            for (int m = 0; m < KINDS; ++m) {
                caught += expect_caught(g, i, k, (mutation)m, 0);
                if (g->elementwise) caught += expect_caught(g, i, k, (mutation)m, 1);
            }
    ck_assert_msg(caught > 0, "%s: no sample has a gradient", g->name);
}
END_TEST

Suite *suite_gradcheck_gates(void) {
    Suite *s = suite_create("gradcheck_gates");
    TCase *c = tcase_create("every gate");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_gate_passes, 0, gate_count());
    tcase_add_loop_test(c, every_wrong_gate_is_caught, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
