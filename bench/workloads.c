/* workloads.c: the workloads of the contract: their names do not change. */
#include "bench/bench.h"
#include "bench/families.h"

#include "wengert.h"

enum { ITERATIONS = 250000, IMAGES = 64 };

static const wg_bench_network mlp = {"FC512-RELU-FC512-RELU", "adam", 128, 1, 1, 784};
static const wg_bench_network two_layer = {"FC50-RELU", "momentum", 100, 32, 32, 3};
static const wg_bench_network cnn = {"(CONV3x32-RELU)*2-POOL2-(CONV3x64-RELU)*2-POOL2-FC256-RELU",
                                     "adam", IMAGES, 32, 32, 3};
static const wg_bench_network resnet20 = {"resnet20", "momentum", IMAGES, 32, 32, 3};
static const wg_bench_lstm lstm_b1 = {1}, lstm_b32 = {32};
static const wg_bench_moons moons = {100};
static const wg_bench_scalar scalar_1000 = {wg_bench_scalar_c, 500};
static const wg_bench_scalar scalar_a = {wg_bench_scalar_a, ITERATIONS};
static const wg_bench_scalar scalar_b = {wg_bench_scalar_b, ITERATIONS};
static const wg_bench_scalar scalar_c = {wg_bench_scalar_c, ITERATIONS};
static const wg_bench_replay replay_a = {{wg_bench_scalar_a, ITERATIONS}, 1};
static const wg_bench_replay replay_b = {{wg_bench_scalar_b, ITERATIONS}, 1};
static const wg_bench_replay replay_c = {{wg_bench_scalar_c, ITERATIONS}, 1};
static const wg_bench_kernel tanh_mul = {
    wg_bench_tanh_mul, WG_BENCH_BOTH, WG_F32, 1, 1, {{1, {16 << 20}}}};
#define CONV_KERNEL(c)                                                                             \
    {                                                                                              \
        wg_bench_conv, WG_BENCH_BOTH, WG_F32, 3, 7, {                                              \
            {4, {32, 32, 32, c}}, {4, {c, 3, 3, c}}, {1, {c}}                                      \
        }                                                                                          \
    }
static const wg_bench_kernel conv64 = CONV_KERNEL(64), conv128 = CONV_KERNEL(128);

#define ROW(label, work, unit, family, text)                                                       \
    { #label, text, work, unit, wg_bench_##family##_new, wg_bench_##family##_step,                 \
      wg_bench_##family##_free, &label }
/* Of a step's work only products count: one forward and two backward, of two operations each. */
#define STEP(label, products, family, text)                                                        \
    ROW(label, 6.0 * (products), WG_BENCH_FLOPS, family, text)

/* Multiplications of one image: the first convolution, six at 32x32, six at 16x16, six at 8x8. */
#define RESNET20_IMAGE                                                                             \
    (1024 * 9 * (3 * 16 + 6 * 16 * 16) + 256 * 9 * (16 * 32 + 5 * 32 * 32) +                       \
     64 * 9 * (32 * 64 + 5 * 64 * 64) + 64 * 10)
#define CNN_IMAGE                                                                                  \
    (1024 * (9 * 3 * 32 + 9 * 32 * 32) + 256 * (9 * 32 * 64 + 9 * 64 * 64) + 4096 * 256 + 2560)
#define LSTM_STEP ((64 + 128) * 512 + 128 * 64) /* one row of a batch */

const wg_workload wg_workloads[] = {
    STEP(mlp, 128.0 * (784 * 512 + 512 * 512 + 512 * 10), network,
         "784-512-512-10, batch 128, Adam"),
    STEP(two_layer, 100.0 * (3072 * 50 + 50 * 10), network, "3072-50-10, batch 100, momentum"),
    STEP(cnn, 1.0 * IMAGES * CNN_IMAGE, network,
         "3-32-32, pool, 64-64, pool, 256, 10, 3x3 on 32x32, batch 64, Adam"),
    STEP(resnet20, 1.0 * IMAGES * RESNET20_IMAGE, network,
         "ResNet-20 on 32x32, batch 64, momentum"),
    STEP(lstm_b1, 64.0 * LSTM_STEP, lstm,
         "LSTM cell, 64 steps, 64 to 128, 64 classes a step, batch 1, Adam"),
    STEP(lstm_b32, 64.0 * 32 * LSTM_STEP, lstm,
         "LSTM cell, 64 steps, 64 to 128, 64 classes a step, batch 32, Adam"),
    STEP(moons, 100.0 * (32 + 256 + 16), moons, "2-16-16-1, 100 points, hinge loss, SGD"),
    ROW(scalar_1000, 1000, WG_BENCH_OPS, scalar, "1,000 scalar operations"),
    ROW(tanh_mul, 3.0 * 4 * (16 << 20), WG_BENCH_BYTES, kernel,
        "sum(tanh(x)*x) over 16 Mi elements, forward and backward: x read twice, dx written"),
    STEP(conv64, 32.0 * 1024 * 9 * 64 * 64, kernel,
         "convolution 64 to 64, 3x3, 32x32, batch 32, forward and backward"),
    STEP(conv128, 32.0 * 1024 * 9 * 128 * 128, kernel,
         "convolution 128 to 128, 3x3, 32x32, batch 32, forward and backward"),
    ROW(scalar_a, 4.0 * ITERATIONS, WG_BENCH_OPS, scalar,
        "y = sin(y)*x1 + x2*y, recorded and reversed"),
    ROW(scalar_b, 4.0 * ITERATIONS, WG_BENCH_OPS, scalar,
        "s += (w[i]*x[i] + b)^2, 500,001 inputs"),
    ROW(scalar_c, 2.0 * ITERATIONS, WG_BENCH_OPS, scalar,
        "y = y*x1 + x2, recorded and reversed"),
    ROW(replay_a, 4.0 * ITERATIONS, WG_BENCH_OPS, replay, "scalar_a compiled, at one point"),
    ROW(replay_b, 4.0 * ITERATIONS, WG_BENCH_OPS, replay, "scalar_b compiled, at one point"),
    ROW(replay_c, 2.0 * ITERATIONS, WG_BENCH_OPS, replay, "scalar_c compiled, at one point"),
    {.name = NULL},
};
