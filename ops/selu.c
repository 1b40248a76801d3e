/* The scaled exponential linear unit: y = s x where x > 0, else s a (e^x - 1), with a = 1.6733
 * and s = 1.0507, for which activations of mean 0 and variance 1 keep them. dy/dx = s where x > 0,
 * else s a e^x, also at the kink 0. G. Klambauer et al., Self-normalizing neural networks,
 * arXiv:1706.02515. */
#include "ops/elementwise.h"

#define SELU_ALPHA 1.6732632423543772848
#define SELU_SCALE 1.0507009873554804934
#define ALPHA R(SELU_ALPHA)
#define SCALE R(SELU_SCALE)
#define VALUE x > 0 ? SCALE * x : SCALE * ALPHA * M(expm1)(x)
#define PARTIAL x > 0 ? SCALE : SCALE * ALPHA * M(exp)(x)
#define BRANCH wgi_sign_branch(x)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    wg_tape *t = p->g.tape;
    wg_var zero = wg_number(t, 0), positive = wg_greater(p->x[0], zero);
    wg_var below = wg_exp(wg_where(positive, zero, p->x[0])); /* of 0 where it is not taken */
    below = wg_scale(below, SELU_SCALE * SELU_ALPHA);
    p->dx[0] = wg_mul(p->g, wg_where(positive, wg_number(t, SELU_SCALE), below));
}

static const wg_sample samples[] = {
    {.shapes = "2,3"},
    {.shapes = ""},
    {.shapes = NULL},
};

const wg_gate wg_gate_selu = {
    .size = sizeof(wg_gate),
    .name = "selu",
    .formula = "y = s x where x > 0, else s a (e^x - 1)",
    .derivative = "dx = g s where x > 0, else g s a e^x",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at 0: derivative s a = 1.7581",
};

wg_var wg_selu(wg_var x) { return wgi_unary(&wg_gate_selu, x, NULL, math); }
