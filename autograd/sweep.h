/* sweep.h: what the parts of the unrecorded reverse sweep share. */
#ifndef WGI_SWEEP_H
#define WGI_SWEEP_H

#include "autograd/tape.h"

static inline int wgi_wanted(const wg_tape *t, uint32_t x) {
    return x != 0 && (wgi_node_at(t, x)->flags & WGI_WANTS) != 0;
}

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
