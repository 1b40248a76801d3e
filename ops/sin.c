/* The sine: y = sin x (x in radians), dy/dx = cos x. */
#include "ops/elementwise.h"

#define VALUE M(sin)(x)
#define PARTIAL M(cos)(x)
#define RARE(x) (M(fabs)(x) > R(WGI_VM_TURNS))
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_mul(p->g, wg_cos(p->x[0])); }

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_sin = {
    .size = sizeof(wg_gate),
    .name = "sin",
    .formula = "y = sin x",
    .derivative = "dx = g cos x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "at the infinities NaN",
};

wg_var wg_sin(wg_var x) { return wgi_unary(&wg_gate_sin, x, NULL, math); }
