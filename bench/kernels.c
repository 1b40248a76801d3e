/* kernels.c: one kernel or a few over large arrays, forward and backward.  Leaves are made once and
 * lie below a mark; a step records above it, sweeps into empty gradients and goes back. */
#include "bench/networks.h"
#include "wengert.h"

#include <stdlib.h>

enum { MOST = 4 };

typedef struct arrays {
    wg_tape *tape;
    wg_var at[MOST]; /* x, w, b, and g, the cotangent of what is made of them */
    wg_mark leaves;
} arrays;

void wg_bench_arrays_free(void *state) {
    arrays *a = state;
    if (a) wg_tape_free(a->tape);
    free(a);
}

/* A leaf of numbers in [-1, 1), with a gradient or not. */
static wg_var leaf(wg_tape *t, wg_shape shape, uint64_t seed, int wanted) {
    size_t n = (size_t)wg_shape_size(shape);
    float *x = malloc(n * sizeof *x);
    if (!x) return WG_NONE;
    wg_bench_fill(x, n, seed);
    wg_var v = wanted ? wg_input(t, WG_F32, shape, x) : wg_const(t, WG_F32, shape, x);
    free(x);
    return v;
}

/* Leaves of these shapes; the last of four is without gradient. */
static void *arrays_new(int n, const wg_shape *shapes) {
    arrays *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->tape = wg_tape_new();
    int failed = !a->tape;
    for (int i = 0; i < n && !failed; ++i) {
        a->at[i] = leaf(a->tape, shapes[i], (uint64_t)i + 1, i < 3);
        failed = a->at[i].index == 0;
    }
    if (failed) {
        wg_bench_arrays_free(a);
        return NULL;
    }
    wg_tape_keep_grads(a->tape, 0);
    a->leaves = wg_tape_mark(a->tape);
    return a;
}

/* Back to the leaves, without gradients. */
static void begin(arrays *a) {
    wg_tape_release(a->tape, a->leaves);
    wg_clear_grads(a->tape);
}

void *wg_bench_tanh_mul(void) {
    wg_shape shape = WG_SHAPE(16 << 20);
    return arrays_new(1, &shape);
}

int wg_bench_tanh_mul_step(void *state) {
    arrays *a = state;
    begin(a);
    return wg_backward(wg_sum(wg_mul(wg_tanh(a->at[0]), a->at[0]))) != WG_OK;
}

static void *conv_new(int64_t channels) {
    wg_shape image = WG_SHAPE(32, 32, 32, channels);
    wg_shape shapes[] = {image, WG_SHAPE(channels, 3, 3, channels), WG_SHAPE(channels), image};
    return arrays_new(4, shapes);
}
void *wg_bench_conv64(void) { return conv_new(64); }
void *wg_bench_conv128(void) { return conv_new(128); }

/* y = conv(x, w) + b, and from a cotangent g of y those of x, w and b */
int wg_bench_conv_step(void *state) {
    arrays *a = state;
    wg_conv2d_options same = {.pad = {1, 1}};
    begin(a);
    wg_var y = wg_conv2d(a->at[0], a->at[1], a->at[2], &same);
    return wg_backward_from(y, a->at[3]) != WG_OK;
}
