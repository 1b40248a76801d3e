/* Compiled expressions: against the tape, bit for bit at one point, within a bound in batches. */
#include "autograd/tape.h"
#include "ops/registry.h"
#include "tests/oom.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static wg_tape *t;
static void setup(void) { ck_assert_ptr_nonnull(t = wg_tape_new()); }
static void teardown(void) {
    use_threads(1);
    wg_tape_free(t);
}

static uint64_t draw(uint64_t *state) { /* a linear congruence (Knuth's MMIX) */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}
static double uniform(uint64_t *state, double lo, double hi) {
    return lo + (hi - lo) * (double)draw(state) / 2147483648.0;
}

static int same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }
static int close_to(double a, double b, double tol) {
    return same(a, b) || fabs(a - b) <= tol * (fabs(b) + 1e-300);
}

static wg_compiled *compile(wg_var root, size_t n, const wg_var *inputs) {
    wg_error e;
    wg_compiled *c = wg_compile(root, n, inputs, &e);
    ck_assert_msg(c != NULL, "%s", e.text);
    return c;
}

/* The tape's own: new leaves, replay, sweep. */
static double replayed(wg_var root, size_t n, const wg_var *inputs, const double *x, double *g) {
    wg_clear_grads(t);
    for (size_t i = 0; i < n; ++i) ck_assert(wg_set(inputs[i], &x[i], sizeof *x) == WG_OK);
    ck_assert_int_eq(wg_replay(root), WG_OK);
    ck_assert_int_eq(wg_backward(root), WG_OK);
    for (size_t i = 0; i < n; ++i) g[i] = wgi_node_at(t, inputs[i].index)->cotangent;
    return wg_item(root);
}

/* A program at random points, one by one, against replays, within `exact`; then all at once, within
 * tol of the same, on one thread and on two; the value alone, too. */
static void against(wg_var root, size_t n, const wg_var *inputs, size_t points, double lo,
                    double hi, double exact, double tol, uint64_t *state) {
    wg_compiled *c = compile(root, n, inputs);
    double *x = calloc(3 * n * points + 3 * n + 2 * points + 1, sizeof *x), *g = x + n * points;
    double *one = g + n * points, *got = one + n, *want = got + n, *value = want + n;
    for (size_t i = 0; i < n * points; ++i) x[i] = uniform(state, lo, hi);
    for (int threads = 1; threads <= 2; ++threads) {
        use_threads(threads);
        ck_assert(wg_compiled_run(c, points, x, value, g, NULL) == WG_OK);
        for (size_t p = 0; p < points; ++p) {
            double v, w;
            for (size_t i = 0; i < n; ++i) one[i] = x[i * points + p];
            double y = replayed(root, n, inputs, one, want);
            ck_assert(wg_compiled_run(c, 1, one, &v, got, NULL) == WG_OK);
            ck_assert(wg_compiled_run(c, 1, one, &w, NULL, NULL) == WG_OK);
            ck_assert_msg(close_to(v, y, exact) && same(w, v), "value %.17g, expected %.17g", v, y);
            ck_assert_msg(close_to(value[p], y, tol), "point %zu: %.17g, expected %.17g", p,
                          value[p], y);
            for (size_t i = 0; i < n; ++i) {
                ck_assert_msg(close_to(got[i], want[i], exact),
                              "gradient %zu: %.17g, expected %.17g", i, got[i], want[i]);
                ck_assert_msg(close_to(g[i * points + p], want[i], tol),
                              "point %zu, gradient %zu: %.17g, expected %.17g", p, i,
                              g[i * points + p], want[i]);
            }
        }
    }
    free(x);
    wg_compiled_free(c);
}

static void against_tape(wg_var root, size_t n, const wg_var *inputs, size_t points, double lo,
                         double hi, double tol, uint64_t *state) {
    against(root, n, inputs, points, lo, hi, 0, tol, state);
}

/* ---- gates ---------------------------------------------------------------------------------- */

static int compilable(const wg_gate *g) {
    const wg_elementwise *e = g->elementwise;
    return e && e->scalar && e->forward[WG_F64] && g->arity >= 1 && g->arity <= 2;
}

/* Every elementwise gate, with the attributes of each of its samples: of leaves, and of values.
 * Where a gate checks its attributes, wg_record takes the row kernels. */
START_TEST(test_every_gate) {
    uint64_t state = 1;
    int gates = 0;
    for (const wg_gate *const *at = wgi_gates; *at; ++at) {
        const wg_gate *g = *at;
        if (!compilable(g)) continue;
        ++gates;
        for (const wg_sample *s = g->samples; s->shapes; ++s) {
            double lo = s->lo, hi = s->hi, tol = g->infer ? 1e-12 : 0;
            if (lo == 0 && hi == 0) lo = -2, hi = 2;
            wg_tape_rewind(t);
            wg_var x[2] = {wg_scalar(t, lo), wg_scalar(t, hi)};
            wg_var y = wg_record(g, (size_t)g->arity, x, s->attrs);
            ck_assert_msg(y.index != 0, "%s: %s", g->name, wg_tape_message(t));
            against(y, 2, x, 37, lo, hi, tol, 1e-12, &state);
            wg_var half[2] = {wg_mul(x[0], wg_number(t, 1)), x[1]};
            y = wg_mul(wg_record(g, (size_t)g->arity, half, s->attrs), wg_add(x[0], half[0]));
            against(y, 2, x, 5, lo, hi, tol, 1e-12, &state);
        }
    }
    ck_assert_int_gt(gates, 50);
}
END_TEST

/* What a gate says about its form is what its mathematics does, bit for bit. */
START_TEST(test_forms) {
    static const double at[] = {0,      -0.0,    1,        -1,        0.1, 3e200,
                                -3e200, 5e-324, INFINITY, -INFINITY, NAN};
    enum { N = sizeof at / sizeof *at };
    int forms = 0;
    for (const wg_gate *const *gate = wgi_gates; *gate; ++gate) {
        if ((*gate)->form == WG_FORM_NONE) continue;
        ++forms;
        for (int i = 0; i < N * N; ++i) {
            double x[2] = {at[i % N], at[i / N]}, a = x[0], b = x[1], d[2] = {0, 0};
            double v = (*gate)->elementwise->scalar(x, NULL, d);
            double value[] = {0, a + b, a - b, a * b, -a, a * a};
            double dx[] = {0, 1, 1, b, -1, 2 * a}, dy[] = {0, 1, -1, a, 0, 0};
            wg_form f = (*gate)->form;
            ck_assert_msg(same(v, value[f]) && same(d[0], dx[f]) && same(d[1], dy[f]), "%s",
                          (*gate)->name);
        }
    }
    ck_assert_int_eq(forms, 5);
}
END_TEST

/* ---- graphs --------------------------------------------------------------------------------- */

/* Gates whose row kernels are exact, so that batches give the same bits. */
static wg_var exact_gate(int kind, wg_var x, wg_var y) {
    switch (kind) {
    case 0: return wg_add(x, y);
    case 1: return wg_sub(x, y);
    case 2: return wg_mul(x, y);
    case 3: return wg_neg(x);
    case 4: return wg_square(x);
    case 5: return wg_relu(x);
    case 6: return wg_maximum(x, y);
    case 7: return wg_abs(x);
    case 8: return wg_scale(x, -0.75);
    case 9: return wg_sign(x); /* flat */
    case 10: return wg_div(x, y);
    default: return wg_leaky_relu(x, 0.25);
    }
}

/* Chains, far operands, operands given twice, constants, numbers, leaves that stay, inputs that
 * the root does not depend on. */
START_TEST(test_random_graphs) {
    for (int seed = 0; seed < (full_run() ? 2000 : 60); ++seed) {
        uint64_t state = (uint64_t)seed;
        wg_var v[120], inputs[5];
        size_t n = 0;
        wg_tape_rewind(t);
        for (int i = 0; i < 4; ++i) v[n] = inputs[n] = wg_scalar(t, i), ++n;
        double three = 3;
        v[n] = inputs[4] = wg_const(t, WG_F64, WG_RANK0, &three), ++n;
        v[n++] = wg_scalar(t, 0.5);
        v[n++] = wg_number(t, -2);
        while (n < 120) {
            size_t back = draw(&state) % 2 ? 1 : 1 + draw(&state) % n;
            size_t other = draw(&state) % 3 ? 1 + draw(&state) % n : back;
            wg_var x = v[n - back], y = v[n - other];
            if (fabs(wg_item(x)) > 100) x = wg_sub(wg_scale(x, 1e-3), y);
            v[n++] = exact_gate((int)(draw(&state) % 12), x, y);
        }
        against_tape(v[n - 1], 5, inputs, 35, -2, 2, 0, &state);
    }
}
END_TEST

/* Longer than a chunk of the tape, and than a step of prefetching. */
START_TEST(test_long) {
    uint64_t state = 7;
    wg_var x[2] = {wg_scalar(t, 0.99), wg_scalar(t, 0.5)}, y = x[1], s = wg_number(t, 0);
    for (int i = 0; i < 25000; ++i) {
        y = wg_tanh(wg_mul(y, x[0]));
        s = wg_add(s, wg_square(y));
    }
    against_tape(s, 2, x, 3, 0.9, 1, 1e-10, &state);
}
END_TEST

/* ---- by hand -------------------------------------------------------------------------------- */

static void expect(wg_var root, size_t n, const wg_var *inputs, const double *x, double value,
                   const double *gradients) {
    double twice[8], v[2], g[8];
    wg_compiled *c = compile(root, n, inputs);
    for (size_t i = 0; i < n; ++i) twice[2 * i] = twice[2 * i + 1] = x[i];
    for (size_t points = 1; points <= 2; ++points) {
        ck_assert(wg_compiled_run(c, points, points == 1 ? x : twice, v, g, NULL) == WG_OK);
        ck_assert_msg(same(v[points - 1], value), "value %g", v[points - 1]);
        for (size_t i = 0; i < n; ++i)
            ck_assert_msg(same(g[i * points + points - 1], gradients[i]), "gradient %zu: %g", i,
                          g[i * points + points - 1]);
    }
    wg_compiled_free(c);
}
#define LIST(...) ((const double[]){__VA_ARGS__})

START_TEST(test_by_hand) {
    double two = 2;
    wg_var x = wg_scalar(t, 1), y = wg_scalar(t, 2), k = wg_const(t, WG_F64, WG_RANK0, &two);
    wg_var in[3] = {x, y, k};
    expect(wg_mul(x, x), 2, in, LIST(3, 9), 9, LIST(6, 0));           /* twice; unused */
    expect(x, 2, in, LIST(3, 9), 3, LIST(1, 0));                      /* a leaf */
    expect(k, 3, in, LIST(3, 9, 5), 5, LIST(0, 0, 0));                /* that wants none */
    expect(wg_mul(x, k), 3, in, LIST(3, 9, 5), 15, LIST(5, 0, 0));    /* k is changed, no more */
    expect(wg_mul(x, k), 2, in, LIST(3, 9), 6, LIST(2, 0));           /* k stays 2 */
    expect(wg_mul(y, k), 0, in, LIST(0), 4, LIST(0));                 /* a constant */
    expect(wg_sign(x), 1, in, LIST(-3), -1, LIST(0));                 /* flat */
    expect(wg_relu(x), 1, in, LIST(0), 0, LIST(0));                   /* a kink */
    expect(wg_relu(x), 1, in, LIST(NAN), NAN, LIST(NAN));
    wg_var zero = wg_relu(wg_neg(wg_sqrt(wg_relu(x)))); /* 0 times the infinite slope of the root */
    expect(wg_add(zero, x), 1, in, LIST(0), 0, LIST(1));
    expect(wg_sqrt(x), 1, in, LIST(0), 0, LIST(INFINITY));
    expect(wg_mul(wg_sqrt(x), y), 2, in, LIST(0, 0), 0, LIST(0, 0)); /* strong: no NaN */
    expect(wg_sub(wg_leaky_relu(x, 0.25), y), 2, in, LIST(-4, 1), -2, LIST(0.25, -1));
}
END_TEST

/* The program needs nothing of the tape; no point is no work. */
START_TEST(test_outlives_the_tape) {
    wg_tape *other = wg_tape_new();
    wg_var x = wg_scalar(other, 2), y = wg_elu(wg_scale(x, -3), 2);
    wg_compiled *c = compile(y, 1, &x);
    wg_tape_free(other);
    double at = 1, v = 7, g = 7;
    ck_assert(wg_compiled_run(c, 0, NULL, NULL, NULL, NULL) == WG_OK);
    ck_assert(wg_compiled_run(c, 1, &at, NULL, &g, NULL) == WG_OK);
    ck_assert(wg_compiled_run(c, 1, &at, &v, NULL, NULL) == WG_OK);
    check_near(v, 2 * expm1(-3.0), 1e-15);
    check_near(g, -6 * exp(-3.0), 1e-15);
    wg_compiled_free(c);
    wg_compiled_free(NULL);
}
END_TEST

/* ---- refused -------------------------------------------------------------------------------- */

static void refused(wg_var root, size_t n, const wg_var *in, wg_status s, const char *text) {
    wg_error e;
    ck_assert_ptr_null(wg_compile(root, n, in, &e));
    ck_assert_msg(e.status == s, "%s: %s", wg_status_name(e.status), e.text);
    ck_assert_msg(strstr(e.text, text) != NULL, "\"%s\" is not in: %s", text, e.text);
    ck_assert_ptr_null(wg_compile(root, n, in, NULL));
}

START_TEST(test_refused) {
    float f = 1;
    double a[3] = {1, 2, 3};
    wg_tape *other = wg_tape_new();
    wg_var x = wg_scalar(t, 1), foreign = wg_scalar(other, 1);
    wg_var one = wg_input(t, WG_F32, WG_RANK0, &f);
    wg_var three = wg_input(t, WG_F64, WG_SHAPE(3), a), y = wg_square(x), in[2] = {x, x};
    refused(wg_sum(three), 1, in, WG_ERR_UNSUPPORTED, "input: its value is");
    wg_var pair = wg_site(wg_broadcast_to(x, WG_SHAPE(2)), "model.c:43");
    refused(wg_mul(x, wg_max(pair)), 1, in, WG_ERR_UNSUPPORTED,
            "model.c:43: broadcast_to: its value is not float64");
    wg_var many[2] = {x, y};
    wg_var stack = wg_stack(2, many, 0);
    refused(wg_sum(stack), 1, in, WG_ERR_UNSUPPORTED, "stack: its value is not float64");
    refused(wg_square(one), 0, NULL, WG_ERR_UNSUPPORTED, "input: its value is not float64");
    refused(y, 2, in, WG_ERR_STATE, "inputs 0 and 1 are one leaf");
    refused(y, 1, &y, WG_ERR_STATE, "input 0 was made by square");
    refused(y, 1, &three, WG_ERR_DTYPE, "input 0 is not float64 of rank 0");
    refused(y, 1, &foreign, WG_ERR_TAPE, "input 0 is a value of another tape");
    refused(y, 1, NULL, WG_ERR_STATE, "1 inputs");
    refused(WG_NONE, 0, NULL, WG_ERR_TAPE, "root 0 is absent");
    wg_no_grad_begin(t);
    wg_var cut = wg_site(wg_square(x), "model.c:50");
    wg_no_grad_end(t);
    refused(wg_neg(cut), 1, in, WG_ERR_STATE,
            "model.c:50: square: it was computed in a no-gradient");
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_tape_rewind(t);
    refused(y, 0, NULL, WG_ERR_STALE, "was rewound");
    wg_tape_free(other);
}
END_TEST

START_TEST(test_wrong_runs) {
    wg_var x = wg_scalar(t, 1);
    wg_compiled *c = compile(wg_exp(x), 1, &x);
    wg_error e;
    double v;
    ck_assert(wg_compiled_run(NULL, 1, &v, &v, NULL, &e) == WG_ERR_STATE);
    ck_assert_str_eq(e.text, "compiled_run: the program is NULL");
    ck_assert(wg_compiled_run(c, 1, NULL, &v, NULL, &e) == WG_ERR_STATE);
    ck_assert_str_eq(e.text, "compiled_run: x is NULL");
    wg_compiled_free(c);
}
END_TEST

static wg_status out_of_memory(void) {
    wg_tape *tape = wg_tape_new();
    wg_error e = {WG_ERR_MEMORY, ""};
    double x[40] = {0}, v[40], g[40];
    wg_var a = wg_scalar(tape, 1), y = wg_mul(wg_scale(a, 2), wg_clamp(wg_sin(a), -1, 0.5));
    wg_status s = tape ? wg_tape_status(tape) : WG_ERR_MEMORY;
    wg_compiled *c = s == WG_OK ? wg_compile(y, 1, &a, &e) : NULL;
    if (s == WG_OK) s = c ? wg_compiled_run(c, 40, x, v, g, &e) : e.status;
    wg_compiled_free(c);
    wg_tape_free(tape);
    return s;
}
START_TEST(test_out_of_memory) {
    ck_assert_int_gt(run_out_of_memory("compile", out_of_memory), 5);
}
END_TEST

extern Suite *suite_compile(void);
Suite *suite_compile(void) {
    Suite *s = suite_create("compile");
    TCase *c = tcase_create("compile");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_every_gate);
    tcase_add_test(c, test_forms);
    tcase_add_test(c, test_random_graphs);
    tcase_add_test(c, test_long);
    tcase_add_test(c, test_by_hand);
    tcase_add_test(c, test_outlives_the_tape);
    tcase_add_test(c, test_refused);
    tcase_add_test(c, test_wrong_runs);
    tcase_add_test(c, test_out_of_memory);
    suite_add_tcase(s, c);
    return s;
}
