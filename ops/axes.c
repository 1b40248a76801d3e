/* axes.c: see axes.h. */
#include "ops/axes.h"

#include "autograd/tape.h"
#include "ops/ops.h"

wg_status wgi_axes_check(const wg_call *c, const wg_axes *axes, int rank, unsigned *mask) {
    *mask = 0;
    if (axes->n < 0 || axes->n > WG_MAX_RANK)
        return wg_fail(c, WG_ERR_RANGE, "%d axes; there are at most %d", axes->n, WG_MAX_RANK);
    for (int i = 0; i < axes->n; ++i) {
        int axis = wg_axis(axes->axis[i], rank);
        if (axis < 0)
            return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axes->axis[i], rank);
        if (*mask >> axis & 1)
            return wg_fail(c, WG_ERR_RANGE, "axis %d is given twice", axes->axis[i]);
        *mask |= 1u << axis;
    }
    if (axes->n == 0) *mask = (1u << rank) - 1;
    return WG_OK;
}

unsigned wgi_axes_mask(const wg_axes *axes, int rank) {
    unsigned mask = 0;
    for (int i = 0; i < axes->n; ++i) mask |= 1u << wg_axis(axes->axis[i], rank);
    return axes->n ? mask : (1u << rank) - 1;
}

wg_status wgi_shape_check(const wg_call *c, const wg_shape *shape) {
    char text[96];
    int negative = 0;
    if (shape->rank < 0 || shape->rank > WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "a shape of rank %d; it is 0 to %d", shape->rank,
                       WG_MAX_RANK);
    while (negative < shape->rank && shape->dim[negative] >= 0) ++negative;
    if (negative == shape->rank && wg_shape_size(*shape) >= 0) return WG_OK;
    wgi_shape_text(text, sizeof text, shape->rank, shape->dim);
    if (negative < shape->rank)
        return wg_fail(c, WG_ERR_SHAPE, "%s has the extent %lld", text,
                       (long long)shape->dim[negative]);
    return wg_fail(c, WG_ERR_MEMORY, "%s has too many elements", text);
}

int64_t wgi_axes_count(wg_shape x, unsigned mask) {
    int64_t n = 1;
    for (int i = 0; i < x.rank; ++i) n *= mask >> i & 1 ? x.dim[i] : 1;
    return n;
}

wg_shape wgi_axes_kept(wg_shape x, unsigned mask) {
    for (int i = 0; i < x.rank; ++i)
        if (mask >> i & 1) x.dim[i] = 1;
    return x;
}

wg_status wgi_reduction_infer(wg_call *c, int empty) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask;
    char text[96];
    wg_status s = wgi_axes_check(c, &a->axis, x->rank, &mask);
    if (s != WG_OK) return s;
    int64_t outputs = 1;
    for (int i = 0; i < x->rank; ++i) {
        int reduced = mask >> i & 1;
        if (!reduced) outputs *= x->dim[i];
        if (!reduced || a->keepdims) c->y.dim[c->y.rank++] = reduced ? 1 : x->dim[i];
    }
    if (!empty && outputs && wgi_axes_count(wgi_shape(x), mask) == 0)
        return wg_fail(c, WG_ERR_VALUE, "of no elements: the shape is %s",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    return WG_OK;
}

wg_var wgi_reduction_keep(const wg_pull *p, wg_var v) {
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    return a->keepdims ? v : wg_reshape(v, wgi_axes_kept(x, wgi_axes_mask(&a->axis, x.rank)));
}
