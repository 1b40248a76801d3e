/* The gradient of conv2d with respect to its weights: from x (N, H, W, C) and g (N, OH, OW, O) the
 * dw (O, KH, KW, C/groups) with <dw, w> = <g, conv2d(x, w)> for every w.  (KH, KW) is an attribute,
 * since several sizes of the kernel give the same size of g.
 *
 * Bilinear: with h the cotangent of dw, dx = conv2d_grad_input(g, h) and dg = conv2d(x, h). */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_conv2d s;
    wg_status status = wgi_conv2d_geometry(c, c->x[0]->dim, c->y.dim, &s);
    void *room = wgi_conv2d_room(c, &s, WGI_CONV2D_GRAD_WEIGHT, sizeof(REAL), &status);
    if (status != WG_OK) return status;
    FN(wgi_conv2d_grad_weight)(&s, c->x[0]->data, c->x[1]->data, c->y.data, NULL, room);
    return WG_OK;
}

#else
#include "ops/conv2d.h"

#include <string.h>

#define KERNEL_PART "ops/conv2d_grad_weight.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    const wg_value *x = c->x[0], *g = c->x[1];
    wgi_conv2d s;
    wg_status status = wgi_rank4(c, "x", x);
    if (status == WG_OK) status = wgi_rank4(c, "g", g);
    if (status == WG_OK) status = wgi_conv2d_grad_padding(c);
    if (status != WG_OK) return status;
    if (a->groups < 1) return wg_fail(c, WG_ERR_RANGE, "groups %lld; it is at least 1",
                                      (long long)a->groups);
    wgi_shape4(c, g->dim[3], a->size[0], a->size[1], x->dim[3] / a->groups);
    status = wgi_conv2d_geometry(c, x->dim, c->y.dim, &s);
    if (status != WG_OK) return status;
    const int64_t want[4] = {s.n, s.oh, s.ow, s.o};
    return wgi_expect4(c, "g", g, want);
}

static void rule(wg_pull *p) {
    struct wgi_conv2d_attrs a = *(const struct wgi_conv2d_attrs *)p->attrs;
    if (p->wanted[1]) p->dx[1] = wgi_conv2d_plain(p->x[0], p->g, &a);
    if (p->wanted[0]) {
        wg_shape x = wg_shape_of(p->x[0]);
        memcpy(a.size, x.dim + 1, sizeof a.size);
        p->dx[0] = wgi_conv2d_record(&wg_gate_conv2d_grad_input, p->x[1], p->g, &a);
    }
}

static double work(const wg_call *c, int k) {
    (void)k;
    return wgi_conv2d_work(c->x[1], &c->y);
}

static const wg_attr attrs[] = {
    WGI_CONV2D_ROWS,
    {.name = "size", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_conv2d_attrs, size),
     .required = 1, .doc = "height and width of the kernel"},
    WGI_CONV2D_GRAD_PADDING_ROW,
    {.name = NULL},
};
static const struct wgi_conv2d_attrs
    plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {2, 3}, WG_PADDING_ZERO},
    strided = {{2, 1}, {1, 2}, {1, 2}, 2, 0, {3, 2}, WG_PADDING_ZERO},
    same = {{2, 1}, {0, 0}, {1, 1}, 1, 0, {4, 2}, WG_PADDING_SAME};
static const wg_sample samples[] = {
    {.shapes = "2,4,5,2|2,3,3,3", .attrs = &plain},
    {.shapes = "1,5,3,4|1,3,5,2", .attrs = &strided},
    {.shapes = "1,3,3,1|1,2,3,2", .attrs = &same},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv2d_grad_weight = {
    .size = sizeof(wg_gate),
    .name = "conv2d_grad_weight",
    .formula = "dw with sum(dw w) = sum(g conv2d(x, w))",
    .derivative = "dx = conv2d_grad_input(g, h), dg = conv2d(x, h)",
    .arity = 2,
    .operands = {"x", "g"},
    .attr_bytes = sizeof(struct wgi_conv2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) (N, OH, OW, O) -> (O, size[0], size[1], C/groups)",
    .work = work,
    .kernel = WG_KERNEL_CONVOLUTION,
};

wg_var wg_conv2d_grad_weight(wg_var x, wg_var g, int64_t height, int64_t width,
                             const wg_conv2d_options *options) {
    struct wgi_conv2d_attrs a = wgi_conv2d_resolve(options);
    a.size[0] = height;
    a.size[1] = width;
    return wgi_conv2d_record(&wg_gate_conv2d_grad_weight, x, g, &a);
}
#endif
