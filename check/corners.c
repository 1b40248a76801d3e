/* corners.c: coordinates on kinks, judged together: in which directions they are moved, and what is
 * said of them.  pieces.c has the mathematics. */
#include "autograd/tape.h"
#include "check/pieces.h"

#include <math.h>
#include <string.h>

enum { CONFIRMED = 3 };

/* ---- directions ----------------------------------------------------------------------------- */

enum { ALL_SIGNS = 4, DENSE = 32, PAIRS = 96, LOOSE = 8 };

/* The k-th of all vectors of -1, 0 and 1; the m-th and the m-th from the end lie on one line. */
static void signs_of(int64_t k, size_t n, double *v) {
    for (size_t i = 0; i < n; ++i, k /= 3) v[i] = (double)(k % 3 - 1);
}

/* A pair of corners, k counting both signs: all pairs where they are few. */
static void pair_of(int64_t k, size_t n, double *v) {
    int64_t m = (int64_t)n, i = 0, j = k / 2;
    if (m * (m - 1) <= PAIRS) {
        for (; j >= m - 1 - i; ++i) j -= m - 1 - i;
        j += i + 1;
    } else {
        i = (int64_t)((wgi_direction_at(5, k / 2) + 1) / 2 * (double)m) % m;
        j = k / 2 % 2 ? (i + 1) % m : (i + 1 + j * 7919 % (m - 1)) % m;
    }
    v[i] = 1;
    v[j] = k % 2 ? -1 : 1;
}

/* The k-th direction in which corners move together; 0 after the last.  All at once, each leaf's,
 * with signs or without and some left out, pairs, and without a pattern. */
static int direction(const wgi_corners *c, int64_t k, double *v) {
    size_t n = c->n;
    int64_t pairs = (int64_t)(n * (n - 1) < PAIRS ? n * (n - 1) : PAIRS);
    int64_t leaves = (int64_t)c->a->n, all = 1;
    memset(v, 0, n * sizeof *v);
    if (n <= ALL_SIGNS) {
        for (size_t i = 0; i < n; ++i) all *= 3;
        all /= 2;
        if (k < all) signs_of(k, n, v);
        else for (size_t i = 0; i < n; ++i) v[i] = wgi_direction_at((uint64_t)k, (int64_t)i);
        return k < all + DENSE;
    }
    for (size_t i = 0; i < n; ++i) {
        double r = wgi_direction_at((uint64_t)k, (int64_t)i);
        if (k == 0) v[i] = 1;
        else if (k <= leaves) v[i] = (int64_t)c->corner[i].leaf == k - 1;
        else if (k <= leaves + DENSE / 2) v[i] = r < 0 ? -1 : 1;
        else if (k <= leaves + DENSE) v[i] = r < 0 ? 0 : 1;
        else if (k > leaves + DENSE + pairs) v[i] = r;
    }
    k -= leaves + DENSE + 1;
    if (k >= 0 && k < pairs) pair_of(k, n, v);
    return k < pairs + LOOSE;
}

/* Of single corners all is known. */
static int worth_asking(size_t n, const double *v) {
    size_t support = 0;
    for (size_t i = 0; i < n; ++i) support += v[i] != 0;
    return support > 1;
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static void write_view(const wgi_view *k, wgi_finding *f) {
    f->way = k->way;
    f->analytic = k->analytic;
    f->error = k->error;
    f->tolerance = k->tolerance;
    f->d.kind = WGI_KINK;
    f->d.left = k->low;
    f->d.right = k->high;
    f->d.value = (k->low + k->high) / 2;
    f->d.bound = f->d.left_bound = f->d.right_bound = k->bound;
}

/* Each leaf that has a part in it is told once, at its first corner. */
static void tell(wgi_corners *c, const wgi_view *k, wgi_answer said,
                 wg_gradcheck_leaf *const *leaf) {
    int64_t support = 0;
    size_t first = c->n, second = c->n;
    for (size_t i = 0; i < c->n; ++i) {
        if (k->v[i] == 0) continue;
        if (support == 0) first = i;
        if (support == 1) second = i;
        support += 1;
    }
    for (size_t i = 0, told = c->a->n; i < c->n; ++i) {
        wgi_finding *f = &c->corner[i].f;
        if (k->v[i] == 0 || c->corner[i].leaf == told) continue;
        size_t other = i == first ? second : first;
        told = c->corner[i].leaf; /* the corners come leaf by leaf */
        write_view(k, f);
        f->verdict = said == WGI_OUTSIDE ? WG_VERDICT_FAIL : WG_VERDICT_KINK;
        f->together = support;
        f->with = leaf[c->corner[other].leaf]->name;
        f->with_at = c->corner[other].f.at;
    }
}

/* A value outside of its own two derivatives may be that of another piece. */
static wg_status judge_alone(wgi_corners *c, size_t *failed) {
    double *v = wgi_arena_alloc(&c->room, c->n * sizeof *v);
    wg_status s = v ? WG_OK : WG_ERR_MEMORY;
    *failed = 0;
    for (size_t i = 0; i < c->n && s == WG_OK; ++i) {
        wgi_finding *f = &c->corner[i].f;
        wgi_answer said = WGI_OUTSIDE;
        if (f->verdict != WG_VERDICT_FAIL) continue;
        memset(v, 0, c->n * sizeof *v);
        v[i] = 1;
        wgi_view k = {v, fmin(f->d.left, f->d.right), fmax(f->d.left, f->d.right),
                  fmax(f->d.left_bound, f->d.right_bound), 0, 0, 0, f->way};
        int asked = isfinite(f->analytic) && !f->rounding_wrong && *failed < CONFIRMED;
        if (asked && wgi_outside(c, &k)) s = wgi_settle(c, &k, &said);
        *failed += said == WGI_OUTSIDE;
        if (said == WGI_OUTSIDE) continue;
        write_view(&k, f);
        f->verdict = said == WGI_WITHIN ? WG_VERDICT_SUBGRADIENT : WG_VERDICT_KINK;
    }
    return s;
}

static wg_status judge_together(wgi_corners *c, wg_gradcheck_leaf *const *leaf,
                                int64_t *directions) {
    wgi_view k = {wgi_arena_alloc(&c->room, c->n * sizeof(double)), 0, 0, 0, 0, 0, 0, WGI_SWEPT64};
    wg_status s = k.v ? WG_OK : WG_ERR_MEMORY;
    wgi_answer said = WGI_WITHIN;
    for (int64_t i = 0; s == WG_OK && said != WGI_OUTSIDE && direction(c, i, k.v); ++i) {
        if (wgi_late(c)) break;
        if (!worth_asking(c->n, k.v)) continue;
        s = wgi_ask(c, &k, &said);
        *directions += 1;
        if (s == WG_OK && said != WGI_WITHIN) tell(c, &k, said, leaf);
    }
    return s;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static wg_status prepare(wgi_corners *c) {
    double **x = c->x = wgi_arena_alloc(&c->room, c->n * sizeof *c->x);
    double *numbers = wgi_arena_alloc(&c->room, 3 * c->n * sizeof *numbers), largest = 0, scale = 1;
    if (!x || !numbers) return WG_ERR_MEMORY;
    c->origin = numbers;
    c->u = numbers + c->n;
    c->beside = numbers + 2 * c->n;
    wgi_line *line = &c->w->line;
    wg_status s = c->w->source->turn(c->w, NULL, &line->value, &line->piece);
    for (size_t i = 0; i < c->n && s == WG_OK; ++i) {
        const wgi_leaf_grad *l = &c->a->leaf[c->corner[i].leaf];
        x[i] = c->w->source->numbers(c->w, l) + c->corner[i].f.at;
        c->origin[i] = *x[i];
        scale = fmax(scale, fabs(*x[i]));
        largest = fmax(largest, fmax(l->largest, fabs(c->corner[i].f.d.left)));
        largest = fmax(largest, fabs(c->corner[i].f.d.right));
    }
    c->w->corners = c;
    c->fine = c->rule->narrow * largest + c->rule->of_root * fabs(line->value);
    line->f = wgi_move_corners;
    line->at = 1;
    line->noise = 0;
    line->scale = c->w->factor * exp2(ceil(log2(scale))); /* a power of two moves ties alike */
    return s;
}

wg_status wgi_judge_corners(wgi_worker *w, const wgi_rule *r, const wgi_analytic *a, size_t n,
                            wgi_corner *corner, wg_gradcheck_leaf *const *leaf, double until,
                            int64_t *directions) {
    wgi_corners c = {.w = w, .rule = r, .a = a, .corner = corner, .n = n, .until = until};
    size_t failed = 0;
    *directions = 0;
    if (n == 0) return WG_OK;
    wg_status s = prepare(&c);
    if (s == WG_OK) s = judge_alone(&c, &failed);
    if (s == WG_OK && !failed && n > 1) s = judge_together(&c, leaf, directions);
    w->corners = NULL;
    wgi_arena_free(&c.room);
    return s == WG_ERR_MEMORY ? wgi_error_to(&w->error, s, "gradcheck: no memory") : s;
}
