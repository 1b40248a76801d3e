/* The matrix of cofactors, y[i][j] = (-1)^(i+j) det(a without row i and column j), which is
 * d det a/da[i][j]: a, y (..., n, n), 1 for n = 1.  For a that can be inverted it is det(a) a^-T;
 * it is defined for any a, and computed here without a division by a pivot that may be 0.
 *
 * cof(A B) = cof(A) cof(B), and cof(M) = det(M) M^-T, so from P A Q = L U
 *
 *     cof(A) = det(P) det(Q) P^T L^-T cof(U) Q^T.
 *
 * Complete pivoting leaves U = [V u; 0 d] with d its smallest pivot, and V singular only where A
 * lacks two or more of its rank and all cofactors are 0.  Expanding along the last row,
 *
 *     cof(U) = det(V) [d V^-T 0; -u^T V^-T 1].
 *
 * With c = cofactor(a), x = a^-T and g the cotangent of y:  da = <x, g> c - c g^T x.  This, a
 * second derivative of det, is computed for a that can be inverted only: otherwise VALUE, from
 * inverse. */
#ifdef REAL

static void FN(swap)(REAL *a, REAL *b) {
    const REAL keep = *a;
    *a = *b;
    *b = keep;
}

/* L^-T cof(U), but for the factor det(V). */
static void FN(unscaled)(int64_t n, const REAL *lu, REAL *y, void *scratch) {
    const REAL d = lu[n * n - 1];
    const wgi_triangular v = {.n = n - 1, .k = n - 1, .ldt = n, .ldb = n, .upper = 1,
                              .transpose = 1};
    const wgi_triangular l = {.n = n, .k = n, .ldt = n, .ldb = n, .transpose = 1, .unit = 1};
    REAL *last = y + (n - 1) * n;
    for (int64_t j = 0; j < n * n; ++j) y[j] = j / n == j % n;
    FN(wgi_triangular_solve)(&v, lu, y, scratch); /* V^-T */
    for (int64_t i = 0; i < n - 1; ++i) {
        const REAL u = lu[i * n + n - 1];
        for (int64_t j = 0; j < n - 1; ++j) last[j] -= u * y[i * n + j];
        for (int64_t j = 0; j < n - 1; ++j) y[i * n + j] *= d;
    }
    FN(wgi_triangular_solve)(&l, lu, y, scratch);
}

static void FN(cofactors)(int64_t n, REAL *lu, const wgi_work *work, REAL *y) {
    const int64_t *row = work->rows, *column = work->columns;
    wgi_wide det = {1, 0};
    FN(wgi_lu_complete)(n, lu, n, work->rows, work->columns);
    for (int64_t i = 0; i < n - 1; ++i) {
        const double pivot = (double)lu[i * n + i];
        det = wgi_wide_times(det, (row[i] == i) == (column[i] == i) ? pivot : -pivot);
    }
    if (det.fraction == 0) { /* V is singular */
        memset(y, 0, (size_t)(n * n) * sizeof *y);
        return;
    }
    FN(unscaled)(n, lu, y, work->scratch);
    for (int64_t k = n - 1; k >= 0; --k) {
        for (int64_t j = 0; j < n && row[k] != k; ++j) FN(swap)(&y[k * n + j], &y[row[k] * n + j]);
        for (int64_t i = 0; i < n && column[k] != k; ++i)
            FN(swap)(&y[i * n + k], &y[i * n + column[k]]);
    }
    for (int64_t i = 0; i < n * n; ++i)
        y[i] = (REAL)wgi_wide_value(wgi_wide_times(det, (double)y[i]));
}

static int64_t FN(run)(const wgi_batch *b, int64_t begin, int64_t end, const wgi_work *work,
                       int64_t *at) {
    const wg_value *a = b->call->x[0];
    const int64_t size = b->n * b->n;
    (void)at;
    for (int64_t i = begin; i < end && size > 0; ++i) {
        FN(wgi_load)(a, wgi_batch_at(b, a, 2, i), work->matrix);
        FN(cofactors)(b->n, work->matrix, work, (REAL *)b->call->y.data + i * size);
    }
    return -1;
}

static wg_status FN(forward)(wg_call *c) {
    wgi_batch b = wgi_batch_of(c, c->y.rank - 2, c->y.dim[c->y.rank - 1]);
    return wgi_batch_run(&b, FN(run), "", "");
}

#else
#include "ops/linalg.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#include <string.h>

#define KERNEL_PART "ops/cofactor.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    wg_var x = wgi_matrix_transpose(wg_inverse(p->x[0]));
    wg_var inner = wg_sum_over(wg_mul(x, p->g), WG_AXES(-2, -1), 1);
    wg_var turned = wg_matmul(p->y, wg_matmul(wgi_matrix_transpose(p->g), x));
    p->dx[0] = wg_sub(wg_mul(inner, p->y), turned);
}

static const wg_sample samples[] = {
    {.shapes = "3,3", .diagonal = 7}, {.shapes = "2,2,2", .diagonal = 7},
    {.shapes = "4,4", .lo = -1, .hi = 1, .diagonal = 5}, {.shapes = "1,1", .lo = 1, .hi = 2},
    {.shapes = "0,0"}, {.shapes = NULL},
};

const wg_gate wg_gate_cofactor = {
    .size = sizeof(wg_gate),
    .name = "cofactor",
    .formula = "y = det(a) a^-T, y[i][j] = d det a / da[i][j]",
    .derivative = "da = <x, g> y - y g^T x, x = a^-T",
    .arity = 1,
    .operands = {"a"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_square_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_THREADS,
    .shape = "(..., n, n) -> (..., n, n)",
    .domain = "any; the derivative is a VALUE error at a singular a",
};

wg_var wg_cofactor(wg_var a) { return wg_record(&wg_gate_cofactor, 1, &a, NULL); }
#endif
