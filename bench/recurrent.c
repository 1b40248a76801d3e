/* recurrent.c: one training step of a long short-term memory, unrolled over 64 steps of a sequence:
 * x (T, N, 64), state (N, 128), 64 classes at every step, one loss over all of them, Adam. */
#include "bench/families.h"
#include "wengert.h"

#include <stdlib.h>

enum { STEPS = 64, IN = 64, HIDDEN = 128, CLASSES = 64 };

typedef struct recurrent {
    wg_tape *tape;
    wg_params *params;
    wg_param *wx, *wh, *b; /* (IN, 4 HIDDEN), (HIDDEN, 4 HIDDEN), (4 HIDDEN) */
    wg_dense_layer classes;
    wg_optim *optim;
    int64_t batch;
    float *x;        /* (STEPS, batch, IN) */
    int64_t *labels; /* (STEPS batch) */
} recurrent;

void wg_bench_lstm_free(void *state) {
    recurrent *r = state;
    if (!r) return;
    wg_optim_free(r->optim);
    wg_tape_free(r->tape);
    wg_params_free(r->params);
    free(r->x);
    free(r->labels);
    free(r);
}

static wg_status make_params(recurrent *r) {
    r->wx = wg_param_new(r->params, "wx", WG_F32, WG_SHAPE(IN, 4 * HIDDEN));
    r->wh = wg_param_new(r->params, "wh", WG_F32, WG_SHAPE(HIDDEN, 4 * HIDDEN));
    r->b = wg_param_new(r->params, "b", WG_F32, WG_SHAPE(4 * HIDDEN));
    wg_status s =
        wg_dense_layer_init(&r->classes, r->params, "classes", WG_F32, HIDDEN, CLASSES);
    if (s == WG_OK) s = wg_param_fill_normal(r->wx, 0.08, 1, 0);
    if (s == WG_OK) s = wg_param_fill_normal(r->wh, 0.08, 1, 1);
    return s == WG_OK ? wg_param_fill_normal(r->classes.w, 0.08, 1, 2) : s;
}

void *wg_bench_lstm_new(const void *spec) {
    int64_t batch = ((const wg_bench_lstm *)spec)->batch;
    size_t rows = (size_t)(STEPS * batch);
    recurrent *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->batch = batch;
    r->tape = wg_tape_new();
    r->params = wg_params_new();
    r->x = malloc(rows * IN * sizeof *r->x);
    r->labels = malloc(rows * sizeof *r->labels);
    if (r->tape && r->params && r->x && r->labels && make_params(r) == WG_OK)
        r->optim = wg_optim_new("adam", r->params, NULL, NULL);
    if (!r->optim) {
        wg_bench_lstm_free(r);
        return NULL;
    }
    wg_tape_keep_grads(r->tape, 0);
    wg_bench_fill(r->x, rows * IN, 3);
    for (size_t i = 0; i < rows; ++i) r->labels[i] = (int64_t)(i % CLASSES);
    return r;
}

/* (STEPS, N, IN) -> the states of all steps, (STEPS N, HIDDEN) */
static wg_var unroll(recurrent *r) {
    wg_tape *t = r->tape;
    wg_var hs[STEPS], wx = wg_use(t, r->wx), wh = wg_use(t, r->wh), b = wg_use(t, r->b);
    wg_var x = wg_const(t, WG_F32, WG_SHAPE(STEPS * r->batch, IN), r->x);
    wg_var h = wg_const(t, WG_F32, WG_SHAPE(r->batch, HIDDEN), NULL), c = h;
    for (int64_t i = 0; i < STEPS; ++i) {
        wg_var now = wg_slice(x, 0, i * r->batch, (i + 1) * r->batch, 1);
        hs[i] = h = wg_lstm_cell(now, h, c, wx, wh, b, &c);
    }
    return wg_concat(STEPS, hs, 0);
}

int wg_bench_lstm_step(void *state) {
    recurrent *r = state;
    wg_tape_rewind(r->tape);
    wg_var labels = wg_const(r->tape, WG_I64, WG_SHAPE(STEPS * r->batch), r->labels);
    wg_var loss = wg_softmax_loss(wg_dense_layer_apply(&r->classes, unroll(r)), labels);
    wg_params_clear_grads(r->params);
    if (wg_backward(loss) != WG_OK) return 1;
    wg_optim_step(r->optim);
    return 0;
}
