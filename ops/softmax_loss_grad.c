/* The gradient of softmax_loss from its probabilities p (N, C), labels l (N) and g of rank 0:
 *
 *     z = (p - onehot(l)) g / N.
 *
 * With h the cotangent of z: dp = h g / N, dg = sum h (p - onehot(l)) / N. */
#ifdef REAL

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const REAL *p = c->x[0]->data;
    const int64_t *label = c->x[1]->data, classes = c->y.dim[1];
    REAL *z = c->y.data, g = *(const REAL *)c->x[2]->data / (REAL)c->y.dim[0];
    for (int64_t i = begin; i < end; ++i) {
        for (int64_t j = i * classes; j < (i + 1) * classes; ++j) z[j] = g * p[j];
        z[i * classes + label[i]] = g * (p[i * classes + label[i]] - 1);
    }
}

static wg_status FN(forward)(wg_call *c) {
    wg_status s = wgi_labels_check(c);
    if (s == WG_OK) wgi_parallel_for(c->y.dim[0], wgi_row_grain(&c->y), FN(rows), c);
    return s;
}

#else
#include "ops/losses.h"

#define KERNEL_PART "ops/softmax_loss_grad.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    wg_var h = p->g, one = wg_number(p->g.tape, 1);
    if (p->wanted[0]) {
        wg_shape s = wg_shape_of(h);
        p->dx[0] = wg_scale(wg_mul(h, p->x[2]), 1 / (double)s.dim[0]);
    }
    if (p->wanted[2])
        p->dx[2] = wg_sum(wg_mul(h, wg_softmax_loss_grad(p->x[0], p->x[1], one)));
}

static const wg_sample samples[] = {
    {.shapes = "3,4|3|", .limit = 4},
    {.shapes = "1,2|1|", .limit = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_softmax_loss_grad = {
    .size = sizeof(wg_gate),
    .name = "softmax_loss_grad",
    .formula = "z = g (p - onehot(label)) / N",
    .derivative = "dp = g h / N, dg = sum(h (p - onehot(label))) / N",
    .arity = 3,
    .operands = {"p", "labels", "g"},
    .indices = 2,
    .infer = wgi_loss_grad_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, C) (N) () -> (N, C)",
    .domain = "0 <= label < C, else RANGE",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_softmax_loss_grad(wg_var p, wg_var labels, wg_var g) {
    wg_var x[3] = {p, labels, g};
    return wg_record(&wg_gate_softmax_loss_grad, 3, x, NULL);
}
#endif
