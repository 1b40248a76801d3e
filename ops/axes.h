/* axes.h: lists of axes, as reductions take them, and the shapes that they leave. */
#ifndef WGI_AXES_H
#define WGI_AXES_H

#include "autograd/gate.h"

/* The attributes of a reduction: axis.n = 0 means all axes. */
struct wgi_reduction_attrs {
    wg_axes axis;
    int keepdims; /* leave reduced axes with extent 1 */
};

/* The list as a bit mask: RANGE for an axis outside [-rank, rank), a doubled one, or a bad n. */
wg_status wgi_axes_check(const wg_call *c, const wg_axes *axes, int rank, unsigned *mask);
/* The same of a list that infer has checked. */
unsigned wgi_axes_mask(const wg_axes *axes, int rank);
/* The number of elements of x that make one output. */
int64_t wgi_axes_count(wg_shape x, unsigned mask);
/* x's shape with extent 1 at the reduced axes. */
wg_shape wgi_axes_kept(wg_shape x, unsigned mask);

/* A shape that an attribute gives: SHAPE for a rank or an extent out of range, MEMORY for more
 * elements than can be counted. */
wg_status wgi_shape_check(const wg_call *c, const wg_shape *shape);

/* infer of a reduction; `empty` says whether one of no elements is defined. */
wg_status wgi_reduction_infer(wg_call *c, int empty);
/* v, shaped as the reduction's output, with extent 1 at the reduced axes, to broadcast with x. */
wg_var wgi_reduction_keep(const wg_pull *p, wg_var v);

#endif
