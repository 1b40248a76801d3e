/* registry_checks.c: see registry_helpers.h */
#include "tests/ops/registry_helpers.h"

#include <math.h>
#include <string.h>

int value_is_float(wg_var v) { return wg_dtype_of(v) <= WG_F64; }
size_t value_size(wg_var v) { return (size_t)wg_shape_size(wg_shape_of(v)); }

double trial_largest(size_t n, const double *x) {
    double m = 0;
    for (size_t i = 0; i < n; ++i)
        if (fabs(x[i]) > m) m = fabs(x[i]);
    return m;
}

/* 1 if a and b agree to tol, relative where they are large; NaN agrees with NaN alone. */
static int agree(double a, double b, double tol) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= tol * (1 + fmax(fabs(a), fabs(b)));
}

int trial_compare(trial *t, int leaf, size_t n, const char *what_a, const double *a,
                   const char *what_b, const double *b, double tol) {
    for (size_t i = 0; i < n; ++i) {
        if (agree(a[i], b[i], tol)) continue;
        const char *name = "output";
        for (size_t k = t->n; k-- > 0;)
            if (leaf >= 0 && t->leaf_of[k] == leaf)
                name = t->gate->arity < 0 ? "operand" : t->gate->operands[k];
        return trial_fail(t, "%s %d, element %zu: %s %.17g, %s %.17g", name, leaf, i, what_a, a[i],
                          what_b, b[i]);
    }
    return 1;
}

int trial_healthy(trial *t, const trial_run *run, const char *doing) {
    if (wg_tape_status(run->tape) == WG_OK) return 1;
    return trial_fail(t, "%s: %s", doing, wg_tape_message(run->tape));
}

/* sum of x r over all elements, as a value. */
wg_var trial_contract(wg_var x, wg_var r) { return wg_sum_to(wg_mul(x, r), WG_RANK0); }

wg_var trial_cotangent(trial *t, wg_var y, double **numbers) {
    size_t n = value_size(y);
    *numbers = trial_draw(t, n);
    return put(y.tape, wg_dtype_of(y), wg_shape_of(y), n, *numbers, 0);
}

/* The leaves that have a gradient: their places in t->leaf. */
size_t trial_values(const trial *t, const trial_run *run, int *place, wg_var *xs) {
    size_t n = 0;
    for (size_t i = 0; i < t->n_leaves; ++i) {
        if (t->leaf[i].kind != VALUE) continue;
        place[n] = (int)i;
        xs[n++] = run->leaf[i];
    }
    return n;
}

/* ---- difference quotients ------------------------------------------------------------------- */

/* d (sum of y r) / d leaf by central differences: sets the leaf and replays y. */
static int quotients(trial *t, wg_var y, const double *r, wg_var leaf, size_t n, double *x,
                     double h, double *out) {
    size_t size = value_size(y);
    double *at[2] = {trial_room(t, size), trial_room(t, size)};
    for (size_t i = 0; i < n; ++i) {
        double keep = x[i], step = h * fmax(1, fabs(keep)), moved[2] = {keep - step, keep + step};
        for (int side = 0; side < 2; ++side) {
            x[i] = moved[side];
            if (put_again(leaf, n, x) != WG_OK || wg_replay(y) != WG_OK || !take(y, size, at[side]))
                return trial_fail(t, "replay: %s", wg_tape_message(y.tape));
        }
        x[i] = keep;
        out[i] = 0;
        for (size_t k = 0; k < size; ++k)
            if (at[1][k] != at[0][k]) out[i] += (at[1][k] - at[0][k]) * r[k];
        out[i] /= moved[1] - moved[0];
    }
    return put_again(leaf, n, x) == WG_OK && wg_replay(y) == WG_OK;
}

/* A result in float32 (a cast) moves in steps of 1e-7: a wide quotient, a wide tolerance. */
double trial_step(wg_var y) { return wg_dtype_of(y) == WG_F32 ? 0x1p-5 : 0x1p-16; }
double trial_tolerance(wg_var y) { return wg_dtype_of(y) == WG_F32 ? 2e-4 : 2e-6; }

/* ---- first order ---------------------------------------------------------------------------- */

typedef struct gradients {
    double *backward, *recorded, *vjp, *numeric;
} gradients;

/* All analytic gradients of sum(y r) with respect to the value leaves. */
static int analytic(trial *t, const trial_run *run, wg_var r, gradients *g) {
    int place[MAX_OPERANDS];
    wg_var xs[MAX_OPERANDS], recorded[MAX_OPERANDS], vjp[MAX_OPERANDS];
    size_t n = trial_values(t, run, place, xs);
    wg_var root = trial_contract(run->y, r);
    wg_status s = wg_backward(root);
    if (s == WG_OK) s = wg_gradients(root, n, xs, recorded);
    if (s == WG_OK) s = wg_vjp(run->y, r, n, xs, vjp);
    for (size_t i = 0; i < n && s == WG_OK; ++i) {
        size_t size = t->leaf[place[i]].n;
        gradients *to = &g[place[i]];
        to->backward = trial_room(t, size);
        to->recorded = trial_room(t, size);
        to->vjp = trial_room(t, size);
        if (!take(wg_grad(xs[i]), size, to->backward) || !take(recorded[i], size, to->recorded) ||
            !take(vjp[i], size, to->vjp))
            return trial_fail(t, "gradient of leaf %d: %s", place[i], wg_tape_message(run->tape));
    }
    return trial_healthy(t, run, "gradients") &&
           (s == WG_OK || trial_fail(t, "gradients: %s", wg_status_name(s)));
}

static int compare_first(trial *t, int leaf, const gradients *g, double tol) {
    size_t n = t->leaf[leaf].n;
    return trial_compare(t, leaf, n, "backward", g->backward, "differences", g->numeric, tol) &&
           trial_compare(t, leaf, n, "vjp", g->vjp, "differences", g->numeric, tol) &&
           trial_compare(t, leaf, n, "gradients", g->recorded, "vjp", g->vjp, 1e-12) &&
           trial_compare(t, leaf, n, "backward", g->backward, "vjp", g->vjp, 1e-11);
}

static int first_order(trial *t, const trial_run *run) {
    gradients g[MAX_OPERANDS];
    double *r;
    wg_var cot = trial_cotangent(t, run->y, &r);
    if (!analytic(t, run, cot, g)) return 0;
    for (size_t i = 0; i < t->n_leaves; ++i) {
        trial_leaf *l = &t->leaf[i];
        if (l->kind != VALUE) continue;
        g[i].numeric = trial_room(t, l->n);
        if (!(t->gate->flags & WG_GATE_FLAT) &&
            !quotients(t, run->y, r, run->leaf[i], l->n, l->x, trial_step(run->y), g[i].numeric))
            return 0;
        if (!compare_first(t, (int)i, &g[i], trial_tolerance(run->y))) return 0;
    }
    return 1;
}

int check_first_order(trial *t) {
    trial_run run;
    int ok = trial_start(t, &run, WG_F64, PLAIN);
    if (ok && value_is_float(run.y)) ok = first_order(t, &run);
    trial_stop(&run);
    return ok;
}

/* ---- one way of running against another ----------------------------------------------------- */

/* Value and, of float gates, gradient for the same cotangent r (of y's size, drawn at first). */
typedef struct outcome {
    size_t n;
    double *y, *r, *dx[MAX_OPERANDS];
} outcome;

static int measure(trial *t, const trial_run *run, outcome *o) {
    wg_var xs[MAX_OPERANDS];
    int place[MAX_OPERANDS];
    size_t n = trial_values(t, run, place, xs);
    o->n = value_size(run->y);
    o->y = trial_room(t, o->n);
    memset(o->dx, 0, sizeof o->dx);
    if (!o->r) o->r = trial_draw(t, o->n);
    if (!take(run->y, o->n, o->y)) return trial_healthy(t, run, "value");
    if (!value_is_float(run->y)) return trial_healthy(t, run, "value");
    wg_clear_grads(run->tape);
    wg_var r = put(run->tape, wg_dtype_of(run->y), wg_shape_of(run->y), o->n, o->r, 0);
    if (wg_backward(trial_contract(run->y, r)) != WG_OK) return trial_healthy(t, run, "backward");
    for (size_t i = 0; i < n; ++i) {
        o->dx[place[i]] = trial_room(t, t->leaf[place[i]].n);
        take(wg_grad(xs[i]), t->leaf[place[i]].n, o->dx[place[i]]);
    }
    return trial_healthy(t, run, "gradients");
}

static int same_outcome(trial *t, const char *what_a, const outcome *a, const char *what_b,
                        const outcome *b, double tol) {
    if (a->n != b->n)
        return trial_fail(t, "%s has %zu elements, %s %zu", what_a, a->n, what_b, b->n);
    if (!trial_compare(t, TRIAL_ROOT, a->n, what_a, a->y, what_b, b->y, tol)) return 0;
    for (size_t i = 0; i < t->n_leaves; ++i)
        if (a->dx[i] && b->dx[i] &&
            !trial_compare(t, (int)i, t->leaf[i].n, what_a, a->dx[i], what_b, b->dx[i], tol))
            return 0;
    return 1;
}

/* Records and measures. */
static int measure_new(trial *t, wg_dtype dtype, feeding how, outcome *o) {
    trial_run run;
    int ok = trial_start(t, &run, dtype, how) && measure(t, &run, o);
    trial_stop(&run);
    return ok;
}

/* ---- second order --------------------------------------------------------------------------- */

/* What the second order is taken of: s = sum over leaves of <w, (dy/dx)^T r>, a number that depends
 * on the leaves and on r. */
typedef struct scalarised {
    double *r, *w[MAX_OPERANDS]; /* by leaf */
} scalarised;

/* s as a value, by the recorded rule. */
static wg_var record_scalarised(trial *t, const scalarised *a, wg_var y, wg_var r, size_t n,
                                const int *place, const wg_var *xs) {
    wg_var g[MAX_OPERANDS], s = WG_NONE;
    if (wg_vjp(y, r, n, xs, g) != WG_OK) return WG_NONE;
    for (size_t i = 0; i < n; ++i) {
        const trial_leaf *l = &t->leaf[place[i]];
        wg_var w = put(y.tape, wg_dtype_of(g[i]), l->shape, l->n, a->w[place[i]], 0);
        s = i ? wg_add(s, trial_contract(g[i], w)) : trial_contract(g[i], w);
    }
    return s;
}

/* s as a number, by the unrecorded sweep of a recording of its own: had the recorded rule forgotten
 * that it depends on x, a replay of it would too. */
static int measure_scalarised(trial *t, const scalarised *a, double *s) {
    outcome o = {.r = a->r};
    void *mark = t->rooms;
    int ok = measure_new(t, WG_F64, PLAIN, &o);
    *s = 0;
    for (size_t i = 0; i < t->n_leaves && ok; ++i)
        for (size_t k = 0; o.dx[i] && k < t->leaf[i].n; ++k) *s += a->w[i][k] * o.dx[i][k];
    trial_release(t, mark);
    return ok;
}

/* ds / dx by central differences; x is moved in place. */
static int second_quotients(trial *t, const scalarised *a, size_t n, double *x, double h,
                            double *out) {
    for (size_t i = 0; i < n; ++i) {
        double keep = x[i], step = h * fmax(1, fabs(keep)), s[2];
        x[i] = keep - step;
        int ok = measure_scalarised(t, a, &s[0]);
        x[i] = keep + step;
        ok = ok && measure_scalarised(t, a, &s[1]);
        x[i] = keep;
        if (!ok) return 0;
        out[i] = (s[1] - s[0]) / (2 * step);
    }
    return 1;
}

/* The derivative of s with respect to x, the numbers `at`, in three ways. */
static int compare_second(trial *t, const scalarised *a, int leaf, wg_var x, wg_var recorded,
                          double *at, const trial_run *run) {
    size_t n = value_size(x);
    double h = trial_step(run->y), tol = 5 * trial_tolerance(run->y);
    double *u = trial_room(t, n), *v = trial_room(t, n), *numeric = trial_room(t, n);
    if (!take(recorded, n, u) || !take(wg_grad(x), n, v))
        return trial_healthy(t, run, "second order");
    if (!second_quotients(t, a, n, at, h, numeric)) return 0;
    if (leaf != TRIAL_ROOT && t->gate->flags & WG_GATE_LINEAR && trial_largest(n, u) != 0)
        return trial_fail(t, "flagged linear, with a second derivative");
    return trial_compare(t, leaf, n, "second order", u, "differences", numeric, tol) &&
           trial_compare(t, leaf, n, "second order backward", v, "gradients", u, 1e-10);
}

static int second_order(trial *t, const trial_run *run) {
    int place[MAX_OPERANDS];
    wg_var xs[MAX_OPERANDS + 1], g[MAX_OPERANDS + 1];
    size_t n = trial_values(t, run, place, xs), size = value_size(run->y);
    scalarised a = {.r = trial_draw(t, size)};
    if (n == 0) return 1;
    for (size_t i = 0; i < n; ++i) a.w[place[i]] = trial_draw(t, t->leaf[place[i]].n);
    wg_var r = put(run->tape, wg_dtype_of(run->y), wg_shape_of(run->y), size, a.r, 1);
    wg_var s = record_scalarised(t, &a, run->y, r, n, place, xs);
    xs[n] = r;
    if (!s.tape || wg_gradients(s, n + 1, xs, g) != WG_OK || wg_backward(s) != WG_OK)
        return trial_fail(t, "second order: %s", wg_tape_message(run->tape));
    for (size_t i = 0; i < n; ++i)
        if (!compare_second(t, &a, place[i], xs[i], g[i], t->leaf[place[i]].x, run)) return 0;
    return compare_second(t, &a, TRIAL_ROOT, r, g[n], a.r, run);
}

int check_second_order(trial *t) {
    trial_run run;
    int ok = trial_start(t, &run, WG_F64, PLAIN);
    if (ok && value_is_float(run.y) && !(t->gate->flags & WG_GATE_FLAT)) ok = second_order(t, &run);
    trial_stop(&run);
    return ok;
}

/* ---- other ways of running ------------------------------------------------------------------ */

int check_float32(trial *t) {
    outcome a = {0}, b = {0};
    if (!gate_takes(t->gate, WG_F32) || !gate_takes(t->gate, WG_F64)) return 1;
    if (!measure_new(t, WG_F64, PLAIN, &a)) return 0;
    b.r = a.r;
    return measure_new(t, WG_F32, PLAIN, &b) &&
           same_outcome(t, "float64", &a, "float32", &b, 1e-4);
}

int check_replay(trial *t) {
    outcome a = {0}, b = {0};
    trial_run run;
    int ok = trial_start(t, &run, WG_F64, PLAIN) && measure(t, &run, &a);
    trial_redraw(t);
    for (size_t i = 0; i < t->n_leaves && ok; ++i)
        if (t->leaf[i].kind == VALUE)
            ok = put_again(run.leaf[i], t->leaf[i].n, t->leaf[i].x) == WG_OK;
    if (!ok || wg_replay(run.y) != WG_OK || !measure(t, &run, &a))
        ok = trial_fail(t, "replay: %s", wg_tape_message(run.tape));
    trial_stop(&run);
    b.r = a.r;
    return ok && measure_new(t, WG_F64, PLAIN, &b) &&
           same_outcome(t, "replayed", &a, "recorded", &b, 0);
}

int check_no_grad(trial *t) {
    outcome a = {0};
    trial_run run;
    if (!measure_new(t, WG_F64, PLAIN, &a)) return 0;
    double *value = trial_room(t, a.n);
    int ok = trial_start(t, &run, WG_F64, NO_GRAD);
    if (ok && (value_size(run.y) != a.n || !take(run.y, a.n, value)))
        ok = trial_fail(t, "no_grad: another size");
    trial_stop(&run);
    return ok && trial_compare(t, TRIAL_ROOT, a.n, "recorded", a.y, "unrecorded", value, 1e-15);
}

int check_unused(trial *t) {
    outcome a = {0}, b = {0};
    trial_run run;
    wg_var x[MAX_OPERANDS];
    if (!measure_new(t, WG_F64, PLAIN, &a)) return 0;
    int ok = trial_start(t, &run, WG_F64, PLAIN);
    for (size_t i = 0; i < t->n; ++i)
        x[i] = t->leaf_of[i] < 0 ? WG_NONE : run.leaf[t->leaf_of[i]];
    wg_var branch = wg_record(t->gate, t->n, x, t->sample->attrs);
    wg_var alone = wg_scalar(run.tape, 3);
    b.r = a.r;
    ok = ok && measure(t, &run, &b);
    if (ok && value_is_float(run.y)) {
        double *zeros = trial_room(t, a.n), *seen = trial_room(t, a.n);
        ok = wg_item(wg_grad(alone)) == 0 && take(wg_grad(branch), a.n, seen) &&
             trial_compare(t, TRIAL_ROOT, a.n, "gradient of an unused value", seen, "zero", zeros,
                           0);
    }
    trial_stop(&run);
    return ok && same_outcome(t, "alone", &a, "beside an unused branch", &b, 0);
}

int check_turned(trial *t) {
    outcome a = {0}, b = {0}, back;
    if (!measure_new(t, WG_F64, PLAIN, &a)) return 0;
    b.r = a.r;
    if (!measure_new(t, WG_F64, TURNED, &b)) return 0;
    back = b;
    for (size_t i = 0; i < t->n_leaves; ++i) {
        const trial_leaf *l = &t->leaf[i];
        if (!b.dx[i]) continue;
        wg_shape s = {l->shape.rank, {0}};
        for (int k = 0; k < s.rank; ++k) s.dim[k] = l->shape.dim[s.rank - 1 - k];
        back.dx[i] = trial_room(t, l->n);
        turn_numbers(s, b.dx[i], back.dx[i]);
    }
    return same_outcome(t, "dense", &a, "turned views", &back, 1e-12);
}

int check_as_floats(trial *t) {
    outcome a = {0}, b = {0};
    int any = 0;
    for (size_t i = 0; i < t->n_leaves; ++i) any |= t->leaf[i].kind != VALUE;
    if (!any) return 1;
    if (!measure_new(t, WG_F64, PLAIN, &a)) return 0;
    b.r = a.r;
    return measure_new(t, WG_F64, AS_FLOATS, &b) &&
           same_outcome(t, "whole", &a, "as floats", &b, 0);
}

const named_check trial_checks[] = {
    {"moved", check_moved},
    {"first order", check_first_order}, {"second order", check_second_order},
    {"float32", check_float32},         {"replay", check_replay},
    {"no_grad", check_no_grad},         {"unused", check_unused},
    {"piled", check_piled},
    {"turned", check_turned},           {"as floats", check_as_floats},
    {"forward", check_forward},         {"mixed", check_mixed},
    {"third order", check_third_order},
    {NULL, NULL}};
