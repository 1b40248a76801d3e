/* profile.h: what a computation costs: time and operations by gate, memory by lifetime.
 *
 *     wg_tape_profile(t, 1);
 *     ... training steps on t ...
 *     wg_profile p = {0};
 *     if (wg_profile_of(t, &p) == WG_OK)
 *         for (size_t i = 0; i < p.n; ++i)
 *             printf("%s %g ms\n", p.gates[i].gate, 1e3 * p.gates[i].forward_seconds);
 *     wg_profile_clear(&p);
 */
#ifndef WG_PROFILE_H
#define WG_PROFILE_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sums over all values of one gate.  Work is counted in operations on numbers: two for each
 * multiplication and addition of products and convolutions, and one for each element of the largest
 * array for every other gate. */
typedef struct wg_gate_cost {
    const char *gate;                        /* its name, as long as the descriptor lives */
    uint64_t forward_calls, reverse_calls;   /* values recorded; values that sweeps went through */
    double forward_seconds, reverse_seconds; /* of a gate that runs others: without theirs */
    double forward_work, reverse_work;
    double bytes;                            /* of the values and saved blocks that it made */
} wg_gate_cost;

typedef struct wg_profile {
    size_t size;         /* sizeof(wg_profile), set by the caller; 0 means this version's */
    size_t n;
    wg_gate_cost *gates; /* (n), those that took the most time first; owned */
    uint64_t sweeps;     /* wg_backward and wg_backward_from */
    double sweep_seconds; /* in all, with what the engine and scalars took */
    size_t param_bytes;  /* of parameters and their gradients: the stores that the tape uses */
    size_t node_bytes, value_bytes, grad_bytes, scratch_bytes; /* held by the tape: their peaks */
} wg_profile;

/* on = 1 starts the count from zero, 0 ends it.  Counted are values that are recorded outside of
 * no-gradient sections, and sweeps; not scalars on the short way, which take less time than a look
 * at the clock, nor replays.  Two looks at the clock a gate: about 50 nanoseconds. */
WG_API void wg_tape_profile(wg_tape *tape, int on);
/* What was counted so far; MEMORY with *profile left empty.  Free it with wg_profile_clear, which
 * also takes {0} and may be called twice. */
WG_API wg_status wg_profile_of(const wg_tape *tape, wg_profile *profile);
WG_API void wg_profile_clear(wg_profile *profile);

#ifdef __cplusplus
}
#endif
#endif
