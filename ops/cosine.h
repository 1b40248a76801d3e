/* cosine.h: the cosine of two vectors, shared by cosine_similarity and cosine_embedding_loss:
 *
 *     c = x . y / (max(|x|, eps) max(|y|, eps)).
 *
 * With g the cotangent of c, rx = 1/max(|x|, eps) and [.] 1 where it holds, else 0:
 *
 *     dx = g (rx ry y - c rx^2 [|x| > eps] x),   and dy alike.
 *
 * At |x| = eps the second term is taken as 0; with eps = 0 a zero vector gives NaN. */
#ifndef WGI_COSINE_H
#define WGI_COSINE_H

#include "ops/ops.h"

#include <math.h>

/* The piece a vector of squared length s lies in. */
static inline int wgi_cosine_piece(double s, double eps) {
    return s > eps * eps ? 1 : s < eps * eps ? 2 : s == eps * eps ? 3 : 4;
}

/* 1/max(|v|, eps) along the axis, kept with extent 1, and *above = [|v| > eps]. */
static inline wg_var wgi_cosine_scale(wg_var v, int axis, double eps, wg_var *above) {
    wg_var least = wg_number(v.tape, eps * eps);
    wg_var s = wg_sum_over(wg_square(v), WG_AXES(axis), 1);
    *above = wg_step(wg_sub(s, least));
    return wg_div(wg_number(v.tape, 1), wg_sqrt(wg_maximum(s, least)));
}

/* dx[0] and dx[1] of a rule whose operands 0 and 1 are x and y, from the cotangent g of their
 * cosine, axis kept with extent 1. */
static inline void wgi_cosine_pull(wg_pull *p, wg_var g, int axis, double eps) {
    wg_var x = p->x[0], y = p->x[1], ax, ay;
    wg_var rx = wgi_cosine_scale(x, axis, eps, &ax), ry = wgi_cosine_scale(y, axis, eps, &ay);
    wg_var both = wg_mul(rx, ry), dot = wg_sum_over(wg_mul(x, y), WG_AXES(axis), 1);
    wg_var gc = wg_mul(g, wg_mul(dot, both)), gr = wg_mul(g, both);
    if (p->wanted[0])
        p->dx[0] = wg_sub(wg_mul(gr, y), wg_mul(x, wg_mul(wg_mul(gc, wg_square(rx)), ax)));
    if (p->wanted[1])
        p->dx[1] = wg_sub(wg_mul(gr, x), wg_mul(y, wg_mul(wg_mul(gc, wg_square(ry)), ay)));
}

/* c from the three sums. */
static inline double wgi_cosine(double xx, double yy, double xy, double eps) {
    double least = eps * eps;
    return xy / (sqrt(xx < least ? least : xx) * sqrt(yy < least ? least : yy));
}

#endif
