/* The gradient of svm_loss: scores s (N, C), labels l (N), g of rank 0; z (N, C) with
 *
 *     z_ij = g/N [s_ij - s_(i, l_i) + 1 > 0] for j != l_i,    z_(i, l_i) = -sum of the others.
 *
 * Piecewise constant in s, so ds = 0; linear in g: dg = sum h z/g with h the cotangent of z. */
#ifdef REAL

static void FN(row)(int64_t classes, const REAL *s, int64_t label, REAL g, REAL *z) {
    REAL over = 0; /* how many margins are violated */
    for (int64_t j = 0; j < classes; ++j) {
        int violated = j != label && !(s[j] - s[label] + 1 <= 0);
        z[j] = violated ? g : 0;
        over += (REAL)violated;
    }
    z[label] = -g * over;
}

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const REAL *s = c->x[0]->data;
    const int64_t *label = c->x[1]->data, classes = c->y.dim[1];
    REAL *z = c->y.data, g = *(const REAL *)c->x[2]->data / (REAL)c->y.dim[0];
    for (int64_t i = begin; i < end; ++i)
        FN(row)(classes, s + i * classes, label[i], g, z + i * classes);
}

static wg_status FN(forward)(wg_call *c) {
    wg_status s = wgi_labels_check(c);
    if (s == WG_OK) wgi_parallel_for(c->y.dim[0], wgi_row_grain(&c->y), FN(rows), c);
    return s;
}

#else
#include "ops/svm_loss.h"

#define KERNEL_PART "ops/svm_loss_grad.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    wg_var one = wg_number(p->g.tape, 1);
    if (p->wanted[2])
        p->dx[2] = wg_sum(wg_mul(p->g, wg_svm_loss_grad(p->x[0], p->x[1], one)));
}

static const wg_sample samples[] = {
    {.shapes = "3,4|3|", .limit = 4},
    {.shapes = "1,2|1|", .limit = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_svm_loss_grad = {
    .size = sizeof(wg_gate),
    .name = "svm_loss_grad",
    .formula = "z_j = g [s_j - s_label + 1 > 0] / N, z_label = -sum of the others",
    .derivative = "ds = 0, dg = sum(h z / g)",
    .arity = 3,
    .operands = {"scores", "labels", "g"},
    .indices = 2,
    .flags = WG_GATE_KINKED,
    .infer = wgi_loss_grad_infer,
    .forward = {forward_f32, forward_f64},
    .signature = wgi_svm_signature,
    .rule = rule,
    .samples = samples,
    .shape = "(N, C) (N) () -> (N, C)",
    .domain = "0 <= label < C, else RANGE; jumps where s_j - s_label + 1 = 0, there 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_svm_loss_grad(wg_var scores, wg_var labels, wg_var g) {
    wg_var x[3] = {scores, labels, g};
    return wg_record(&wg_gate_svm_loss_grad, 3, x, NULL);
}
#endif
