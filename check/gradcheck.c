/* gradcheck.c: the gradient check: both sides, coordinate by coordinate, and the report. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The two numbers and factors of the acceptance rule. */
typedef struct rule {
    double rtol, atol;         /* atol: by its factors where it is 0 */
    double of_gradient, of_root;
} rule;

typedef struct checking {
    wg_tape *tape;
    wg_gradcheck_options options;
    rule rule;
    double value; /* of the root */
    wgi_prober prober;
    wg_error *error;
} checking;

const char *wg_verdict_name(wg_verdict verdict) {
    static const char *const names[] = {"pass", "fail", "inconclusive"};
    return (size_t)verdict < sizeof names / sizeof *names ? names[verdict] : "unknown";
}

/* Failing outweighs being undecided, and both a pass. */
static wg_verdict worse(wg_verdict a, wg_verdict b) {
    if (a == WG_VERDICT_FAIL || b == WG_VERDICT_FAIL) return WG_VERDICT_FAIL;
    return a == WG_VERDICT_PASS ? b : a;
}

/* ---- the rule ------------------------------------------------------------------------------- */

static rule rule_of(const wg_gradcheck_options *o, int float32) {
    rule r = {1e-6, o->atol, 1e-8, 0};
    if (float32) {
        r.rtol = 1e-3;
        r.of_gradient = 1e-4;
        r.of_root = 1e-6;
    }
    if (o->rtol > 0) r.rtol = o->rtol;
    return r;
}

static void rule_text(const rule *r, char *text, size_t bytes) {
    char atol[96];
    if (r->atol > 0)
        snprintf(atol, sizeof atol, "%g", r->atol);
    else if (r->of_root > 0)
        snprintf(atol, sizeof atol, "%g G + %g |f| / max(|x|, 1), G the leaf's largest gradient",
                 r->of_gradient, r->of_root);
    else
        snprintf(atol, sizeof atol, "%g G, G the leaf's largest gradient", r->of_gradient);
    snprintf(text, bytes,
             "|analytic - numeric| <= atol + rtol max(|analytic|, |numeric|) + 2^-44 |f| / h, "
             "rtol = %g, atol = %s",
             r->rtol, atol);
}

static double tolerance(const rule *r, double largest, double x, double a, const wgi_quotient *q) {
    double atol = r->atol > 0 ? r->atol
                              : r->of_gradient * largest +
                                    r->of_root * q->size / fmax(fabs(x), 1);
    return atol + r->rtol * fmax(fabs(a), fabs(q->slope)) + q->rounding;
}

/* ---- one coordinate ------------------------------------------------------------------------- */

/* What one analytic value is worth beside one quotient. */
typedef struct finding {
    wg_verdict verdict;
    int64_t at;
    double x, analytic, error, tolerance;
    int recorded; /* the value is wg_gradients' */
    wgi_quotient q;
} finding;

static finding compare(const checking *c, double largest, int64_t j, double a, int recorded,
                       const wgi_quotient *q) {
    finding f = {WG_VERDICT_FAIL, j, c->prober.x[j], a, fabs(a - q->slope), 0, recorded, *q};
    f.tolerance = tolerance(&c->rule, largest, f.x, a, q);
    if (!isfinite(a)) return f;
    if (q->outcome == WGI_BRANCHED) f.verdict = WG_VERDICT_INCONCLUSIVE;
    if (q->outcome != WGI_SMOOTH) {
        f.q.slope = f.q.error = f.error = f.tolerance = (double)NAN;
        return f;
    }
    if (f.error <= f.tolerance) f.verdict = WG_VERDICT_PASS;
    else if (f.error <= f.tolerance + q->error - q->rounding) f.verdict = WG_VERDICT_INCONCLUSIVE;
    return f;
}

/* How far beyond what is accepted; NaN is beyond everything. */
static double excess(const finding *f) {
    double e = f->tolerance > 0 ? f->error / f->tolerance : f->error > 0 ? HUGE_VAL : f->error;
    return e == e ? e : HUGE_VAL;
}

/* The worse of two findings, the first where they are alike. */
static finding worst_of(finding a, finding b) {
    if (a.verdict != b.verdict) return worse(a.verdict, b.verdict) == b.verdict ? b : a;
    return excess(&b) > excess(&a) ? b : a;
}

static finding compare_both(const checking *c, const wgi_leaf_grad *l, double largest, int64_t j,
                            const wgi_quotient *q) {
    finding f = compare(c, largest, j, l->swept[j], 0, q);
    return l->recorded ? worst_of(f, compare(c, largest, j, l->recorded[j], 1, q)) : f;
}

/* The default step decides most coordinates; the others are worth the ladder. */
static wg_status check_coordinate(const checking *c, const wgi_leaf_grad *l, double largest,
                                  int64_t j, finding *f) {
    wgi_quotient q;
    wg_status s = wgi_quotient_at(&c->prober, j, 0, &q);
    if (s != WG_OK) return s;
    *f = compare_both(c, l, largest, j, &q);
    if (f->verdict == WG_VERDICT_PASS || !isfinite(f->analytic)) return WG_OK;
    s = wgi_quotient_best(&c->prober, j, &q);
    if (s == WG_OK) *f = compare_both(c, l, largest, j, &q);
    return s;
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

static double largest_of(const wgi_leaf_grad *l) {
    double largest = 0;
    for (int64_t i = 0; i < l->n; ++i)
        if (isfinite(l->swept[i])) largest = fmax(largest, fabs(l->swept[i]));
    return largest;
}

static void say(wg_gradcheck_leaf *r, const finding *f, double root) {
    const char *by = f->recorded ? " (by wg_gradients)" : "";
    double ratio = f->analytic / f->q.slope;
    char *text = r->message;
    size_t n = sizeof r->message;
    if (f->verdict == WG_VERDICT_PASS) return;
    if (!isfinite(f->analytic))
        snprintf(text, n, "the analytic value is %s%s",
                 isnan(f->analytic) ? "NaN" : "infinite", by);
    else if (!isfinite(root))
        snprintf(text, n, "the root is %s", isnan(root) ? "NaN" : "infinite");
    else if (f->q.outcome == WGI_BRANCHED)
        snprintf(text, n, "a gate chooses another branch within every step down to %.2g: a kink",
                 f->q.step);
    else if (f->q.outcome == WGI_NOT_FINITE)
        snprintf(text, n, "the root is not finite within %.2g of x", f->q.step);
    else if (f->verdict == WG_VERDICT_INCONCLUSIVE)
        snprintf(text, n, "the difference quotients settle to no better than %.2g", f->q.error);
    else if (fabs(ratio + 1) < 1e-3)
        snprintf(text, n, "the sign is wrong%s", by);
    else if (f->analytic != 0 && isfinite(ratio))
        snprintf(text, n, "analytic is %.6g times numeric%s", ratio, by);
    else
        snprintf(text, n, "analytic and numeric differ by %.3g%s", f->error, by);
}

static void fill(wg_gradcheck_leaf *r, const finding *f, double root) {
    double size = fmax(fabs(f->analytic), fabs(f->q.slope));
    r->worst = f->at;
    r->x = f->x;
    r->analytic = f->analytic;
    r->numeric = f->q.slope;
    r->abs_error = f->error;
    r->rel_error = f->error > 0 ? f->error / size : f->error;
    r->tolerance = f->tolerance;
    r->step = f->q.step;
    r->numeric_error = f->q.error;
    say(r, f, root);
}

static wg_status check_leaf(checking *c, const wgi_leaf_grad *l, wg_gradcheck_leaf *r) {
    const wg_gradcheck_options *o = &c->options;
    int64_t m = o->coordinates > 0 && o->coordinates < l->n ? o->coordinates : l->n;
    double largest = largest_of(l);
    finding worst = {.verdict = WG_VERDICT_PASS};
    wg_status s = wgi_prober_turn(&c->prober, l->index);
    for (int64_t k = 0; k < m && s == WG_OK; ++k) {
        finding f = worst;
        s = check_coordinate(c, l, largest, coordinate(c, k, m, l->n), &f);
        r->failed += f.verdict == WG_VERDICT_FAIL;
        r->inconclusive += f.verdict == WG_VERDICT_INCONCLUSIVE;
        worst = k ? worst_of(worst, f) : f;
        if (o->progress && (k % 256 == 255 || k + 1 == m)) o->progress(r->name, k + 1, m, o->user);
    }
    if (s == WG_OK) s = wgi_program_run(c->prober.program, c->error); /* back to the point */
    r->checked = m;
    r->verdict = worst.verdict;
    if (m && s == WG_OK) fill(r, &worst, c->value);
    return s;
}

/* ---- the report ----------------------------------------------------------------------------- */

static wg_gradcheck_leaf *leaf_new(const checking *c, const wgi_leaf_grad *l) {
    char text[32];
    wg_var v = wgi_var(c->tape, l->index);
    const char *name = wg_name_of(v);
    wg_gradcheck_leaf *r = wgi_alloc_zero(sizeof *r);
    if (!r) return NULL;
    snprintf(text, sizeof text, "leaf %u", (unsigned)l->index);
    r->name = wgi_strdup(name ? name : text);
    if (!r->name) {
        wgi_free(r);
        return NULL;
    }
    r->size = sizeof *r;
    r->index = l->index;
    r->shape = wg_shape_of(v);
    r->dtype = wg_dtype_of(v);
    r->worst = -1;
    return r;
}

void wg_gradcheck_report_clear(wg_gradcheck_report *r) {
    if (!r) return;
    for (size_t i = 0; i < r->n; ++i) {
        wgi_free(r->leaf[i]->name);
        wgi_free(r->leaf[i]);
    }
    wgi_free(r->leaf);
    size_t size = r->size ? r->size : sizeof *r;
    memset(r, 0, size < sizeof *r ? size : sizeof *r);
    r->size = size;
}

/* ---- the check ------------------------------------------------------------------------------ */

static wg_status check_leaves(checking *c, const wgi_analytic *a, wg_gradcheck_report *r) {
    c->rule = rule_of(&c->options, a->float32);
    rule_text(&c->rule, r->rule, sizeof r->rule);
    r->leaf = wgi_alloc_zero(a->n * sizeof *r->leaf);
    if (!r->leaf) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    for (size_t i = 0; i < a->n; ++i) {
        r->leaf[i] = leaf_new(c, &a->leaf[i]);
        if (!r->leaf[i]) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
        ++r->n;
        wg_status s = check_leaf(c, &a->leaf[i], r->leaf[i]);
        if (s != WG_OK) return s;
        r->verdict = worse(r->verdict, r->leaf[i]->verdict);
    }
    return WG_OK;
}

static wg_status check_options(const wg_gradcheck_options *o, wg_error *e) {
    if (!(o->rtol >= 0) || !(o->atol >= 0) || !(o->step >= 0) || !isfinite(o->step))
        return wgi_error_to(e, WG_ERR_RANGE, "gradcheck: rtol %g, atol %g, step %g; they are >= 0",
                            o->rtol, o->atol, o->step);
    if (o->coordinates < 0)
        return wgi_error_to(e, WG_ERR_RANGE, "gradcheck: %lld coordinates; 0 means all",
                            (long long)o->coordinates);
    return WG_OK;
}

/* Everything but the first checks, in memory that goes at the end. */
static wg_status run(checking *c, wg_var root, wg_gradcheck_report *r) {
    wgi_arena room = {0};
    wgi_analytic analytic;
    wg_status s = wgi_analytic_gradient(root, &room, &analytic, c->error);
    if (s == WG_OK) {
        c->prober.program = wgi_program_new(root, 1, c->error);
        s = c->prober.program ? WG_OK : c->error->status ? c->error->status : WG_ERR_MEMORY;
    }
    if (s == WG_OK) {
        c->prober.root = wgi_program_value(c->prober.program, root.index).data;
        r->value = c->value = *c->prober.root;
        s = check_leaves(c, &analytic, r);
    }
    wgi_program_free(c->prober.program);
    wgi_arena_free(&room);
    return s;
}

static wg_status check(wg_var root, const wg_gradcheck_options *options, wg_gradcheck_report *r) {
    checking c = {.tape = root.tape, .error = &r->error};
    if (options) {
        size_t size = options->size ? options->size : sizeof c.options;
        memcpy(&c.options, options, size < sizeof c.options ? size : sizeof c.options);
    }
    c.prober.error = c.error;
    c.prober.factor = c.options.step > 0 ? c.options.step : 1;
    wg_status s = check_options(&c.options, c.error);
    if (s == WG_OK) s = wgi_check_root(root, "gradcheck");
    if (s == WG_OK) s = wgi_check_unchanged(root.tape, "gradcheck", root.index);
    return s == WG_OK ? run(&c, root, r) : s;
}

/* Runs the check with the tape's error out of the way, so that the reason of a failure is the
 * check's own; the tape's first error stays its first. */
static wg_status check_aside(wg_var root, const wg_gradcheck_options *o, wg_gradcheck_report *r) {
    wg_tape *t = root.tape;
    wg_error kept = t->error;
    const char *site = t->error_site;
    memset(&t->error, 0, sizeof t->error);
    wg_status s = check(root, o, r);
    if (s != WG_OK && t->error.status == WG_OK) wgi_error(t, s, "%s", r->error.text);
    if (s != WG_OK) r->error = t->error;
    if (kept.status != WG_OK || s == WG_OK) {
        t->error = kept;
        t->error_site = site;
    }
    t->error_fresh = 0;
    return s;
}

wg_status wg_gradcheck(wg_var root, const wg_gradcheck_options *options,
                       wg_gradcheck_report *report) {
    wg_gradcheck_report r;
    memset(&r, 0, sizeof r);
    wg_status s = WG_ERR_TAPE;
    if (root.tape) s = check_aside(root, options, &r);
    else wgi_error_to(&r.error, s, "gradcheck: the root is absent (WG_NONE)");
    if (s != WG_OK) r.verdict = WG_VERDICT_INCONCLUSIVE; /* not run, or not to the end */
    else if (r.verdict != WG_VERDICT_PASS) s = WG_ERR_CHECK;
    if (!report) {
        wg_gradcheck_report_clear(&r);
        return s;
    }
    r.size = report->size ? report->size : sizeof r;
    memcpy(report, &r, r.size < sizeof r ? r.size : sizeof r);
    return s;
}
