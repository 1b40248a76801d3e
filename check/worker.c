/* worker.c: a program of its own, moved along one coordinate at a time. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <math.h>
#include <string.h>

/* ---- the line of one coordinate ------------------------------------------------------------- */

/* f with coordinate j moved by *t. */
static wg_status move_one(wgi_line *line, double *t, double *f, uint64_t *piece) {
    wgi_worker *w = (wgi_worker *)(void *)line;
    double kept = w->x[w->j], moved = kept + *t;
    *t = moved - kept;
    wg_status s = wgi_program_move(w->program, w->j, moved, piece, &w->error);
    *f = w->root == &w->x[w->j] ? moved : *w->root; /* the leaf is put back */
    return s;
}

/* All of the leaf at once, each coordinate in proportion to its size: for the noise alone. */
typedef struct whole {
    wgi_line line;
    wgi_worker *worker;
    const double *x; /* the leaf's numbers */
    int64_t n;
} whole;

static wg_status move_all(wgi_line *line, double *t, double *f, uint64_t *piece) {
    whole *all = (whole *)(void *)line;
    wgi_worker *w = all->worker;
    for (int64_t i = 0; i < all->n; ++i)
        w->x[i] = all->x[i] + *t * fmax(fabs(all->x[i]), 1) * (i % 3 ? 1 : -1);
    wg_status s = wgi_program_run(w->program, &w->error);
    *f = *w->root;
    return s == WG_OK ? wgi_program_signature(w->program, piece, &w->error) : s;
}

static wg_status measure_noise(wgi_worker *w, int64_t n) {
    size_t bytes = (size_t)n * sizeof(double);
    double *kept = wgi_alloc(bytes + 1);
    if (!kept) return wgi_error_to(&w->error, WG_ERR_MEMORY, "gradcheck: no memory");
    for (int64_t i = 0; i < n; ++i) kept[i] = w->x[i];
    whole all = {.line = {.f = move_all, .piece = w->line.piece}, .worker = w, .x = kept, .n = n};
    wg_status s = wgi_measure_noise(&all.line, 0x1p-36);
    for (int64_t i = 0; i < n; ++i) w->x[i] = kept[i];
    wgi_free(kept);
    w->line.noise = all.line.noise;
    w->line.evaluations += all.line.evaluations;
    return s;
}

/* ---- a worker ------------------------------------------------------------------------------- */

wg_status wgi_worker_start(wgi_worker *w, wg_var root, double factor, wg_error *error) {
    memset(w, 0, sizeof *w);
    w->line.f = move_one;
    w->line.scale = factor;
    w->program = wgi_program_new(root, 1, error);
    if (!w->program) return error->status ? error->status : WG_ERR_MEMORY;
    w->root = wgi_program_value(w->program, root.index).data;
    return WG_OK;
}

void wgi_worker_stop(wgi_worker *w) { wgi_program_free(w->program); }

wg_status wgi_worker_turn(wgi_worker *w, const wgi_leaf_grad *l) {
    wg_status s = wgi_program_select(w->program, l->index, &w->error);
    w->x = wgi_program_value(w->program, l->index).data;
    if (s == WG_OK) s = wgi_program_run(w->program, &w->error);
    if (s == WG_OK) s = wgi_program_signature(w->program, &w->line.piece, &w->error);
    w->line.value = *w->root;
    w->line.noise = 0;
    if (s == WG_OK && l->n) s = measure_noise(w, l->n);
    return s == WG_OK ? wgi_program_anchor(w->program, &w->error) : s;
}

wg_status wgi_worker_check(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l, int64_t j,
                           wgi_finding *f) {
    wgi_derivative d;
    double factor = w->line.scale;
    w->j = j;
    w->line.at = w->x[j];
    w->line.scale = factor * fmax(fabs(w->x[j]), 1);
    wg_status s = wgi_differentiate_quickly(&w->line, &d);
    if (s == WG_OK && d.kind == WGI_SMOOTH) *f = wgi_judge(r, l, j, w->x[j], &d);
    if (s == WG_OK && (d.kind != WGI_SMOOTH || f->verdict != WG_VERDICT_PASS)) {
        s = wgi_differentiate(&w->line, &d);
        if (s == WG_OK) *f = wgi_judge(r, l, j, w->x[j], &d);
    }
    w->line.scale = factor;
    return s;
}
