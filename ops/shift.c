/* A sum with a number: y = x + c, dy/dx = 1. */
#include "ops/elementwise.h"

struct wgi_shift {
    double c;
};

#define ATTRS struct wgi_shift
#define VALUE x + (REAL)a->c
#define PARTIAL R(1)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = p->g; }

static const wg_attr attrs[] = {
    {.name = "c", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_shift, c), .preset = 0,
     .doc = "what is added"},
    {.name = NULL},
};
static const struct wgi_shift sample = {0.75};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &sample},
    {.shapes = "", .attrs = &sample},
    {.shapes = NULL},
};

const wg_gate wg_gate_shift = {
    .size = sizeof(wg_gate),
    .name = "shift",
    .formula = "y = x + c",
    .derivative = "dx = g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_PASSES,
    .attr_bytes = sizeof(struct wgi_shift),
    .attrs = attrs,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_shift(wg_var x, double c) {
    struct wgi_shift a = {c};
    return wgi_unary(&wg_gate_shift, x, &a, math);
}
