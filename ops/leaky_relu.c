/* The leaky rectifier: y = x where x > 0, else c x, with the slope c.  dy/dx = 1 where x > 0, else
 * c, also at the kink 0 (and for NaN, whose value is NaN). */
#include "ops/elementwise.h"

struct wgi_leaky_relu {
    double slope;
};

#define ATTRS struct wgi_leaky_relu
#define VALUE x > 0 ? x : (REAL)a->slope * x
#define PARTIAL x > 0 ? R(1) : (REAL)a->slope
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    double slope = ((const struct wgi_leaky_relu *)p->attrs)->slope;
    wg_var positive = wg_greater(p->x[0], wg_number(p->g.tape, 0));
    p->dx[0] = wg_where(positive, p->g, wg_scale(p->g, slope));
}

static const wg_attr attrs[] = {
    {.name = "slope", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_leaky_relu, slope),
     .preset = 0.01, .doc = "the slope below 0"},
    {.name = NULL},
};
static const struct wgi_leaky_relu gentle = {0.01};
static const struct wgi_leaky_relu steep = {-1.5};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &gentle},
    {.shapes = "", .attrs = &gentle},
    {.shapes = "2,3", .attrs = &steep},
    {.shapes = "", .attrs = &steep},
    {.shapes = NULL},
};

const wg_gate wg_gate_leaky_relu = {
    .size = sizeof(wg_gate),
    .name = "leaky_relu",
    .formula = "y = x where x > 0, else slope x",
    .derivative = "dx = g where x > 0, else slope g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_leaky_relu),
    .attrs = attrs,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at 0: derivative slope",
};

wg_var wg_leaky_relu(wg_var x, double slope) {
    struct wgi_leaky_relu a = {slope};
    return wgi_unary(&wg_gate_leaky_relu, x, &a, math);
}
