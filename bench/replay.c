/* replay.c: the scalar expressions compiled once and run at new numbers: forward and reverse. */
#include "bench/families.h"
#include "wengert.h"

#include <stdlib.h>

typedef struct replay {
    wg_compiled *program;
    size_t n, points;
    double *x, *value, *gradients; /* (n, points), (points), (n, points) */
} replay;

void wg_bench_replay_free(void *state) {
    replay *r = state;
    if (!r) return;
    wg_compiled_free(r->program);
    free(r->x);
    free(r->value);
    free(r->gradients);
    free(r);
}

/* Every leaf is an input. */
static int compile(replay *r, wg_tape *t, const wg_bench_replay *spec) {
    const wg_var *order;
    size_t count;
    wg_var root = spec->expression.make(t, spec->expression.iterations);
    if (wg_toposort(root, &count, &order) != WG_OK) return 1;
    wg_var *inputs = malloc(count * sizeof *inputs);
    r->x = malloc(count * r->points * sizeof *r->x);
    for (size_t i = 0; inputs && r->x && i < count; ++i) {
        double number = wg_item(order[i]);
        if (wg_set(order[i], &number, sizeof number) != WG_OK) continue; /* made by a gate */
        for (size_t p = 0; p < r->points; ++p) r->x[r->n * r->points + p] = number;
        inputs[r->n++] = order[i];
    }
    r->value = malloc(r->points * sizeof *r->value);
    r->gradients = malloc(r->n * r->points * sizeof *r->gradients);
    r->program = inputs ? wg_compile(root, r->n, inputs, NULL) : NULL;
    free(inputs);
    return !r->program || !r->x || !r->value || !r->gradients;
}

void *wg_bench_replay_new(const void *spec) {
    const wg_bench_replay *s = spec;
    replay *r = calloc(1, sizeof *r);
    wg_tape *t = wg_tape_new();
    if (r) r->points = s->points;
    int failed = !r || !t || compile(r, t, s);
    wg_tape_free(t);
    if (!failed) return r;
    wg_bench_replay_free(r);
    return NULL;
}

/* The first input is another number each time, by little: the expressions stay in their range. */
int wg_bench_replay_step(void *state) {
    replay *r = state;
    for (size_t p = 0; p < r->points; ++p) r->x[p] *= 1 + 1e-12;
    return wg_compiled_run(r->program, r->points, r->x, r->value, r->gradients, NULL) != WG_OK;
}
