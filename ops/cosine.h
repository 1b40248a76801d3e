/* cosine.h: the cosine of two vectors, shared by cosine_similarity and cosine_embedding_loss:
 *
 *     c = x . y / (a b),   a = max(|x|, eps),   b = max(|y|, eps).
 *
 * With g the cotangent of c, u = x/a, w = y/b, and [.] 1 where it holds, else 0:
 *
 *     dx = g (w - c [|x| > eps] u)/a,   dy = g (u - c [|y| > eps] w)/b.
 *
 * At |x| = eps the second term is taken as 0; with eps = 0 a zero vector gives NaN.  Lengths of
 * 1e300 and 1e-300 are legal: nothing is squared unscaled. */
#ifndef WGI_COSINE_H
#define WGI_COSINE_H

#include "ops/ops.h"

#include <math.h>

typedef struct wgi_cosine {
    double x, y, c; /* |x|, |y|, c */
} wgi_cosine;

/* The piece a vector of that length lies in. */
static inline int wgi_cosine_piece(double length, double eps) {
    return length > eps ? 1 : length < eps ? 2 : length == eps ? 3 : 4;
}

/* max(|v|, eps) along the axis, kept with extent 1, and *above = [|v| > eps]. */
static inline wg_var wgi_cosine_length(wg_var v, int axis, double eps, wg_var *above) {
    wg_var least = wg_number(v.tape, eps), length = wg_norm_over(v, 2, WG_AXES(axis), 1);
    *above = wg_greater(length, least);
    return wg_where(wg_less(length, least), least, length);
}

/* dx[0] and dx[1] of a rule whose operands 0 and 1 are x and y, from the cotangent g of their
 * cosine, axis kept with extent 1. */
static inline void wgi_cosine_pull(wg_pull *p, wg_var g, int axis, double eps) {
    wg_var x = p->x[0], y = p->x[1], zero = wg_number(x.tape, 0), long_x, long_y;
    wg_var a = wgi_cosine_length(x, axis, eps, &long_x);
    wg_var b = wgi_cosine_length(y, axis, eps, &long_y);
    wg_var u = wg_div(x, a), w = wg_div(y, b);
    wg_var c = wg_sum_over(wg_mul(u, w), WG_AXES(axis), 1);
    if (p->wanted[0]) {
        wg_var along = wg_mul(wg_where(long_x, c, zero), u);
        p->dx[0] = wg_mul(wg_div(g, a), wg_sub(w, along));
    }
    if (p->wanted[1]) {
        wg_var along = wg_mul(wg_where(long_y, c, zero), w);
        p->dx[1] = wg_mul(wg_div(g, b), wg_sub(u, along));
    }
}

#endif
