/* directions.c: many coordinates moved at once.
 *
 * A random direction sees every coordinate of a leaf in two or three dozen evaluations, but its
 * sum hides an error that is small beside the others: it complements samples, and never replaces
 * them. Where it disagrees, moving ever smaller halves finds a coordinate that is wrong. */
#include "autograd/tape.h"
#include "check/gradcheck.h"

#include <math.h>
#include <string.h>

/* The mixing of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014). */
double wgi_direction_at(uint64_t seed, int64_t i) {
    uint64_t z = seed * 0xd1342543de82ef95u + 0x9e3779b97f4a7c15u * ((uint64_t)i + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    double size = 0.25 + 0.75 * (double)(z >> 12) * 0x1p-52;
    return z & 1 ? size : -size;
}

/* ---- one leaf ------------------------------------------------------------------------------- */

/* The analytic derivative along d over a range, and what it may be wrong by. */
static double along(const wgi_rule *r, const wgi_leaf_grad *l, wgi_way way, const double *d,
                    int64_t from, int64_t to, double *tolerance) {
    double sum = 0, squares = 0;
    for (int64_t i = from; i < to; ++i) {
        double term = l->by[way][i] * d[i];
        sum += term;
        squares += term * term;
    }
    *tolerance = 4 * r->rtol * sqrt(squares) + r->of_gradient * l->largest;
    return sum;
}

/* How far the numeric derivative over a range is from the analytic one, in units of what is
 * accepted; 0 where it cannot be told. */
static wg_status disagreement(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l,
                              const double *d, int64_t from, int64_t to, double *excess) {
    wgi_derivative n;
    wg_status s = wgi_worker_along(w, d, from, to, &n);
    *excess = 0;
    if (s != WG_OK || n.kind != WGI_SMOOTH) return s;
    for (int way = WGI_SWEPT64; way <= WGI_RECORDED64; ++way) {
        double tolerance, a;
        if (!l->by[way]) continue;
        a = along(r, l, (wgi_way)way, d, from, to, &tolerance);
        double e = fabs(a - n.value) / (tolerance + n.bound);
        if (!(e <= *excess)) *excess = e == e ? e : HUGE_VAL;
    }
    return s;
}

/* Follows the half that disagrees more, down to one coordinate. */
static wg_status bisect(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l, const double *d,
                        int64_t *at) {
    int64_t from = 0, to = l->n;
    wg_status s = WG_OK;
    while (to - from > 1 && s == WG_OK) {
        int64_t middle = from + (to - from) / 2;
        double low, high;
        s = disagreement(w, r, l, d, from, middle, &low);
        if (s == WG_OK) s = disagreement(w, r, l, d, middle, to, &high);
        if (s != WG_OK) break;
        if (low >= high) to = middle;
        else from = middle;
    }
    *at = from;
    return s;
}

wg_status wgi_check_direction(wgi_worker *w, const wgi_rule *r, const wgi_leaf_grad *l,
                              uint64_t seed, wgi_finding *f, int *found) {
    double *d = wgi_alloc((size_t)l->n * sizeof *d + 1), excess = 0;
    int64_t at = 0;
    *found = 0;
    if (!d) return wgi_error_to(&w->error, WG_ERR_MEMORY, "gradcheck: no memory");
    for (int64_t i = 0; i < l->n; ++i) d[i] = wgi_direction_at(seed, i);
    wg_status s = disagreement(w, r, l, d, 0, l->n, &excess);
    if (s == WG_OK && excess > 1) {
        s = bisect(w, r, l, d, &at);
        if (s == WG_OK) s = wgi_worker_turn(w, l); /* coordinates move from an anchor */
        if (s == WG_OK) s = wgi_worker_check(w, r, l, at, f);
        *found = s == WG_OK && f->verdict == WG_VERDICT_FAIL;
    }
    wgi_free(d);
    return s;
}

/* ---- all leaves: the remainder of Taylor's formula ------------------------------------------ */

enum { REMAINDERS = 20 }; /* h = 2^-3 ... 2^-22 */

/* All leaves of a program, moved at once. */
typedef struct whole {
    wgi_program *program;
    const wgi_analytic *a;
    uint64_t seed;
    double **origin; /* by leaf */
} whole;

static wg_status evaluate(const whole *w, double h, uint64_t *piece, wg_error *e) {
    for (size_t i = 0; i < w->a->n; ++i) {
        const wgi_leaf_grad *l = &w->a->leaf[i];
        double *x = wgi_program_value(w->program, l->index).data;
        for (int64_t k = 0; k < l->n; ++k)
            x[k] = w->origin[i][k] + h * wgi_direction_at(w->seed + i, k);
    }
    wg_status s = wgi_program_run(w->program, e);
    return s == WG_OK ? wgi_program_signature(w->program, piece, e) : s;
}

/* The median slope between neighbouring steps where the remainder stands out of the noise. */
static double slope_of(const double *remainder, int n, double noise) {
    double slope[REMAINDERS];
    int found = 0;
    for (int k = 0; k + 1 < n; ++k) {
        if (!(remainder[k + 1] > 64 * noise) || !isfinite(remainder[k])) continue;
        double s = log2(remainder[k] / remainder[k + 1]);
        int at = found++;
        for (; at > 0 && slope[at - 1] > s; --at) slope[at] = slope[at - 1];
        slope[at] = s;
    }
    return found > 1 ? slope[found / 2] : (double)NAN;
}

static wg_status remainders(const whole *w, const double *root, double *slope, wg_error *e) {
    double r[REMAINDERS], g = 0, f0 = *root, noise = 4 * 0x1p-52 * fabs(f0);
    uint64_t piece0 = 0, piece;
    int n = 0;
    wg_status s = wgi_program_signature(w->program, &piece0, e);
    for (size_t i = 0; i < w->a->n; ++i)
        for (int64_t k = 0; k < w->a->leaf[i].n; ++k)
            g += w->a->leaf[i].by[WGI_SWEPT64][k] * wgi_direction_at(w->seed + i, k);
    for (int k = 0; k < REMAINDERS && s == WG_OK; ++k) {
        double h = ldexp(1, -3 - k);
        s = evaluate(w, h, &piece, e);
        if (piece == piece0) r[n++] = fabs(*root - f0 - h * g);
    }
    *slope = slope_of(r, n, noise);
    return s;
}

wg_status wgi_taylor_slope(wg_var root, const wgi_analytic *a, uint64_t seed, double *slope,
                           wg_error *e) {
    whole w = {wgi_program_new(root, 1, e), a, seed, NULL};
    wgi_arena room = {0};
    wg_status s = w.program ? WG_OK : e->status ? e->status : WG_ERR_MEMORY;
    *slope = (double)NAN;
    w.origin = wgi_arena_alloc(&room, a->n * sizeof *w.origin);
    for (size_t i = 0; i < a->n && s == WG_OK; ++i) {
        size_t bytes = (size_t)a->leaf[i].n * sizeof(double);
        const void *x = wgi_program_value(w.program, a->leaf[i].index).data;
        if (w.origin) w.origin[i] = wgi_arena_alloc(&room, bytes);
        if (!w.origin || !w.origin[i]) s = wgi_error_to(e, WG_ERR_MEMORY, "gradcheck: no memory");
        else if (bytes) memcpy(w.origin[i], x, bytes);
    }
    if (s == WG_OK) s = remainders(&w, wgi_program_value(w.program, root.index).data, slope, e);
    wgi_program_free(w.program);
    wgi_arena_free(&room);
    return s;
}
