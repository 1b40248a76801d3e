/* Huber's loss of x against a target y (P. J. Huber, Ann. Math. Statist. 35, 1964), its mean, sum,
 * or each: with d = x - y
 *
 *     l = d^2 / 2 where |d| <= delta,  else delta (|d| - delta/2).
 *
 * With g the cotangent of l: dx = g clamp(d, -delta, delta), dy = -dx, continuous everywhere; the
 * second derivative jumps at |d| = delta and is taken there as the mean of both sides. */
#include "ops/choices.h"
#include "ops/pair_loss.h"

struct wgi_huber_loss {
    int reduction; /* wg_reduction */
    double delta;
};
#define ATTRS struct wgi_huber_loss
#define LOSS M(fabs)(x - y) <= (REAL)a->delta ? R(0.5) * (x - y) * (x - y) \
    : (REAL)a->delta * (M(fabs)(x - y) - R(0.5) * (REAL)a->delta)
#include "ops/pair_loss.h"

static uint64_t signature(const wg_call *c) {
    const ATTRS *a = c->attrs;
    uint64_t hash = 0;
    for (int64_t i = 0, n = wg_value_size(c->x[0]); i < n; ++i) {
        double d = wgi_element(c->x[0], i) - wgi_element(c->x[1], i);
        int piece = d > a->delta         ? 1
                    : d < -a->delta      ? 2
                    : fabs(d) < a->delta ? 3
                    : d != d             ? 4
                                       : 5;
        hash = wgi_hash(hash, (uint64_t)piece);
    }
    return hash;
}

static wg_status infer_checked(wg_call *c) {
    wg_status s = wgi_loss_check(c, "delta", ((const ATTRS *)c->attrs)->delta, 0);
    return s == WG_OK ? infer(c) : s;
}

static void rule(wg_pull *p) {
    const ATTRS *a = p->attrs;
    wg_var x = p->x[0], y = p->x[1];
    wg_var g = wgi_loss_cotangent(p, a->reduction, wg_shape_size(wg_shape_of(x)));
    wg_var top = wg_number(g.tape, a->delta), bottom = wg_number(g.tape, -a->delta);
    wg_var dx = wg_mul(g, wg_minimum(wg_maximum(wg_sub(x, y), bottom), top));
    if (p->wanted[0]) p->dx[0] = dx;
    if (p->wanted[1]) p->dx[1] = wg_neg(dx);
}

static const wg_attr attrs[] = {
    WGI_REDUCTION_ROW(ATTRS),
    {.name = "delta", .kind = WG_ATTR_REAL, .offset = offsetof(ATTRS, delta), .preset = 1,
     .doc = "where the parabola ends, positive"},
    {.name = NULL},
};
static const ATTRS mean = {WG_REDUCTION_MEAN, 1}, sum = {WG_REDUCTION_SUM, 0.5},
                   each = {WG_REDUCTION_NONE, 2};
static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .attrs = &mean},
    {.shapes = "4|4", .attrs = &sum},
    {.shapes = "2,2|2,2", .attrs = &each},
    {.shapes = "|", .attrs = &mean},
    {.shapes = "0,2|0,2", .attrs = &each},
    {.shapes = "0|0", .attrs = &sum},
    {.shapes = NULL},
};

const wg_gate wg_gate_huber_loss = {
    .size = sizeof(wg_gate),
    .name = "huber_loss",
    .formula = "l = d^2/2 where |d| <= delta, else delta (|d| - delta/2), d = x - y",
    .derivative = "dx = g clamp(d, -delta, delta), dy = -dx",
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
    .domain = "delta > 0; where |d| = delta the second derivative jumps and is taken as the "
              "mean of both sides",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_huber_loss(wg_var x, wg_var y, double delta, wg_reduction reduction) {
    wg_var operands[2] = {x, y};
    ATTRS a = {(int)reduction, delta};
    return wg_record(&wg_gate_huber_loss, 2, operands, &a);
}
