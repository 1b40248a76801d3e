/* The exponential linear unit: y = x where x > 0, else a (e^x - 1), which tends to -a. dy/dx = 1
 * where x > 0, else a e^x, also at 0, where there is a kink unless a = 1; it is y + a too, of which
 * rounding leaves nothing where y is near -a. D.-A. Clevert, T. Unterthiner, S. Hochreiter,
 * arXiv:1511.07289. */
#include "ops/elementwise.h"

struct wgi_elu {
    double alpha;
};

#define ATTRS struct wgi_elu
#define VALUE x > 0 ? x : (REAL)a->alpha * M(expm1)(x)
#define PARTIAL x > 0 ? R(1) : (REAL)a->alpha * M(exp)(x)
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

/* The piece not taken must not overflow: above 0 the exponential is that of 0. */
static void rule(wg_pull *p) {
    double alpha = ((const struct wgi_elu *)p->attrs)->alpha;
    wg_var zero = wg_number(p->g.tape, 0), one = wg_number(p->g.tape, 1);
    wg_var positive = wg_greater(p->x[0], zero);
    wg_var below = wg_scale(wg_exp(wg_where(positive, zero, p->x[0])), alpha);
    p->dx[0] = wg_mul(p->g, wg_where(positive, one, below));
}

static const wg_attr attrs[] = {
    {.name = "alpha", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_elu, alpha),
     .preset = 1, .doc = "minus the limit at -infinity"},
    {.name = NULL},
};
static const struct wgi_elu smooth = {1};
static const struct wgi_elu kinked = {0.6};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &smooth},
    {.shapes = "", .attrs = &smooth},
    {.shapes = "2,3", .attrs = &kinked},
    {.shapes = "", .attrs = &kinked},
    {.shapes = NULL},
};

const wg_gate wg_gate_elu = {
    .size = sizeof(wg_gate),
    .name = "elu",
    .formula = "y = x where x > 0, else alpha (e^x - 1)",
    .derivative = "dx = g where x > 0, else g alpha e^x",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_elu),
    .attrs = attrs,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at 0 unless alpha is 1: derivative alpha",
};

wg_var wg_elu(wg_var x, double alpha) {
    struct wgi_elu a = {alpha};
    return wgi_unary(&wg_gate_elu, x, &a, math);
}
