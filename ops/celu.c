/* The continuously differentiable exponential linear unit: y = x where x > 0, else a (e^(x/a) -
 * 1), which tends to -a. dy/dx = 1 where x > 0, else e^(x/a) = 1 + y/a: smooth at 0 to the first
 * order; the second derivative jumps there and is taken as 1/a, that of the left piece. J. T.
 * Barron, arXiv:1704.07483. */
#include "ops/elementwise.h"

struct wgi_celu {
    double alpha;
};

#define ATTRS struct wgi_celu
#define VALUE x > 0 ? x : (REAL)a->alpha * M(expm1)(x / (REAL)a->alpha)
#define PARTIAL x > 0 ? R(1) : M(exp)(x / (REAL)a->alpha)
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

/* The piece not taken must not overflow: above 0 the exponential is that of 0. */
static void rule(wg_pull *p) {
    double alpha = ((const struct wgi_celu *)p->attrs)->alpha;
    wg_var zero = wg_number(p->g.tape, 0), one = wg_number(p->g.tape, 1);
    wg_var positive = wg_greater(p->x[0], zero);
    wg_var below = wg_exp(wg_scale(wg_where(positive, zero, p->x[0]), 1 / alpha));
    p->dx[0] = wg_mul(p->g, wg_where(positive, one, below));
}

static int usable(double alpha) { return alpha > 0 && isfinite(alpha) && isfinite(1 / alpha); }

static wg_status infer(wg_call *c) {
    double alpha = ((const struct wgi_celu *)c->attrs)->alpha;
    if (!usable(alpha))
        return wg_fail(c, WG_ERR_RANGE, "alpha is %g; it must be positive and finite", alpha);
    return wgi_elementwise_infer(c);
}

static const wg_attr attrs[] = {
    {.name = "alpha", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_celu, alpha),
     .preset = 1, .doc = "minus the limit at -infinity"},
    {.name = NULL},
};
static const struct wgi_celu plain = {1}, tight = {0.6};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &plain},
    {.shapes = "", .attrs = &plain},
    {.shapes = "2,3", .attrs = &tight},
    {.shapes = "", .attrs = &tight},
    {.shapes = NULL},
};

const wg_gate wg_gate_celu = {
    .size = sizeof(wg_gate),
    .name = "celu",
    .formula = "y = x where x > 0, else alpha (e^(x/alpha) - 1)",
    .derivative = "dx = g where x > 0, else g e^(x/alpha)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_celu),
    .attrs = attrs,
    .infer = infer,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "alpha > 0; at 0 the second derivative jumps and is taken as 1/alpha",
};

wg_var wg_celu(wg_var x, double alpha) {
    struct wgi_celu a = {alpha};
    if (!usable(alpha)) return wg_record(&wg_gate_celu, 1, &x, &a);
    return wgi_unary(&wg_gate_celu, x, &a, math);
}
