/* The gradient of conv2d with respect to its input: from g (N, OH, OW, O) and w (O, KH, KW,
 * C/groups) the dx (N, H, W, C) with <dx, x> = <g, conv2d(x, w)> for every x.  (H, W) is an
 * attribute, since several sizes of x give the same size of g.
 *
 * Bilinear: with h the cotangent of dx, dg = conv2d(h, w) and dw = conv2d_grad_weight(h, g). */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_conv2d s;
    wg_status status = wgi_conv2d_geometry(c, c->y.dim, c->x[1]->dim, &s);
    void *room = wgi_conv2d_room(c, &s, WGI_CONV2D_GRAD_INPUT, sizeof(REAL), &status);
    if (status != WG_OK) return status;
    FN(wgi_conv2d_grad_input)(&s, c->x[0]->data, c->x[1]->data, c->y.data, room);
    return WG_OK;
}

#else
#include "ops/conv2d.h"

#include <string.h>

#define KERNEL_PART "ops/conv2d_grad_input.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_conv2d_attrs *a = c->attrs;
    const wg_value *g = c->x[0], *w = c->x[1];
    wgi_conv2d s;
    int64_t channels;
    wg_status status = wgi_rank4(c, "g", g);
    if (status == WG_OK) status = wgi_rank4(c, "w", w);
    if (status == WG_OK) status = wgi_conv2d_grad_padding(c);
    if (status != WG_OK) return status;
    if (__builtin_mul_overflow(w->dim[3], a->groups, &channels))
        return wg_fail(c, WG_ERR_RANGE, "groups %lld; it lies in [1, %d]", (long long)a->groups,
                       INT32_MAX);
    wgi_shape4(c, g->dim[0], a->size[0], a->size[1], channels);
    status = wgi_conv2d_geometry(c, c->y.dim, w->dim, &s);
    if (status != WG_OK) return status;
    const int64_t want[4] = {s.n, s.oh, s.ow, s.o};
    return wgi_expect4(c, "g", g, want);
}

static void rule(wg_pull *p) {
    struct wgi_conv2d_attrs a = *(const struct wgi_conv2d_attrs *)p->attrs;
    if (p->wanted[0]) p->dx[0] = wgi_conv2d_plain(p->g, p->x[1], &a);
    if (p->wanted[1]) {
        wg_shape w = wg_shape_of(p->x[1]);
        memcpy(a.size, w.dim + 1, sizeof a.size);
        p->dx[1] = wgi_conv2d_record(&wg_gate_conv2d_grad_weight, p->g, p->x[0], &a);
    }
}

static double work(const wg_call *c, int k) {
    (void)k;
    return wgi_conv2d_work(c->x[0], c->x[1]);
}

static const wg_attr attrs[] = {
    WGI_CONV2D_ROWS,
    {.name = "size", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_conv2d_attrs, size),
     .required = 1, .doc = "height and width of the input"},
    WGI_CONV2D_GRAD_PADDING_ROW,
    {.name = NULL},
};
static const struct wgi_conv2d_attrs
    plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {4, 5}, WG_PADDING_ZERO},
    strided = {{2, 1}, {1, 2}, {1, 2}, 2, 0, {5, 3}, WG_PADDING_ZERO},
    same = {{2, 1}, {0, 0}, {1, 1}, 1, 0, {3, 3}, WG_PADDING_SAME};
static const wg_sample samples[] = {
    {.shapes = "2,3,3,3|3,2,3,2", .attrs = &plain},
    {.shapes = "1,3,5,2|2,3,2,2", .attrs = &strided},
    {.shapes = "1,2,3,2|2,4,2,1", .attrs = &same},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv2d_grad_input = {
    .size = sizeof(wg_gate),
    .name = "conv2d_grad_input",
    .formula = "dx with sum(dx x) = sum(g conv2d(x, w))",
    .derivative = "dg = conv2d(h, w), dw = conv2d_grad_weight(h, g)",
    .arity = 2,
    .operands = {"g", "w"},
    .attr_bytes = sizeof(struct wgi_conv2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH, OW, O) (O, KH, KW, C/groups) -> (N, size[0], size[1], C)",
    .work = work,
    .kernel = WG_KERNEL_CONVOLUTION,
};

wg_var wg_conv2d_grad_input(wg_var g, wg_var w, int64_t height, int64_t width,
                            const wg_conv2d_options *options) {
    struct wgi_conv2d_attrs a = wgi_conv2d_resolve(options);
    a.size[0] = height;
    a.size[1] = width;
    return wgi_conv2d_record(&wg_gate_conv2d_grad_input, g, w, &a);
}
#endif
