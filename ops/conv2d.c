/* Convolution as networks have it (no flip), channels last: x (N, H, W, C), w (O, KH, KW, C/groups)
 * and b (O) or absent give y (N, OH, OW, O), with x = 0 outside the image:
 *
 *     y[n, p, q, o] = b[o] + sum_(u, v, c) x[n, i(p, u), j(q, v), c] w[o, u, v, c],
 *     i(p, u) = p s0 + u d0 - p0,    j(q, v) = q s1 + v d1 - p1,
 *     OH = floor((H - ((KH - 1) d0 + 1) + 2 p0) / s0) + 1, OW alike.
 *
 * s is the stride, d the dilation, p the padding; c runs over the channels of o's group.  The
 * derivatives are conv2d_grad_input and conv2d_grad_weight, see conv2d.h; db = sum g over all axes
 * but the last, which is the engine's un-broadcasting. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_conv2d s;
    wg_status status = wgi_conv2d_geometry(c, c->x[0]->dim, c->x[1]->dim, &s);
    void *room = wgi_conv2d_room(c, &s, WGI_CONV2D_FORWARD, sizeof(REAL), &status);
    if (status != WG_OK) return status;
    const REAL *b = c->x[2] ? c->x[2]->data : NULL;
    FN(wgi_conv2d_forward)(&s, c->x[0]->data, c->x[1]->data, b, c->y.data, room);
    return WG_OK;
}

#else
#include "ops/conv2d.h"

#include <string.h>

/* ---- geometry ------------------------------------------------------------------------------- */

/* One axis (0: height, 1: width) of `in` pixels and a kernel of k. */
static wg_status count_outputs(const wg_call *c, int axis, int64_t in, int64_t k, int64_t *out) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    int64_t dilation = a->dilation[axis];
    if (dilation < 1 || dilation > INT32_MAX)
        return wg_fail(c, WG_ERR_RANGE, "dilation %lld; it is at least 1", (long long)dilation);
    if (k < 1 || k > INT32_MAX)
        return wg_fail(c, WG_ERR_SHAPE, "the kernel has %lld elements along an axis", (long long)k);
    wgi_windows w = {in, dilation * (k - 1) + 1, a->stride[axis], a->pad[axis], 0, a->exact};
    return wgi_windows_count(c, &w, out);
}

/* Channels of x against those of w, and the groups. */
static wg_status check_channels(const wg_call *c, const int64_t *x, const int64_t *w) {
    int64_t groups = ((const struct wgi_conv2d_attrs *)c->attrs)->groups;
    if (groups < 1 || groups > INT32_MAX)
        return wg_fail(c, WG_ERR_RANGE, "groups %lld; it is at least 1", (long long)groups);
    if (x[3] % groups || w[0] % groups || x[3] / groups != w[3])
        return wg_fail(c, WG_ERR_SHAPE,
                       "%lld channels in %lld groups with a kernel (%lld, %lld, %lld, %lld); it is "
                       "(O, KH, KW, C/groups), groups divides O",
                       (long long)x[3], (long long)groups, (long long)w[0], (long long)w[1],
                       (long long)w[2], (long long)w[3]);
    return WG_OK;
}

wg_status wgi_conv2d_geometry(const wg_call *c, const int64_t *x, const int64_t *w, wgi_conv2d *s) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    memset(s, 0, sizeof *s);
    wg_status status = check_channels(c, x, w);
    if (status == WG_OK) status = count_outputs(c, 0, x[1], w[1], &s->oh);
    if (status == WG_OK) status = count_outputs(c, 1, x[2], w[2], &s->ow);
    s->n = x[0], s->h = x[1], s->w = x[2], s->c = x[3];
    s->o = w[0], s->kh = w[1], s->kw = w[2];
    s->groups = a->groups;
    for (int i = 0; i < 2; ++i) {
        s->stride[i] = a->stride[i];
        s->dilation[i] = a->dilation[i];
        s->before[i] = s->after[i] = a->pad[i];
    }
    return status;
}

void *wgi_conv2d_room(const wg_call *c, const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element,
                      wg_status *failed) {
    size_t bytes = *failed == WG_OK ? wgi_conv2d_scratch(s, pass, element) : 0;
    void *room = bytes ? wg_scratch(c, bytes) : NULL;
    if (bytes && !room) *failed = wg_fail(c, WG_ERR_MEMORY, "no memory");
    return room;
}

/* ---- the gate ------------------------------------------------------------------------------- */

#define KERNEL_PART "ops/conv2d.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0], *w = c->x[1], *b = c->x[2];
    wgi_conv2d s;
    char text[96];
    wg_status status = wgi_rank4(c, "x", x);
    if (status == WG_OK) status = wgi_rank4(c, "w", w);
    if (status == WG_OK) status = wgi_conv2d_geometry(c, x->dim, w->dim, &s);
    if (status != WG_OK) return status;
    if (b && (b->rank != 1 || b->dim[0] != s.o))
        return wg_fail(c, WG_ERR_SHAPE, "b has shape %s; it is (%lld), one an output channel",
                       wgi_shape_text(text, sizeof text, b->rank, b->dim), (long long)s.o);
    wgi_shape4(c, s.n, s.oh, s.ow, s.o);
    return WG_OK;
}

static void rule(wg_pull *p) {
    struct wgi_conv2d_attrs a = *(const struct wgi_conv2d_attrs *)p->attrs;
    a.exact = 0;
    if (p->wanted[0]) {
        wg_shape x = wg_shape_of(p->x[0]);
        memcpy(a.size, x.dim + 1, sizeof a.size);
        p->dx[0] = wgi_conv2d_record(&wg_gate_conv2d_grad_input, p->g, p->x[1], &a);
    }
    if (p->wanted[1]) {
        wg_shape w = wg_shape_of(p->x[1]);
        memcpy(a.size, w.dim + 1, sizeof a.size);
        p->dx[1] = wgi_conv2d_record(&wg_gate_conv2d_grad_weight, p->x[0], p->g, &a);
    }
    if (p->wanted[2]) p->dx[2] = p->g;
}

static const wg_attr attrs[] = {
    WGI_CONV2D_ROWS,
    {.name = "exact", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_conv2d_attrs, exact),
     .doc = "1: a stride that does not fit is an error"},
    {.name = NULL},
};
static const struct wgi_conv2d_attrs
    plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}},
    strided = {{2, 1}, {1, 2}, {1, 1}, 1, 0, {0, 0}},
    dilated = {{1, 2}, {2, 0}, {2, 1}, 2, 0, {0, 0}};
static const wg_sample samples[] = {
    {.shapes = "2,4,5,2|3,2,3,2|3", .attrs = &plain},
    {.shapes = "1,6,3,2|2,3,2,2|-", .attrs = &strided},
    {.shapes = "2,3,4,4|2,2,2,2|2", .attrs = &dilated},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv2d = {
    .size = sizeof(wg_gate),
    .name = "conv2d",
    .formula = "y = x * w + b, channels last",
    .derivative = "dx = conv2d_grad_input(g, w), dw = conv2d_grad_weight(x, g), db = sum(g)",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_conv2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) (O, KH, KW, C/groups) (O)? -> (N, OH, OW, O); OH = floor((H + 2 "
             "pad[0] - dilation[0] (KH - 1) - 1)/stride[0]) + 1, OW alike",
    .kernel = WG_KERNEL_CONVOLUTION,
};

struct wgi_conv2d_attrs wgi_conv2d_resolve(const wg_conv2d_options *given) {
    wg_conv2d_options o;
    struct wgi_conv2d_attrs a;
    memset(&o, 0, sizeof o);
    memset(&a, 0, sizeof a);
    if (given) memcpy(&o, given, given->size && given->size < sizeof o ? given->size : sizeof o);
    for (int i = 0; i < 2; ++i) {
        a.stride[i] = o.stride[i] ? o.stride[i] : i ? a.stride[0] : 1;
        a.dilation[i] = o.dilation[i] ? o.dilation[i] : i ? a.dilation[0] : 1;
        a.pad[i] = o.pad[i];
    }
    a.groups = o.groups ? o.groups : 1;
    a.exact = o.exact != 0;
    return a;
}

wg_var wg_conv2d(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options) {
    wg_var operands[3] = {x, w, b};
    struct wgi_conv2d_attrs a = wgi_conv2d_resolve(options);
    return wg_record(&wg_gate_conv2d, 3, operands, &a);
}
#endif
