/* workloads.c: scalar expressions, as in Sagebaum, Albring and Gauger's measurements of CoDiPack
 * ("High-performance derivative computations using CoDiPack", ACM TOMS 45(4), 2019) taken to a
 * few inputs; 250,000 iterations each. */
#include "bench/bench.h"
#include "bench/networks.h"
#include "wengert.h"

#include <stdlib.h>

enum { ITERATIONS = 250000 };

static void *new_tape(void) { return wg_tape_new(); }
static void free_tape(void *t) { wg_tape_free(t); }

/* y = sin(y) x1 + x2 y, from y = 0.5 */
static int scalar_a(void *state) {
    wg_tape *t = state;
    wg_tape_rewind(t);
    wg_var x1 = wg_scalar(t, 1.2), x2 = wg_scalar(t, -0.2), y = wg_scalar(t, 0.5);
    for (int i = 0; i < ITERATIONS; ++i)
        y = wg_add(wg_mul(wg_sin(y), x1), wg_mul(x2, y));
    return wg_backward(y) != WG_OK;
}

/* s += (w[i] x[i] + b)^2 with 2 ITERATIONS + 1 inputs */
static int scalar_b(void *state) {
    wg_tape *t = state;
    wg_tape_rewind(t);
    wg_var b = wg_scalar(t, 0.1), s = wg_scalar(t, 0);
    for (int i = 0; i < ITERATIONS; ++i) {
        double u = (double)i / ITERATIONS;
        wg_var w = wg_scalar(t, u), x = wg_scalar(t, 1 - u);
        s = wg_add(s, wg_square(wg_add(wg_mul(w, x), b)));
    }
    return wg_backward(s) != WG_OK;
}

/* y = y x1 + x2, from y = 0.5 */
static int scalar_c(void *state) {
    wg_tape *t = state;
    wg_tape_rewind(t);
    wg_var x1 = wg_scalar(t, 0.999), x2 = wg_scalar(t, 0.001), y = wg_scalar(t, 0.5);
    for (int i = 0; i < ITERATIONS; ++i) y = wg_add(wg_mul(y, x1), x2);
    return wg_backward(y) != WG_OK;
}

/* 1,000 operations: what a small expression costs, tape and all */
static int scalar_1000(void *state) {
    wg_tape *t = state;
    wg_tape_rewind(t);
    wg_var x1 = wg_scalar(t, 0.999), x2 = wg_scalar(t, 0.001), y = wg_scalar(t, 0.5);
    for (int i = 0; i < 500; ++i) y = wg_add(wg_mul(y, x1), x2);
    return wg_backward(y) != WG_OK;
}

#define SCALAR(label, function, count, text)                                                      \
    { label, text, count, "op", new_tape, function, free_tape }
#define NETWORK(label, products, text)                                                             \
    { #label, text, 6.0 * (products), "flop", wg_bench_##label, wg_bench_network_step,             \
      wg_bench_network_free }
/* Multiplications for one image: the first convolution, six at 32x32, six at 16x16, six at 8x8. */
#define RESNET20_CONVOLUTIONS                                                                      \
    (1024 * 9 * (3 * 16 + 6 * 16 * 16) + 256 * 9 * (16 * 32 + 5 * 32 * 32) +                       \
     64 * 9 * (32 * 64 + 5 * 64 * 64))
#define LSTM(label, batch)                                                                         \
    { #label, "LSTM cell, 64 steps, 64 -> 128, 64 classes a step, batch " #batch ", Adam",         \
      6.0 * 64 * (batch) * ((64 + 128) * 512 + 128 * 64), "flop", wg_bench_##label,                \
      wg_bench_lstm_step, wg_bench_lstm_free }
#define CONV(label, channels)                                                                      \
    { #label, "convolution " #channels ", 3x3, 32x32, batch 32, forward and backward",             \
      6.0 * 32 * 1024 * 9 * (channels) * (channels), "flop", wg_bench_##label, wg_bench_conv_step, \
      wg_bench_arrays_free }

/* Of a step's work only products count: one forward and two backward, of two operations each. */
const wg_workload wg_workloads[] = {
    NETWORK(mlp, 128.0 * (784 * 512 + 512 * 512 + 512 * 10), "784-512-512-10, batch 128, Adam"),
    NETWORK(two_layer, 100.0 * (3072 * 50 + 50 * 10), "3072-50-10, batch 100, momentum"),
    NETWORK(cnn, 64.0 * (1024 * (9 * 3 * 32 + 9 * 32 * 32) + 256 * (9 * 32 * 64 + 9 * 64 * 64) +
                         4096 * 256 + 2560),
            "3-32-32, pool, 64-64, pool, 256, 10, 3x3 on 32x32, batch 64, Adam"),
    NETWORK(resnet20, 64.0 * (RESNET20_CONVOLUTIONS + 640),
            "ResNet-20 on 32x32, batch 64, momentum"),
    LSTM(lstm_b1, 1),
    LSTM(lstm_b32, 32),
    {"moons", "2-16-16-1, 100 points, hinge loss, SGD", 6.0 * 100 * (32 + 256 + 16), "flop",
     wg_bench_moons, wg_bench_moons_step, wg_bench_moons_free},
    SCALAR("scalar_1000", scalar_1000, 1000, "1,000 scalar operations"),
    {"tanh_mul", "sum(tanh(x)*x) over 16 Mi elements, forward and backward", 0, "ms",
     wg_bench_tanh_mul, wg_bench_tanh_mul_step, wg_bench_arrays_free},
    CONV(conv64, 64),
    CONV(conv128, 128),
    SCALAR("scalar_a", scalar_a, 4.0 * ITERATIONS, "y = sin(y)*x1 + x2*y, recorded and reversed"),
    SCALAR("scalar_b", scalar_b, 4.0 * ITERATIONS, "s += (w[i]*x[i] + b)^2, 500,001 inputs"),
    SCALAR("scalar_c", scalar_c, 2.0 * ITERATIONS, "y = y*x1 + x2, recorded and reversed"),
    {NULL, NULL, 0, NULL, NULL, NULL, NULL},
};
