/* The cosine: y = cos x (x in radians), dy/dx = -sin x. */
#include "ops/elementwise.h"

#define VALUE M(cos)(x)
#define PARTIAL -M(sin)(x)
#define RARE(x) (M(fabs)(x) > R(WGI_VM_TURNS))
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_neg(wg_mul(p->g, wg_sin(p->x[0]))); }

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_cos = {
    .size = sizeof(wg_gate),
    .name = "cos",
    .formula = "y = cos x",
    .derivative = "dx = -g sin x",
    .arity = 1,
    .operands = {"x"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "at the infinities NaN",
};

wg_var wg_cos(wg_var x) { return wgi_unary(&wg_gate_cos, x, NULL, math); }
