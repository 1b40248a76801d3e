/* into.h: for direct reverse kernels whose cotangents are there already, in another form. */
#ifndef WGI_INTO_H
#define WGI_INTO_H

#include "autograd/tape.h"

/* Leaves v, of any strides, in a part of into->to that has its shape, or in the whole. */
static inline void wgi_into_put(const wg_into *into, const wg_value *part, const wg_value *v) {
    if (into->add) wgi_value_add(part, v, part);
    else wgi_value_copy(v, part);
}

/* n of the places of an axis, from `start` on, `step` apart. */
static inline wg_value wgi_places_of(const wg_value *v, int axis, int64_t start, int64_t step,
                                     int64_t n) {
    wg_value part = *v;
    if (n > 0)
        part.data = (char *)v->data + start * v->stride[axis] * (int64_t)wg_dtype_size(v->dtype);
    part.dim[axis] = n;
    if (n > 1) part.stride[axis] = v->stride[axis] * step;
    return part;
}

#endif
