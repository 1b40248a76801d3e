/* rule.c: when an analytic and a numeric derivative agree, and what is said when they do not. */
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>

const char *wg_verdict_name(wg_verdict verdict) {
    static const char *const names[] = {"pass", "fail", "inconclusive", "subgradient", "kink"};
    return (size_t)verdict < sizeof names / sizeof *names ? names[verdict] : "unknown";
}

wg_verdict wgi_worse_verdict(wg_verdict a, wg_verdict b) {
    static const int weight[] = {0, 4, 2, 1, 3}; /* by wg_verdict */
    return weight[b] > weight[a] ? b : a;
}

/* ---- the rule ------------------------------------------------------------------------------- */

wgi_rule wgi_rule_of(const wg_gradcheck_options *o, int float32) {
    wgi_rule r = {.rtol = 1e-7, .atol = o->atol, .of_gradient = 1e-9, .narrow = 4e-7};
    r.rtol32 = 1e-3;
    r.of_gradient32 = 1e-4;
    r.of_root = 1e-12;
    r.of_root32 = 1e-6;
    r.float32 = float32;
    if (o->rtol > 0) {
        r.rtol = o->rtol;
        r.narrow = 4 * o->rtol;
        r.rtol32 = fmax(r.rtol32, o->rtol);
    }
    return r;
}

void wgi_rule_text(const wgi_rule *r, char *text, size_t bytes) {
    char atol[64];
    if (r->atol > 0) snprintf(atol, sizeof atol, "%g", r->atol);
    else snprintf(atol, sizeof atol, "%g G", r->of_gradient);
    int n = snprintf(text, bytes,
                     "|analytic - numeric| <= atol + rtol max(|analytic|, |numeric|) + bound, rtol "
                     "= %g, atol = %s, bound <= %g G + %g f; G is the leaf's largest gradient, f "
                     "the largest |root| seen / max(|x|, 1)",
                     r->rtol, atol, r->narrow, r->of_root);
    if (r->float32 && n > 0 && (size_t)n < bytes)
        snprintf(text + n, bytes - (size_t)n,
                 "; both in float64; |float32 - float64| <= %g G + %g |float64| + %g f",
                 r->of_gradient32, r->rtol32, r->of_root32);
}

static double tolerance(const wgi_rule *r, double largest, double a, double n) {
    return (r->atol > 0 ? r->atol : r->of_gradient * largest) + r->rtol * fmax(fabs(a), fabs(n));
}

/* ---- one analytic value against one numeric derivative -------------------------------------- */

/* Between the derivatives of both sides, each with its bound. */
static void judge_kink(wgi_finding *f, double narrow) {
    const wgi_derivative *d = &f->d;
    double low = fmin(d->left, d->right), high = fmax(d->left, d->right);
    double bound = fmax(d->left_bound, d->right_bound), room = f->tolerance + bound;
    f->error = f->analytic < low ? low - f->analytic : f->analytic > high ? f->analytic - high : 0;
    if (!(bound <= fmax(f->tolerance, narrow))) f->verdict = WG_VERDICT_KINK;
    else if (!(f->error <= room)) f->verdict = WG_VERDICT_FAIL;
    else f->verdict = high - low <= 2 * room ? WG_VERDICT_PASS : WG_VERDICT_SUBGRADIENT;
}

static wgi_finding judge(const wgi_rule *r, const wgi_leaf_grad *l, wgi_way way, int64_t j,
                         double x, const wgi_derivative *d) {
    wgi_finding f = {WG_VERDICT_FAIL, way, j, x, l->by[way][j], 0, 0, 0, 0, *d, 0, NULL, 0};
    double narrow = r->narrow * l->largest + r->of_root * d->size / fmax(fabs(x), 1);
    f.error = fabs(f.analytic - d->value);
    f.tolerance = tolerance(r, l->largest, f.analytic, d->value);
    if (!isfinite(d->bound)) f.d.value = f.d.bound = f.error = f.tolerance = (double)NAN;
    if (!isfinite(f.analytic)) return f;
    switch (d->kind) {
    case WGI_KINK: judge_kink(&f, narrow); break;
    case WGI_NOT_FINITE: break;
    case WGI_UNSETTLED: f.verdict = WG_VERDICT_KINK; break;
    case WGI_SMOOTH:
    case WGI_ONE_SIDED:
        if (f.error <= f.tolerance + d->bound)
            f.verdict = d->bound <= fmax(f.tolerance, narrow) ? WG_VERDICT_PASS
                                                              : WG_VERDICT_INCONCLUSIVE;
    }
    if (d->kind == WGI_NOT_FINITE || d->kind == WGI_UNSETTLED || f.verdict == WG_VERDICT_KINK)
        f.d.value = f.d.bound = f.error = f.tolerance = (double)NAN;
    return f;
}

/* How far beyond what is accepted; NaN is beyond everything. */
static double excess(const wgi_finding *f) {
    double room = f->tolerance + f->d.bound;
    double e = room > 0 ? f->error / room : f->error > 0 ? HUGE_VAL : f->error;
    return e == e ? e : HUGE_VAL;
}

const wgi_finding *wgi_worse_finding(const wgi_finding *a, const wgi_finding *b) {
    if (a->verdict != b->verdict)
        return wgi_worse_verdict(a->verdict, b->verdict) == b->verdict ? b : a;
    double x = excess(a), y = excess(b);
    if (x != y) return y > x ? b : a;
    return b->at < a->at ? b : a;
}

/* float32 against float64: a sum's rounding is of the order of its largest terms. */
static void judge_rounding(const wgi_rule *r, const wgi_leaf_grad *l, int64_t j, wgi_finding *f) {
    for (int way = WGI_SWEPT; way <= WGI_RECORDED && r->float32; ++way) {
        if (!l->by[way] || !l->by[way + 2]) continue;
        double a = l->by[way][j], b = l->by[way + 2][j], e = fabs(a - b);
        if (!isfinite(a) || !isfinite(b)) e = isfinite(a) == isfinite(b) ? 0 : HUGE_VAL;
        f->rounding = fmax(f->rounding, e);
        if (e <= r->of_gradient32 * l->largest + r->rtol32 * fabs(b) +
                     r->of_root32 * f->d.size / fmax(fabs(f->x), 1))
            continue;
        f->rounding_wrong = 1;
        if (f->verdict == WG_VERDICT_FAIL) continue;
        f->verdict = WG_VERDICT_FAIL;
        f->way = (wgi_way)way;
        f->analytic = a;
        f->error = e;
    }
}

wgi_finding wgi_judge(const wgi_rule *r, const wgi_leaf_grad *l, int64_t j, double x,
                      const wgi_derivative *d) {
    wgi_finding f = judge(r, l, WGI_SWEPT64, j, x, d);
    if (l->by[WGI_RECORDED64]) {
        wgi_finding g = judge(r, l, WGI_RECORDED64, j, x, d);
        f = *wgi_worse_finding(&f, &g);
    }
    judge_rounding(r, l, j, &f);
    return f;
}

/* ---- words ---------------------------------------------------------------------------------- */

static void failure(const wgi_finding *f, double root, char *text, size_t n) {
    const char *by = f->way == WGI_RECORDED || f->way == WGI_RECORDED64 ? " (by wg_gradients)" : "";
    double ratio = f->analytic / f->d.value;
    if (!isfinite(f->analytic))
        snprintf(text, n, "the analytic value is %s%s", isnan(f->analytic) ? "NaN" : "infinite",
                 by);
    else if (!isfinite(root))
        snprintf(text, n, "the root is %s", isnan(root) ? "NaN" : "infinite");
    else if (f->rounding_wrong)
        snprintf(text, n, "float32 gives %.6g, float64 agrees with the differences%s", f->analytic,
                 by);
    else if (f->d.kind == WGI_NOT_FINITE)
        snprintf(text, n, "the root is not finite beside x");
    else if (f->together)
        snprintf(text, n, "moved with %s at %lld and %lld more on kinks: outside [%.9g, %.9g]%s",
                 f->with, (long long)f->with_at, (long long)f->together - 2, f->d.left,
                 f->d.right, by);
    else if (f->d.kind == WGI_KINK)
        snprintf(text, n, "outside [%.9g, %.9g], the derivatives beside the kink%s",
                 fmin(f->d.left, f->d.right), fmax(f->d.left, f->d.right), by);
    else if (fabs(ratio + 1) < 1e-3)
        snprintf(text, n, "the sign is wrong%s", by);
    else if (f->analytic != 0 && isfinite(ratio))
        snprintf(text, n, "analytic is %.6g times numeric%s", ratio, by);
    else
        snprintf(text, n, "analytic and numeric differ by %.3g%s", f->error, by);
}

void wgi_finding_text(const wgi_finding *f, double root, char *text, size_t n) {
    if (n) *text = '\0';
    switch (f->verdict) {
    case WG_VERDICT_PASS: break;
    case WG_VERDICT_FAIL: failure(f, root, text, n); break;
    case WG_VERDICT_SUBGRADIENT:
        snprintf(text, n, "a kink: between the derivatives %.9g and %.9g beside it", f->d.left,
                 f->d.right);
        break;
    case WG_VERDICT_KINK:
        if (f->together || isfinite(f->d.value))
            snprintf(text, n, "whether this lies between the derivatives of the pieces that meet "
                              "here cannot be told");
        else snprintf(text, n, "a gate chooses another branch within every step: a kink");
        break;
    case WG_VERDICT_INCONCLUSIVE:
        snprintf(text, n, "the differences settle to no better than %.2g", f->d.bound);
        break;
    }
}
