/* test_mutation.c: the tests of the registry tested: for every gate, copies whose derivative is
 * wrong on purpose, in one place at a time, must be noticed by the same checks.
 *
 * A gate states its derivative in up to four places: its rule, run recorded and unrecorded, and the
 * inline partials, on the scalar path and in the row kernels.  Each is spoiled alone. */
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NEGATE, FACTOR, DROP, SWAP, DETACH, N_SPOILS } spoil;
typedef enum { RECORDED, UNRECORDED, ROWS, SCALAR, N_PLACES } place;

static const char *const spoil_names[] = {"negated", "times 1.01", "dropped", "swapped",
                                          "right, but detached from its operands"};
static const char *const place_names[] = {"recorded rule", "unrecorded rule", "row kernel",
                                          "scalar path"};

/* The one mutant of this process.  Row kernels are given nothing that leads to it. */
static struct {
    wg_gate gate;
    wg_elementwise elementwise;
    const wg_gate *of;
    spoil what;
    place where;
    size_t k, other; /* the operand whose gradient is wrong; SWAP: for which it is taken */
    int applied;     /* how often the result really changed */
} mutant;

/* ---- rules ---------------------------------------------------------------------------------- */

static int any_nonzero(wg_var x) {
    size_t n = (size_t)wg_shape_size(wg_shape_of(x));
    double *v = malloc((n + 1) * sizeof *v);
    int any = 0;
    if (!v) abort();
    if (take(x, n, v))
        for (size_t i = 0; i < n; ++i) any |= v[i] != 0;
    free(v);
    return any;
}

static int alike(wg_var x, wg_var y) {
    wg_shape a = wg_shape_of(x), b = wg_shape_of(y);
    return a.rank == b.rank && memcmp(a.dim, b.dim, sizeof a.dim) == 0;
}

static void spoil_rule(wg_pull *p, size_t k, size_t other) {
    wg_var dx = p->dx[k];
    if (mutant.what == SWAP) {
        if (!p->wanted[other] || !p->dx[other].tape || !alike(p->x[k], p->x[other]) ||
            !alike(dx, p->dx[other]))
            return;
        p->dx[k] = p->dx[other];
        mutant.applied += any_nonzero(wg_sub(dx, p->dx[other]));
        return;
    }
    mutant.applied += any_nonzero(dx);
    if (mutant.what == NEGATE) p->dx[k] = wg_neg(dx);
    if (mutant.what == FACTOR) p->dx[k] = wg_scale(dx, 1.01);
    if (mutant.what == DROP) p->dx[k] = WG_NONE;
    if (mutant.what == DETACH) p->dx[k] = wg_detach(dx);
}

static void rule(wg_pull *p) {
    wg_pull inner = *p;
    inner.gate = mutant.of;
    mutant.of->rule(&inner);
    if (mutant.where != (p->recording ? RECORDED : UNRECORDED)) return;
    if (mutant.k >= p->n || mutant.other >= p->n) return;
    if (p->wanted[mutant.k] && p->dx[mutant.k].tape) spoil_rule(p, mutant.k, mutant.other);
}

/* ---- partials ------------------------------------------------------------------------------- */

static double spoilt(double right, double others) {
    double wrong = mutant.what == NEGATE   ? -right
                   : mutant.what == FACTOR ? 1.01 * right
                   : mutant.what == SWAP   ? others
                                           : 0;
    mutant.applied += wrong != right;
    return wrong;
}

static double scalar(const double *x, const void *attrs, double *partial) {
    double y = mutant.of->elementwise->scalar(x, attrs, partial);
    partial[mutant.k] = spoilt(partial[mutant.k], partial[mutant.other]);
    return y;
}

/* The row kernel of operand mutant.k. */
static void pull(int64_t n, const void *g, const void *y, const void *const *x, const int64_t *s,
                 void *out, const void *attrs) {
    double *dx = out, *others = malloc(((size_t)n + 1) * sizeof *others);
    if (!others) abort();
    mutant.of->elementwise->pull[WG_F64][mutant.k](n, g, y, x, s, dx, attrs);
    mutant.of->elementwise->pull[WG_F64][mutant.other](n, g, y, x, s, others, attrs);
    for (int64_t i = 0; i < n; ++i) dx[i] = spoilt(dx[i], others[i]);
    free(others);
}

/* ---- the hunt ------------------------------------------------------------------------------- */

static void breed(const wg_gate *of, spoil what, place where, size_t k, size_t other) {
    memset(&mutant, 0, sizeof mutant);
    mutant.of = of;
    mutant.what = what;
    mutant.where = where;
    mutant.k = k;
    mutant.other = other;
    mutant.gate = *of;
    if (of->rule) mutant.gate.rule = rule;
    if (!of->elementwise) return;
    mutant.elementwise = *of->elementwise;
    mutant.gate.elementwise = &mutant.elementwise;
    if (where == SCALAR) mutant.elementwise.scalar = scalar;
    if (where == ROWS) mutant.elementwise.pull[WG_F64][k] = pull;
}

/* 1 if some sample gives the mutant away, or none shows a difference. */
static int caught(const wg_gate *gate) {
    trial t;
    for (size_t i = 0; gate->samples[i].shapes; ++i) {
        int ok = trial_init(&t, &mutant.gate, &gate->samples[i], i) && check_first_order(&t) &&
                 check_second_order(&t);
        trial_clear(&t);
        if (!ok) return 1;
    }
    return mutant.applied == 0;
}

static int possible(const wg_gate *g, spoil what, place where) {
    if (where == ROWS || where == SCALAR) return g->elementwise && what != DETACH;
    if (where == UNRECORDED) return !g->elementwise && what != DETACH;
    return 1;
}

/* Operands of the longest sample. */
static size_t operands(const wg_gate *g) {
    trial t;
    size_t most = 0;
    for (size_t i = 0; g->samples[i].shapes; ++i) {
        ck_assert(trial_init(&t, g, &g->samples[i], i));
        if (t.n > most) most = t.n;
        trial_clear(&t);
    }
    return most;
}

static void hunt(const wg_gate *g, spoil what, place where, size_t n) {
    for (size_t k = 0; k < n; ++k)
        for (size_t other = 0; other < n; ++other) {
            if (what == SWAP ? other == k : other != k) continue;
            breed(g, what, where, k, other);
            ck_assert_msg(caught(g), "%s: %s: the gradient of operand %zu %s was not noticed",
                          g->name, place_names[where], k, spoil_names[what]);
        }
}

START_TEST(test_mutants) {
    const wg_gate *g = wgi_gates[_i];
    if (!g->rule) return; /* flat: it has no derivative to spoil */
    size_t n = operands(g);
    for (int what = 0; what < N_SPOILS; ++what)
        for (int where = 0; where < N_PLACES; ++where)
            if (possible(g, (spoil)what, (place)where)) hunt(g, (spoil)what, (place)where, n);
}
END_TEST

/* The hunter hunted: a healthy copy passes, and a negated tanh is noticed in each of its places. */
START_TEST(test_hunt) {
    const wg_gate *g = wgi_gate_find("tanh", 4);
    ck_assert_ptr_nonnull(g);
    breed(g, NEGATE, N_PLACES, 0, 0);
    for (size_t i = 0; g->samples[i].shapes; ++i) {
        trial t;
        ck_assert(trial_init(&t, &mutant.gate, &g->samples[i], i));
        ck_assert_msg(check_first_order(&t) && check_second_order(&t), "%s", t.why);
        trial_clear(&t);
    }
    breed(g, NEGATE, ROWS, 0, 0);
    ck_assert(caught(g));
    ck_assert_int_gt(mutant.applied, 0);
    breed(g, NEGATE, SCALAR, 0, 0);
    ck_assert(caught(g));
    ck_assert_int_gt(mutant.applied, 0);
    breed(g, DETACH, RECORDED, 0, 0);
    ck_assert(caught(g));
    ck_assert_int_gt(mutant.applied, 0);
}
END_TEST

extern Suite *suite_mutation(void);
Suite *suite_mutation(void) {
    Suite *s = suite_create("mutation");
    TCase *c = tcase_create("gates");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, test_hunt);
    tcase_add_loop_test(c, test_mutants, 0, gate_count());
    suite_add_tcase(s, c);
    return s;
}
