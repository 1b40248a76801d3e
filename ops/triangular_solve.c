/* The solution y of op(a) y = b for triangular a, shapes as for solve: a (..., n, n), b and y
 * (..., n, k), or b one vector (n).
 *
 * Only the triangle of a that `upper` names is read, and with `unit_diagonal` its diagonal counts
 * as 1 and is not read either; op(a) is a^T where `transposed`.  A 0 on a diagonal that is read is
 * a VALUE error.  With g the cotangent of y:
 *
 *     db = op(a)^-T g        da = -triangle(db y^T), or -triangle(y db^T) where transposed
 *
 * where triangle keeps what is read of a. */
#ifdef REAL

static int64_t FN(run)(const wgi_batch *s, int64_t begin, int64_t end, const wgi_work *work,
                       int64_t *at) {
    const wg_value *a = s->call->x[0], *b = s->call->x[1];
    const struct wgi_triangular_solve *o = s->call->attrs;
    const wgi_triangular system = {.n = s->n, .k = s->k, .ldt = s->n, .ldb = s->k,
                                   .upper = o->upper, .transpose = o->transposed,
                                   .unit = o->unit_diagonal};
    REAL *t = work->matrix, *y = (REAL *)s->call->y.data + begin * s->n * s->k;
    int64_t loaded = -1;
    for (int64_t i = begin; i < end; ++i, y += s->n * s->k) {
        const int64_t from = wgi_batch_at(s, a, 2, i);
        if (i == begin || from != loaded) {
            FN(wgi_load)(a, from, t);
            const int64_t zero = o->unit_diagonal ? -1 : FN(wgi_zero_pivot)(s->n, t, s->n);
            *at = i;
            if (zero >= 0) return zero;
            loaded = from;
        }
        FN(wgi_load)(b, wgi_batch_at(s, b, b->rank == 1 ? 1 : 2, i), y);
        FN(wgi_triangular_solve)(&system, t, y, work->scratch);
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

struct wgi_triangular_solve {
    int upper, transposed, unit_diagonal;
};

#define KERNEL_PART "ops/triangular_solve.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    const struct wgi_triangular_solve *o = p->attrs;
    int vectors = wg_shape_of(p->x[1]).rank == 1, rank = wg_shape_of(p->g).rank;
    int64_t skip = o->unit_diagonal ? 1 : 0;
    wg_var g = vectors ? wgi_with_axis(p->g, rank) : p->g;
    wg_var db = wg_triangular_solve(p->x[0], g, o->upper, !o->transposed, o->unit_diagonal);
    if (vectors) db = wgi_without_axis(db, rank);
    if (p->wanted[1]) p->dx[1] = db;
    if (!p->wanted[0]) return;
    wg_var da = o->transposed ? wgi_solve_outer(p->y, db, vectors)
                              : wgi_solve_outer(db, p->y, vectors);
    da = wg_neg(da);
    p->dx[0] = o->upper ? wg_triu(da, skip) : wg_tril(da, -skip);
}

static const wg_attr attrs[] = {
    {.name = "upper", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_triangular_solve, upper),
     .doc = "the upper triangle of a is read, not the lower"},
    {.name = "transposed", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_triangular_solve, transposed), .doc = "a^T y = b"},
    {.name = "unit_diagonal", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_triangular_solve, unit_diagonal),
     .doc = "the diagonal counts as 1"},
    {.name = NULL},
};
static const struct wgi_triangular_solve lower = {0, 0, 0}, upper = {1, 0, 0},
                                         lower_transposed = {0, 1, 0}, upper_unit = {1, 1, 1},
                                         lower_unit = {0, 0, 1};
static const wg_sample samples[] = {
    {.shapes = "3,3|3,2", .attrs = &lower, .diagonal = 4},
    {.shapes = "3,3|3,2", .attrs = &upper, .diagonal = 4},
    {.shapes = "2,3,3|3,1", .attrs = &lower_transposed, .diagonal = 4},
    {.shapes = "3,3|3", .attrs = &lower_transposed, .diagonal = 4},
    {.shapes = "3,3|2,3,2", .attrs = &upper_unit, .lo = -1, .hi = 1},
    {.shapes = "2,3,3|3", .attrs = &lower_unit, .lo = -1, .hi = 1},
    {.shapes = "0,0|0,2", .attrs = &upper},
    {.shapes = NULL},
};

const wg_gate wg_gate_triangular_solve = {
    .size = sizeof(wg_gate),
    .name = "triangular_solve",
    .formula = "y = op(a)^-1 b, a triangular",
    .derivative = "db = op(a)^-T g, da = -triangle(db y^T)",
    .arity = 2,
    .operands = {"a", "b"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct wgi_triangular_solve),
    .attrs = attrs,
    .infer = wgi_solve_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .kernel = WG_KERNEL_PRODUCT,
    .shape = "(..., n, n) (..., n, k) -> (..., n, k) or (..., n, n) (n) -> (..., n)",
    .domain = "no 0 on the diagonal (VALUE); the other triangle is not read and has derivative 0",
};

wg_var wg_triangular_solve(wg_var a, wg_var b, int upper_triangle, int transposed,
                           int unit_diagonal) {
    wg_var operands[2] = {a, b};
    struct wgi_triangular_solve o = {upper_triangle != 0, transposed != 0, unit_diagonal != 0};
    return wg_record(&wg_gate_triangular_solve, 2, operands, &o);
}
#endif
