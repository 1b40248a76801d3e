/* The solution y of a y = b: a (..., n, n), b and y (..., n, k), batches broadcast; a b of rank 1
 * is one vector (n), as in NumPy 2, and then y is (..., n).
 *
 * Gaussian elimination with partial pivoting.  A pivot that is exactly 0 is a VALUE error; a matrix
 * that is nearly singular gives an answer as inexact as its condition makes it.  From
 * da y + a dy = db, with g the cotangent of y:
 *
 *     db = a^-T g = solve(a^T, g)        da = -db y^T
 *
 * which are gates, so it is differentiable to any order. */
#ifdef REAL

/* A matrix that stays the same from one b to the next is factorised once. */
static int64_t FN(run)(const wgi_batch *s, int64_t begin, int64_t end, const wgi_work *work,
                       int64_t *at) {
    const wg_value *a = s->call->x[0], *b = s->call->x[1];
    REAL *lu = work->matrix, *y = (REAL *)s->call->y.data + begin * s->n * s->k;
    int64_t factorised = -1;
    for (int64_t i = begin; i < end; ++i, y += s->n * s->k) {
        const int64_t from = wgi_batch_at(s, a, 2, i);
        if (i == begin || from != factorised) {
            FN(wgi_load)(a, from, lu);
            const int64_t zero = FN(wgi_lu)(s->n, lu, s->n, work->rows, work->scratch);
            *at = i;
            if (zero >= 0) return zero;
            factorised = from;
        }
        FN(wgi_load)(b, wgi_batch_at(s, b, b->rank == 1 ? 1 : 2, i), y);
        FN(wgi_lu_solve)(s->n, s->k, lu, s->n, work->rows, y, s->k, work->scratch);
    }
    return -1;
}

static wg_status FN(forward)(wg_call *c) {
    const int own = c->x[1]->rank == 1 ? 1 : 2;
    wgi_batch s = wgi_batch_of(c, c->y.rank - own, own == 1 ? 1 : c->y.dim[c->y.rank - 1]);
    return wgi_batch_run(&s, FN(run), "is singular", "0");
}

#else
#include "ops/linalg.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#define KERNEL_PART "ops/solve.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    int vectors = wg_shape_of(p->x[1]).rank == 1, rank = wg_shape_of(p->g).rank;
    wg_var g = vectors ? wgi_with_axis(p->g, rank) : p->g;
    wg_var db = wg_solve(wgi_matrix_transpose(p->x[0]), g);
    if (vectors) db = wgi_without_axis(db, rank);
    if (p->wanted[0]) p->dx[0] = wg_neg(wgi_solve_outer(db, p->y, vectors));
    if (p->wanted[1]) p->dx[1] = db;
}

static const wg_sample samples[] = {
    {.shapes = "3,3|3,2", .diagonal = 7},     {.shapes = "3,3|3", .diagonal = 7},
    {.shapes = "2,2,2|2,1", .diagonal = 7},   {.shapes = "2,2|3,2,1", .diagonal = 7},
    {.shapes = "2,1,2,2|3,2,1", .diagonal = 7}, {.shapes = "2,2,2|2", .diagonal = 7},
    {.shapes = "1,1|1,3", .lo = 1, .hi = 2},  {.shapes = "0,0|0,2"},
    {.shapes = NULL},
};

const wg_gate wg_gate_solve = {
    .size = sizeof(wg_gate),
    .name = "solve",
    .formula = "y = a^-1 b",
    .derivative = "db = a^-T g, da = -db y^T",
    .arity = 2,
    .operands = {"a", "b"},
    .flags = WG_GATE_STRIDED,
    .infer = wgi_solve_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) (..., n, k) -> (..., n, k) or (..., n, n) (n) -> (..., n)",
    .domain = "a that can be inverted; a pivot of 0 is a VALUE error",
};

wg_var wg_solve(wg_var a, wg_var b) {
    wg_var operands[2] = {a, b};
    return wg_record(&wg_gate_solve, 2, operands, NULL);
}
#endif
