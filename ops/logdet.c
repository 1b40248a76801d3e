/* The logarithm of the determinant of each matrix: y = ln det a, a (..., n, n) to (...); NaN where
 * det a < 0 and -inf where det a = 0, as ln has them; logabsdet takes |det a|.  det a itself may be
 * out of the range of its type.  With g the cotangent of y:
 *
 *     da = g a^-T
 *
 * also where det a < 0; at a singular matrix it is a VALUE error. */
#include "ops/linalg.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#include <math.h>

static double log_of(wgi_wide det) {
    return log(det.fraction) + (double)det.exponent * 0.69314718055994530942;
}

static wg_status forward(wg_call *c) { return wgi_determinants(c, log_of); }

static void rule(wg_pull *p) {
    wg_var x = wgi_matrix_transpose(wg_inverse(p->x[0]));
    p->dx[0] = wg_mul(wgi_each_matrix(p->g), x);
}

static const wg_sample samples[] = {
    {.shapes = "3,3", .diagonal = 7},   {.shapes = "2,2,2", .diagonal = 7},
    {.shapes = "1,1", .lo = 1, .hi = 2}, {.shapes = "0,0"},
    {.shapes = "0,2,2"},                {.shapes = NULL},
};

const wg_gate wg_gate_logdet = {
    .size = sizeof(wg_gate),
    .name = "logdet",
    .formula = "y = ln det a",
    .derivative = "da = g a^-T",
    .arity = 1,
    .operands = {"a"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_square_number_infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) -> (...)",
    .domain = "det a > 0; NaN below, -inf at 0, where the derivative is a VALUE error",
};

wg_var wg_logdet(wg_var a) { return wg_record(&wg_gate_logdet, 1, &a, NULL); }
