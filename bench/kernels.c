/* kernels.c: one gate or a few over arrays.  Leaves, and the cotangent of what is made of them, are
 * made once and lie below a mark; a step records above it, sweeps into empty gradients and goes
 * back.  Where the sweep alone is timed the record lies below the mark, too. */
#include "bench/families.h"
#include "wengert.h"

#include <stdlib.h>

typedef struct kernel {
    const wg_bench_kernel *spec;
    wg_tape *tape;
    wg_var x[3], y, g; /* y: where the sweep alone is timed; g: where y has many elements */
    wg_mark mark;
} kernel;

void wg_bench_kernel_free(void *state) {
    kernel *k = state;
    if (k) wg_tape_free(k->tape);
    free(k);
}

/* A leaf of numbers in [-1, 1); WG_NONE without memory. */
static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape shape, uint64_t seed, int wanted) {
    size_t n = (size_t)wg_shape_size(shape);
    float *x = malloc(n * sizeof *x);
    if (!x) return WG_NONE;
    wg_bench_fill(x, n, seed);
    wg_mark mark = wg_tape_mark(t);
    wg_var v = wanted ? wg_input(t, WG_F32, shape, x) : wg_const(t, WG_F32, shape, x);
    if (dtype == WG_F64) {
        double *wide = malloc(n * sizeof *wide);
        for (size_t i = 0; wide && i < n; ++i) wide[i] = (double)x[i];
        wg_tape_release(t, mark);
        v = wanted ? wg_input(t, dtype, shape, wide) : wg_const(t, dtype, shape, wide);
        free(wide);
    }
    free(x);
    return v;
}

/* Leaves, and the cotangent if one is needed: what y has as shape is found by making it once. */
static int prepare(kernel *k) {
    const wg_bench_kernel *s = k->spec;
    for (int i = 0; i < s->n; ++i) {
        k->x[i] = leaf(k->tape, s->dtype, s->shape[i], (uint64_t)i + 1, s->wanted >> i & 1);
        if (k->x[i].index == 0) return 1;
    }
    if (s->part != WG_BENCH_FORWARD) {
        wg_mark mark = wg_tape_mark(k->tape);
        wg_shape shape = wg_shape_of(s->make(k->x));
        wg_tape_release(k->tape, mark);
        if (shape.rank < 0) return 1;
        if (shape.rank > 0) k->g = leaf(k->tape, s->dtype, shape, 9, 0);
        if (shape.rank > 0 && k->g.index == 0) return 1;
    }
    wg_tape_keep_grads(k->tape, 0);
    if (s->part == WG_BENCH_REVERSE) k->y = s->make(k->x);
    k->mark = wg_tape_mark(k->tape);
    return wg_tape_status(k->tape) != WG_OK;
}

void *wg_bench_kernel_new(const void *spec) {
    kernel *k = calloc(1, sizeof *k);
    if (!k) return NULL;
    k->spec = spec;
    k->tape = wg_tape_new();
    if (k->tape && prepare(k) == 0) return k;
    wg_bench_kernel_free(k);
    return NULL;
}

int wg_bench_kernel_step(void *state) {
    kernel *k = state;
    const wg_bench_kernel *s = k->spec;
    wg_tape_release(k->tape, k->mark);
    if (s->part == WG_BENCH_FORWARD) {
        wg_no_grad_begin(k->tape);
        int failed = s->make(k->x).index == 0;
        wg_no_grad_end(k->tape);
        return failed;
    }
    wg_clear_grads(k->tape);
    wg_var y = s->part == WG_BENCH_REVERSE ? k->y : s->make(k->x);
    return (k->g.index ? wg_backward_from(y, k->g) : wg_backward(y)) != WG_OK;
}

wg_var wg_bench_tanh_mul(const wg_var *x) { return wg_sum(wg_mul(wg_tanh(x[0]), x[0])); }

wg_var wg_bench_conv(const wg_var *x) {
    wg_conv2d_options same = {.pad = {1, 1}};
    return wg_conv2d(x[0], x[1], x[2], &same);
}

/* ---- an update rule ------------------------------------------------------------------------- */

typedef struct update {
    wg_params *params;
    wg_optim *optim;
} update;

void wg_bench_update_free(void *state) {
    update *u = state;
    if (!u) return;
    wg_optim_free(u->optim);
    wg_params_free(u->params);
    free(u);
}

void *wg_bench_update_new(const void *spec) {
    const wg_bench_update *s = spec;
    void *values, *grads;
    size_t n;
    update *u = calloc(1, sizeof *u);
    if (!u) return NULL;
    u->params = wg_params_new();
    if (u->params && wg_param_new(u->params, "x", WG_F32, WG_SHAPE(s->n)) &&
        wg_params_block(u->params, WG_F32, &n, &values, &grads) == WG_OK) {
        wg_bench_fill(values, n, 1);
        wg_bench_fill(grads, n, 2);
        u->optim = wg_optim_new(s->rule, u->params, NULL, NULL);
    }
    if (u->optim) return u;
    wg_bench_update_free(u);
    return NULL;
}

int wg_bench_update_step(void *state) {
    update *u = state;
    wg_optim_step(u->optim);
    return 0;
}
