/* The Cholesky factor of each matrix: l l^T = (a + a^T)/2, l lower triangular with a positive
 * diagonal, zeros above it; a, l (..., n, n).
 *
 * The symmetric part of a is factorised, so l is a function of all elements of a, and its gradient
 * is symmetric: it moves a symmetric a to a symmetric one.  A pivot that is not positive is a VALUE
 * error: the symmetric part is not positive definite.  With Phi the lower triangle, its diagonal
 * halved, dl = l Phi(l^-1 da l^-T), and so, g being the cotangent of l,
 *
 *     s = l^-T Phi(l^T g) l^-1        da = (s + s^T)/2
 *
 * (I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527). */
#ifdef REAL

/* The symmetric part, then its factor, in place. */
static int64_t FN(run)(const wgi_batch *b, int64_t begin, int64_t end, const wgi_work *work,
                       int64_t *at) {
    const wg_value *a = b->call->x[0];
    const int64_t n = b->n;
    REAL *x = work->matrix, *l = (REAL *)b->call->y.data + begin * n * n;
    for (int64_t m = begin; m < end; ++m, l += n * n) {
        FN(wgi_load)(a, wgi_batch_at(b, a, 2, m), x);
        for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < n; ++j)
                l[i * n + j] = j > i ? 0 : x[i * n + j] / 2 + x[j * n + i] / 2;
        const int64_t bad = FN(wgi_cholesky)(n, l, n, work->scratch);
        *at = m;
        if (bad >= 0) return bad;
    }
    return -1;
}

static wg_status FN(forward)(wg_call *c) {
    wgi_batch b = wgi_batch_of(c, c->y.rank - 2, 0);
    return wgi_batch_run(&b, FN(run), "is not positive definite", "not positive");
}

#else
#include "ops/linalg.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#define KERNEL_PART "ops/cholesky.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    wg_var product = wg_matmul(wgi_matrix_transpose(p->y), p->g);
    wg_var phi = wg_scale(wg_add(wg_tril(product, 0), wg_tril(product, -1)), 0.5);
    wg_var left = wg_triangular_solve(p->y, phi, 0, 1, 0); /* l^-T phi */
    wg_var s = wg_triangular_solve(p->y, wgi_matrix_transpose(left), 0, 1, 0); /* s^T */
    p->dx[0] = wg_scale(wg_add(s, wgi_matrix_transpose(s)), 0.5);
}

static const wg_sample samples[] = {
    {.shapes = "3,3", .diagonal = 7},   {.shapes = "2,2,2", .diagonal = 7},
    {.shapes = "1,1", .lo = 1, .hi = 2}, {.shapes = "0,0"},
    {.shapes = "0,2,2"},                {.shapes = NULL},
};

const wg_gate wg_gate_cholesky = {
    .size = sizeof(wg_gate),
    .name = "cholesky",
    .formula = "l l^T = (a + a^T)/2, l lower triangular",
    .derivative = "da = (s + s^T)/2, s = l^-T Phi(l^T g) l^-1",
    .arity = 1,
    .operands = {"a"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_square_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) -> (..., n, n)",
    .domain = "the symmetric part of a is positive definite, else VALUE",
};

wg_var wg_cholesky(wg_var a) { return wg_record(&wg_gate_cholesky, 1, &a, NULL); }
#endif
