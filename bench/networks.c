/* networks.c: training steps on random images: forward, loss, backward, optimizer. */
#include "bench/families.h"
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

void *wg_bench_network_new(const void *spec) {
    const wg_bench_network *s = spec;
    network *n = calloc(1, sizeof *n);
    if (!n) return NULL;
    n->input = WG_SHAPE(s->batch, s->height, s->width, s->channels);
    size_t size = (size_t)wg_shape_size(n->input);
    n->tape = wg_tape_new();
    n->model = wg_model_new(s->arch, s->height, s->width, s->channels, 10, NULL, NULL);
    n->optim = n->model ? wg_optim_new(s->rule, wg_model_params(n->model), NULL, NULL) : NULL;
    n->x = malloc(size * sizeof *n->x);
    n->labels = malloc((size_t)s->batch * sizeof *n->labels);
    if (!n->tape || !n->optim || !n->x || !n->labels) {
        wg_bench_network_free(n);
        return NULL;
    }
    wg_tape_keep_grads(n->tape, 0);
    wg_bench_fill(n->x, size, 1);
    for (int64_t i = 0; i < s->batch; ++i) n->labels[i] = i % 10;
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

/* ---- a small network with a loss of its own -------------------------------------------------- */

enum { HIDDEN = 16 };

typedef struct moons {
    wg_tape *tape;
    wg_params *params;
    wg_dense_layer layer[3];
    wg_optim *optim;
    int64_t points;
    float *x, *sign; /* (N, 2), (N, 1) in {-1, 1} */
} moons;

void wg_bench_moons_free(void *state) {
    moons *m = state;
    if (!m) return;
    wg_optim_free(m->optim);
    wg_tape_free(m->tape);
    wg_params_free(m->params);
    free(m->x);
    free(m->sign);
    free(m);
}

static wg_status moons_params(moons *m) {
    static const int64_t width[] = {2, HIDDEN, HIDDEN, 1};
    static const char *const name[] = {"fc1", "fc2", "fc3"};
    wg_status s = WG_OK;
    for (int i = 0; i < 3 && s == WG_OK; ++i)
        s = wg_dense_layer_init(&m->layer[i], m->params, name[i], WG_F32, width[i], width[i + 1]);
    for (int i = 0; i < 3 && s == WG_OK; ++i)
        s = wg_param_fill_normal(m->layer[i].w, 0.3, 1, (uint64_t)i);
    return s;
}

void *wg_bench_moons_new(const void *spec) {
    moons *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    size_t n = (size_t)(m->points = ((const wg_bench_moons *)spec)->points);
    m->tape = wg_tape_new();
    m->params = wg_params_new();
    m->x = malloc(2 * n * sizeof *m->x);
    m->sign = malloc(n * sizeof *m->sign);
    if (m->tape && m->params && m->x && m->sign && moons_params(m) == WG_OK)
        m->optim = wg_optim_new("sgd", m->params, NULL, NULL);
    if (!m->optim) {
        wg_bench_moons_free(m);
        return NULL;
    }
    wg_tape_keep_grads(m->tape, 0);
    wg_bench_fill(m->x, 2 * n, 2);
    for (size_t i = 0; i < n; ++i) m->sign[i] = m->x[2 * i] > m->x[2 * i + 1] ? 1 : -1;
    return m;
}

/* mean(max(0, 1 - sign score)) */
int wg_bench_moons_step(void *state) {
    moons *m = state;
    wg_tape_rewind(m->tape);
    wg_var h = wg_const(m->tape, WG_F32, WG_SHAPE(m->points, 2), m->x);
    wg_var sign = wg_const(m->tape, WG_F32, WG_SHAPE(m->points, 1), m->sign);
    h = wg_relu(wg_dense_layer_apply(&m->layer[0], h));
    h = wg_relu(wg_dense_layer_apply(&m->layer[1], h));
    wg_var margin = wg_mul(sign, wg_dense_layer_apply(&m->layer[2], h));
    wg_var loss = wg_mean(wg_relu(wg_shift(wg_neg(margin), 1)));
    wg_params_clear_grads(m->params);
    if (wg_backward(loss) != WG_OK) return 1;
    wg_optim_step(m->optim);
    return 0;
}
