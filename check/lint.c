/* lint.c: the list of findings, and how the store was trained so far. */
#include "check/lint_parts.h"

#include "ops/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *wg_lint_name(wg_lint_kind kind) {
    static const char *const names[WG_LINT_KINDS] = {
        "stale-step", "uncleared", "unreached", "zero-gradient",
        "dead-units", "broadcast", "double-softmax", "regulariser"};
    return (size_t)kind < WG_LINT_KINDS ? names[kind] : "unknown";
}

/* ---- the list ------------------------------------------------------------------------------- */

static wg_lint_finding *append(wg_lints *list) {
    if (list->n == list->room) {
        size_t more = list->room ? 2 * list->room : 8;
        wg_lint_finding *findings = wgi_grow(list->findings, list->n * sizeof *findings,
                                             more * sizeof *findings);
        if (!findings) return NULL;
        list->findings = findings;
        list->room = more;
    }
    return &list->findings[list->n++];
}

void wgi_lint_add(wgi_linting *l, wg_lint_kind kind, const char *subject, const char *site,
                  const char *format, ...) {
    if (l->o.skip >> kind & 1) return;
    wg_lint_finding *f = append(l->list);
    if (!f) {
        l->status = WG_ERR_MEMORY;
        return;
    }
    f->kind = kind;
    f->site = site;
    snprintf(f->subject, sizeof f->subject, "%s", subject);
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
}

void wg_lints_clear(wg_lints *l) {
    if (!l) return;
    wgi_free(l->findings);
    memset(l, 0, sizeof *l);
}

/* ---- walks ---------------------------------------------------------------------------------- */

unsigned char *wgi_lint_mark(const wg_tape *t, uint32_t from, int by_gradient) {
    unsigned char *marked = wgi_alloc_zero((size_t)from + 1);
    if (!marked) return NULL;
    marked[from] = 1;
    for (uint32_t i = from; i > 0; --i) {
        const wgi_node *n = wgi_node_at(t, i);
        const uint32_t *x;
        uint32_t count = wgi_operands(n, &x);
        if (!marked[i] || (by_gradient && n->gate->flags & WG_GATE_FLAT)) continue;
        for (uint32_t k = 0; k < count; ++k)
            if (!by_gradient || wgi_node_at(t, x[k])->flags & WGI_WANTS) marked[x[k]] = 1;
    }
    marked[0] = 0; /* absent operands */
    return marked;
}

int wgi_lint_is(const wg_tape *t, uint32_t i, const char *gate) {
    return wgi_node_at(t, i)->gate == wgi_gate_find(gate, strlen(gate));
}

/* ---- the store ------------------------------------------------------------------------------ */

static void lint_steps(wgi_linting *l) {
    wgi_params_habits h = wgi_params_habits_of(l->params);
    unsigned long long stale = h.stale, piled = h.piled, steps = h.steps;
    if (stale)
        wgi_lint_add(l, WG_LINT_STALE_STEP, "optimizer", NULL,
                     "%llu of %llu steps were made without fresh gradients, from those of an "
                     "earlier step or from zeros; call wg_backward before each wg_optim_step",
                     stale, steps);
    if (piled)
        wgi_lint_add(l, WG_LINT_UNCLEARED, "optimizer", NULL,
                     "%llu of %llu steps were made with gradients added to those of earlier steps; "
                     "call wg_params_clear_grads before the wg_backward of each step", piled,
                     steps);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void read_options(wg_lint_options *o, const wg_lint_options *given) {
    memset(o, 0, sizeof *o);
    if (given) memcpy(o, given, given->size && given->size < sizeof *o ? given->size : sizeof *o);
    if (!(o->dead > 0)) o->dead = 0.5;
}

wg_status wg_lint(wg_var loss, wg_params *params, const wg_lint_options *options,
                  wg_lints *lints) {
    wgi_linting l;
    wg_status s = wgi_check_root(loss, "lint");
    if (s != WG_OK) return s;
    memset(&l, 0, sizeof l);
    read_options(&l.o, options);
    l.t = loss.tape;
    l.root = loss.index;
    l.params = params;
    l.list = lints;
    l.below = wgi_lint_mark(l.t, l.root, 0);
    l.reached = wgi_lint_mark(l.t, l.root, 1);
    if (!l.below || !l.reached) l.status = WG_ERR_MEMORY;
    if (l.status == WG_OK && params) {
        lint_steps(&l);
        wgi_lint_unreached(&l);
        wgi_lint_zero_gradient(&l);
    }
    if (l.status == WG_OK) {
        wgi_lint_dead_units(&l);
        wgi_lint_broadcast(&l);
        wgi_lint_double_softmax(&l);
    }
    if (l.status == WG_OK && params) wgi_lint_regulariser(&l);
    wgi_free(l.below);
    wgi_free(l.reached);
    return l.status;
}
