/* test_random_graphs.c: what holds for every graph, on graphs drawn by seed: both ways to a
 * gradient agree, replay repeats, gradients outlive what was recorded after them, memory that was
 * never written is never read, and a second recording needs no more memory than the first. */
#include "tests/autograd/random_graph.h"
#include "tests/suites.h"
#include "wengert.h"

#include "autograd/program.h"
#include "backend/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS = GRAPH_LEAVES + 4 };

/* The values whose gradients are compared: the leaves and a few others. */
typedef struct targets {
    size_t n, n_leaf, count[TARGETS];
    wg_var v[TARGETS];
    double scale; /* of the largest finite gradient */
    double grad[TARGETS][GRAPH_ELEMENTS];
} targets;

static void choose(graph *g, wg_var root, targets *x) {
    x->n = 0;
    for (size_t i = 0; i < g->n_leaf; ++i) x->v[x->n++] = g->leaf[i];
    x->n_leaf = x->n;
    for (int tries = 0; tries < 12 && x->n < TARGETS; ++tries) {
        wg_var v = g->live[graph_random(g, g->n_live)];
        int leaf = 0;
        for (size_t i = 0; i < g->n_leaf; ++i) leaf |= g->leaf[i].index == v.index;
        if (!leaf && wg_dtype_of(v) <= WG_F64 && v.index <= root.index) x->v[x->n++] = v;
    }
    for (size_t i = 0; i < x->n; ++i) x->count[i] = (size_t)wg_shape_size(wg_shape_of(x->v[i]));
}

static void read_grads(const graph *g, targets *x, size_t n) {
    x->scale = 0;
    for (size_t i = 0; i < n; ++i) {
        wg_var d = wg_grad(x->v[i]);
        ck_assert_msg(d.index && take(d, x->count[i], x->grad[i]), "seed %llu: no gradient of %zu",
                      (unsigned long long)g->seed, i);
        for (size_t k = 0; k < x->count[i]; ++k)
            if (fabs(x->grad[i][k]) < HUGE_VAL) x->scale = fmax(x->scale, fabs(x->grad[i][k]));
    }
}

/* Fails unless a = factor b up to `tol` of the largest; what is infinite or NaN is so in both. */
static void same(const graph *g, const char *what, const targets *x, size_t i, const double *a,
                 const double *b, double factor, double tol) {
    for (size_t k = 0; k < x->count[i]; ++k) {
        double want = factor * b[k], err = fabs(a[k] - want);
        int wild = !(fabs(a[k]) < HUGE_VAL) || !(fabs(want) < HUGE_VAL);
        if (wild && !(fabs(a[k]) < 1e30) && !(fabs(want) < 1e30)) continue;
        ck_assert_msg(err <= tol * (1 + x->scale),
                      "seed %llu: %s: value %u, element %zu: %.17g, expected %.17g",
                      (unsigned long long)g->seed, what, x->v[i].index, k, a[k], want);
    }
}

static void backward(const graph *g, wg_var root) {
    wg_status s = wg_backward(root);
    ck_assert_msg(s == WG_OK, "seed %llu: backward: %s: %s", (unsigned long long)g->seed,
                  wg_status_name(s), wg_tape_message(g->t));
}

/* Coordinates of leaves whose gradient was held to difference quotients. */
typedef struct found {
    int64_t passed, inconclusive;
} found;

static void hear(wg_tape *t, wg_status status, const char *text, void *singular) {
    (void)t;
    *(int *)singular |= status == WG_ERR_VALUE && strstr(text, " is singular: ") != NULL;
}

/* 0 where the sweep comes to the derivative of a determinant's that a singular matrix does not have
 * (cofactor says so). */
static int differentiable(const graph *g, wg_var root) {
    int singular = 0;
    wg_tape_on_error(g->t, hear, &singular);
    wg_status s = wg_backward(root);
    wg_tape_on_error(g->t, NULL, NULL);
    wg_clear_grads(g->t);
    return s == WG_OK || !singular;
}

/* ---- invariants ----------------------------------------------------------------------------- */

/* wg_gradients finds what wg_backward found, and so for the gradient's own gradient. */
static void hold_both_ways(graph *g, wg_var root, targets *x, int order) {
    double got[GRAPH_ELEMENTS];
    wg_var d[TARGETS], next = wg_scalar(g->t, 0);
    wg_clear_grads(g->t);
    backward(g, root);
    read_grads(g, x, x->n);
    for (size_t i = 0; i < x->n; ++i) graph_mix(g, x->grad[i], x->count[i] * sizeof(double));
    wg_status s = wg_gradients(root, x->n, x->v, d);
    ck_assert_msg(s == WG_OK, "seed %llu: gradients: %s: %s", (unsigned long long)g->seed,
                  wg_status_name(s), wg_tape_message(g->t));
    for (size_t i = 0; i < x->n; ++i) {
        ck_assert(take(d[i], x->count[i], got));
        same(g, order == 1 ? "gradients" : "gradients of gradients", x, i, got, x->grad[i], 1,
             1e-4);
        next = wg_add(next, graph_project(g, d[i]));
    }
    if (order == 1 && fabs(wg_item(next)) < 1e6 && differentiable(g, next))
        hold_both_ways(g, next, x, 2);
}

/* Leaves add up, inner values start anew; gradients that are let go change nothing. */
static void hold_accumulation(const graph *g, wg_var root, targets *x) {
    static targets again;
    wg_clear_grads(g->t);
    backward(g, root);
    read_grads(g, x, x->n);
    again = *x;
    backward(g, root);
    read_grads(g, &again, x->n);
    for (size_t i = 0; i < x->n; ++i)
        same(g, "a second backward", x, i, again.grad[i], x->grad[i], i < x->n_leaf ? 2 : 1, 1e-6);
    wg_tape_keep_grads(g->t, 0);
    wg_clear_grads(g->t);
    backward(g, root);
    wg_tape_keep_grads(g->t, 1);
    read_grads(g, &again, x->n_leaf);
    for (size_t i = 0; i < x->n_leaf; ++i)
        same(g, "without keeping", x, i, again.grad[i], x->grad[i], 1, 1e-6);
}

/* What was recorded and swept after a mark leaves the gradients of older values in place. */
static void hold_release(graph *g, wg_var root, targets *x) {
    static targets again;
    wg_mark mark = wg_tape_mark(g->t);
    graph_step(g);
    wg_var v = g->live[graph_random(g, g->n_live)], more = graph_project(g, v);
    wg_var top = more.tape ? wg_add(root, more) : wg_neg(root);
    if (!differentiable(g, top)) top = wg_neg(root);
    wg_clear_grads(g->t);
    backward(g, top);
    read_grads(g, x, x->n);
    graph_forget(g, mark.count);
    wg_tape_release(g->t, mark);
    mark = wg_tape_mark(g->t);
    for (int i = 0; i < 5; ++i) graph_step(g); /* over what was released */
    graph_forget(g, mark.count);
    again = *x;
    read_grads(g, &again, x->n);
    for (size_t i = 0; i < x->n; ++i)
        ck_assert_msg(!memcmp(again.grad[i], x->grad[i], x->count[i] * sizeof(double)),
                      "seed %llu: the gradient of value %u changed by a release",
                      (unsigned long long)g->seed, x->v[i].index);
    wg_tape_release(g->t, mark);
    wg_clear_grads(g->t);
}

/* The leaves set to what they are, and run again: nothing changes, here and in a program. */
static void hold_replay(const graph *g, wg_var root) {
    static double before[GRAPH_LIVE][GRAPH_ELEMENTS];
    double after[GRAPH_ELEMENTS], value = wg_item(root);
    size_t n[GRAPH_LIVE];
    for (size_t i = 0; i < g->n_live; ++i) {
        n[i] = (size_t)wg_shape_size(wg_shape_of(g->live[i]));
        ck_assert(take(g->live[i], n[i], before[i]));
    }
    for (size_t i = 0; i < g->n_leaf; ++i) {
        size_t count = (size_t)wg_shape_size(wg_shape_of(g->leaf[i]));
        ck_assert(take(g->leaf[i], count, after));
        ck_assert_int_eq(put_again(g->leaf[i], count, after), WG_OK);
    }
    wg_status s = wg_replay(root);
    ck_assert_msg(s == WG_OK || (s == WG_ERR_STATE && g->cut), "seed %llu: replay: %s",
                  (unsigned long long)g->seed, wg_tape_message(g->t));
    ck_assert_int_eq(wg_backward(root), s);
    for (size_t i = 0; i < g->n_live; ++i) {
        ck_assert(take(g->live[i], n[i], after));
        ck_assert_msg(!memcmp(after, before[i], n[i] * sizeof *after),
                      "seed %llu: value %u changed by a replay", (unsigned long long)g->seed,
                      g->live[i].index);
    }
    wg_error e = {WG_OK, ""};
    wgi_program *p = wgi_program_new(root, 0, &e);
    ck_assert_msg(p != NULL, "seed %llu: %s", (unsigned long long)g->seed, e.text);
    double again = *(double *)wgi_program_value(p, root.index).data;
    ck_assert_msg(!memcmp(&again, &value, sizeof value), "seed %llu: a program gives %.17g, not %g",
                  (unsigned long long)g->seed, again, value);
    wgi_program_free(p);
}

static void hold_order(const graph *g, wg_var root) {
    size_t n;
    const wg_var *order;
    ck_assert_int_eq(wg_toposort(root, &n, &order), WG_OK);
    ck_assert(n >= 1 && order[n - 1].index == root.index);
    for (size_t i = 0; i + 1 < n; ++i) ck_assert(order[i].index < order[i + 1].index);
    FILE *nowhere = fopen("/dev/null", "w");
    wg_error e = {WG_OK, ""};
    if (nowhere)
        ck_assert_msg(wg_dump(root, NULL, nowhere, &e) == WG_OK, "seed %llu: dump: %s",
                      (unsigned long long)g->seed, e.text);
    if (nowhere) fclose(nowhere);
}

/* Gradients against central differences, kinks left out.  In float32 the analytic gradient of what
 * cancels (the norm of equal numbers) is rounding alone, and a graph made in part without gradients
 * depends on its leaves in ways that have none: wide graphs are free of both. */
static void hold_differences(const graph *g, wg_var root, found *f) {
    wg_gradcheck_options o = {.size = sizeof o, .coordinates = 12, .seed = g->seed};
    wg_gradcheck_report r = {.size = sizeof r};
    double noise = 1e-9 * (1 + fabs(wg_item(root))); /* of what cancels */
    if (!g->wide || !(fabs(wg_item(root)) < 1e6)) return;
    wg_gradcheck(root, &o, &r);
    for (size_t i = 0; i < r.n; ++i) {
        const wg_gradcheck_leaf *l = r.leaf[i];
        ck_assert_msg(l->verdict != WG_VERDICT_FAIL || l->abs_error < noise,
                      "seed %llu: %s at %lld: %s",
                      (unsigned long long)g->seed, l->name, (long long)l->worst, l->message);
        f->passed += l->checked - l->inconclusive;
        f->inconclusive += l->inconclusive;
    }
    wg_gradcheck_report_clear(&r);
}

/* ---- graphs --------------------------------------------------------------------------------- */

static wg_var grow(graph *g) {
    wg_var root = wg_scalar(g->t, 0.5);
    for (int i = 0; i < 16; ++i) graph_step(g);
    for (int i = 0; i < 4; ++i) {
        wg_var v = g->live[g->n_live - 1 - graph_random(g, g->n_live < 6 ? g->n_live : 6)];
        wg_var part = graph_project(g, v);
        if (part.tape) root = wg_add(root, part);
    }
    return root;
}

/* Grows and checks the graph of a seed, where `f` is not NULL against differences too; the hash of
 * all numbers. */
static uint64_t run(graph *g, found *f) {
    static targets x;
    wg_var root = grow(g);
    ck_assert_msg(root.index != 0, "seed %llu: %s", (unsigned long long)g->seed,
                  wg_tape_message(g->t));
    if (!differentiable(g, root)) return g->hash;
    if (f) hold_differences(g, root, f);
    choose(g, root, &x);
    hold_both_ways(g, root, &x, 1);
    hold_accumulation(g, root, &x);
    hold_release(g, root, &x);
    hold_order(g, root);
    hold_replay(g, root);
    return g->hash;
}

/* Twice on one tape, once on another whose memory is full of other bytes and, where all kernels are
 * our own, on more threads: the same bits. */
static void hold_seed(uint64_t seed, found *f) {
    graph g;
    use_threads(1);
    graph_allocator(0xff);
    graph_init(&g, seed);
    uint64_t first = run(&g, f);
    graph_restart(&g);
    ck_assert_int_eq(wg_tape_status(g.t), WG_OK);
    uint64_t second = run(&g, NULL);
    graph_clear(&g);
    graph_allocator(0x00);
    if (strncmp(wg_backend_name(), "portable", 8) == 0) use_threads(3);
    graph_init(&g, seed);
    uint64_t third = run(&g, NULL);
    graph_clear(&g);
    use_threads(1);
    wg_set_allocator(NULL);
    ck_assert_msg(first == second, "seed %llu: not the same after a rewind",
                  (unsigned long long)seed);
    ck_assert_msg(first == third, "seed %llu: not the same on other memory and threads",
                  (unsigned long long)seed);
}

START_TEST(test_graphs) {
    const char *one = getenv("WG_SEED");
    int n = full_run() ? 250 : 10; /* 1,000 in all */
    found f = {0, 0};
    if (one) {
        hold_seed(strtoull(one, NULL, 10), &f);
        return;
    }
    for (int i = 0; i < n; ++i) hold_seed((uint64_t)(_i * n + i) + 1, &f);
    ck_assert_msg(f.passed > 5 * n / 2 && f.passed > 9 * f.inconclusive,
                  "%lld gradients checked, %lld inconclusive", (long long)f.passed,
                  (long long)f.inconclusive);
}
END_TEST

extern Suite *suite_random_graphs(void);
Suite *suite_random_graphs(void) {
    Suite *s = suite_create("random_graphs");
    TCase *c = tcase_create("graphs");
    tcase_set_timeout(c, 600);
    tcase_add_loop_test(c, test_graphs, 0, 4);
    suite_add_tcase(s, c);
    return s;
}
