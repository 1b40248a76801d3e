/* The gradient of avg_pool2d: g (N, OH, OW, C), dx (N, H, W, C), where each place has the sum over
 * its windows of g divided by the elements of the window.  Linear, the transpose of avg_pool2d:
 * with h the cotangent of dx, dg = avg_pool2d(h). */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->y.dim, &s);
    if (status == WG_OK) FN(wgi_avg_pool2d_grad)(&s, c->x[0]->data, c->y.data);
    return status;
}

#else
#include "ops/pool2d.h"

#define KERNEL_PART "ops/avg_pool2d_grad.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_record(&wg_gate_avg_pool2d, 1, &p->g, p->attrs);
}

static const wg_attr attrs[] = {
    WGI_POOL2D_ROWS,
    WGI_POOL2D_OUT,
    WGI_POOL2D_DIVISOR,
    WGI_POOL2D_IMAGE,
    {.name = NULL},
};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}, .image = {4, 5}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1, .image = {4, 3}},
    adaptive = {.out = {3, 2}, .image = {4, 3}},
    padded = {.size = {3, 3}, .stride = {2, 2}, .pad = {1, 2}, .ceil = 1,
              .include_pad = 1, .image = {4, 3}},
    sums = {.size = {2, 2}, .stride = {1, 1}, .divisor = 1, .image = {4, 3}};
static const wg_sample samples[] = {
    {.shapes = "2,2,2,2", .attrs = &plain},
    {.shapes = "1,3,4,2", .attrs = &overlapping},
    {.shapes = "2,3,2,1", .attrs = &adaptive},
    {.shapes = "1,3,3,2", .attrs = &padded},
    {.shapes = "1,3,2,1", .attrs = &sums},
    {.shapes = NULL},
};

const wg_gate wg_gate_avg_pool2d_grad = {
    .size = sizeof(wg_gate),
    .name = "avg_pool2d_grad",
    .formula = "dx = g over the elements of each window, divided among them",
    .derivative = "dg = avg_pool2d(h)",
    .arity = 1,
    .operands = {"g"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = wgi_pool2d_grad_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH, OW, C) -> (N, image[0], image[1], C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_avg_pool2d_grad(wg_var g, int64_t height, int64_t width,
                          const wg_pool2d_options *options) {
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    a.image[0] = height;
    a.image[1] = width;
    return wg_record(&wg_gate_avg_pool2d_grad, 1, &g, &a);
}
#endif
