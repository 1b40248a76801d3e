/* What stands at the winners of a max_pool2d: x (N, H, W, C) and winners (N, OH, OW, C), places
 * h W + w in the image; y has the shape of the winners.  The transpose of max_pool2d_grad, which in
 * turn is its derivative: linear in x. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->x[0]->dim, &s);
    if (status == WG_OK) status = wgi_winners_check(c, s.h * s.w);
    if (status == WG_OK)
        FN(wgi_max_pool2d_pick)(&s, c->x[0]->data, c->x[1]->data, c->y.data);
    return status;
}

#else
#include "ops/winners.h"

#define KERNEL_PART "ops/max_pool2d_pick.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_pool2d_infer(c);
    return s == WG_OK ? wgi_expect4(c, "winners", c->x[1], c->y.dim) : s;
}

static void rule(wg_pull *p) {
    struct wgi_pool2d_attrs a = wgi_pool2d_of(p, p->x[0]);
    wg_var x[2] = {p->g, p->x[1]};
    p->dx[0] = wg_record(&wg_gate_max_pool2d_grad, 2, x, &a);
}

static const wg_attr attrs[] = {WGI_POOL2D_ROWS, WGI_POOL2D_OUT, {.name = NULL}};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1},
    adaptive = {.out = {3, 2}};
static const wg_sample samples[] = {
    {.shapes = "2,4,4,2|2,2,2,2", .attrs = &plain, .limit = 16},
    {.shapes = "1,4,3,2|1,3,4,2", .attrs = &overlapping, .limit = 12},
    {.shapes = "2,4,3,1|2,3,2,1", .attrs = &adaptive, .limit = 12},
    {.shapes = NULL},
};

const wg_gate wg_gate_max_pool2d_pick = {
    .size = sizeof(wg_gate),
    .name = "max_pool2d_pick",
    .formula = "y = x at the winners",
    .derivative = "dx = max_pool2d_grad(g, winners)",
    .arity = 2,
    .operands = {"x", "winners"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) (N, OH, OW, C) -> (N, OH, OW, C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_max_pool2d_pick(wg_var x, wg_var winners, const wg_pool2d_options *options) {
    wg_var operands[2] = {x, winners};
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    return wg_record(&wg_gate_max_pool2d_pick, 2, operands, &a);
}
#endif
