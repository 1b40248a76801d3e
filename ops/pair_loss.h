/* pair_loss.h: losses that compare two values x and y of one shape, element by element: each
 * file states LOSS, an expression in x and y (and the attributes a), and gets forward and infer.
 *
 * The losses l come out as they are, as their sum, or as their mean (NaN of no elements).  Shapes
 * that differ are an error, broadcasting ones too: (N, 1) against (N) is a mistake far more often
 * than it is meant. */
#ifndef WGI_PAIR_LOSS_H
#define WGI_PAIR_LOSS_H

#include "ops/reduced_loss.h"

#include <math.h>

#endif

#ifdef LOSS
#define REAL double
#define M(function) function
#define R(c) ((REAL)(c))
#define FN(name) name##_f64
#include "ops/pair_loss_part.h"
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) function##f
#define FN(name) name##_f32
#include "ops/pair_loss_part.h"
#undef REAL
#undef M
#undef FN
#undef R

static wg_status infer(wg_call *c) {
    const ATTRS *a = c->attrs;
    wg_status s = wgi_loss_same_shape(c);
    return s == WG_OK ? wgi_loss_shape(c, a->reduction, wgi_shape(c->x[0])) : s;
}
#endif
