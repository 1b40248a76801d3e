/* A product with a number: y = c x, dy/dx = c. */
#include "ops/elementwise.h"

struct wgi_scale {
    double c;
};

#define ATTRS struct wgi_scale
#define VALUE (REAL)a->c * x
#define PARTIAL (REAL)a->c
#include "ops/unary.h"

static void rule(wg_pull *p) {
    p->dx[0] = wg_scale(p->g, ((const struct wgi_scale *)p->attrs)->c);
}

static const wg_attr attrs[] = {
    {.name = "c", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_scale, c), .preset = 1,
     .doc = "the factor"},
    {.name = NULL},
};
static const struct wgi_scale sample = {-1.5};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &sample},
    {.shapes = "", .attrs = &sample},
    {.shapes = NULL},
};

const wg_gate wg_gate_scale = {
    .size = sizeof(wg_gate),
    .name = "scale",
    .formula = "y = c x",
    .derivative = "dx = c g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_scale),
    .attrs = attrs,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_scale(wg_var x, double c) {
    struct wgi_scale a = {c};
    return wgi_unary(&wg_gate_scale, x, &a, math);
}
