/* gradcheck.c: the gradient check: both sides, coordinate by coordinate, and the report. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BUDGET = 60 };         /* seconds */
enum { WORTH_A_WORKER = 256 }; /* coordinates */

/* ---- the check ------------------------------------------------------------------------------ */

/* What lies on kinks, of all leaves, and then each leaf's report. */
static wg_status finish_leaves(wgi_checking *c, const wgi_analytic *a, wgi_share *found,
                               wg_gradcheck_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; ++i) n += found[i].corners;
    wgi_corner *corner = wgi_alloc(n * sizeof *corner + 1);
    if (!corner) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    n = 0;
    for (size_t i = 0; i < a->n; ++i)
        for (size_t k = 0; k < found[i].corners; ++k) corner[n++] = found[i].corner[k];
    double now = wgi_seconds(), until = now + fmax(c->until - now, c->budget / 4);
    r->corners = (int64_t)n;
    wg_status s = wgi_judge_corners(&c->workers[0], &c->rule, a, n, corner, r->leaf, until,
                                    &r->corner_directions);
    if (s != WG_OK) wgi_error_to(c->error, s, "%s", c->workers[0].error.text);
    for (size_t k = 0; k < n; ++k) wgi_share_add(&found[corner[k].leaf], &corner[k].f);
    wgi_free(corner);
    for (size_t i = 0; i < a->n; ++i) {
        wgi_report_found(r->leaf[i], &found[i], a->leaf[i].largest, c->value);
        r->verdict = wgi_worse_verdict(r->verdict, r->leaf[i]->verdict);
    }
    return s;
}

static wg_status check_leaves(wgi_checking *c, const wgi_analytic *a, wg_gradcheck_report *r) {
    for (size_t i = 0; i < a->n; ++i) c->left += a->leaf[i].n;
    c->leaves_left = a->n;
    c->budget = c->options.seconds > 0 ? c->options.seconds : BUDGET;
    c->until = wgi_seconds() + c->budget;
    c->rule = wgi_rule_of(&c->options, a->float32);
    wgi_rule_text(&c->rule, r->rule, sizeof r->rule);
    r->leaf = wgi_alloc_zero(a->n * sizeof *r->leaf);
    wgi_share *found = wgi_alloc_zero(a->n * sizeof *found);
    wg_status s = r->leaf && found ? WG_OK : WG_ERR_MEMORY;
    for (size_t i = 0; i < a->n && s == WG_OK; ++i) {
        r->leaf[i] = wgi_report_leaf(c->tape, &a->leaf[i]);
        r->n += r->leaf[i] != NULL;
        s = r->leaf[i] ? wgi_check_leaf(c, &a->leaf[i], i, r->leaf[i], &found[i])
                       : WG_ERR_MEMORY;
    }
    if (s == WG_OK) s = finish_leaves(c, a, found, r);
    for (size_t i = 0; i < a->n && found; ++i) wgi_free(found[i].corner);
    wgi_free(found);
    if (s == WG_ERR_MEMORY) wgi_error_to(c->error, s, "gradcheck: no memory");
    return s;
}

/* As many workers as threads, where the work is worth a program each. */
static wg_status hire(wgi_checking *c, const wgi_analytic *a) {
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

static void dismiss(wgi_checking *c, wg_gradcheck_report *r) {
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
static wg_status check_deterministic(wgi_checking *c, wg_gradcheck_report *r) {
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
static wg_status check_replay(wgi_checking *c, const wgi_analytic *a, wg_gradcheck_report *r) {
    r->value = c->value = *c->workers[0].root; /* in float64 */
    wg_status s = check_deterministic(c, r);
    return s == WG_OK ? wgi_taylor_slope(c->root, a, c->options.seed, &r->taylor, c->error) : s;
}

/* With a recorder, leaves that the function makes itself are its constants. */
static void drop_inner_leaves(const wgi_checking *c, wgi_analytic *a) {
    size_t n = 0;
    for (size_t i = 0; i < a->n && c->how->recorder; ++i)
        if (a->leaf[i].index <= c->how->n) a->leaf[n++] = a->leaf[i];
    if (c->how->recorder) a->n = n;
}

/* Everything but the first checks, in memory that goes at the end. */
static wg_status run(wgi_checking *c, wg_var root, wg_gradcheck_report *r) {
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
static wg_status blame(const wgi_checking *c, wg_gradcheck_report *r) {
    size_t n;
    return wgi_check_nodes(c->root, &c->options, 1, &r->blame, &n, c->error);
}

static wg_status check(wg_var root, const wg_gradcheck_options *options, const wgi_manner *how,
                       wg_gradcheck_report *r) {
    wgi_checking c = {.how = how, .tape = root.tape, .root = root, .error = &r->error};
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
static wg_status check_aside(wg_var root, const wg_gradcheck_options *o, const wgi_manner *how,
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

static wg_status gradcheck(wg_var root, const wg_gradcheck_options *options, const wgi_manner *how,
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
    wgi_manner how = {0, NULL, 0};
    return gradcheck(root, options, &how, report);
}

wg_status wg_gradcheck(wg_var root, const wg_gradcheck_options *options,
                       wg_gradcheck_report *report) {
    wgi_manner how = {1, NULL, 0};
    return gradcheck(root, options, &how, report);
}

wg_status wgi_gradcheck_recorded(wg_var root, wgi_recorder *recorder, size_t n,
                                 const wg_gradcheck_options *options, wg_gradcheck_report *report) {
    wgi_manner how = {1, recorder, n};
    return gradcheck(root, options, &how, report);
}
