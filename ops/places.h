/* places.h: the places of a value (N, ..., C): all axes but the first and the last. */
#ifndef WGI_PLACES_H
#define WGI_PLACES_H

#include "autograd/tape.h"
#include "ops/floats.h"
#include "ops/ops.h"

/* The axes between N and C; none where there are none. */
static inline wg_axes wgi_places(wg_shape x) {
    wg_axes axes = {0, {0}};
    for (int i = 1; i < x.rank - 1; ++i) axes.axis[axes.n++] = i;
    return axes;
}

/* infer of what is (N, C) of x (N, ..., C); `empty` says whether that is defined of no places. */
static inline wg_status wgi_places_infer(wg_call *c, int empty) {
    const wg_value *x = c->x[0];
    int64_t places = 1;
    char text[96];
    const char *shape = wgi_shape_text(text, sizeof text, x->rank, x->dim);
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    if (x->rank < 2)
        return wg_fail(c, WG_ERR_SHAPE, "x has shape %s; it is (N, ..., C)", shape);
    for (int i = 1; i < x->rank - 1; ++i) places *= x->dim[i];
    c->y.rank = 2;
    c->y.dim[0] = x->dim[0];
    c->y.dim[1] = x->dim[x->rank - 1];
    if (!empty && places == 0 && wg_value_size(&c->y) > 0)
        return wg_fail(c, WG_ERR_VALUE, "of no places: the shape is %s", shape);
    return WG_OK;
}

#endif
