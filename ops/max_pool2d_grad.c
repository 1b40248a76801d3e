/* The gradient of max_pool2d: g (N, OH, OW, C) and the winners, places h W + w in the image, of the
 * same shape; dx (N, H, W, C) holds at each place the sum of the g whose winner it is.
 *
 * Linear in g; with h the cotangent of dx, dg = max_pool2d_pick(h, winners). */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->y.dim, &s);
    if (status == WG_OK) status = wgi_winners_check(c, s.h * s.w);
    if (status == WG_OK)
        FN(wgi_max_pool2d_grad)(&s, c->x[0]->data, c->x[1]->data, c->y.data);
    return status;
}

#else
#include "ops/winners.h"

#define KERNEL_PART "ops/max_pool2d_grad.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_pool2d_grad_infer(c);
    return s == WG_OK ? wgi_expect4(c, "winners", c->x[1], c->x[0]->dim) : s;
}

static void rule(wg_pull *p) {
    wg_var x[2] = {p->g, p->x[1]};
    p->dx[0] = wg_record(&wg_gate_max_pool2d_pick, 2, x, p->attrs);
}

static const wg_attr attrs[] = {
    WGI_POOL2D_ROWS,
    WGI_POOL2D_OUT,
    WGI_POOL2D_IMAGE,
    {.name = NULL},
};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}, .image = {4, 4}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1, .image = {4, 3}},
    adaptive = {.out = {3, 2}, .image = {4, 3}};
static const wg_sample samples[] = {
    {.shapes = "2,2,2,2|2,2,2,2", .attrs = &plain, .limit = 16},
    {.shapes = "1,3,4,2|1,3,4,2", .attrs = &overlapping, .limit = 12},
    {.shapes = "2,3,2,1|2,3,2,1", .attrs = &adaptive, .limit = 12},
    {.shapes = NULL},
};

const wg_gate wg_gate_max_pool2d_grad = {
    .size = sizeof(wg_gate),
    .name = "max_pool2d_grad",
    .formula = "dx = g at the winners, added up",
    .derivative = "dg = h at the winners",
    .arity = 2,
    .operands = {"g", "winners"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH, OW, C) (N, OH, OW, C) -> (N, image[0], image[1], C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_max_pool2d_grad(wg_var g, wg_var winners, int64_t height, int64_t width,
                          const wg_pool2d_options *options) {
    wg_var x[2] = {g, winners};
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    a.image[0] = height;
    a.image[1] = width;
    return wg_record(&wg_gate_max_pool2d_grad, 2, x, &a);
}
#endif
