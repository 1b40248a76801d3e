/* derivative.c: the derivative of a function on a line, with a bound on its own error.
 *
 * Central quotients D(h) = (f(h) - f(-h))/2h have errors in even powers of h, one-sided ones in
 * all powers.  Both are extrapolated to h = 0 from steps that shrink by 4 (Neville's scheme; C. J.
 * F. Ridders, Advances in Engineering Software 4, 1982).  The bound of an estimate is twice the
 * larger of its differences from the two it was made of, and the noise of f over the smallest
 * step.
 *
 * Only quotients within one piece of f are put together: those at whose ends every gate with
 * choices chose alike.  Where no step however small avoids a change of piece, there is a
 * derivative on either side, each from the piece on that side. */
#include "check/gradcheck.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LEVELS = 17, FIRST = 3, ORDER = 6 }; /* steps 2^-3 to 2^-35 of the scale; columns */

/* f at a step, and which piece of f that lies on. */
typedef struct place {
    double t, f;
    uint64_t piece;
    int finite;
} place;

static wg_status look(wgi_line *line, double t, place *p) {
    p->t = t;
    p->f = 0;
    p->piece = 0;
    line->evaluations += 1;
    wg_status s = line->f(line, &p->t, &p->f, &p->piece);
    p->finite = isfinite(p->f);
    if (p->finite) line->size = fmax(line->size, fabs(p->f));
    return s;
}

/* ---- extrapolation -------------------------------------------------------------------------- */

/* The newest row of Neville's scheme, and the best estimate so far. */
typedef struct scheme {
    double row[ORDER];
    int n;        /* entries of the row */
    double power; /* 4^p: what a step shrunk by 4 divides the first error term by */
    int found;
    double value, bound, step;
} scheme;

static void scheme_start(scheme *s, double power) {
    memset(s, 0, sizeof *s);
    s->power = power;
    s->bound = HUGE_VAL;
}

/* Adds the quotient of the next smaller step, whose noise is `noise`. */
static void scheme_add(scheme *s, double quotient, double step, double noise) {
    double next[ORDER], factor = s->power;
    int n = s->n < ORDER ? s->n + 1 : ORDER;
    next[0] = quotient;
    for (int k = 1; k < n; ++k, factor *= s->power) {
        next[k] = next[k - 1] + (next[k - 1] - s->row[k - 1]) / (factor - 1);
        double error = fmax(fabs(next[k] - next[k - 1]), fabs(next[k] - s->row[k - 1]));
        double bound = 2 * error + noise;
        if (!(bound < s->bound)) continue;
        s->bound = bound;
        s->value = next[k];
        s->step = step;
        s->found = 1;
    }
    if (n == 1 && !s->found) {
        s->value = quotient;
        s->step = step;
    }
    memcpy(s->row, next, sizeof next);
    s->n = n;
}

/* Noise of a quotient of two values over a distance: both ends, and what extrapolation makes of
 * it (a factor below 2). */
static double noise_of(const wgi_line *line, double f, double distance) {
    double noise = fmax(line->noise, 2 * DBL_EPSILON * fabs(f));
    return 4 * noise / distance;
}

static void take(wgi_derivative *d, wgi_kind kind, const scheme *s) {
    d->kind = kind;
    d->value = s->value;
    d->bound = s->bound;
    d->step = s->step;
}

/* ---- the usual case ------------------------------------------------------------------------- */

static wg_status pair(wgi_line *line, double h, place p[2]) {
    wg_status s = look(line, h, &p[0]);
    return s == WG_OK ? look(line, -h, &p[1]) : s;
}

static int smooth(const wgi_line *line, const place p[2]) {
    return p[0].finite && p[1].finite && p[0].piece == line->piece && p[1].piece == line->piece;
}

wg_status wgi_differentiate_quickly(wgi_line *line, wgi_derivative *d) {
    scheme central;
    place p[2];
    double h = ldexp(line->scale, -12);
    scheme_start(&central, 16);
    memset(d, 0, sizeof *d);
    line->size = isfinite(line->value) ? fabs(line->value) : 0;
    d->kind = WGI_UNSETTLED;
    for (int level = 0; level < 2; ++level, h /= 4) {
        wg_status s = pair(line, h, p);
        if (s != WG_OK) return s;
        if (!smooth(line, p)) return WG_OK;
        double distance = p[0].t - p[1].t;
        scheme_add(&central, (p[0].f - p[1].f) / distance, distance / 2,
                   noise_of(line, fmax(fabs(p[0].f), fabs(p[1].f)), distance));
    }
    take(d, WGI_SMOOTH, &central);
    d->right_piece = line->piece;
    d->size = line->size;
    return WG_OK;
}

/* ---- the ladder ----------------------------------------------------------------------------- */

typedef struct ladder {
    place at[LEVELS][2]; /* from the largest step down; above, below */
    int n;
} ladder;

/* From the smallest step up, so that the pieces next to the point are known first. */
static wg_status climb(wgi_line *line, double scale, ladder *l) {
    l->n = LEVELS;
    for (int k = LEVELS - 1; k >= 0; --k) {
        wg_status s = pair(line, ldexp(scale, -FIRST - 2 * k), l->at[k]);
        if (s != WG_OK) return s;
    }
    return WG_OK;
}

/* The largest steps from which on down to the smallest all of side lie on one piece. */
static int first_of_piece(const ladder *l, int side, uint64_t piece) {
    int k = l->n;
    while (k > 0 && l->at[k - 1][side].finite && l->at[k - 1][side].piece == piece) --k;
    return k;
}

static void central_scheme(const wgi_line *line, const ladder *l, scheme *s) {
    int above = first_of_piece(l, 0, line->piece), below = first_of_piece(l, 1, line->piece);
    scheme_start(s, 16);
    for (int k = above > below ? above : below; k < l->n; ++k) {
        const place *p = l->at[k];
        double distance = p[0].t - p[1].t;
        scheme_add(s, (p[0].f - p[1].f) / distance, distance / 2,
                   noise_of(line, fmax(fabs(p[0].f), fabs(p[1].f)), distance));
    }
}

/* From f at the point itself, which belongs to the piece or to its border. */
static void side_scheme(const wgi_line *line, const ladder *l, int side, scheme *s) {
    scheme_start(s, 4);
    if (!isfinite(line->value)) return;
    for (int k = first_of_piece(l, side, l->at[l->n - 1][side].piece); k < l->n; ++k) {
        const place *p = &l->at[k][side];
        scheme_add(s, (p->f - line->value) / p->t, fabs(p->t),
                   noise_of(line, fmax(fabs(p->f), fabs(line->value)), fabs(p->t)));
    }
}

/* The better of what is known. */
static void settle(const wgi_line *line, const ladder *l, wgi_derivative *d) {
    scheme central, side[2];
    const place *last = l->at[l->n - 1];
    int own[2];
    central_scheme(line, l, &central);
    for (int k = 0; k < 2; ++k) {
        side_scheme(line, l, k, &side[k]);
        own[k] = last[k].finite && last[k].piece == line->piece;
    }
    d->left = side[1].value;
    d->right = side[0].value;
    d->left_bound = side[1].bound;
    d->right_bound = side[0].bound;
    d->right_piece = last[0].piece;
    if (own[0] && own[1]) take(d, WGI_SMOOTH, &central);
    for (int k = 0; k < 2; ++k) /* on one side the piece of the point goes further */
        if (own[k] && side[k].found && side[k].bound < d->bound)
            take(d, own[!k] ? WGI_SMOOTH : WGI_ONE_SIDED, &side[k]);
    if (own[0] || own[1]) return;
    if (last[0].finite && last[1].finite) {
        d->kind = side[0].found && side[1].found ? WGI_KINK : WGI_UNSETTLED;
        d->value = (d->left + d->right) / 2;
        d->bound = fmax(d->left_bound, d->right_bound);
        d->step = fmax(side[0].step, side[1].step);
    } else {
        d->kind = WGI_NOT_FINITE;
    }
}

wg_status wgi_differentiate(wgi_line *line, wgi_derivative *d) {
    double x = fabs(line->at), scales[2] = {line->scale, line->scale * x};
    ladder l;
    memset(d, 0, sizeof *d);
    d->kind = WGI_UNSETTLED;
    d->bound = HUGE_VAL;
    /* near 0 the scale of f may be that of x: log x, sqrt x */
    for (int k = 0; k < 2; ++k) {
        wgi_derivative found;
        if (k && !(x > 0 && x < 0x1p-10)) break;
        wg_status s = climb(line, scales[k], &l);
        if (s != WG_OK) return s;
        memset(&found, 0, sizeof found);
        found.kind = WGI_UNSETTLED;
        found.bound = HUGE_VAL;
        settle(line, &l, &found);
        if (k == 0 || found.bound < d->bound) *d = found;
    }
    d->size = line->size;
    return WG_OK;
}

/* ---- noise ---------------------------------------------------------------------------------- */

enum { NOISE = 7 };

/* Values of a smooth f at equal tiny distances differ by a polynomial and by noise; the fourth and
 * higher differences are noise alone, of variance (2k)!/(k!)^2 times that of f (J. J. More,
 * S. M. Wild, SIAM Journal on Scientific Computing 33, 2011). */
wg_status wgi_measure_noise(wgi_line *line, double distance) {
    double f[NOISE], gamma = 1, noise = 0;
    for (int i = 0; i < NOISE; ++i) {
        place p;
        wg_status s = look(line, (i - NOISE / 2) * distance, &p);
        if (s != WG_OK) return s;
        if (!p.finite || p.piece != line->piece) return WG_OK; /* the noise stays what it was */
        f[i] = p.f;
    }
    for (int k = 1; k < NOISE; ++k) {
        double sum = 0;
        gamma *= (double)k / (2 * (2 * k - 1)); /* (k!)^2/(2k)! */
        for (int i = 0; i + k < NOISE; ++i) {
            f[i] = f[i + 1] - f[i];
            sum += f[i] * f[i];
        }
        if (k >= 4) noise = fmax(noise, sqrt(gamma * sum / (NOISE - k)));
    }
    line->noise = fmax(line->noise, 2 * noise);
    return WG_OK;
}
