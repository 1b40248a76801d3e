/* pieces.h: coordinates on kinks, between corners.c, which judges them, and pieces.c, which asks
 * what the pieces of f say along one direction. */
#ifndef WGI_PIECES_H
#define WGI_PIECES_H

#include "check/gradcheck.h"

enum { WGI_PIECES = 512 };

typedef struct wgi_corners {
    wgi_worker *w;
    const wgi_rule *rule;
    const wgi_analytic *a;
    wgi_corner *corner;
    size_t n;
    double **x, *origin; /* (n): the numbers, and what they are at the point */
    const double *move;  /* (n): the direction at hand */
    double *u, *beside;  /* (n) */
    double fine;         /* bounds up to this decide */
    double until;
    uint64_t piece[WGI_PIECES]; /* that were asked in the present direction */
    size_t pieces;
    wgi_arena room;
} wgi_corners;

/* What the pieces at x say along v, and the analytic value that is furthest from it. */
typedef struct wgi_view {
    double *v;
    double low, high, bound;
    double analytic, error, tolerance;
    wgi_way way;
} wgi_view;

typedef enum { WGI_WITHIN, WGI_OUTSIDE, WGI_UNTOLD } wgi_answer;

/* The line's function: moves all corners along c->move. */
wg_status wgi_move_corners(wgi_line *line, double *t, double *f, uint64_t *piece);
/* Compares <g, v> with k as it is; 1 if it lies outside. */
int wgi_outside(const wgi_corners *c, wgi_view *k);
/* Whether <g, v> lies between what the pieces that meet at x say along v; where it does not, k->v
 * becomes the part of v with the fewest corners that shows it. */
wg_status wgi_ask(wgi_corners *c, wgi_view *k, wgi_answer *out);
/* The same where k shows both sides of the point already, and lies outside of them. */
wg_status wgi_settle(wgi_corners *c, wgi_view *k, wgi_answer *out);
int wgi_late(const wgi_corners *c);

#endif
