/* scalars.c: scalar expressions, as in Sagebaum, Albring and Gauger's measurements of CoDiPack
 * ("High-performance derivative computations using CoDiPack", ACM TOMS 45(4), 2019) taken to a
 * few inputs. */
#include "bench/families.h"
#include "wengert.h"

#include <stdlib.h>

typedef struct scalar {
    wg_tape *tape;
    const wg_bench_scalar *spec;
} scalar;

void *wg_bench_scalar_new(const void *spec) {
    scalar *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->spec = spec;
    s->tape = wg_tape_new();
    if (s->tape) return s;
    free(s);
    return NULL;
}

void wg_bench_scalar_free(void *state) {
    scalar *s = state;
    if (s) wg_tape_free(s->tape);
    free(s);
}

int wg_bench_scalar_step(void *state) {
    scalar *s = state;
    wg_tape_rewind(s->tape);
    return wg_backward(s->spec->make(s->tape, s->spec->iterations)) != WG_OK;
}

/* from y = 0.5; other numbers contract it until it is denormal */
wg_var wg_bench_scalar_a(wg_tape *t, int iterations) {
    wg_var x1 = wg_scalar(t, 1.2), x2 = wg_scalar(t, -0.2), y = wg_scalar(t, 0.5);
    for (int i = 0; i < iterations; ++i) y = wg_add(wg_mul(wg_sin(y), x1), wg_mul(x2, y));
    return y;
}

/* 2 iterations + 1 inputs */
wg_var wg_bench_scalar_b(wg_tape *t, int iterations) {
    wg_var b = wg_scalar(t, 0.1), s = wg_scalar(t, 0);
    for (int i = 0; i < iterations; ++i) {
        double u = (double)i / iterations;
        wg_var w = wg_scalar(t, u), x = wg_scalar(t, 1 - u);
        s = wg_add(s, wg_square(wg_add(wg_mul(w, x), b)));
    }
    return s;
}

wg_var wg_bench_scalar_c(wg_tape *t, int iterations) {
    wg_var x1 = wg_scalar(t, 0.999), x2 = wg_scalar(t, 0.001), y = wg_scalar(t, 0.5);
    for (int i = 0; i < iterations; ++i) y = wg_add(wg_mul(y, x1), x2);
    return y;
}
