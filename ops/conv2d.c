/* Convolution as networks have it (no flip), channels last: x (N, H, W, C), w (O, KH, KW, C/groups)
 * and b (O) or absent give y (N, OH, OW, O); outside the image x is 0, or with padding "reflect"
 * its mirror image, the edge not repeated:
 *
 *     y[n, p, q, o] = b[o] + sum_(u, v, c) x[n, i(p, u), j(q, v), c] w[o, u, v, c],
 *     i(p, u) = p s0 + u d0 - p0,    j(q, v) = q s1 + v d1 - p1,
 *     OH = floor((H - ((KH - 1) d0 + 1) + 2 p0) / s0) + 1, OW alike.
 *
 * s is the stride, d the dilation, p the padding; c runs over the channels of o's group.  With
 * padding "same" OH = ceil(H/s0), and p0 is half of the zeros that this needs (conv_axes.h).  The
 * derivatives are conv2d_grad_input and conv2d_grad_weight, see conv2d.h; db = sum g over all axes
 * but the last, which is the engine's un-broadcasting. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_conv2d s;
    const REAL *x = c->x[0]->data, *b = c->x[2] ? c->x[2]->data : NULL;
    wg_status status = wgi_conv2d_geometry(c, c->x[0]->dim, c->x[1]->dim, &s);
    if (status == WG_OK && wgi_conv2d_mirrored(c->attrs)) x = mirror(c, &s, &status);
    void *room = wgi_conv2d_room(c, &s, WGI_CONV2D_FORWARD, sizeof(REAL), &status);
    if (status != WG_OK) return status;
    FN(wgi_conv2d_forward)(&s, x, c->x[1]->data, b, c->y.data, room);
    return WG_OK;
}

#else
#include "ops/conv2d.h"

#include "ops/pad.h"

#include <string.h>

/* ---- geometry ------------------------------------------------------------------------------- */

wg_status wgi_conv2d_geometry(const wg_call *c, const int64_t *x, const int64_t *w, wgi_conv2d *s) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    wgi_conv_places places[2] = {{0, 0, 0}, {0, 0, 0}};
    memset(s, 0, sizeof *s);
    wg_status status = wgi_conv_channels(c, x[3], a->groups, 4, w);
    for (int i = 0; i < 2 && status == WG_OK; ++i) {
        wgi_conv_axis axis = {x[1 + i],       w[1 + i],   a->stride[i], a->pad[i],
                              a->dilation[i], a->padding, a->exact};
        status = wgi_conv_count(c, &axis, &places[i]);
        s->stride[i] = a->stride[i];
        s->dilation[i] = a->dilation[i];
        s->before[i] = places[i].before;
        s->after[i] = places[i].after;
    }
    s->n = x[0], s->h = x[1], s->w = x[2], s->c = x[3];
    s->o = w[0], s->kh = w[1], s->kw = w[2];
    s->oh = places[0].out, s->ow = places[1].out;
    s->groups = a->groups;
    return status;
}

const char *const wgi_conv2d_grad_paddings[] = {"zero", "same", NULL}; /* as WG_PADDING_* */

wg_status wgi_conv2d_grad_padding(const wg_call *c) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    if (a->padding != WG_PADDING_REFLECT) return WG_OK;
    return wg_fail(c, WG_ERR_RANGE, "padding \"reflect\"; a gradient is of zero or same");
}

void *wgi_conv2d_room(const wg_call *c, const wgi_conv2d *s, wgi_conv2d_pass pass, size_t element,
                      wg_status *failed) {
    size_t bytes = *failed == WG_OK ? wgi_conv2d_scratch(s, pass, element) : 0;
    void *room = bytes ? wg_scratch(c, bytes) : NULL;
    if (bytes && !room) *failed = wg_fail(c, WG_ERR_MEMORY, "no memory");
    return room;
}

/* ---- mirrored borders ----------------------------------------------------------------------- */

int wgi_conv2d_mirrored(const struct wgi_conv2d_attrs *a) {
    return a->padding == WG_PADDING_REFLECT && (a->pad[0] || a->pad[1]);
}

static struct wgi_pad border_of(const struct wgi_conv2d_attrs *a) {
    wg_shape around = {4, {0, a->pad[0], a->pad[1], 0}};
    struct wgi_pad border = {around, around, WG_PAD_REFLECT};
    return border;
}

/* x with its border, in scratch; s becomes the geometry of that. */
static const void *mirror(const wg_call *c, wgi_conv2d *s, wg_status *failed) {
    struct wgi_pad border = border_of(c->attrs);
    wg_value padded = *c->x[0];
    s->h = padded.dim[1] += 2 * border.before.dim[1];
    s->w = padded.dim[2] += 2 * border.before.dim[2];
    s->before[0] = s->before[1] = s->after[0] = s->after[1] = 0;
    padded.data = wg_scratch(c, (size_t)wg_value_size(&padded) * wg_dtype_size(padded.dtype));
    if (!padded.data) *failed = wg_fail(c, WG_ERR_MEMORY, "no memory");
    if (!padded.data) return NULL;
    wg_value_set_dense(&padded);
    wgi_pad_copy(&border, c->x[0], &padded);
    return padded.data;
}

/* The rule of the convolution of the padded image, and of padding. */
static void mirrored_rule(wg_pull *p, wg_var h) {
    struct wgi_conv2d_attrs a = *(const struct wgi_conv2d_attrs *)p->attrs;
    struct wgi_pad border = border_of(&a);
    wg_shape x = wg_shape_of(p->x[0]), w = wg_shape_of(p->x[1]);
    memset(a.pad, 0, sizeof a.pad);
    a.padding = WG_PADDING_ZERO;
    a.exact = 0;
    if (p->wanted[0]) {
        for (int i = 0; i < 2; ++i) a.size[i] = x.dim[1 + i] + 2 * border.before.dim[1 + i];
        wg_var padded = wgi_conv2d_record(&wg_gate_conv2d_grad_input, h, p->x[1], &a);
        p->dx[0] = wgi_pad_transpose(&border, padded, x);
    }
    if (p->wanted[1]) {
        wg_var padded = wg_pad(p->x[0], border.before, border.after, border.mode);
        memcpy(a.size, w.dim + 1, sizeof a.size);
        p->dx[1] = wgi_conv2d_record(&wg_gate_conv2d_grad_weight, padded, h, &a);
    }
}

/* ---- the gate ------------------------------------------------------------------------------- */

#define KERNEL_PART "ops/conv2d.c"
#include "ops/both_types.h"

wg_status wgi_conv2d_infer(wg_call *c) {
    const wg_value *x = c->x[0], *w = c->x[1];
    wgi_conv2d s;
    wg_status status = wgi_rank4(c, "x", x);
    if (status == WG_OK) status = wgi_rank4(c, "w", w);
    if (status == WG_OK) status = wgi_conv2d_geometry(c, x->dim, w->dim, &s);
    if (status == WG_OK) status = wgi_conv_bias(c, c->x[2], s.o);
    if (status != WG_OK) return status;
    wgi_shape4(c, s.n, s.oh, s.ow, s.o);
    return WG_OK;
}

void wgi_conv2d_rule(wg_pull *p, wg_var h) {
    struct wgi_conv2d_attrs a = *(const struct wgi_conv2d_attrs *)p->attrs;
    if (p->wanted[2]) p->dx[2] = h;
    if (wgi_conv2d_mirrored(&a)) {
        mirrored_rule(p, h);
        return;
    }
    if (a.padding == WG_PADDING_REFLECT) a.padding = WG_PADDING_ZERO; /* of no places */
    a.exact = 0;
    if (p->wanted[0]) {
        wg_shape x = wg_shape_of(p->x[0]);
        memcpy(a.size, x.dim + 1, sizeof a.size);
        p->dx[0] = wgi_conv2d_record(&wg_gate_conv2d_grad_input, h, p->x[1], &a);
    }
    if (p->wanted[1]) {
        wg_shape w = wg_shape_of(p->x[1]);
        memcpy(a.size, w.dim + 1, sizeof a.size);
        p->dx[1] = wgi_conv2d_record(&wg_gate_conv2d_grad_weight, p->x[0], h, &a);
    }
}

double wgi_conv2d_work_of(const wg_call *c, int k) {
    return k == 2 ? (double)wg_value_size(&c->y) : wgi_conv2d_work(&c->y, c->x[1]);
}

static void rule(wg_pull *p) { wgi_conv2d_rule(p, p->g); }
static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return wgi_conv2d_direct(c, g, into, 0);
}

wg_status wgi_conv2d_forward(wg_call *c) {
    return c->dtype == WG_F32 ? forward_f32(c) : forward_f64(c);
}

const wg_attr wgi_conv2d_all_attrs[] = {
    WGI_CONV2D_ROWS,
    WGI_CONV_EXACT_ROW(struct wgi_conv2d_attrs),
    WGI_CONV_PADDING_ROW(struct wgi_conv2d_attrs),
    {.name = NULL},
};
static const struct wgi_conv2d_attrs
    plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}, WG_PADDING_ZERO},
    strided = {{2, 1}, {1, 2}, {1, 1}, 1, 0, {0, 0}, WG_PADDING_ZERO},
    dilated = {{1, 2}, {2, 0}, {2, 1}, 2, 0, {0, 0}, WG_PADDING_ZERO},
    same = {{2, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}, WG_PADDING_SAME}, /* 1 and 2 zeros; 0 and 1 */
    mirrored = {{2, 1}, {1, 2}, {1, 1}, 2, 0, {0, 0}, WG_PADDING_REFLECT};
static const wg_sample samples[] = {
    {.shapes = "2,4,5,2|3,2,3,2|3", .attrs = &plain},
    {.shapes = "1,6,3,2|2,3,2,2|-", .attrs = &strided},
    {.shapes = "2,3,4,4|2,2,2,2|2", .attrs = &dilated},
    {.shapes = "1,3,3,1|2,4,2,1|2", .attrs = &same},
    {.shapes = "1,2,3,2|2,2,3,1|-", .attrs = &mirrored},
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
    .attrs = wgi_conv2d_all_attrs,
    .infer = wgi_conv2d_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .direct = direct,
    .samples = samples,
    .nudge = wgi_conv2d_nudge,
    .work = wgi_conv2d_work_of,
    .kernel = WG_KERNEL_CONVOLUTION,
    .shape = "(N, H, W, C) (O, KH, KW, C/groups) (O)? -> (N, OH, OW, O); OH = floor((H + 2 "
             "pad[0] - dilation[0] (KH - 1) - 1)/stride[0]) + 1 or ceil(H/stride[0]) with "
             "padding same, OW alike",
};

struct wgi_conv2d_attrs wgi_conv2d_resolve(const wg_conv2d_options *given) {
    wg_conv2d_options o;
    struct wgi_conv2d_attrs a;
    wgi_read_options(&o, sizeof o, given);
    memset(&a, 0, sizeof a);
    for (int i = 0; i < 2; ++i) {
        a.stride[i] = o.stride[i] ? o.stride[i] : i ? a.stride[0] : 1;
        a.dilation[i] = o.dilation[i] ? o.dilation[i] : i ? a.dilation[0] : 1;
        a.pad[i] = o.pad[i];
    }
    a.groups = o.groups ? o.groups : 1;
    a.exact = o.exact != 0;
    a.padding = o.padding == (int)o.padding ? (int)o.padding : -1;
    return a;
}

wg_var wg_conv2d(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options) {
    wg_var operands[3] = {x, w, b};
    struct wgi_conv2d_attrs a = wgi_conv2d_resolve(options);
    return wg_record(&wg_gate_conv2d, 3, operands, &a);
}
#endif
