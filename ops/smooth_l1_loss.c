/* The smooth absolute error of x against a target y (R. Girshick, arXiv:1504.08083, there with
 * beta = 1), its mean, sum, or each: with d = x - y
 *
 *     l = d^2 / (2 beta) where |d| < beta,  else |d| - beta/2,
 *
 * which is Huber's loss divided by its delta = beta.  With g the cotangent of l:
 * dx = g clamp(d/beta, -1, 1), dy = -dx; the second derivative at |d| = beta is taken as the mean
 * of both sides.  beta = 0 is l1_loss, derivative 0 where x = y. */
#include "ops/choices.h"
#include "ops/pair_loss.h"

struct wgi_smooth_l1_loss {
    int reduction; /* wg_reduction */
    double beta;
};
#define ATTRS struct wgi_smooth_l1_loss
#define LOSS M(fabs)(x - y) < (REAL)a->beta ? R(0.5) * (x - y) * ((x - y) / (REAL)a->beta) \
    : M(fabs)(x - y) - R(0.5) * (REAL)a->beta
#include "ops/pair_loss.h"

static uint64_t signature(const wg_call *c) {
    const ATTRS *a = c->attrs;
    uint64_t hash = 0;
    for (int64_t i = 0, n = wg_value_size(c->x[0]); i < n; ++i) {
        double d = wgi_element(c->x[0], i) - wgi_element(c->x[1], i);
        int piece = d > a->beta         ? 1
                    : d < -a->beta      ? 2
                    : fabs(d) < a->beta ? 3
                    : d != d            ? 4
                                      : 5;
        hash = wgi_hash(hash, (uint64_t)piece);
    }
    return hash;
}

static wg_status infer_checked(wg_call *c) {
    wg_status s = wgi_loss_check(c, "beta", ((const ATTRS *)c->attrs)->beta, 1);
    return s == WG_OK ? infer(c) : s;
}

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    wg_var d = wg_sub(x, y), one = wg_number(g.tape, 1), minus = wg_number(g.tape, -1);
    wg_var slope = a->beta > 0 ? wg_minimum(wg_maximum(wg_scale(d, 1 / a->beta), minus), one)
                               : wg_sign(d);
    wg_var dx = wg_mul(g, slope);
    if (p->wanted[0]) p->dx[0] = dx;
    if (p->wanted[1]) p->dx[1] = wg_neg(dx);
}

static const wg_attr attrs[] = {
    WGI_REDUCTION_ROW(ATTRS),
    {.name = "beta", .kind = WG_ATTR_REAL, .offset = offsetof(ATTRS, beta), .preset = 1,
     .doc = "where the parabola ends, not negative"},
    {.name = NULL},
};
static const ATTRS mean = {WG_REDUCTION_MEAN, 1}, sum = {WG_REDUCTION_SUM, 0.5},
                   each = {WG_REDUCTION_NONE, 0};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &mean},
    {.shapes = "4|4", .attrs = &sum},
    {.shapes = "2,2|2,2", .attrs = &each},
    {.shapes = "|", .attrs = &mean},
    {.shapes = "0,2|0,2", .attrs = &each},
    {.shapes = "0|0", .attrs = &sum},
    {.shapes = NULL},
};

const wg_gate wg_gate_smooth_l1_loss = {
    .size = sizeof(wg_gate),
    .name = "smooth_l1_loss",
    .formula = "l = d^2/(2 beta) where |d| < beta, else |d| - beta/2, d = x - y",
    .derivative = "dx = g clamp(d/beta, -1, 1), dy = -dx",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(ATTRS),
    .attrs = attrs,
    .infer = infer_checked,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> () or (d...)",
    .domain = "beta >= 0; where |d| = beta the second derivative jumps and is taken as the "
              "mean of both sides; beta = 0 is l1_loss",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_smooth_l1_loss(wg_var x, wg_var y, double beta, wg_reduction reduction) {
    wg_var operands[2] = {x, y};
    ATTRS a = {(int)reduction, beta};
    return wg_record(&wg_gate_smooth_l1_loss, 2, operands, &a);
}
