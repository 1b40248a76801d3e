/* The checker checked: random expressions over every gate, right ones and ones with one corrupted
 * rule.  WG_FULL=1 runs 10,000 of each and prints what docs/gradcheck.md reports.
 *
 * An expression is a gate of the registry at one of its samples, its operands scaled by a leaf or
 * not, its result put through one or two smooth gates and contracted with random weights. */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include "check/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum {
    RIGHT, SIGN, MORE, LESS, OTHER_OPERAND, DROPPED, SHIFTED, NOT_SUMMED, N_CORRUPTIONS
} corruption;

static const char *const names[] = {"right",        "sign",    "times 1.0001",
                                    "times 0.9999", "other operand's", "one term dropped",
                                    "index off by one", "not summed back"};

/* ---- corrupted rules ------------------------------------------------------------------------ */

static struct {
    wg_gate gate;
    const wg_gate *of;
    corruption what;
    size_t k;
    int active; /* 0: the right rule, for comparison */
} bad;

static size_t count_of(wg_var v) { return (size_t)wg_shape_size(wg_shape_of(v)); }

static int alike(wg_var x, wg_var y) {
    wg_shape a = wg_shape_of(x), b = wg_shape_of(y);
    return a.rank == b.rank && memcmp(a.dim, b.dim, sizeof a.dim) == 0;
}

/* dx with numbers multiplied by w, which the caller frees. */
static wg_var times(wg_var dx, const double *w) {
    wg_var c = put(dx.tape, wg_dtype_of(dx), wg_shape_of(dx), count_of(dx), w, 0);
    return wg_mul(dx, c);
}

/* One term of the cotangent left out: its largest element counts as 0. */
static wg_var without_term(wg_var dx) {
    size_t n = count_of(dx), largest = 0;
    double *x = malloc((n + 1) * sizeof *x), *w = malloc((n + 1) * sizeof *w);
    if (!x || !w || !take(dx, n, x)) abort();
    for (size_t i = 0; i < n; ++i) {
        w[i] = 1;
        if (fabs(x[i]) > fabs(x[largest])) largest = i;
    }
    if (n) w[largest] = 0;
    dx = times(dx, w);
    free(x);
    free(w);
    return dx;
}

/* The engine sums over broadcast axes; here only the first of the repeated ones arrives. */
static wg_var not_summed(wg_var dx, wg_var x) {
    wg_shape from = wg_shape_of(dx), to = wg_shape_of(x);
    if (alike(dx, x)) return dx;
    for (int i = 0; i < from.rank; ++i) {
        int own = i - (from.rank - to.rank);
        if ((own < 0 || to.dim[own] == 1) && from.dim[i] > 1) dx = wg_slice(dx, i, 0, 1, 1);
    }
    return wg_sum_to(dx, to);
}

static wg_var corrupted(const wg_pull *p, size_t k) {
    wg_var dx = p->dx[k];
    switch (bad.what) {
    case SIGN: return wg_neg(dx);
    case MORE: return wg_scale(dx, 1.0001);
    case LESS: return wg_scale(dx, 0.9999);
    case DROPPED: return without_term(dx);
    case SHIFTED: return wg_shape_of(dx).rank ? wg_roll(dx, 1, -1) : dx;
    case NOT_SUMMED: return not_summed(dx, p->x[k]);
    case OTHER_OPERAND:
        for (size_t i = 0; i < p->n; ++i)
            if (i != k && p->wanted[i] && p->dx[i].tape && alike(dx, p->dx[i])) return p->dx[i];
        return dx;
    case RIGHT:
    case N_CORRUPTIONS: break;
    }
    return dx;
}

static void bad_rule(wg_pull *p) {
    wg_pull inner = *p;
    inner.gate = bad.of;
    bad.of->rule(&inner);
    if (bad.active && bad.k < p->n && p->wanted[bad.k] && p->dx[bad.k].tape)
        p->dx[bad.k] = corrupted(p, bad.k);
}

/* ---- random expressions --------------------------------------------------------------------- */

static uint64_t state;
static uint64_t next(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static size_t below(size_t n) { return (size_t)(next() % n); }

static wg_var smooth(wg_var y) {
    switch (below(6)) {
    case 0: return wg_tanh(y);
    case 1: return wg_sin(wg_scale(y, 0.7));
    case 2: return wg_sigmoid(y);
    case 3: return wg_atan(y);
    case 4: return wg_mul(y, wg_sigmoid(y));
    default: return wg_square(wg_shift(y, 0.5));
    }
}

typedef struct expression {
    wg_tape *tape;
    wg_var root;
    uint32_t gate; /* the index of the gate that may be corrupted */
    size_t n;
    wg_var leaf[MAX_OPERANDS + 1];
} expression;

static int wanted_gate(const wg_gate *g) {
    return g->rule && !(g->flags & WG_GATE_FLAT) && gate_takes(g, WG_F64) && !g->compose;
}

/* Records the expression of a trial with `gate` in the place of its own. */
static int record(trial *t, const wg_gate *gate, uint64_t seed, expression *e) {
    wg_var x[MAX_OPERANDS], scale = WG_NONE;
    memset(e, 0, sizeof *e);
    e->tape = wg_tape_new();
    state = seed;
    int scaled = below(2) == 0 && strcmp(gate->name, "whole") != 0;
    if (scaled) scale = e->leaf[e->n++] = wg_scalar(e->tape, 0.97);
    wg_var made[MAX_OPERANDS];
    for (size_t i = 0; i < t->n_leaves; ++i) {
        const trial_leaf *l = &t->leaf[i];
        wg_dtype dtype = l->kind == INDEX ? WG_I64 : l->kind == MASK ? WG_BOOL : WG_F64;
        made[i] = put(e->tape, dtype, l->shape, l->n, l->x, l->kind == VALUE);
        if (l->kind == VALUE) e->leaf[e->n++] = made[i];
        if (l->kind == VALUE && scaled && below(2)) made[i] = wg_mul(made[i], scale);
    }
    for (size_t i = 0; i < t->n; ++i) x[i] = t->leaf_of[i] < 0 ? WG_NONE : made[t->leaf_of[i]];
    wg_var y = wg_record(gate, t->n, x, t->sample->attrs);
    e->gate = y.index;
    if (!y.index || wg_dtype_of(y) != WG_F64) return 0;
    y = smooth(y);
    if (below(2)) y = smooth(y);
    double *r;
    e->root = trial_contract(y, trial_cotangent(t, y, &r));
    return wg_tape_status(e->tape) == WG_OK && isfinite(wg_item(e->root));
}

/* ---- one trial ------------------------------------------------------------------------------ */

typedef struct tally {
    long expressions, verdict[5], skipped;
    long harmful, missed, named; /* corruptions that change a gradient enough to be seen */
    long by_kind[N_CORRUPTIONS];
} tally;

/* The gradients by wg_gradients, which is what the corrupted rule serves. */
static double **gradients(trial *t, const expression *e) {
    wg_var g[MAX_OPERANDS + 1];
    double **out = malloc((e->n + 1) * sizeof *out);
    if (!out) abort();
    if (wg_gradients(e->root, e->n, e->leaf, g) != WG_OK) {
        free(out);
        return NULL;
    }
    for (size_t i = 0; i < e->n; ++i) {
        out[i] = trial_room(t, count_of(g[i]));
        take(g[i], count_of(g[i]), out[i]);
    }
    return out;
}

/* 1 if some leaf's gradient is off by more than 1e-6 of its largest and more than its bound. */
static int harmful(trial *t, const expression *e, const wg_gradcheck_report *r) {
    int yes = 0;
    bad.active = 0;
    double **right = gradients(t, e);
    bad.active = 1;
    double **wrong = gradients(t, e);
    for (size_t i = 0; i < e->n && right && wrong; ++i) {
        double largest = 0, off = 0, bound = 0;
        for (size_t k = 0; k < count_of(e->leaf[i]); ++k) {
            largest = fmax(largest, fabs(right[i][k]));
            off = fmax(off, fabs(right[i][k] - wrong[i][k]));
        }
        for (size_t k = 0; k < r->n; ++k)
            if (r->leaf[k]->index == e->leaf[i].index) bound = r->leaf[k]->numeric_error;
        yes |= off > 1e-6 * largest && !(off <= bound);
    }
    free(right);
    free(wrong);
    return yes;
}

static void say(const char *what, const trial *t, const wg_gradcheck_report *r) {
    printf("checker: %s: %s (%s) %s, operand %zu, verdict %s\n", what, t->gate->name,
           t->sample->shapes, names[bad.what], bad.k, wg_verdict_name(r->verdict));
    for (size_t i = 0; i < r->n; ++i)
        printf("    %s: analytic %.17g numeric %.17g bound %g tolerance %g: %s\n", r->leaf[i]->name,
               r->leaf[i]->analytic, r->leaf[i]->numeric, r->leaf[i]->numeric_error,
               r->leaf[i]->tolerance, r->leaf[i]->message);
}

static void judge(trial *t, const expression *e, tally *sum) {
    wg_gradcheck_report r = {.size = sizeof r};
    wg_gradcheck_options o = {.size = sizeof o, .coordinates = 24};
    if (bad.what != RIGHT) o.coordinates = 0;
    wg_status s = wg_gradcheck(e->root, &o, &r);
    if (s != WG_OK && s != WG_ERR_CHECK) {
        sum->skipped += 1;
    } else {
        sum->expressions += 1;
        sum->verdict[r.verdict] += 1;
        if (bad.what == RIGHT && r.verdict == WG_VERDICT_FAIL) say("false failure", t, &r);
        if (bad.what != RIGHT && harmful(t, e, &r)) {
            sum->harmful += 1;
            sum->by_kind[bad.what] += 1;
            if (r.verdict == WG_VERDICT_FAIL) sum->named += r.blame.index == e->gate;
            else {
                sum->missed += 1;
                say("missed", t, &r);
            }
        }
    }
    wg_gradcheck_report_clear(&r);
}

static void one(uint64_t seed, corruption what, tally *sum) {
    state = seed * 77;
    const wg_gate *g = wgi_gates[seed % (uint64_t)gate_count()];
    size_t samples = 0;
    while (g->samples[samples].shapes) ++samples;
    size_t number = below(samples);
    trial t;
    expression e;
    if (!wanted_gate(g) || !trial_init(&t, g, &g->samples[number], number)) return;
    t.random += seed;
    trial_redraw(&t);
    bad.gate = *g;
    bad.gate.rule = bad_rule;
    bad.of = g;
    bad.what = what;
    bad.k = below(t.n);
    bad.active = what != RIGHT;
    if (record(&t, what == RIGHT ? g : &bad.gate, seed, &e)) judge(&t, &e, sum);
    else sum->skipped += 1;
    wg_tape_free(e.tape);
    trial_clear(&t);
}

static long wanted(long full) { return full_run() ? full : full / 40; }

/* Until so many expressions were judged. */
static void run(long count, int corrupt, tally *sum) {
    memset(sum, 0, sizeof *sum);
    for (uint64_t seed = 1; (corrupt ? sum->harmful : sum->expressions) < count; ++seed) {
        corruption what = corrupt ? (corruption)(1 + (seed / 7) % (N_CORRUPTIONS - 1)) : RIGHT;
        one(seed, what, sum);
        ck_assert_msg(seed < 100u * (uint64_t)count, "the generator finds no expressions");
    }
}

START_TEST(test_right) {
    tally sum;
    run(wanted(10000), 0, &sum);
    if (full_run())
        printf("checker: %ld right expressions: %ld pass, %ld subgradient, %ld inconclusive, %ld "
               "kink, %ld fail; %ld not judged\n",
               sum.expressions, sum.verdict[WG_VERDICT_PASS], sum.verdict[WG_VERDICT_SUBGRADIENT],
               sum.verdict[WG_VERDICT_INCONCLUSIVE], sum.verdict[WG_VERDICT_KINK],
               sum.verdict[WG_VERDICT_FAIL], sum.skipped);
    ck_assert_int_eq(sum.verdict[WG_VERDICT_FAIL], 0);
    ck_assert_int_ge(sum.verdict[WG_VERDICT_PASS], sum.expressions * 95 / 100);
}
END_TEST

START_TEST(test_corrupted) {
    tally sum;
    run(wanted(10000), 1, &sum);
    if (full_run()) {
        printf("checker: %ld corruptions that matter: %ld missed, gate named in %ld\n",
               sum.harmful, sum.missed, sum.named);
        for (int k = 1; k < N_CORRUPTIONS; ++k) printf("    %s: %ld\n", names[k], sum.by_kind[k]);
    }
    ck_assert_int_eq(sum.missed, 0);
    ck_assert_int_ge(sum.named * 100, sum.harmful * 99);
}
END_TEST

extern Suite *suite_checker_trials(void);
Suite *suite_checker_trials(void) {
    Suite *s = suite_create("checker_trials");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 1200);
    tcase_add_test(c, test_right);
    tcase_add_test(c, test_corrupted);
    suite_add_tcase(s, c);
    return s;
}
