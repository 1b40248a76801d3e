/* networks.h: workloads that are one training step of a network, or one kernel forward and
 * backward; for the table in workloads.c. */
#ifndef WG_BENCH_NETWORKS_H
#define WG_BENCH_NETWORKS_H

#include <stddef.h>
#include <stdint.h>

/* Numbers in [-1, 1) that repeat from run to run. */
void wg_bench_fill(float *x, size_t n, uint64_t seed);

void *wg_bench_mlp(void);       /* each: a new state, NULL without memory */
void *wg_bench_two_layer(void);
void *wg_bench_cnn(void);
void *wg_bench_resnet20(void);
int wg_bench_network_step(void *state);
void wg_bench_network_free(void *state);

void *wg_bench_lstm_b1(void);
void *wg_bench_lstm_b32(void);
int wg_bench_lstm_step(void *state);
void wg_bench_lstm_free(void *state);

void *wg_bench_moons(void);
int wg_bench_moons_step(void *state);
void wg_bench_moons_free(void *state);

void *wg_bench_tanh_mul(void);
int wg_bench_tanh_mul_step(void *state);
void *wg_bench_conv64(void);
void *wg_bench_conv128(void);
int wg_bench_conv_step(void *state);
void wg_bench_arrays_free(void *state);

#endif
