/* pools.c: see pool2d.h */
#include "ops/pool2d.h"

#include <string.h>

static wg_status count_windows(const wg_call *c, int axis, int64_t in, int64_t *out) {
    const struct wgi_pool2d_attrs *a = c->attrs;
    int64_t size = a->size[axis], stride = a->stride[axis] ? a->stride[axis] : size;
    wgi_windows w = {in, size, stride, a->pad[axis], a->ceil, a->exact};
    /* Then every window holds an element of the image: there is no maximum of nothing. */
    if (a->pad[axis] >= size && size > 0)
        return wg_fail(c, WG_ERR_RANGE, "pad %lld; it is less than the size of the window, %lld",
                       (long long)a->pad[axis], (long long)size);
    return wgi_windows_count(c, &w, out);
}

/* The number of windows is given, their sizes follow. */
static wg_status take_outputs(const wg_call *c, int axis, int64_t in, int64_t *out) {
    const struct wgi_pool2d_attrs *a = c->attrs;
    *out = a->out[axis];
    if (*out < 1 || *out > INT32_MAX || in > INT32_MAX)
        return wg_fail(c, WG_ERR_RANGE, "out %lld of %lld pixels; it lies in [1, %d]",
                       (long long)*out, (long long)in, INT32_MAX);
    if (a->stride[axis] || a->pad[axis] || a->ceil || a->exact || a->include_pad)
        return wg_fail(c, WG_ERR_RANGE, "out %lld gives the windows, beside stride %lld, pad %lld, "
                       "ceil %d, exact %d, include_pad %d; these are 0 then", (long long)*out,
                       (long long)a->stride[axis], (long long)a->pad[axis], a->ceil, a->exact,
                       a->include_pad);
    return WG_OK;
}

wg_status wgi_pool2d_geometry(const wg_call *c, const int64_t *x, wgi_pool2d *s) {
    const struct wgi_pool2d_attrs *a = c->attrs;
    wg_status status = WG_OK;
    memset(s, 0, sizeof *s);
    s->n = x[0], s->h = x[1], s->w = x[2], s->c = x[3];
    s->adaptive = a->out[0] || a->out[1];
    s->divisor = a->divisor;
    if (a->divisor < 0)
        return wg_fail(c, WG_ERR_RANGE, "divisor %lld; it is not negative", (long long)a->divisor);
    for (int i = 0; i < 2 && status == WG_OK; ++i) {
        int64_t in = x[1 + i], *out = i ? &s->ow : &s->oh;
        if (in < 1)
            return wg_fail(c, WG_ERR_SHAPE, "an image of %lld pixels along an axis", (long long)in);
        status = s->adaptive ? take_outputs(c, i, in, out) : count_windows(c, i, in, out);
        s->size[i] = a->size[i];
        s->stride[i] = a->stride[i] ? a->stride[i] : a->size[i];
        s->before[i] = a->pad[i];
        s->counted[i] = a->include_pad ? a->pad[i] : 0;
    }
    return status;
}

wg_status wgi_pool2d_infer(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_rank4(c, "x", c->x[0]);
    if (status == WG_OK) status = wgi_pool2d_geometry(c, c->x[0]->dim, &s);
    if (status == WG_OK) wgi_shape4(c, s.n, s.oh, s.ow, s.c);
    return status;
}

wg_status wgi_pool2d_grad_infer(wg_call *c) {
    const struct wgi_pool2d_attrs *a = c->attrs;
    const wg_value *g = c->x[0];
    wgi_pool2d s;
    wg_status status = wgi_rank4(c, "g", g);
    if (status != WG_OK) return status;
    wgi_shape4(c, g->dim[0], a->image[0], a->image[1], g->dim[3]);
    status = wgi_pool2d_geometry(c, c->y.dim, &s);
    if (status != WG_OK) return status;
    const int64_t want[4] = {s.n, s.oh, s.ow, s.c};
    return wgi_expect4(c, "g", g, want);
}

struct wgi_pool2d_attrs wgi_pool2d_resolve(const wg_pool2d_options *given) {
    wg_pool2d_options o;
    struct wgi_pool2d_attrs a;
    memset(&o, 0, sizeof o);
    memset(&a, 0, sizeof a);
    if (given) memcpy(&o, given, given->size && given->size < sizeof o ? given->size : sizeof o);
    for (int i = 0; i < 2; ++i) {
        int64_t stride = i && !o.stride[1] ? o.stride[0] : o.stride[i];
        a.size[i] = o.window[i] ? o.window[i] : i ? a.size[0] : 2;
        a.pad[i] = o.pad[i];
        a.out[i] = o.out[i] ? o.out[i] : o.out[0];
        a.stride[i] = stride || a.out[i] ? stride : a.size[i];
    }
    a.include_pad = o.include_pad != 0;
    a.divisor = o.divisor;
    a.ceil = o.ceil != 0;
    a.exact = o.exact != 0;
    return a;
}

struct wgi_pool2d_attrs wgi_pool2d_of(const wg_pull *p, wg_var x) {
    struct wgi_pool2d_attrs a = *(const struct wgi_pool2d_attrs *)p->attrs;
    wg_shape s = wg_shape_of(x);
    memcpy(a.image, s.dim + 1, sizeof a.image);
    a.exact = 0;
    return a;
}
