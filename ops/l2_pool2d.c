/* The root of the sum of squares of each window, channels last: x (N, H, W, C), y (N, OH, OW, C),
 *
 *     y[n, p, q, c] = sqrt(sum over the window of x[n, ., ., c]^2),
 *
 * windows as for max_pool2d; padding holds no elements.  It is the sum, not the mean (the L_p pool
 * of P. Sermanet, S. Chintala, Y. LeCun, ICPR 2012, without weights).  Squares neither overflow nor
 * vanish: 1e300 and 1e-300 are legal.
 *
 * With g the cotangent, dx[i] = sum over the windows w of i of g_w x[i] / y_w, the gate
 * l2_pool2d_grad.  Where a window is all 0 the root has a kink; its derivative is taken to be 0. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->x[0]->dim, &s);
    if (status == WG_OK) FN(wgi_l2_pool2d)(&s, c->x[0]->data, c->y.data);
    return status;
}

#else
#include "ops/choices.h"
#include "ops/pool2d.h"

#define KERNEL_PART "ops/l2_pool2d.c"
#include "ops/both_types.h"

/* Which windows are all 0. */
static uint64_t signature(const wg_call *c) {
    uint64_t hash = 0;
    int64_t n = wg_value_size(&c->y);
    for (int64_t i = 0; i < n; ++i)
        hash = wgi_hash(hash, (uint64_t)(wgi_float_at(&c->y, i) == 0));
    return hash;
}

static void rule(wg_pull *p) {
    struct wgi_pool2d_attrs a = wgi_pool2d_of(p, p->x[0]);
    wg_var x[3] = {p->g, p->x[0], p->y};
    p->dx[0] = wg_record(&wg_gate_l2_pool2d_grad, 3, x, &a);
}

static const wg_attr attrs[] = {
    WGI_POOL2D_ROWS,
    WGI_POOL2D_EXACT,
    WGI_POOL2D_OUT,
    {.name = NULL},
};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1},
    adaptive = {.out = {3, 2}};
static const wg_sample samples[] = {
    {.shapes = "2,4,4,2", .attrs = &plain},
    {.shapes = "1,4,3,2", .attrs = &overlapping},
    {.shapes = "1,4,3,1", .attrs = &adaptive},
    {.shapes = NULL},
};

const wg_gate wg_gate_l2_pool2d = {
    .size = sizeof(wg_gate),
    .name = "l2_pool2d",
    .formula = "y = sqrt(sum x^2) over each window",
    .derivative = "dx = x times the sum of g / y over its windows, those with y = 0 left out",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = wgi_pool2d_infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, OH, OW, C)",
    .domain = "a kink where a window is all 0: derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_l2_pool2d(wg_var x, const wg_pool2d_options *options) {
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    return wg_record(&wg_gate_l2_pool2d, 1, &x, &a);
}
#endif
