/* worker.c: f moved along one coordinate, or along a direction. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <math.h>
#include <string.h>

/* ---- lines ---------------------------------------------------------------------------------- */

static wg_status move_one(wgi_line *line, double *t, double *f, uint64_t *piece) {
    wgi_worker *w = (wgi_worker *)(void *)line;
    double kept = w->x[w->j], moved = kept + *t;
    *t = moved - kept;
    return w->source->move(w, w->j, moved, f, piece);
}

static wg_status move_along(wgi_line *line, double *t, double *f, uint64_t *piece) {
    wgi_worker *w = (wgi_worker *)(void *)line;
    for (int64_t i = w->from; i < w->to; ++i) w->x[i] = w->origin[i] + *t * w->direction[i];
    wg_status s = w->source->run(w, f, piece);
    for (int64_t i = w->from; i < w->to; ++i) w->x[i] = w->origin[i];
    return s;
}

wg_status wgi_worker_along(wgi_worker *w, const double *d, int64_t from, int64_t to,
                           wgi_derivative *out) {
    size_t bytes = (size_t)w->n * sizeof *w->origin;
    w->origin = wgi_alloc(bytes + 1);
    if (!w->origin) return wgi_error_to(&w->error, WG_ERR_MEMORY, "gradcheck: no memory");
    if (bytes) memcpy(w->origin, w->x, bytes);
    w->direction = d;
    w->from = from;
    w->to = to;
    w->line.f = move_along;
    w->line.at = 1;
    w->line.scale = w->factor;
    wg_status s = wgi_differentiate(&w->line, out);
    wgi_free(w->origin);
    w->origin = NULL;
    return s;
}

/* ---- noise ---------------------------------------------------------------------------------- */

/* All of the leaf at once, each coordinate in proportion to its size, to either side. */
static wg_status measure_noise(wgi_worker *w) {
    size_t bytes = (size_t)w->n * sizeof(double);
    double *room = wgi_alloc(2 * bytes + 1), *d = room + w->n;
    if (!room) return wgi_error_to(&w->error, WG_ERR_MEMORY, "gradcheck: no memory");
    for (int64_t i = 0; i < w->n; ++i) d[i] = fmax(fabs(w->x[i]), 1) * (i % 3 ? 1 : -1);
    memcpy(room, w->x, bytes);
    w->origin = room;
    w->direction = d;
    w->from = 0;
    w->to = w->n;
    w->line.f = move_along;
    wg_status s = wgi_measure_noise(&w->line, 0x1p-36);
    w->origin = NULL;
    wgi_free(room);
    return s;
}

/* ---- a worker ------------------------------------------------------------------------------- */

void wgi_worker_stop(wgi_worker *w) {
    if (w->source) w->source->stop(w);
}

wg_status wgi_worker_turn(wgi_worker *w, const wgi_leaf_grad *l) {
    w->n = l->n;
    w->line.noise = 0;
    wg_status s = w->source->turn(w, l, &w->line.value, &w->line.piece);
    if (s == WG_OK && l->n) s = measure_noise(w);
    /* the values above the leaf are those of the last point: back to it */
    return s == WG_OK ? w->source->turn(w, l, &w->line.value, &w->line.piece) : s;
}

wg_status wgi_worker_check(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l, int64_t j,
                           wgi_finding *f) {
    wgi_derivative d;
    w->j = j;
    w->line.f = move_one;
    w->line.at = w->x[j];
    w->line.scale = w->factor * fmax(fabs(w->x[j]), 1);
    wg_status s = wgi_differentiate_quickly(&w->line, &d);
    if (s == WG_OK && d.kind == WGI_SMOOTH) *f = wgi_judge(r, l, j, w->x[j], &d);
    if (s == WG_OK && (d.kind != WGI_SMOOTH || f->verdict != WG_VERDICT_PASS)) {
        s = wgi_differentiate(&w->line, &d);
        if (s == WG_OK) *f = wgi_judge(r, l, j, w->x[j], &d);
    }
    return s;
}
