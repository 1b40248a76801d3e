/* A smooth rectifier: y = ln(1 + e^(b x)) / b with the sharpness b > 0, dy/dx = sigmoid(b x).
 * Written max(b x, 0) + ln(1 + e^-|b x|), which neither overflows nor loses the small values. */
#include "ops/elementwise.h"

struct wgi_softplus {
    double beta;
};

#define ATTRS struct wgi_softplus
#define VALUE                                                                                      \
    ((REAL)a->beta * x > 0 ? x : R(0)) +                                                           \
        M(log1p)(M(exp)(-M(fabs)((REAL)a->beta * x))) / (REAL)a->beta
#define PARTIAL                                                                                    \
    (x < 0 ? M(exp)(-M(fabs)((REAL)a->beta * x)) : R(1)) /                                         \
        (1 + M(exp)(-M(fabs)((REAL)a->beta * x)))
#include "ops/unary.h"

static void rule(wg_pull *p) {
    double beta = ((const struct wgi_softplus *)p->attrs)->beta;
    p->dx[0] = wg_mul(p->g, wg_sigmoid(wg_scale(p->x[0], beta)));
}

static wg_status infer(wg_call *c) {
    double beta = ((const struct wgi_softplus *)c->attrs)->beta;
    if (!(beta > 0 && isfinite(beta)))
        return wg_fail(c, WG_ERR_RANGE, "beta is %g; it must be positive and finite", beta);
    return wgi_elementwise_infer(c);
}

static const wg_attr attrs[] = {
    {.name = "beta", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_softplus, beta),
     .preset = 1, .doc = "how sharp the bend is"},
    {.name = NULL},
};
static const struct wgi_softplus plain = {1};
static const struct wgi_softplus sharp = {2.5};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &plain},
    {.shapes = "", .attrs = &plain},
    {.shapes = "2,3", .attrs = &sharp},
    {.shapes = "", .attrs = &sharp},
    {.shapes = NULL},
};

const wg_gate wg_gate_softplus = {
    .size = sizeof(wg_gate),
    .name = "softplus",
    .formula = "y = ln(1 + e^(beta x)) / beta",
    .derivative = "dx = g / (1 + e^(-beta x))",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_softplus),
    .attrs = attrs,
    .infer = infer,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "beta > 0",
};

wg_var wg_softplus(wg_var x, double beta) {
    struct wgi_softplus a = {beta};
    if (!(beta > 0 && isfinite(beta))) return wg_record(&wg_gate_softplus, 1, &x, &a);
    return wgi_unary(&wg_gate_softplus, x, &a, math);
}
