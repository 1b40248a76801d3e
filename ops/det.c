/* The determinant of each matrix: a (..., n, n) to (...), 1 for n = 0.
 *
 * Gaussian elimination with partial pivoting; the product of the pivots neither overflows nor
 * underflows on its way.  Its derivative is the matrix of cofactors, which exists for singular
 * matrices too: da = g cofactor(a). */
#include "ops/linalg.h"
#include "ops/ops.h"

static wg_status forward(wg_call *c) { return wgi_determinants(c, wgi_wide_value); }

static void rule(wg_pull *p) {
    p->dx[0] = wg_mul(wgi_each_matrix(p->g), wg_cofactor(p->x[0]));
}

static const wg_sample samples[] = {
    {.shapes = "3,3"}, {.shapes = "2,2,2"}, {.shapes = "4,4", .lo = -1, .hi = 1},
    {.shapes = "1,1"}, {.shapes = "0,0"},   {.shapes = "0,2,2"},
    {.shapes = NULL},
};

const wg_gate wg_gate_det = {
    .size = sizeof(wg_gate),
    .name = "det",
    .formula = "y = det a",
    .derivative = "da = g cofactor(a)",
    .arity = 1,
    .operands = {"a"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_square_number_infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) -> (...)",
    .domain = "any; at a singular a the first derivative is exact, a second one is a VALUE error",
};

wg_var wg_det(wg_var a) { return wg_record(&wg_gate_det, 1, &a, NULL); }
