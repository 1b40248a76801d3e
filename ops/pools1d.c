/* pools1d.c: see pool1d.h */
#include "ops/pool1d.h"

#include "ops/floats.h"

#include <string.h>

/* The attributes of the pool of images (N, 1, L, C). */
static struct wgi_pool2d_attrs as_2d(const struct wgi_pool1d_attrs *a) {
    struct wgi_pool2d_attrs b;
    memset(&b, 0, sizeof b);
    b.size[0] = 1;
    b.size[1] = a->size;
    b.stride[0] = a->out ? 0 : 1;
    b.stride[1] = a->stride;
    b.pad[1] = a->pad;
    b.ceil = a->ceil;
    b.exact = a->exact;
    b.out[0] = a->out ? 1 : 0;
    b.out[1] = a->out;
    b.include_pad = a->include_pad;
    b.divisor = a->divisor;
    return b;
}

wg_status wgi_pool1d_infer(wg_call *c) {
    const wg_value *x = c->x[0];
    struct wgi_pool2d_attrs a = as_2d(c->attrs);
    wg_call image = *c; /* it reports to the same error */
    wgi_pool2d s;
    char text[96];
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    if (x->rank != 3)
        return wg_fail(c, WG_ERR_SHAPE, "x has shape %s; it has rank 3",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    const int64_t dim[4] = {x->dim[0], 1, x->dim[1], x->dim[2]};
    image.attrs = &a;
    wg_status status = wgi_pool2d_geometry(&image, dim, &s);
    c->y.rank = 3;
    c->y.dim[0] = s.n;
    c->y.dim[1] = s.ow;
    c->y.dim[2] = s.c;
    return status;
}

wg_var wgi_pool1d_compose(const wg_gate *pool, wg_var x, const void *attrs) {
    struct wgi_pool2d_attrs a = as_2d(attrs);
    wg_var y = wg_expand_dims(x, 1);
    return wg_squeeze(wg_record(pool, 1, &y, &a), WG_AXES(1));
}

struct wgi_pool1d_attrs wgi_pool1d_resolve(const wg_pool1d_options *given) {
    wg_pool1d_options o;
    struct wgi_pool1d_attrs a;
    memset(&o, 0, sizeof o);
    memset(&a, 0, sizeof a);
    if (given) memcpy(&o, given, given->size && given->size < sizeof o ? given->size : sizeof o);
    a.size = o.window ? o.window : 2;
    a.stride = o.stride ? o.stride : a.size;
    a.pad = o.pad;
    a.ceil = o.ceil != 0;
    a.exact = o.exact != 0;
    a.include_pad = o.include_pad != 0;
    a.divisor = o.divisor;
    return a;
}
