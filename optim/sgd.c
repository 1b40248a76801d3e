/* Stochastic gradient descent: plain, with momentum, and with Nesterov's look ahead.
 *
 * Momentum keeps a velocity v: v = mu v - r g; x += v.  Nesterov evaluates the gradient at
 * x + mu v.  Written for the variable that is stored, z = x + mu v, the step is
 * v' = mu v - r g(z) and z += mu v' - r g(z). */
#ifndef REAL
#include "backend/loops.h"
#include "optim/rule.h"
#define KERNEL_PART "optim/sgd.c"
#include "backend/each_isa.h"

#define LOOPS(name) WGI_BY_ISA(name, f32), WGI_BY_ISA(name, f64)
const wgi_rule wgi_rule_sgd = {"sgd", 0, 0.01, 0, LOOPS(sgd)};
const wgi_rule wgi_rule_momentum = {"momentum", 1, 0.01, 0.9, LOOPS(momentum)};
const wgi_rule wgi_rule_nesterov = {"nesterov", 1, 0.01, 0.9, LOOPS(nesterov)};

#else

static void IN(sgd)(const wgi_step *s, int64_t n, REAL *x, const REAL *g, REAL *const *state) {
    REAL r = (REAL)s->rate, scale = (REAL)s->scale, decay = (REAL)s->decay;
    (void)state;
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) x[i] -= r * (scale * g[i] + decay * x[i]);
}

static void IN(momentum)(const wgi_step *s, int64_t n, REAL *x, const REAL *g,
                         REAL *const *state) {
    REAL r = (REAL)s->rate, mu = (REAL)s->momentum, scale = (REAL)s->scale;
    REAL decay = (REAL)s->decay, *v = state[0];
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        v[i] = mu * v[i] - r * (scale * g[i] + decay * x[i]);
        x[i] += v[i];
    }
}

static void IN(nesterov)(const wgi_step *s, int64_t n, REAL *x, const REAL *g,
                         REAL *const *state) {
    REAL r = (REAL)s->rate, mu = (REAL)s->momentum, scale = (REAL)s->scale;
    REAL decay = (REAL)s->decay, *v = state[0];
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        REAL step = r * (scale * g[i] + decay * x[i]);
        v[i] = mu * v[i] - step;
        x[i] += mu * v[i] - step;
    }
}

#endif
