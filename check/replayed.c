/* replayed.c: f from a program: a recording lifted off its tape and run at other points. */
#include "check/gradcheck.h"

#include <string.h>

static wg_status run(wgi_worker *w, double *f, uint64_t *piece) {
    wg_status s = wgi_program_run(w->own, &w->error);
    *f = *w->root;
    return s == WG_OK ? wgi_program_signature(w->own, piece, &w->error) : s;
}

static wg_status turn(wgi_worker *w, const wgi_leaf_grad *l, double *f, uint64_t *piece) {
    wg_status s = wgi_program_run(w->own, &w->error); /* what the leaf before moved, back */
    if (s == WG_OK) s = wgi_program_select(w->own, l ? l->index : 0, &w->error);
    w->x = l ? wgi_program_value(w->own, l->index).data : NULL;
    if (s == WG_OK) s = wgi_program_anchor(w->own, &w->error);
    return s == WG_OK ? run(w, f, piece) : s;
}

static wg_status move(wgi_worker *w, int64_t j, double x, double *f, uint64_t *piece) {
    wg_status s = wgi_program_move(w->own, j, x, piece, &w->error);
    *f = w->root == &w->x[j] ? x : *w->root; /* the leaf is put back */
    return s;
}

static double *numbers(wgi_worker *w, const wgi_leaf_grad *l) {
    return wgi_program_value(w->own, l->index).data;
}

static void stop(wgi_worker *w) { wgi_program_free(w->own); }

static const wgi_source replayed = {turn, run, move, numbers, stop};

wg_status wgi_replay_start(wgi_worker *w, wg_var root, double factor, wg_error *error) {
    memset(w, 0, sizeof *w);
    w->source = &replayed;
    w->factor = factor;
    w->own = wgi_program_new(root, 1, error);
    if (!w->own) return error->status ? error->status : WG_ERR_MEMORY;
    w->root = wgi_program_value(w->own, root.index).data;
    return WG_OK;
}
