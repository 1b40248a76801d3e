/* gradcheck.c: the gradient check: both sides, coordinate by coordinate, and the report. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BUDGET = 60 };         /* seconds */
enum { WORTH_A_WORKER = 256, PILOT = 8, DIRECTIONS = 4 }; /* coordinates, coordinates, of a leaf */

/* How a check is run. */
typedef struct manner {
    int search;             /* where a leaf fails, look for the gate */
    wgi_recorder *recorder; /* f is recorded anew at every point; NULL: replayed */
    size_t n;               /* with a recorder the leaves are values 1 to n */
} manner;

typedef struct checking {
    const manner *how;
    double until;            /* the budget's end, on the clock of seconds_now */
    int64_t left;            /* coordinates of leaves not yet checked */
    size_t leaves_left;
    wg_tape *tape;
    wg_var root;
    wg_gradcheck_options options;
    wgi_rule rule;
    double value; /* of the root */
    wgi_worker *workers;
    int n_workers;
    wg_error *error;
} checking;

static double seconds_now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- one leaf ------------------------------------------------------------------------------- */

/* A number in [0, n) from seed and k: the mixing of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood,
 * OOPSLA 2014). */
static int64_t draw(uint64_t seed, int64_t k, int64_t n) {
    uint64_t z = seed + 0x9e3779b97f4a7c15u * ((uint64_t)k + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* The k-th of m coordinates out of n: all of them, or one drawn from each of m equal parts. */
static int64_t coordinate(const checking *c, int64_t k, int64_t m, int64_t n) {
    if (m == n) return k;
    int64_t part = n / m, more = n % m; /* the first `more` parts have one more */
    int64_t begin = k * part + (k < more ? k : more);
    return begin + draw(c->options.seed, k, part + (k < more));
}

/* One leaf's coordinates, divided among the workers. */
typedef struct division {
    checking *c;
    const wgi_leaf_grad *l;
    const wg_gradcheck_leaf *r;
    int64_t m, stride; /* so many, in an order that covers the leaf evenly wherever it ends */
    double until;      /* when to end */
    wgi_share *share;  /* one a worker */
} division;

static void add(wgi_share *s, const wgi_finding *f) {
    s->worst = s->checked ? *wgi_worse_finding(&s->worst, f) : *f;
    s->checked += 1;
    s->found[f->verdict] += 1;
    if (f->rounding > s->rounding) {
        s->rounding = f->rounding;
        s->rounding_at = f->at;
    }
}

static void check_share(const division *d, int64_t part) {
    const wg_gradcheck_options *o = &d->c->options;
    wgi_worker *w = &d->c->workers[part];
    wgi_share *share = &d->share[part];
    int64_t parts = d->c->n_workers, from = part * d->m / parts, to = (part + 1) * d->m / parts;
    if (from == to) return;
    share->status = wgi_worker_turn(w, d->l);
    for (int64_t k = from; k < to && share->status == WG_OK; ++k) {
        wgi_finding f;
        int64_t at = (int64_t)((uint64_t)k * (uint64_t)d->stride % (uint64_t)d->m);
        int64_t j = coordinate(d->c, at, d->m, d->l->n), done = k - from + 1;
        if (d->m < d->l->n && done > PILOT && seconds_now() > d->until) break;
        share->status = wgi_worker_check(w, &d->c->rule, d->l, j, &f);
        if (share->status == WG_OK) add(share, &f);
        if (o->progress && part == 0 && (done % 256 == 0 || k + 1 == to))
            o->progress(d->r->name, done * parts < d->m ? done * parts : d->m, d->m, o->user);
    }
}

static void check_shares(int64_t begin, int64_t end, void *arg) {
    for (int64_t part = begin; part < end; ++part) check_share(arg, part);
}

/* The shares put together; the order does not matter. */
static wg_status gather(const division *d, wg_gradcheck_leaf *r) {
    wgi_share all = {0};
    for (int i = 0; i < d->c->n_workers; ++i) {
        const wgi_share *s = &d->share[i];
        if (s->status != WG_OK)
            return wgi_error_to(d->c->error, s->status, "%s", d->c->workers[i].error.text);
        if (!s->checked) continue;
        all.worst = all.checked ? *wgi_worse_finding(&all.worst, &s->worst) : s->worst;
        all.checked += s->checked;
        for (int v = 0; v < WGI_VERDICTS; ++v) all.found[v] += s->found[v];
        if (s->rounding > all.rounding) {
            all.rounding = s->rounding;
            all.rounding_at = s->rounding_at;
        }
    }
    r->checked = all.checked;
    r->failed = all.found[WG_VERDICT_FAIL];
    r->inconclusive = all.found[WG_VERDICT_INCONCLUSIVE];
    r->subgradients = all.found[WG_VERDICT_SUBGRADIENT];
    r->kinks = all.found[WG_VERDICT_KINK];
    r->rounding = all.rounding;
    r->rounding_at = all.rounding_at;
    r->largest = d->l->largest;
    if (all.checked) {
        r->verdict = all.worst.verdict;
        wgi_report_fill(r, &all.worst, d->c->value);
    }
    return WG_OK;
}

/* A step through m places that reaches each, neighbours in time being far apart. */
static int64_t stride_of(int64_t m) {
    int64_t stride = (int64_t)(0.6180339887498949 * (double)m) + 1;
    for (;; ++stride) {
        int64_t a = m, b = stride;
        while (b) {
            int64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) return stride;
    }
}

/* How many coordinates of the leaf fit its share of the time, by the time that a few take.  Half of
 * what is left goes to the leaves by their sizes, half to all alike. */
static wg_status plan(checking *c, const wgi_leaf_grad *l, int64_t *m, double *until) {
    int64_t most = c->options.coordinates;
    wgi_finding f;
    *until = HUGE_VAL;
    *m = most > 0 && most < l->n ? most : l->n;
    if (*m <= PILOT || !isfinite(c->until)) return WG_OK;
    wg_status s = wgi_worker_turn(&c->workers[0], l);
    double begin = seconds_now();
    for (int64_t k = 0; k < PILOT && s == WG_OK; ++k)
        s = wgi_worker_check(&c->workers[0], &c->rule, l, coordinate(c, k, PILOT, l->n), &f);
    if (s != WG_OK) return wgi_error_to(c->error, s, "%s", c->workers[0].error.text);
    double now = seconds_now(), each = (now - begin) / (PILOT * c->n_workers);
    double part = (double)l->n / (double)c->left + 1 / (double)c->leaves_left;
    double share = fmax(c->until - now, 0) * part / 2;
    *until = now + 2 * share;
    if (each * (double)*m > share) {
        double fits = share / each;
        *m = fits > PILOT ? (int64_t)fits : PILOT;
    }
    return s;
}

/* A leaf of which not all coordinates were checked moves as a whole. */
static wg_status check_directions(checking *c, const wgi_leaf_grad *l, wgi_share *share,
                                  wg_gradcheck_leaf *r) {
    int n = c->options.directions ? c->options.directions : DIRECTIONS;
    wgi_worker *w = &c->workers[0];
    wg_status s = n > 0 ? wgi_worker_turn(w, l) : WG_OK;
    for (int k = 0; k < n && s == WG_OK; ++k) {
        wgi_finding f;
        int found;
        s = wgi_check_direction(w, &c->rule, l, c->options.seed + (uint64_t)k, &f, &found);
        if (s == WG_OK) r->directions += 1;
        if (found) add(share, &f);
        if (found) break;
    }
    return s == WG_OK ? s : wgi_error_to(c->error, s, "%s", w->error.text);
}

static wg_status check_leaf(checking *c, const wgi_leaf_grad *l, wg_gradcheck_leaf *r) {
    int64_t m;
    double until;
    wg_status s = plan(c, l, &m, &until);
    wgi_share *share = wgi_alloc_zero((size_t)c->n_workers * sizeof *share);
    if (!share) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    division d = {c, l, r, m, m > 0 && m < l->n ? stride_of(m) : 1, until, share};
    if (s == WG_OK) wgi_parallel_for(c->n_workers, 1, check_shares, &d);
    if (s == WG_OK && m < l->n && share[0].status == WG_OK)
        s = check_directions(c, l, &share[0], r);
    if (s == WG_OK) s = gather(&d, r);
    wgi_free(share);
    c->left -= l->n;
    c->leaves_left -= 1;
    return s;
}

/* ---- the check ------------------------------------------------------------------------------ */

static wg_status check_leaves(checking *c, const wgi_analytic *a, wg_gradcheck_report *r) {
    for (size_t i = 0; i < a->n; ++i) c->left += a->leaf[i].n;
    c->leaves_left = a->n;
    c->until = seconds_now() + (c->options.seconds > 0 ? c->options.seconds : BUDGET);
    c->rule = wgi_rule_of(&c->options, a->float32);
    wgi_rule_text(&c->rule, r->rule, sizeof r->rule);
    r->leaf = wgi_alloc_zero(a->n * sizeof *r->leaf);
    if (!r->leaf) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    for (size_t i = 0; i < a->n; ++i) {
        r->leaf[i] = wgi_report_leaf(c->tape, &a->leaf[i]);
        if (!r->leaf[i]) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
        ++r->n;
        wg_status s = check_leaf(c, &a->leaf[i], r->leaf[i]);
        if (s != WG_OK) return s;
        r->verdict = wgi_worse_verdict(r->verdict, r->leaf[i]->verdict);
    }
    return WG_OK;
}

/* As many workers as threads, where the work is worth a program each. */
static wg_status hire(checking *c, const wgi_analytic *a) {
    int64_t coordinates = 0, most = c->options.coordinates;
    for (size_t i = 0; i < a->n; ++i)
        coordinates += most > 0 && most < a->leaf[i].n ? most : a->leaf[i].n;
    int parts = c->how->recorder ? 1 : wgi_parallel_parts(coordinates, WORTH_A_WORKER);
    parts = parts > 1 ? parts : 1;
    c->workers = wgi_alloc_zero((size_t)parts * sizeof *c->workers);
    if (!c->workers) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    wg_status s = WG_OK;
    double factor = c->options.step > 0 ? c->options.step : 1;
    for (c->n_workers = 0; c->n_workers < parts && s == WG_OK; ++c->n_workers) {
        wgi_worker *w = &c->workers[c->n_workers];
        s = c->how->recorder ? wgi_record_start(w, c->how->recorder, factor, c->error)
                             : wgi_replay_start(w, c->root, factor, c->error);
    }
    return s;
}

static void dismiss(checking *c, wg_gradcheck_report *r) {
    for (int i = 0; i < c->n_workers; ++i) {
        r->evaluations += c->workers[i].line.evaluations;
        wgi_worker_stop(&c->workers[i]);
    }
    wgi_free(c->workers);
}

static wg_status check_options(const wg_gradcheck_options *o, wg_error *e) {
    if (!(o->rtol >= 0) || !(o->atol >= 0) || !(o->step >= 0) || !isfinite(o->step))
        return wgi_error_to(e, WG_ERR_RANGE, "gradcheck: rtol %g, atol %g, step %g; they are >= 0",
                            o->rtol, o->atol, o->step);
    if (!(o->seconds >= 0))
        return wgi_error_to(e, WG_ERR_RANGE, "gradcheck: %g seconds; 0 means 60", o->seconds);
    if (o->coordinates < 0)
        return wgi_error_to(e, WG_ERR_RANGE, "gradcheck: %lld coordinates; 0 means all",
                            (long long)o->coordinates);
    return WG_OK;
}

/* Each gate twice at one point: what comes out differently has no derivative to check. */
static wg_status check_deterministic(checking *c, wg_gradcheck_report *r) {
    uint32_t index;
    char it[96];
    wg_status s = wgi_program_repeat(c->workers[0].own, &index, c->error);
    if (s != WG_OK || index == 0) return s;
    const wgi_node *n = wgi_node_at(c->tape, index);
    return wgi_error_to(&r->error, WG_ERR_VALUE,
                        "gradcheck: %s (%s%s%s) gives other values for the same operands: it is "
                        "not deterministic",
                        n->gate->name, wgi_call_it(c->tape, index, it, sizeof it),
                        n->site ? ", " : "", n->site ? n->site : "");
}

/* What only a replay can do. */
static wg_status check_replay(checking *c, const wgi_analytic *a, wg_gradcheck_report *r) {
    r->value = c->value = *c->workers[0].root; /* in float64 */
    wg_status s = check_deterministic(c, r);
    return s == WG_OK ? wgi_taylor_slope(c->root, a, c->options.seed, &r->taylor, c->error) : s;
}

/* With a recorder, leaves that the function makes itself are its constants. */
static void drop_inner_leaves(const checking *c, wgi_analytic *a) {
    size_t n = 0;
    for (size_t i = 0; i < a->n && c->how->recorder; ++i)
        if (a->leaf[i].index <= c->how->n) a->leaf[n++] = a->leaf[i];
    if (c->how->recorder) a->n = n;
}

/* Everything but the first checks, in memory that goes at the end. */
static wg_status run(checking *c, wg_var root, wg_gradcheck_report *r) {
    wgi_arena room = {0};
    wgi_analytic analytic;
    wg_status s = wgi_analytic_gradient(root, &room, &analytic, c->error);
    if (s == WG_OK) drop_inner_leaves(c, &analytic);
    if (s == WG_OK) s = hire(c, &analytic);
    if (s == WG_OK) {
        r->value = c->value = wg_item(root);
        r->float32 = analytic.float32;
        r->dot = analytic.dot;
        r->taylor = (double)NAN;
        if (!c->how->recorder) s = check_replay(c, &analytic, r);
        if (s == WG_OK) s = check_leaves(c, &analytic, r);
    }
    dismiss(c, r);
    wgi_arena_free(&room);
    return s;
}

/* Names the first gate that is wrong by itself. */
static wg_status blame(const checking *c, wg_gradcheck_report *r) {
    size_t n;
    return wgi_check_nodes(c->root, &c->options, 1, &r->blame, &n, c->error);
}

static wg_status check(wg_var root, const wg_gradcheck_options *options, const manner *how,
                       wg_gradcheck_report *r) {
    checking c = {.how = how, .tape = root.tape, .root = root, .error = &r->error};
    if (options) {
        size_t size = options->size ? options->size : sizeof c.options;
        memcpy(&c.options, options, size < sizeof c.options ? size : sizeof c.options);
    }
    wg_status s = check_options(&c.options, c.error);
    if (s == WG_OK) s = wgi_check_root(root, "gradcheck");
    if (s == WG_OK) s = wgi_check_unchanged(root.tape, "gradcheck", root.index);
    if (s == WG_OK) s = run(&c, root, r);
    if (s == WG_OK && how->search && r->verdict == WG_VERDICT_FAIL) s = blame(&c, r);
    return s;
}

/* Runs the check with the tape's error out of the way, so that the reason of a failure is the
 * check's own; the tape's first error stays its first. */
static wg_status check_aside(wg_var root, const wg_gradcheck_options *o, const manner *how,
                             wg_gradcheck_report *r) {
    wg_tape *t = root.tape;
    wg_error kept = t->error;
    const char *site = t->error_site;
    memset(&t->error, 0, sizeof t->error);
    wg_status s = check(root, o, how, r);
    if (s != WG_OK && t->error.status == WG_OK) wgi_error(t, s, "%s", r->error.text);
    if (s != WG_OK) r->error = t->error;
    if (kept.status != WG_OK || s == WG_OK) {
        t->error = kept;
        t->error_site = site;
    }
    t->error_fresh = 0;
    return s;
}

static wg_status gradcheck(wg_var root, const wg_gradcheck_options *options, const manner *how,
                           wg_gradcheck_report *report) {
    wg_gradcheck_report r;
    memset(&r, 0, sizeof r);
    wg_status s = WG_ERR_TAPE;
    if (root.tape) s = check_aside(root, options, how, &r);
    else wgi_error_to(&r.error, s, "gradcheck: the root is absent (WG_NONE)");
    if (s != WG_OK) r.verdict = WG_VERDICT_INCONCLUSIVE; /* not run, or not to the end */
    else if (r.verdict != WG_VERDICT_PASS && r.verdict != WG_VERDICT_SUBGRADIENT) s = WG_ERR_CHECK;
    return wgi_report_give(&r, s, report);
}

wg_status wgi_gradcheck_alone(wg_var root, const wg_gradcheck_options *options,
                              wg_gradcheck_report *report) {
    manner how = {0, NULL, 0};
    return gradcheck(root, options, &how, report);
}

wg_status wg_gradcheck(wg_var root, const wg_gradcheck_options *options,
                       wg_gradcheck_report *report) {
    manner how = {1, NULL, 0};
    return gradcheck(root, options, &how, report);
}

wg_status wgi_gradcheck_recorded(wg_var root, wgi_recorder *recorder, size_t n,
                                 const wg_gradcheck_options *options, wg_gradcheck_report *report) {
    manner how = {1, recorder, n};
    return gradcheck(root, options, &how, report);
}
