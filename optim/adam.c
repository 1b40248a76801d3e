/* Adam: the mean m and the mean square s of recent gradients, each divided by 1 - beta^t because
 * both start at zero; x -= r m^ / (sqrt(s^) + eps).
 *
 * The two divisions are taken out of the loop: r m^ = (r / (1 - b1^t)) m, and
 * sqrt(s^) = sqrt(s) / sqrt(1 - b2^t). */
#ifndef REAL
#include "backend/loops.h"
#include "optim/rule.h"

#define KERNEL_PART "optim/adam.c"
#include "backend/each_isa.h"

const wgi_rule wgi_rule_adam = {"adam", 2, 0.001, 0, WGI_BY_ISA(adam, f32), WGI_BY_ISA(adam, f64)};

#else

static void IN(adam)(const wgi_step *k, int64_t n, REAL *x, const REAL *g, REAL *const *state) {
    REAL b1 = (REAL)k->beta1, b2 = (REAL)k->beta2, eps = (REAL)k->eps;
    REAL rest1 = (REAL)(1 - k->beta1), rest2 = (REAL)(1 - k->beta2);
    REAL rate = (REAL)(k->rate / k->short1), root = (REAL)(1 / sqrt(k->short2));
    REAL scale = (REAL)k->scale, decay = (REAL)k->decay, *m = state[0], *s = state[1];
    WGI_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        REAL d = scale * g[i] + decay * x[i];
        m[i] = b1 * m[i] + rest1 * d;
        s[i] = b2 * s[i] + rest2 * (d * d);
        x[i] -= rate * m[i] / (M(sqrt)(s[i]) * root + eps);
    }
}

#endif
