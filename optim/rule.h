/* rule.h: what an update rule is.  One file a rule; optim.c lists them and knows nothing of their
 * formulas. */
#ifndef WGI_RULE_H
#define WGI_RULE_H

#include "backend/isa.h"
#include "optim/optim.h"

#include <stddef.h>

/* One step's numbers, the same for every element. */
typedef struct wgi_step {
    double rate, momentum, beta1, beta2, eps;
    double decay; /* of this stretch */
    double scale; /* of the gradients, by clipping */
    uint64_t t;   /* this step, from 1 */
    double short1, short2; /* 1 - beta1^t, 1 - beta2^t: means that began at 0 fall short so far */
} wgi_step;

/* Updates x[0 .. n-1] by g; state[k] are the rule's own numbers for the same elements.  Each
 * element's result depends on that element alone. */
typedef void wgi_update_f32(const wgi_step *s, int64_t n, float *x, const float *g,
                            float *const *state);
typedef void wgi_update_f64(const wgi_step *s, int64_t n, double *x, const double *g,
                            double *const *state);

typedef struct wgi_rule {
    const char *name;
    int states; /* arrays of state */
    double rate, momentum; /* defaults */
    wgi_update_f32 *f32[WGI_ISA_COUNT];
    wgi_update_f64 *f64[WGI_ISA_COUNT];
} wgi_rule;

enum { WGI_RULE_STATES = 2 }; /* at most */

extern const wgi_rule wgi_rule_sgd, wgi_rule_momentum, wgi_rule_nesterov, wgi_rule_adam;

#endif
