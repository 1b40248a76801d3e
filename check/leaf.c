/* leaf.c: one leaf of a gradient check: which of its coordinates, on which thread, how long. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "check/gradcheck.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { PILOT = 8, DIRECTIONS = 4 }; /* coordinates, directions of a leaf */

double wgi_seconds(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- which coordinates ---------------------------------------------------------------------- */

/* A number in [0, n) from seed and k: the mixing of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood,
 * OOPSLA 2014). */
static int64_t draw(uint64_t seed, int64_t k, int64_t n) {
    uint64_t z = seed + 0x9e3779b97f4a7c15u * ((uint64_t)k + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

/* The k-th of m coordinates out of n: all of them, or one drawn from each of m equal parts. */
static int64_t coordinate(const wgi_checking *c, int64_t k, int64_t m, int64_t n) {
    if (m == n) return k;
    int64_t part = n / m, more = n % m; /* the first `more` parts have one more */
    int64_t begin = k * part + (k < more ? k : more);
    return begin + draw(c->options.seed, k, part + (k < more));
}

/* One leaf's coordinates, divided among the workers. */
typedef struct division {
    wgi_checking *c;
    const wgi_leaf_grad *l;
    size_t leaf; /* its place in the report */
    const char *name;
    int64_t m, stride; /* so many, in an order that covers the leaf evenly wherever it ends */
    double until;      /* when to end */
    wgi_share *share;  /* one a worker */
} division;

void wgi_share_add(wgi_share *s, const wgi_finding *f) {
    s->worst = s->checked ? *wgi_worse_finding(&s->worst, f) : *f;
    s->checked += 1;
    s->found[f->verdict] += 1;
    if (f->rounding > s->rounding) {
        s->rounding = f->rounding;
        s->rounding_at = f->at;
    }
}

static int grow(wgi_share *s) {
    size_t room = s->room ? 2 * s->room : 16;
    wgi_corner *more = wgi_alloc(room * sizeof *more);
    if (!more) return 0;
    if (s->corners) memcpy(more, s->corner, s->corners * sizeof *more);
    wgi_free(s->corner);
    s->corner = more;
    s->room = room;
    return 1;
}

/* What lies on a kink is judged later, together with all else that does, as far as there is room
 * for it. */
static void take(wgi_share *s, const wgi_finding *f, size_t leaf) {
    int corner = f->d.kind == WGI_KINK && f->verdict != WG_VERDICT_KINK;
    if (corner && s->corners < WGI_CORNERS && (s->corners < s->room || grow(s)))
        s->corner[s->corners++] = (wgi_corner){leaf, *f};
    else wgi_share_add(s, f);
}

static void check_share(const division *d, int64_t part) {
    const wg_gradcheck_options *o = &d->c->options;
    wgi_worker *w = &d->c->workers[part];
    wgi_share *share = &d->share[part];
    int64_t parts = d->c->n_workers, from = part * d->m / parts, to = (part + 1) * d->m / parts;
    if (from == to) return;
    share->status = wgi_worker_turn(w, d->l);
    for (int64_t k = from; k < to && share->status == WG_OK; ++k) {
        wgi_finding f;
        int64_t at = (int64_t)((uint64_t)k * (uint64_t)d->stride % (uint64_t)d->m);
        int64_t j = coordinate(d->c, at, d->m, d->l->n), done = k - from + 1;
        if (d->m < d->l->n && done > PILOT && wgi_seconds() > d->until) break;
        share->status = wgi_worker_check(w, &d->c->rule, d->l, j, &f);
        if (share->status == WG_OK) take(share, &f, d->leaf);
        if (o->progress && part == 0 && (done % 256 == 0 || k + 1 == to))
            o->progress(d->name, done * parts < d->m ? done * parts : d->m, d->m, o->user);
    }
}

static void check_shares(int64_t begin, int64_t end, void *arg) {
    for (int64_t part = begin; part < end; ++part) check_share(arg, part);
}

/* Puts the shares together; the order does not matter. */
static wg_status gather(const division *d, wgi_share *all) {
    for (int i = 0; i < d->c->n_workers; ++i) {
        const wgi_share *s = &d->share[i];
        if (s->status != WG_OK)
            return wgi_error_to(d->c->error, s->status, "%s", d->c->workers[i].error.text);
        for (size_t k = 0; k < s->corners; ++k) take(all, &s->corner[k].f, d->leaf);
        if (!s->checked) continue;
        all->worst = all->checked ? *wgi_worse_finding(&all->worst, &s->worst) : s->worst;
        all->checked += s->checked;
        for (int v = 0; v < WGI_VERDICTS; ++v) all->found[v] += s->found[v];
        if (s->rounding > all->rounding) {
            all->rounding = s->rounding;
            all->rounding_at = s->rounding_at;
        }
    }
    return WG_OK;
}

/* A step through m places that reaches each, neighbours in time being far apart. */
static int64_t stride_of(int64_t m) {
    int64_t stride = (int64_t)(0.6180339887498949 * (double)m) + 1;
    for (;; ++stride) {
        int64_t a = m, b = stride;
        while (b) {
            int64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) return stride;
    }
}

/* How many coordinates of the leaf fit its share of the time, by the time that a few take.  Half of
 * what is left goes to the leaves by their sizes, half to all alike. */
static wg_status plan(wgi_checking *c, const wgi_leaf_grad *l, int64_t *m, double *until) {
    int64_t most = c->options.coordinates;
    wgi_finding f;
    *until = HUGE_VAL;
    *m = most > 0 && most < l->n ? most : l->n;
    if (*m <= PILOT || !isfinite(c->until)) return WG_OK;
    wg_status s = wgi_worker_turn(&c->workers[0], l);
    double begin = wgi_seconds();
    for (int64_t k = 0; k < PILOT && s == WG_OK; ++k)
        s = wgi_worker_check(&c->workers[0], &c->rule, l, coordinate(c, k, PILOT, l->n), &f);
    if (s != WG_OK) return wgi_error_to(c->error, s, "%s", c->workers[0].error.text);
    double now = wgi_seconds(), each = (now - begin) / (PILOT * c->n_workers);
    double part = (double)l->n / (double)c->left + 1 / (double)c->leaves_left;
    double share = fmax(c->until - now, 0) * part / 2;
    *until = now + 2 * share;
    if (each * (double)*m > share) {
        double fits = share / each;
        *m = fits > PILOT ? (int64_t)fits : PILOT;
    }
    return s;
}

/* A leaf of which not all coordinates were checked moves as a whole. */
static wg_status check_directions(wgi_checking *c, const wgi_leaf_grad *l, wgi_share *share,
                                  wg_gradcheck_leaf *r) {
    int n = c->options.directions ? c->options.directions : DIRECTIONS;
    wgi_worker *w = &c->workers[0];
    wg_status s = n > 0 ? wgi_worker_turn(w, l) : WG_OK;
    for (int k = 0; k < n && s == WG_OK; ++k) {
        wgi_finding f;
        int found;
        s = wgi_check_direction(w, &c->rule, l, c->options.seed + (uint64_t)k, &f, &found);
        if (s == WG_OK) r->directions += 1;
        if (found) wgi_share_add(share, &f);
        if (found) break;
    }
    return s == WG_OK ? s : wgi_error_to(c->error, s, "%s", w->error.text);
}

wg_status wgi_check_leaf(wgi_checking *c, const wgi_leaf_grad *l, size_t i,
                         wg_gradcheck_leaf *r, wgi_share *found) {
    int64_t m;
    double until;
    wg_status s = plan(c, l, &m, &until);
    wgi_share *share = wgi_alloc_zero((size_t)c->n_workers * sizeof *share);
    if (!share) return wgi_error_to(c->error, WG_ERR_MEMORY, "gradcheck: no memory");
    division d = {c, l, i, r->name, m, m > 0 && m < l->n ? stride_of(m) : 1, until, share};
    if (s == WG_OK) wgi_parallel_for(c->n_workers, 1, check_shares, &d);
    if (s == WG_OK && m < l->n && share[0].status == WG_OK)
        s = check_directions(c, l, &share[0], r);
    if (s == WG_OK) s = gather(&d, found);
    for (int k = 0; k < c->n_workers; ++k) wgi_free(share[k].corner);
    wgi_free(share);
    c->left -= l->n;
    c->leaves_left -= 1;
    return s;
}
