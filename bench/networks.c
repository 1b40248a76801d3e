/* networks.c: training steps on random images: forward, loss, backward, optimizer. */
#include "bench/networks.h"
#include "wengert.h"

#include <stdlib.h>

/* Numbers in [-1, 1) that repeat from run to run: a linear congruence (Knuth's MMIX). */
void wg_bench_fill(float *x, size_t n, uint64_t seed) {
    for (size_t i = 0; i < n; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)(int32_t)(seed >> 32) * 0x1p-31f;
    }
}

/* ---- chains of layers ----------------------------------------------------------------------- */

typedef struct network {
    wg_tape *tape;
    wg_model *model;
    wg_optim *optim;
    wg_shape input;
    float *x;
    int64_t *labels;
} network;

void wg_bench_network_free(void *state) {
    network *n = state;
    if (!n) return;
    wg_optim_free(n->optim);
    wg_tape_free(n->tape);
    wg_model_free(n->model);
    free(n->x);
    free(n->labels);
    free(n);
}

static void *network_new(const char *arch, wg_shape input, const char *rule) {
    const int64_t *d = input.dim, size = wg_shape_size(input);
    network *n = calloc(1, sizeof *n);
    if (!n) return NULL;
    n->input = input;
    n->tape = wg_tape_new();
    n->model = wg_model_new(arch, d[1], d[2], d[3], 10, NULL, NULL);
    n->optim = n->model ? wg_optim_new(rule, wg_model_params(n->model), NULL, NULL) : NULL;
    n->x = malloc((size_t)size * sizeof *n->x);
    n->labels = malloc((size_t)d[0] * sizeof *n->labels);
    if (!n->tape || !n->optim || !n->x || !n->labels) {
        wg_bench_network_free(n);
        return NULL;
    }
    wg_tape_keep_grads(n->tape, 0);
    wg_bench_fill(n->x, (size_t)size, 1);
    for (int64_t i = 0; i < d[0]; ++i) n->labels[i] = i % 10;
    return n;
}

int wg_bench_network_step(void *state) {
    network *n = state;
    wg_tape_rewind(n->tape);
    wg_var x = wg_const(n->tape, WG_F32, n->input, n->x);
    wg_var labels = wg_const(n->tape, WG_I64, WG_SHAPE(n->input.dim[0]), n->labels);
    wg_var loss = wg_softmax_loss(wg_model_forward(n->model, n->tape, x, 1), labels);
    wg_params_clear_grads(wg_model_params(n->model));
    if (wg_backward(loss) != WG_OK) return 1;
    wg_optim_step(n->optim);
    return wg_model_update(n->model) != WG_OK; /* running statistics */
}

void *wg_bench_mlp(void) {
    return network_new("FC512-RELU-FC512-RELU", WG_SHAPE(128, 1, 1, 784), "adam");
}
void *wg_bench_two_layer(void) {
    return network_new("FC50-RELU", WG_SHAPE(100, 32, 32, 3), "momentum");
}
void *wg_bench_cnn(void) {
    return network_new("(CONV3x32-RELU)*2-POOL2-(CONV3x64-RELU)*2-POOL2-FC256-RELU",
                       WG_SHAPE(64, 32, 32, 3), "adam");
}
void *wg_bench_resnet20(void) {
    return network_new("resnet20", WG_SHAPE(64, 32, 32, 3), "momentum");
}

/* ---- a small network with a loss of its own -------------------------------------------------- */

enum { POINTS = 100, HIDDEN = 16 };

typedef struct moons {
    wg_tape *tape;
    wg_params *params;
    wg_dense_layer layer[3];
    wg_optim *optim;
    float x[2 * POINTS], sign[POINTS]; /* (N, 2), (N, 1) in {-1, 1} */
} moons;

void wg_bench_moons_free(void *state) {
    moons *m = state;
    if (!m) return;
    wg_optim_free(m->optim);
    wg_tape_free(m->tape);
    wg_params_free(m->params);
    free(m);
}

void *wg_bench_moons(void) {
    static const int64_t width[] = {2, HIDDEN, HIDDEN, 1};
    static const char *const name[] = {"fc1", "fc2", "fc3"};
    moons *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->tape = wg_tape_new();
    m->params = wg_params_new();
    int failed = !m->tape || !m->params;
    for (int i = 0; i < 3 && !failed; ++i)
        failed = wg_dense_layer_init(&m->layer[i], m->params, name[i], WG_F32, width[i],
                                     width[i + 1]) != WG_OK;
    for (int i = 0; i < 3 && !failed; ++i)
        failed = wg_param_fill_normal(m->layer[i].w, 0.3, 1, (uint64_t)i) != WG_OK;
    if (!failed) m->optim = wg_optim_new("sgd", m->params, NULL, NULL);
    if (!m->optim) {
        wg_bench_moons_free(m);
        return NULL;
    }
    wg_tape_keep_grads(m->tape, 0);
    wg_bench_fill(m->x, 2 * POINTS, 2);
    for (int i = 0; i < POINTS; ++i) m->sign[i] = m->x[2 * i] > m->x[2 * i + 1] ? 1 : -1;
    return m;
}

/* mean(max(0, 1 - sign score)) */
int wg_bench_moons_step(void *state) {
    moons *m = state;
    wg_tape_rewind(m->tape);
    wg_var h = wg_const(m->tape, WG_F32, WG_SHAPE(POINTS, 2), m->x);
    wg_var sign = wg_const(m->tape, WG_F32, WG_SHAPE(POINTS, 1), m->sign);
    h = wg_relu(wg_dense_layer_apply(&m->layer[0], h));
    h = wg_relu(wg_dense_layer_apply(&m->layer[1], h));
    wg_var margin = wg_mul(sign, wg_dense_layer_apply(&m->layer[2], h));
    wg_var loss = wg_mean(wg_relu(wg_shift(wg_neg(margin), 1)));
    wg_params_clear_grads(m->params);
    if (wg_backward(loss) != WG_OK) return 1;
    wg_optim_step(m->optim);
    return 0;
}
