/* The mean of each window, channels last: x (N, H, W, C), y (N, OH, OW, C),
 *
 *     y[n, p, q, c] = mean over the window of x[n, ., ., c],
 *     OH = floor((H - size + 2 pad)/stride) + 1, OW alike,
 *
 * or windows as `out` says (max_pool2d.c).  Padding holds no elements: a window at the border is
 * the mean of what it has of the image.  With include_pad it holds zeros, which count; what a
 * window has beyond the padding, with ceil, never counts.  With divisor = d sums are divided by d,
 * whatever there is.
 *
 * A distributor: each element gets g divided by what its window was divided by, the gate
 * avg_pool2d_grad. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->x[0]->dim, &s);
    if (status == WG_OK) FN(wgi_avg_pool2d)(&s, c->x[0]->data, c->y.data);
    return status;
}

#else
#include "ops/pool2d.h"

#define KERNEL_PART "ops/avg_pool2d.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    struct wgi_pool2d_attrs a = wgi_pool2d_of(p, p->x[0]);
    p->dx[0] = wg_record(&wg_gate_avg_pool2d_grad, 1, &p->g, &a);
}

static const wg_attr attrs[] = {
    WGI_POOL2D_ROWS,
    WGI_POOL2D_EXACT,
    WGI_POOL2D_OUT,
    WGI_POOL2D_DIVISOR,
    {.name = NULL},
};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1},
    adaptive = {.out = {3, 2}},
    padded = {.size = {3, 3}, .stride = {2, 2}, .pad = {1, 2}, .ceil = 1,
              .include_pad = 1},
    sums = {.size = {2, 2}, .stride = {1, 1}, .divisor = 1};
static const wg_sample samples[] = {
    {.shapes = "2,4,4,2", .attrs = &plain},
    {.shapes = "1,4,3,2", .attrs = &overlapping},
    {.shapes = "2,4,3,1", .attrs = &adaptive},
    {.shapes = "1,4,3,2", .attrs = &padded},
    {.shapes = "1,4,3,1", .attrs = &sums},
    {.shapes = NULL},
};

const wg_gate wg_gate_avg_pool2d = {
    .size = sizeof(wg_gate),
    .name = "avg_pool2d",
    .formula = "y = the mean of x over each window",
    .derivative = "dx = avg_pool2d_grad(g)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = wgi_pool2d_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, OH, OW, C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_avg_pool2d(wg_var x, const wg_pool2d_options *options) {
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    return wg_record(&wg_gate_avg_pool2d, 1, &x, &a);
}
#endif
