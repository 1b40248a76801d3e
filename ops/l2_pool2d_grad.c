/* The gradient of l2_pool2d: g (N, OH, OW, C), x (N, H, W, C) and y (N, OH, OW, C), which is
 * l2_pool2d(x) but may be anything; over the windows w of place i
 *
 *     dx[i] = sum of g_w x[i] / y_w,
 *
 * where windows with y_w = 0 are left out.  One pass, and x/y is formed first: at most 1, it does
 * not overflow where g/y would.
 *
 * With h the cotangent of dx, r = 1/y (0 where y = 0), and S the sum over each window with its
 * transpose S', which are avg_pool2d and avg_pool2d_grad with divisor 1:
 *
 *     dg = r S(h x),    dx = h S'(g r),    dy = -g r dg. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->x[1]->dim, &s);
    if (status == WG_OK)
        FN(wgi_l2_pool2d_grad)(&s, c->x[0]->data, c->x[1]->data, c->x[2]->data, c->y.data);
    return status;
}

#else
#include "ops/pool2d.h"

#define KERNEL_PART "ops/l2_pool2d_grad.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[1];
    wgi_pool2d s;
    wg_status status = wgi_rank4(c, "x", x);
    if (status == WG_OK) status = wgi_pool2d_geometry(c, x->dim, &s);
    if (status != WG_OK) return status;
    const int64_t want[4] = {s.n, s.oh, s.ow, s.c};
    status = wgi_expect4(c, "g", c->x[0], want);
    if (status == WG_OK) status = wgi_expect4(c, "y", c->x[2], want);
    wgi_shape4(c, x->dim[0], x->dim[1], x->dim[2], x->dim[3]);
    return status;
}

static void rule(wg_pull *p) {
    struct wgi_pool2d_attrs sum = wgi_pool2d_of(p, p->x[1]);
    wg_var g = p->x[0], x = p->x[1], y = p->x[2], h = p->g;
    wg_var zero = wg_number(h.tape, 0), one = wg_number(h.tape, 1);
    wg_var nonzero = wg_not_equal(y, zero);
    wg_var r = wg_where(nonzero, wg_reciprocal(wg_where(nonzero, y, one)), zero);
    sum.divisor = 1;
    if (p->wanted[0] || p->wanted[2]) {
        wg_var hx = wg_mul(h, x);
        p->dx[0] = wg_mul(r, wg_record(&wg_gate_avg_pool2d, 1, &hx, &sum));
    }
    if (p->wanted[1]) {
        wg_var gr = wg_mul(g, r);
        p->dx[1] = wg_mul(h, wg_record(&wg_gate_avg_pool2d_grad, 1, &gr, &sum));
    }
    if (p->wanted[2]) p->dx[2] = wg_neg(wg_mul(wg_mul(g, r), p->dx[0]));
    if (!p->wanted[0]) p->dx[0] = WG_NONE;
}

static const wg_attr attrs[] = {WGI_POOL2D_ROWS, WGI_POOL2D_OUT, {.name = NULL}};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1},
    adaptive = {.out = {2, 2}};
static const wg_sample samples[] = {
    {.shapes = "1,2,2,1|1,4,4,1|1,2,2,1", .attrs = &plain, .lo = 0.5, .hi = 2},
    {.shapes = "1,2,3,2|1,3,2,2|1,2,3,2", .attrs = &overlapping, .lo = 0.5, .hi = 2},
    {.shapes = "2,2,2,1|2,3,2,1|2,2,2,1", .attrs = &adaptive, .lo = -2, .hi = -0.5},
    {.shapes = NULL},
};

const wg_gate wg_gate_l2_pool2d_grad = {
    .size = sizeof(wg_gate),
    .name = "l2_pool2d_grad",
    .formula = "dx = x times the sum of g / y over its windows, those with y = 0 left out",
    .derivative = "dg = S(h x)/y, dx = h S'(g/y), dy = -g dg/y; S sums over windows",
    .arity = 3,
    .operands = {"g", "x", "y"},
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH, OW, C) (N, H, W, C) (N, OH, OW, C) -> (N, H, W, C)",
    .domain = "y not 0; where it is, its window gives nothing",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_l2_pool2d_grad(wg_var g, wg_var x, wg_var y, const wg_pool2d_options *options) {
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    wg_var operands[3] = {g, x, y};
    return wg_record(&wg_gate_l2_pool2d_grad, 3, operands, &a);
}
#endif
