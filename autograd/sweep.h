/* sweep.h: what the parts of the unrecorded reverse sweep share, and what all sweeps ask of rules. */
#ifndef WGI_SWEEP_H
#define WGI_SWEEP_H

#include "autograd/store.h"
#include "autograd/tape.h"

static inline int wgi_wanted(const wg_tape *t, uint32_t x) {
    return x != 0 && (wgi_node_at(t, x)->flags & WGI_WANTS) != 0;
}

/* ---- rules ---------------------------------------------------------------------------------- */

/* What a rule returned is a live value of t, or poison of it: OK, or STATE naming the gate. */
wg_status wgi_check_result(wg_tape *t, const wg_gate *gate, wg_var c);
/* The same of a cotangent for node `target`: also of its dtype and of its shape, perhaps broadcast;
 * STATE naming the gate. */
wg_status wgi_check_pulled(wg_tape *t, const wg_gate *gate, wg_var c, uint32_t target);

/* ---- the way down --------------------------------------------------------------------------- */

/* Sweeps node i and those below it, down to `low` (not 0), the start of their chunk, or one that
 * was reached and has no partials, which is left to the caller; returns the index of that last
 * one. */
uint32_t wgi_sweep_scalars(wg_tape *t, uint32_t low, uint32_t i);
/* Sweeps the nodes from `low` up to y, at which it begins with the cotangent g of y's shape: a part
 * of the sweep that is under way. */
wg_status wgi_sweep_part(wg_tape *t, uint32_t y, uint32_t low, wg_var g);

/* ---- one node ------------------------------------------------------------------------------- */

/* The cotangent of node n as a value of its shape; an empty one has no buffer. */
wg_value wgi_cotangent_of(wgi_node *n);

/* One run of a rule: nodes from `base` on are its own; `source` is the node it runs for, `g` the
 * node that shows the source's cotangent, 0 where there is none. */
typedef struct wgi_step {
    wg_tape *t;
    uint32_t base, source, g;
} wgi_step;

/* Adds cotangent c, of the broadcast or the own shape, to node `target`. */
wg_status wgi_hand_on(const wgi_step *s, uint32_t target, wg_var c);

/* Where a share of the cotangent of node `target` goes: into->to is its gradient, made if it has
 * none, NULL for an array without elements; room describes that of a scalar.  *fresh: nothing was
 * there before.  When the share was written, wgi_into_done; if it will not be, wgi_into_nothing. */
wg_status wgi_into_grad(wg_tape *t, uint32_t target, wg_into *into, wg_value *room, int *fresh);
void wgi_into_done(wg_tape *t, uint32_t target);
void wgi_into_nothing(wg_tape *t, uint32_t target, int fresh);

/* Runs the direct kernel of n's gate on its cotangent; *done is 0 where it leaves n to the rule. */
wg_status wgi_pull_direct(wg_tape *t, wgi_node *n, int *done);

#endif
