/* The inverse of each matrix, y = a^-1: a, y (..., n, n), by Gaussian elimination with partial
 * pivoting; a pivot that is exactly 0 is a VALUE error.  From da y + a dy = 0, with g the cotangent
 * of y:
 *
 *     da = -y^T g y^T                                                                         */
#ifdef REAL

static int64_t FN(run)(const wgi_batch *b, int64_t begin, int64_t end, const wgi_work *work,
                       int64_t *at) {
    const wg_value *a = b->call->x[0];
    const int64_t n = b->n;
    REAL *lu = work->matrix, *y = (REAL *)b->call->y.data + begin * n * n;
    for (int64_t i = begin; i < end; ++i, y += n * n) {
        FN(wgi_load)(a, wgi_batch_at(b, a, 2, i), lu);
        const int64_t zero = FN(wgi_lu)(n, lu, n, work->rows, work->scratch);
        *at = i;
        if (zero >= 0) return zero;
        for (int64_t j = 0; j < n * n; ++j) y[j] = j / n == j % n;
        FN(wgi_lu_solve)(n, n, lu, n, work->rows, y, n, work->scratch);
    }
    return -1;
}

static wg_status FN(forward)(wg_call *c) {
    wgi_batch b = wgi_batch_of(c, c->y.rank - 2, c->y.dim[c->y.rank - 1]);
    return wgi_batch_run(&b, FN(run), "is singular", "0");
}

#else
#include "ops/linalg.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#define KERNEL_PART "ops/inverse.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    wg_var yt = wgi_matrix_transpose(p->y);
    p->dx[0] = wg_neg(wg_matmul(yt, wg_matmul(p->g, yt)));
}

static const wg_sample samples[] = {
    {.shapes = "3,3", .diagonal = 7},   {.shapes = "2,2,2", .diagonal = 7},
    {.shapes = "1,1", .lo = 1, .hi = 2}, {.shapes = "0,0"},
    {.shapes = "0,2,2"},                {.shapes = NULL},
};

const wg_gate wg_gate_inverse = {
    .size = sizeof(wg_gate),
    .name = "inverse",
    .formula = "y = a^-1",
    .derivative = "da = -y^T g y^T",
    .arity = 1,
    .operands = {"a"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_square_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) -> (..., n, n)",
    .domain = "a that can be inverted; a pivot of 0 is a VALUE error",
};

wg_var wg_inverse(wg_var a) { return wg_record(&wg_gate_inverse, 1, &a, NULL); }
#endif
