/* forward_checks.c: forward mode and third order; see registry_helpers.h */
#include "tests/ops/registry_helpers.h"

#include <math.h>
#include <string.h>

/* A recorded gate with a direction v in which its leaves move and a cotangent r. */
typedef struct setting {
    trial_run run;
    size_t n;
    int place[MAX_OPERANDS];
    wg_var xs[MAX_OPERANDS], vs[MAX_OPERANDS], r;
    double *v[MAX_OPERANDS], *r_numbers;
} setting;

/* 1 if there is something to differentiate; *ok is 0 where the recording failed. */
static int begin(trial *t, setting *s, int *ok) {
    memset(s, 0, sizeof *s);
    *ok = trial_start(t, &s->run, WG_F64, PLAIN);
    if (!*ok || !value_is_float(s->run.y)) return 0;
    s->n = trial_values(t, &s->run, s->place, s->xs);
    for (size_t i = 0; i < s->n; ++i) s->vs[i] = trial_cotangent(t, s->xs[i], &s->v[i]);
    s->r = trial_cotangent(t, s->run.y, &s->r_numbers);
    return 1;
}

/* Moves the leaves from..to by h v and replays y into out. */
static int shifted(trial *t, const setting *s, size_t from, size_t to, double h, wg_var y,
                   double *out) {
    int ok = 1;
    for (size_t i = from; i < to; ++i) {
        const trial_leaf *l = &t->leaf[s->place[i]];
        double *x = trial_room(t, l->n);
        for (size_t k = 0; k < l->n; ++k) x[k] = l->x[k] + h * s->v[i][k];
        ok = ok && put_again(s->xs[i], l->n, x) == WG_OK;
    }
    ok = ok && wg_replay(y) == WG_OK;
    return out ? ok && take(y, value_size(y), out) : ok;
}

/* The central difference of y in direction v of the leaves from..to. */
static int difference(trial *t, const setting *s, size_t from, size_t to, double h, wg_var y,
                      double *out) {
    size_t n = value_size(y);
    double *low = trial_room(t, n);
    if (!shifted(t, s, from, to, -h, y, low) || !shifted(t, s, from, to, h, y, out) ||
        !shifted(t, s, from, to, 0, y, NULL))
        return trial_fail(t, "replay: %s", wg_tape_message(y.tape));
    for (size_t k = 0; k < n; ++k) out[k] = out[k] == low[k] ? 0 : (out[k] - low[k]) / (2 * h);
    return 1;
}

static double dot(size_t n, const double *a, const double *b) {
    double s = 0;
    for (size_t i = 0; i < n; ++i)
        if (b[i] != 0) s += a[i] * b[i];
    return s;
}

/* ---- first order ---------------------------------------------------------------------------- */

/* <r, J v> = <J^T r, v> over the leaves from..to, dy being J v. */
static int inner_products(trial *t, const setting *s, size_t from, size_t to, const double *dy) {
    size_t n = value_size(s->run.y);
    wg_var g[MAX_OPERANDS];
    double a = dot(n, s->r_numbers, dy), b = 0;
    if (wg_vjp(s->run.y, s->r, to - from, s->xs + from, g) != WG_OK)
        return trial_healthy(t, &s->run, "vjp");
    for (size_t i = from; i < to; ++i) {
        size_t size = t->leaf[s->place[i]].n;
        double *dx = trial_room(t, size);
        if (!take(g[i - from], size, dx)) return trial_healthy(t, &s->run, "vjp");
        b += dot(size, s->v[i], dx);
    }
    double tol = wg_dtype_of(s->run.y) == WG_F32 ? 1e-5 : 1e-11;
    return trial_compare(t, TRIAL_ROOT, 1, "<r, J v>", &a, "<J^T r, v>", &b, tol);
}

static int forward(trial *t, const setting *s, size_t from, size_t to) {
    wg_var y = s->run.y, dy;
    size_t n = value_size(y);
    double *analytic = trial_room(t, n), *numeric = trial_room(t, n);
    if (wg_jvp(y, to - from, s->xs + from, s->vs + from, &dy) != WG_OK ||
        !take(dy, n, analytic))
        return trial_healthy(t, &s->run, "jvp");
    if (!(t->gate->flags & WG_GATE_FLAT) &&
        !difference(t, s, from, to, trial_step(y), y, numeric))
        return 0;
    return trial_compare(t, TRIAL_ROOT, n, "jvp", analytic, "differences", numeric,
                         trial_tolerance(y)) &&
           inner_products(t, s, from, to, analytic);
}

int check_forward(trial *t) {
    setting s;
    int ok;
    if (begin(t, &s, &ok)) {
        ok = forward(t, &s, 0, s.n);
        for (size_t i = 0; i < s.n && s.n > 1 && ok; ++i) ok = forward(t, &s, i, i + 1);
    }
    trial_stop(&s.run);
    return ok;
}

/* ---- second order --------------------------------------------------------------------------- */

/* b[i] = the derivative of (J^T r)_i in direction v, forward over reverse. */
static int forward_over_reverse(trial *t, const setting *s, wg_var *b) {
    wg_var g[MAX_OPERANDS];
    wg_status status = wg_vjp(s->run.y, s->r, s->n, s->xs, g);
    for (size_t i = 0; i < s->n && status == WG_OK; ++i)
        status = wg_jvp(g[i], s->n, s->xs, s->vs, &b[i]);
    return status == WG_OK || trial_healthy(t, &s->run, "jvp of vjp");
}

static int mixed(trial *t, const setting *s) {
    wg_var y = s->run.y, dy, ddy, a[MAX_OPERANDS], b[MAX_OPERANDS];
    size_t n = value_size(y);
    double *analytic = trial_room(t, n), *numeric = trial_room(t, n);
    if (wg_jvp(y, s->n, s->xs, s->vs, &dy) != WG_OK ||
        wg_gradients(trial_contract(dy, s->r), s->n, s->xs, a) != WG_OK ||
        !forward_over_reverse(t, s, b) || wg_jvp(dy, s->n, s->xs, s->vs, &ddy) != WG_OK)
        return trial_healthy(t, &s->run, "mixed second order");
    double tol = wg_dtype_of(y) == WG_F32 ? 1e-5 : 1e-10;
    for (size_t i = 0; i < s->n; ++i) {
        size_t size = t->leaf[s->place[i]].n;
        double *u = trial_room(t, size), *v = trial_room(t, size);
        if (!take(a[i], size, u) || !take(b[i], size, v)) return trial_healthy(t, &s->run, "take");
        if (!trial_compare(t, s->place[i], size, "reverse over forward", u,
                           "forward over reverse", v, tol))
            return 0;
    }
    return take(ddy, n, analytic) && difference(t, s, 0, s->n, trial_step(y), dy, numeric) &&
           trial_compare(t, TRIAL_ROOT, n, "forward over forward", analytic, "differences",
                         numeric, 5 * trial_tolerance(y));
}

int check_mixed(trial *t) {
    setting s;
    int ok;
    if (begin(t, &s, &ok) && !(t->gate->flags & WG_GATE_FLAT) && s.n) ok = mixed(t, &s);
    trial_stop(&s.run);
    return ok;
}

/* ---- third order ---------------------------------------------------------------------------- */

/* q = sum <w, forward over reverse>, a number made of second derivatives. */
static int third(trial *t, const setting *s) {
    wg_var b[MAX_OPERANDS], q = WG_NONE, c[MAX_OPERANDS];
    if (!forward_over_reverse(t, s, b)) return 0;
    for (size_t i = 0; i < s->n; ++i) {
        double *w;
        wg_var part = trial_contract(b[i], trial_cotangent(t, b[i], &w));
        q = i ? wg_add(q, part) : part;
    }
    if (wg_gradients(q, s->n, s->xs, c) != WG_OK) return trial_healthy(t, &s->run, "third order");
    double a = 0, numeric;
    for (size_t i = 0; i < s->n; ++i) {
        size_t size = t->leaf[s->place[i]].n;
        double *u = trial_room(t, size);
        if (!take(c[i], size, u)) return trial_healthy(t, &s->run, "third order");
        a += dot(size, s->v[i], u);
    }
    return difference(t, s, 0, s->n, trial_step(q), q, &numeric) &&
           trial_compare(t, TRIAL_ROOT, 1, "third order", &a, "differences", &numeric, 1e-5);
}

int check_third_order(trial *t) {
    setting s;
    int ok, smooth = !(t->gate->flags & (WG_GATE_FLAT | WG_GATE_KINKED | WG_GATE_LINEAR));
    if (begin(t, &s, &ok) && smooth && s.n && wg_dtype_of(s.run.y) == WG_F64) ok = third(t, &s);
    trial_stop(&s.run);
    return ok;
}
