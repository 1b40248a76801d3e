/* piled_checks.c: gradients that come on top of others; see registry_helpers.h */
#include "tests/ops/registry_helpers.h"

/* The gradients of the leaves, divided by `share`. */
static int take_all(trial *t, const trial_run *run, double share, double **dx) {
    int place[MAX_OPERANDS];
    wg_var xs[MAX_OPERANDS];
    size_t n = trial_values(t, run, place, xs);
    for (size_t i = 0; i < n; ++i) {
        size_t size = t->leaf[place[i]].n;
        dx[i] = trial_room(t, size);
        if (!take(wg_grad(xs[i]), size, dx[i])) return trial_healthy(t, run, "gradients");
        for (size_t k = 0; k < size; ++k) dx[i][k] /= share;
    }
    return 1;
}

static int backward(trial *t, const trial_run *run, wg_var root) {
    return wg_backward(root) == WG_OK || trial_healthy(t, run, "backward");
}

/* A random gate draws anew: its one recording serves twice. */
static wg_var record_again(const trial *t, const trial_run *run) {
    wg_var x[MAX_OPERANDS];
    if (t->gate->flags & WG_GATE_RANDOM) return run->y;
    for (size_t i = 0; i < t->n; ++i)
        x[i] = t->leaf_of[i] < 0 ? WG_NONE : run->leaf[t->leaf_of[i]];
    return wg_record(t->gate, t->n, x, t->sample->attrs);
}

static int compare(trial *t, const trial_run *run) {
    double *r, *one[MAX_OPERANDS], *four[MAX_OPERANDS];
    int place[MAX_OPERANDS];
    wg_var xs[MAX_OPERANDS], cot = trial_cotangent(t, run->y, &r);
    size_t n = trial_values(t, run, place, xs);
    if (!backward(t, run, trial_contract(run->y, cot)) || !take_all(t, run, 1, one)) return 0;
    wg_clear_grads(run->tape);
    wg_var both = wg_add(trial_contract(run->y, cot), trial_contract(record_again(t, run), cot));
    if (!backward(t, run, both) || !backward(t, run, both) || !take_all(t, run, 4, four)) return 0;
    for (size_t i = 0; i < n; ++i)
        if (!trial_compare(t, place[i], t->leaf[place[i]].n, "once", one[i], "a quarter of four",
                           four[i], 1e-12))
            return 0;
    return trial_healthy(t, run, "two sweeps");
}

int check_piled(trial *t) {
    trial_run run;
    int ok = trial_start(t, &run, WG_F64, PLAIN);
    if (ok && value_is_float(run.y)) ok = compare(t, &run);
    trial_stop(&run);
    return ok;
}
