/* pieces.c: what the pieces of f that meet at a kink say of g along a direction.
 *
 * At a tie the derivatives of each coordinate are not all: of max(x, y) at x = y each may be
 * anything in [0, 1], but their sum is 1.  What is right is a member of the generalized gradient
 * (F. H. Clarke, Optimization and Nonsmooth Analysis, 1983), the hull of the gradients of the
 * pieces p of f that meet at x.  g lies in it where along every direction v
 *
 *     min_p <grad p(x), v>  <=  <g, v>  <=  max_p <grad p(x), v>.
 *
 * f'(x; v) and -f'(x; -v) are two of these numbers, and the extreme ones where f is convex or
 * concave near x.  Elsewhere (relu(x) - 2 relu(y) along (1, -1): both lie in [1, 2], and g = 0 is
 * right) other pieces decide.  With F(u) = f'(x; u), which differences give with a bound, the piece
 * in direction u has
 *
 *     <grad p(x), v> = (F(u + d v) - F(u - d v)) / 2d
 *
 * where u + d v and u - d v lead into one piece, which the branch signatures tell.  Where g lies
 * outside of what both sides give, pieces in other directions are asked until it does not, or until
 * none is left that would be further out. */
#include "autograd/tape.h"
#include "check/pieces.h"

#include <math.h>
#include <string.h>

enum { STARTS = 10, SAMPLES = 2048, CLIMB = 64 };

/* ---- derivatives ---------------------------------------------------------------------------- */

wg_status wgi_move_corners(wgi_line *line, double *t, double *f, uint64_t *piece) {
    wgi_worker *w = (wgi_worker *)(void *)line;
    const wgi_corners *c = w->corners;
    for (size_t i = 0; i < c->n; ++i) *c->x[i] = c->origin[i] + *t * c->move[i];
    wg_status s = w->source->run(w, f, piece);
    for (size_t i = 0; i < c->n; ++i) *c->x[i] = c->origin[i];
    return s;
}

static wg_status along(wgi_corners *c, const double *v, wgi_derivative *d) {
    c->move = v;
    wg_status s = wgi_differentiate_quickly(&c->w->line, d);
    if (s != WG_OK || (d->kind == WGI_SMOOTH && d->bound <= c->fine)) return s;
    return wgi_differentiate(&c->w->line, d);
}

/* F(v); 0 where it does not settle. */
static int on_the_right(const wgi_corners *c, const wgi_derivative *d, double *f, double *bound) {
    int smooth = d->kind == WGI_SMOOTH;
    *f = smooth ? d->value : d->right;
    *bound = smooth ? d->bound : d->right_bound;
    return d->kind <= WGI_KINK && isfinite(*f) && *bound <= c->fine;
}

static void widen(wgi_view *k, double value, double bound) {
    k->low = fmin(k->low, value);
    k->high = fmax(k->high, value);
    k->bound = fmax(k->bound, bound);
}

/* <grad p(x), v> of the piece in direction c->u; *found is 0 where it cannot be told. */
static wg_status piece_slope(wgi_corners *c, wgi_view *k, double *slope, int *found) {
    *found = 0;
    for (double d = 0x1p-3; d > 0x1p-20 && !*found; d /= 8) {
        double f[2], bound[2];
        uint64_t piece[2] = {0, 0};
        int told = 1;
        for (int side = 0; side < 2; ++side) {
            wgi_derivative n;
            for (size_t i = 0; i < c->n; ++i) c->beside[i] = c->u[i] + (side ? -d : d) * k->v[i];
            wg_status s = along(c, c->beside, &n);
            if (s != WG_OK) return s;
            told = told && on_the_right(c, &n, &f[side], &bound[side]);
            piece[side] = n.right_piece;
        }
        if (!told || piece[0] != piece[1]) continue;
        *found = (bound[0] + bound[1]) / (2 * d) <= c->fine;
        *slope = (f[0] - f[1]) / (2 * d);
        if (*found) widen(k, *slope, (bound[0] + bound[1]) / (2 * d));
    }
    return WG_OK;
}

/* ---- one direction -------------------------------------------------------------------------- */

/* Compares <g, v> with what is known; 1 if it lies outside. */
int wgi_outside(const wgi_corners *c, wgi_view *k) {
    k->error = -1;
    for (int way = WGI_SWEPT64; way <= WGI_RECORDED64; ++way) {
        double a = 0, tolerance = 0;
        int given = 1;
        for (size_t i = 0; i < c->n; ++i) {
            const wgi_leaf_grad *l = &c->a->leaf[c->corner[i].leaf];
            given = given && l->by[way];
            if (!given || k->v[i] == 0) continue;
            double term = l->by[way][c->corner[i].f.at] * k->v[i];
            double atol = c->rule->atol > 0 ? c->rule->atol : c->rule->of_gradient * l->largest;
            a += term;
            tolerance += fabs(k->v[i]) * atol + c->rule->rtol * fabs(term);
        }
        double e = a < k->low ? k->low - a : a > k->high ? a - k->high : 0;
        if (!given || !(e > k->error)) continue;
        k->error = e;
        k->analytic = a;
        k->tolerance = tolerance;
        k->way = (wgi_way)way;
    }
    return k->error > k->tolerance + k->bound;
}

/* Directions into pieces: those that gates take for a tie (below or above it, the first place or
 * the last one ahead), along v, against it, anywhere. */
static void start(wgi_corners *c, const double *v, int k) {
    for (size_t i = 0; i < c->n; ++i) {
        double r = wgi_direction_at(77 + (uint64_t)k, (int64_t)i);
        double size = 0.5 + 0.5 * (double)(k & 2 ? c->n - i : i + 1) / (double)(c->n + 1);
        double sign = k % 2 ? 1 : -1;
        c->u[i] = k < 4 ? sign * size : k < 6 && v[i] != 0 ? sign * v[i] * (1 + r / 8) : r;
    }
}

int wgi_late(const wgi_corners *c) { return wgi_seconds() > c->until; }

/* Asks the pieces of a few directions; *out is WGI_WITHIN once they reach g. */
static wg_status ask_around(wgi_corners *c, wgi_view *k, wgi_answer *out) {
    wg_status s = WG_OK;
    *out = WGI_OUTSIDE;
    for (int i = 0; i < STARTS && s == WG_OK && *out == WGI_OUTSIDE; ++i) {
        double slope;
        int found;
        start(c, k->v, i);
        s = piece_slope(c, k, &slope, &found);
        if (!wgi_outside(c, k)) *out = WGI_WITHIN;
    }
    return s;
}

/* Whether the piece in direction c->u was asked before; it costs one evaluation to know. */
static wg_status is_new(wgi_corners *c, int *fresh) {
    double t = ldexp(c->w->line.scale, -33), value;
    uint64_t piece;
    c->move = c->u;
    c->w->line.evaluations += 1;
    wg_status s = wgi_move_corners(&c->w->line, &t, &value, &piece);
    *fresh = s == WG_OK;
    for (size_t i = 0; i < c->pieces && *fresh; ++i) *fresh = c->piece[i] != piece;
    if (*fresh && c->pieces < WGI_PIECES) c->piece[c->pieces++] = piece;
    return s;
}

/* Looks at the piece in direction c->u; *better if it reaches further towards g than *best. */
static wg_status try_piece(wgi_corners *c, wgi_view *k, double *best, int *better,
                           wgi_answer *out) {
    double slope;
    int found = 0;
    wg_status s = is_new(c, better);
    if (s == WG_OK && *better) s = piece_slope(c, k, &slope, &found);
    if (found && k->analytic < k->low) slope = -slope;
    *better = found && slope > *best;
    if (*better) *best = slope;
    if (!wgi_outside(c, k)) *out = WGI_WITHIN;
    else if (wgi_late(c)) *out = WGI_UNTOLD;
    return s;
}

/* Directions without a pattern, every other one with numbers of very different sizes: pieces may
 * be thin.  The best one stays in c->u. */
static wg_status look_anywhere(wgi_corners *c, wgi_view *k, double *best, wgi_answer *out) {
    double *kept = wgi_arena_alloc(&c->room, c->n * sizeof *kept);
    wg_status s = kept ? WG_OK : WG_ERR_MEMORY;
    for (uint64_t i = 0; i < SAMPLES && s == WG_OK && *out == WGI_OUTSIDE; ++i) {
        int better;
        for (size_t j = 0; j < c->n; ++j) {
            c->u[j] = wgi_direction_at(100 + i, (int64_t)j);
            if (i % 2) c->u[j] *= exp2(-8 * fabs(wgi_direction_at(SAMPLES + 200 + i, (int64_t)j)));
        }
        s = try_piece(c, k, best, &better, out);
        if (better || i == 0) memcpy(kept, c->u, c->n * sizeof *kept);
    }
    if (s == WG_OK) memcpy(c->u, kept, c->n * sizeof *kept);
    return s;
}

/* From the piece in direction c->u on to ones that reach further, one corner at a time. */
static wg_status climb(wgi_corners *c, wgi_view *k, double *best, wgi_answer *out) {
    wg_status s = WG_OK;
    for (size_t i = 0; i < 6 * c->n && s == WG_OK && *out == WGI_OUTSIDE; ++i) { /* 2 x 3 tries */
        double *u = &c->u[i / 3 % c->n], kept = *u;
        int better;
        *u = i % 3 == 0 ? -kept : i % 3 == 1 ? -8 * kept : wgi_direction_at(78, (int64_t)i);
        s = try_piece(c, k, best, &better, out);
        if (!better) *u = kept;
    }
    return s;
}

/* The last word on a direction whose halves are within.  Of too many corners, or with too little
 * time, only what is the same on all pieces seen so far is decided. */
static wg_status exhaust(wgi_corners *c, wgi_view *k, double spread, wgi_answer *out) {
    double best = -HUGE_VAL;
    wg_status s = WG_OK;
    c->pieces = 0;
    *out = c->n > CLIMB ? WGI_UNTOLD : WGI_OUTSIDE;
    if (*out == WGI_OUTSIDE) s = look_anywhere(c, k, &best, out);
    if (s == WG_OK && *out == WGI_OUTSIDE) s = climb(c, k, &best, out);
    if (*out == WGI_UNTOLD && k->high - k->low <= spread + 4 * k->bound) *out = WGI_OUTSIDE;
    return s;
}

/* v on one half of its support, then on the other: an error of a few is found among many. */
static wg_status ask_halves(wgi_corners *c, wgi_view *k, size_t support, wgi_answer *out) {
    wgi_arena_mark mark = wgi_arena_position(&c->room);
    wg_status s = WG_OK;
    *out = WGI_WITHIN;
    for (int half = 0; half < 2 && s == WG_OK && *out != WGI_OUTSIDE && support > 2; ++half) {
        wgi_view part = {.v = wgi_arena_alloc(&c->room, c->n * sizeof(double)), .way = k->way};
        wgi_answer said = WGI_WITHIN;
        size_t seen = 0;
        if (!part.v) return WG_ERR_MEMORY;
        for (size_t i = 0; i < c->n; ++i) {
            int first = seen < support / 2;
            seen += k->v[i] != 0;
            part.v[i] = first == !half ? k->v[i] : 0;
        }
        s = wgi_ask(c, &part, &said);
        if (said != WGI_WITHIN) *out = said;
        if (said != WGI_OUTSIDE) continue;
        memcpy(k->v, part.v, c->n * sizeof *k->v);
        part.v = k->v;
        *k = part;
    }
    wgi_arena_release(&c->room, mark);
    return s;
}

/* Where k is WGI_OUTSIDE, it shows the fewest corners that show it. */
wg_status wgi_settle(wgi_corners *c, wgi_view *k, wgi_answer *out) {
    double spread = k->high - k->low;
    size_t support = 0;
    for (size_t i = 0; i < c->n; ++i) support += k->v[i] != 0;
    wg_status s = ask_around(c, k, out);
    if (s != WG_OK || *out != WGI_OUTSIDE) return s;
    wgi_answer halves;
    s = ask_halves(c, k, support, &halves);
    if (s == WG_OK && halves == WGI_WITHIN) s = exhaust(c, k, spread, out);
    else *out = halves;
    return s;
}

wg_status wgi_ask(wgi_corners *c, wgi_view *k, wgi_answer *out) {
    wgi_derivative d;
    wg_status s = along(c, k->v, &d);
    *out = WGI_WITHIN;
    if (s != WG_OK || d.kind > WGI_KINK) return s; /* nothing is known of this line */
    int kink = d.kind == WGI_KINK;
    k->low = kink ? fmin(d.left, d.right) : d.value;
    k->high = kink ? fmax(d.left, d.right) : d.value;
    k->bound = kink ? fmax(d.left_bound, d.right_bound) : d.bound;
    if (!(k->bound <= c->fine) || !wgi_outside(c, k)) return s;
    return wgi_settle(c, k, out);
}
