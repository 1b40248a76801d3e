/* families.h: kinds of workloads, each three functions and what tells its members apart; the lists
 * in workloads.c and more.c are made of them. */
#ifndef WG_BENCH_FAMILIES_H
#define WG_BENCH_FAMILIES_H

#include "autograd/autograd.h"

/* Numbers in [-1, 1) that repeat from run to run. */
void wg_bench_fill(float *x, size_t n, uint64_t seed);

/* A training step of a chain of layers on random images, ten classes, softmax loss. */
typedef struct wg_bench_network {
    const char *arch, *rule; /* of wg_model_new, of wg_optim_new */
    int64_t batch, height, width, channels;
} wg_bench_network;
void *wg_bench_network_new(const void *network);
int wg_bench_network_step(void *state);
void wg_bench_network_free(void *state);

/* A training step of an LSTM cell unrolled over 64 steps. */
typedef struct wg_bench_lstm {
    int64_t batch;
} wg_bench_lstm;
void *wg_bench_lstm_new(const void *lstm);
int wg_bench_lstm_step(void *state);
void wg_bench_lstm_free(void *state);

/* A training step of 2-16-16-1 on points in the plane, hinge loss, SGD. */
typedef struct wg_bench_moons {
    int64_t points;
} wg_bench_moons;
void *wg_bench_moons_new(const void *moons);
int wg_bench_moons_step(void *state);
void wg_bench_moons_free(void *state);

/* A scalar expression recorded and reversed. */
typedef struct wg_bench_scalar {
    wg_var (*make)(wg_tape *t, int iterations);
    int iterations;
} wg_bench_scalar;
void *wg_bench_scalar_new(const void *scalar);
int wg_bench_scalar_step(void *state);
void wg_bench_scalar_free(void *state);
wg_var wg_bench_scalar_a(wg_tape *t, int iterations); /* y = sin(y) x1 + x2 y; four operations */
wg_var wg_bench_scalar_b(wg_tape *t, int iterations); /* s += (w[i] x[i] + b)^2; four */
wg_var wg_bench_scalar_c(wg_tape *t, int iterations); /* y = y x1 + x2; two */

/* The same compiled, at one point or a number of them. */
typedef struct wg_bench_replay {
    wg_bench_scalar expression;
    size_t points;
} wg_bench_replay;
void *wg_bench_replay_new(const void *replay);
int wg_bench_replay_step(void *state);
void wg_bench_replay_free(void *state);

/* Gates over arrays: recorded and swept with a cotangent of their value, or one of both alone. */
typedef enum { WG_BENCH_BOTH, WG_BENCH_FORWARD, WG_BENCH_REVERSE } wg_bench_part;
typedef struct wg_bench_kernel {
    wg_var (*make)(const wg_var *x);
    wg_bench_part part;
    wg_dtype dtype;
    int n;           /* leaves */
    unsigned wanted; /* bit i: the gradient of leaf i */
    wg_shape shape[3];
} wg_bench_kernel;
void *wg_bench_kernel_new(const void *kernel);
int wg_bench_kernel_step(void *state);
void wg_bench_kernel_free(void *state);
wg_var wg_bench_tanh_mul(const wg_var *x); /* sum(tanh(x) x) */
wg_var wg_bench_conv(const wg_var *x);     /* 3x3, padded by 1: x, w and, where given, b */

/* One step of an update rule over many numbers. */
typedef struct wg_bench_update {
    const char *rule;
    int64_t n;
} wg_bench_update;
void *wg_bench_update_new(const void *update);
int wg_bench_update_step(void *state);
void wg_bench_update_free(void *state);

#endif
