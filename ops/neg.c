/* The negative: y = -x, dy/dx = -1. */
#include "ops/elementwise.h"

#define VALUE -x
#define PARTIAL R(-1)
#include "ops/unary.h"

static void rule(wg_pull *p) { p->dx[0] = wg_neg(p->g); }

static const wg_sample samples[] = {{.shapes = "2,3"}, {.shapes = ""}, {.shapes = NULL}};

const wg_gate wg_gate_neg = {
    .size = sizeof(wg_gate),
    .name = "neg",
    .formula = "y = -x",
    .derivative = "dx = -g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .rule = rule,
    .elementwise = &elementwise,
    .form = WG_FORM_NEGATIVE,
    .samples = samples,
};

wg_var wg_neg(wg_var x) { return wgi_unary(&wg_gate_neg, x, NULL, math); }
