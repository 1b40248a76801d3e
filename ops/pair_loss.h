/* pair_loss.h: losses that compare two values x and y of one shape, element by element: each
 * file states LOSS, an expression in x and y (and the attributes a), and gets forward and infer.
 *
 * The losses l come out as they are, as their sum, or as their mean (NaN of no elements).  Shapes
 * that differ are an error, broadcasting ones too: (N, 1) against (N) is a mistake far more often
 * than it is meant. */
#ifndef WGI_PAIR_LOSS_H
#define WGI_PAIR_LOSS_H

#include "backend/loops.h"
#include "ops/reduced_loss.h"

#include <math.h>

#endif

#ifdef LOSS
#define KERNEL_PART "ops/pair_loss_part.h"
#include "backend/each_isa.h"

static wg_status forward(wg_call *c) {
    typedef void range(int64_t begin, int64_t end, void *work);
    static range *const ranges[2][WGI_ISA_COUNT] = {WGI_BY_ISA(range, f32), WGI_BY_ISA(range, f64)};
    const ATTRS *a = c->attrs;
    return wgi_loss_run(c, a->reduction, wg_value_size(c->x[0]), WGI_GRAIN_ELEMENTS,
                        ranges[c->dtype][wgi_isa_chosen()]);
}

static wg_status infer(wg_call *c) {
    const ATTRS *a = c->attrs;
    wg_status s = wgi_loss_same_shape(c);
    return s == WG_OK ? wgi_loss_shape(c, a->reduction, wgi_shape(c->x[0])) : s;
}
#endif
