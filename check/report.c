/* report.c: what a check found, as the caller gets it. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

wg_gradcheck_leaf *wgi_report_leaf(wg_tape *t, const wgi_leaf_grad *l) {
    char text[32];
    wg_var v = wgi_var(t, l->index);
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

static void fill(wg_gradcheck_leaf *r, const wgi_finding *f, double root) {
    double size = fmax(fabs(f->analytic), fabs(f->d.value));
    r->worst = f->at;
    r->x = f->x;
    r->analytic = f->analytic;
    r->numeric = f->d.value;
    r->abs_error = f->error;
    r->rel_error = f->error > 0 ? f->error / size : f->error;
    r->tolerance = f->tolerance + f->d.bound;
    r->step = f->d.step;
    r->numeric_error = f->d.bound;
    r->left = f->d.kind == WGI_KINK ? f->d.left : f->d.value;
    r->right = f->d.kind == WGI_KINK ? f->d.right : f->d.value;
    wgi_finding_text(f, root, r->message, sizeof r->message);
}

void wgi_report_found(wg_gradcheck_leaf *r, const wgi_share *all, double largest, double root) {
    r->checked = all->checked;
    r->failed = all->found[WG_VERDICT_FAIL];
    r->inconclusive = all->found[WG_VERDICT_INCONCLUSIVE];
    r->subgradients = all->found[WG_VERDICT_SUBGRADIENT];
    r->kinks = all->found[WG_VERDICT_KINK];
    r->rounding = all->rounding;
    r->rounding_at = all->rounding_at;
    r->largest = largest;
    if (!all->checked) return;
    r->verdict = all->worst.verdict;
    fill(r, &all->worst, root);
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

wg_status wgi_report_give(wg_gradcheck_report *r, wg_status s, wg_gradcheck_report *report) {
    if (!report) {
        wg_gradcheck_report_clear(r);
        return s;
    }
    r->size = report->size ? report->size : sizeof *r;
    memcpy(report, r, r->size < sizeof *r ? r->size : sizeof *r);
    return s;
}
