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
    {.name = "image", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, image),
     .required = 1, .doc = "height and width of the result"},
    {.name = NULL},
};
static const struct wgi_pool2d_attrs plain = {{2, 2}, {2, 2}, {0, 0}, 0, 0, {4, 5}},
                                     overlapping = {{3, 2}, {2, 1}, {1, 1}, 1, 0, {4, 3}};
static const wg_sample samples[] = {
    {.shapes = "2,2,2,2", .attrs = &plain},
    {.shapes = "1,3,4,2", .attrs = &overlapping},
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
