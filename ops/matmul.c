/* The matrix product, NumPy's @: x (..., n, k), y (..., k, m), v (..., n, m).
 *
 * The last two axes are matrices, those before them a batch that broadcasts.  A vector is a row on
 * the left, (1, k), and a column on the right, (k, 1), and its extra axis is taken out again.  With
 * g the cotangent of v:
 *
 *     dx = g y^T        dy = x^T g
 *
 * summed, by the engine, over the batch axes along which an operand was repeated. */
#ifdef REAL

/* One product for each index of the batch axes but the last, which the backend loops over. */
static wg_status FN(products)(const wg_call *c, const plan *p) {
    const wgi_matmul *s = &p->product;
    int last = p->rank - 1;
    wgi_matmul_batch batch = {p->dim[last], p->step[X][last], p->step[Y][last], p->step[V][last]};
    size_t bytes = wgi_matmul_batch_scratch(sizeof(REAL), s, batch.count);
    void *scratch = bytes ? wg_scratch(c, bytes) : NULL;
    if (bytes && !scratch) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    int64_t count = 1;
    for (int i = 0; i < last; ++i) count *= p->dim[i];
    for (int64_t i = 0; i < count; ++i) {
        int64_t at[3] = {0, 0, 0}, rest = i;
        for (int axis = last - 1; axis >= 0; --axis) {
            for (int k = 0; k < 3; ++k) at[k] += rest % p->dim[axis] * p->step[k][axis];
            rest /= p->dim[axis];
        }
        FN(wgi_matmul_batch)(s, &batch, (const REAL *)p->data[X] + at[X],
                             (const REAL *)p->data[Y] + at[Y], (REAL *)p->data[V] + at[V], scratch);
    }
    return WG_OK;
}

static wg_status FN(forward)(wg_call *c) {
    plan p;
    if (wg_value_size(&c->y) == 0) return WG_OK;
    wg_status s = plan_make(c, &p);
    return s == WG_OK ? FN(products)(c, &p) : s;
}

#else
#include "autograd/tape.h"
#include "backend/matmul.h"
#include "ops/ops.h"

#include <string.h>

/* ---- shapes --------------------------------------------------------------------------------- */

/* The last two axes of an operand, a vector promoted; `batch` axes stand before them. */
typedef struct matrix {
    int64_t rows, cols, row_step, col_step;
    int batch;
} matrix;

static matrix matrix_of(const wg_value *v, int is_left) {
    int r = v->rank;
    matrix row = {1, v->dim[0], v->dim[0], v->stride[0], 0};
    matrix column = {v->dim[0], 1, v->stride[0], 1, 0};
    if (r == 1) return is_left ? row : column;
    matrix m = {v->dim[r - 2], v->dim[r - 1], v->stride[r - 2], v->stride[r - 1], r - 2};
    return m;
}

static wg_status mismatch(const wg_call *c, const char *what) {
    char a[96], b[96];
    const wg_value *x = c->x[0], *y = c->x[1];
    return wg_fail(c, WG_ERR_SHAPE, "%s: %s x %s", what,
                   wgi_shape_text(a, sizeof a, x->rank, x->dim),
                   wgi_shape_text(b, sizeof b, y->rank, y->dim));
}

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0], *y = c->x[1];
    if (x->rank == 0 || y->rank == 0) return mismatch(c, "a value of rank 0 (use mul)");
    matrix a = matrix_of(x, 1), b = matrix_of(y, 0);
    if (a.cols != b.rows) return mismatch(c, "inner dimensions differ");
    int batch = a.batch > b.batch ? a.batch : b.batch;
    for (int i = 0; i < batch; ++i) {
        int64_t p = i < batch - a.batch ? 1 : x->dim[i - (batch - a.batch)];
        int64_t q = i < batch - b.batch ? 1 : y->dim[i - (batch - b.batch)];
        if (p != q && p != 1 && q != 1) return mismatch(c, "batch axes do not broadcast");
        c->y.dim[i] = p == 1 ? q : p;
    }
    c->y.rank = batch;
    if (x->rank > 1) c->y.dim[c->y.rank++] = a.rows;
    if (y->rank > 1) c->y.dim[c->y.rank++] = b.cols;
    return WG_OK;
}

/* ---- the plan ------------------------------------------------------------------------------- */

enum { X, Y, V };

/* Products of one geometry over batch axes; steps count elements, 0 where an operand repeats. */
typedef struct plan {
    wgi_matmul product;
    int rank; /* of the batch, at least 1 */
    int64_t dim[WG_MAX_RANK], step[3][WG_MAX_RANK];
    void *data[3];
} plan;

/* Whether rows follow each other `ld` apart with their elements side by side. */
static int is_rows(int64_t rows, int64_t cols, int64_t row_step, int64_t col_step, int64_t *ld) {
    if ((col_step != 1 && cols > 1) || (row_step < cols && rows > 1)) return 0;
    *ld = rows > 1 ? row_step : cols;
    if (*ld < 1) *ld = 1;
    return 1;
}

/* How the kernel can read m: as it is or transposed; 0 where it must be packed. */
static int layout(const matrix *m, int *transpose, int64_t *ld) {
    *transpose = 0;
    if (is_rows(m->rows, m->cols, m->row_step, m->col_step, ld)) return 1;
    *transpose = 1;
    return is_rows(m->cols, m->rows, m->col_step, m->row_step, ld);
}

/* v itself, or packed, an axis that only repeats once. */
static wg_status readable(const wg_call *c, int is_left, wg_value *v, int *transpose, int64_t *ld) {
    matrix m = matrix_of(v, is_left);
    for (int i = 0; i < m.batch; ++i)
        if (v->stride[i] == 0) v->dim[i] = 1;
    if (layout(&m, transpose, ld)) return WG_OK;
    wg_value packed = *v;
    packed.data = wg_scratch(c, (size_t)wg_value_size(v) * wg_dtype_size(v->dtype));
    if (!packed.data) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wg_value_set_dense(&packed);
    wgi_value_copy(v, &packed);
    *v = packed;
    *transpose = 0;
    *ld = m.cols > 1 ? m.cols : 1;
    return WG_OK;
}

/* Adds operand k's steps along the batch axes of the result. */
static void plan_add(plan *p, int k, const wg_value *v, int batch) {
    for (int i = 0; i < p->rank; ++i) {
        int at = i - (p->rank - batch);
        p->step[k][i] = at < 0 || v->dim[at] == 1 ? 0 : v->stride[at];
    }
    p->data[k] = v->data;
}

/* Joins batch axes that every array crosses in one line; those of one element go. */
static void plan_merge(plan *p) {
    int rank = 0;
    for (int i = 0; i < p->rank; ++i) {
        int joins = rank > 0;
        if (p->dim[i] == 1) continue;
        for (int k = 0; k < 3 && joins; ++k)
            joins = p->step[k][rank - 1] == p->step[k][i] * p->dim[i];
        int to = joins ? rank - 1 : rank++;
        p->dim[to] = joins ? p->dim[to] * p->dim[i] : p->dim[i];
        for (int k = 0; k < 3; ++k) p->step[k][to] = p->step[k][i];
    }
    if (rank == 0) {
        p->dim[0] = 1;
        for (int k = 0; k < 3; ++k) p->step[k][0] = 0;
        rank = 1;
    }
    p->rank = rank;
}

/* A batch of x against one y is one tall matrix: (b, n, k) (k, m) = (b n, k) (k, m). */
static void plan_fold(plan *p) {
    wgi_matmul *s = &p->product;
    if (p->rank != 1 || p->step[Y][0] != 0 || s->transpose_a) return;
    if (s->m > 1 ? p->step[X][0] != s->m * s->lda : p->step[X][0] < s->k) return;
    if (s->m == 1 && p->dim[0] > 1) s->lda = p->step[X][0] > 0 ? p->step[X][0] : 1;
    s->m *= p->dim[0];
    p->dim[0] = 1;
}

static wg_status plan_make(const wg_call *c, plan *p) {
    wg_value x = *c->x[0], y = *c->x[1];
    matrix a = matrix_of(&x, 1), b = matrix_of(&y, 0);
    int ta, tb;
    int64_t lda, ldb;
    wg_status s = readable(c, 1, &x, &ta, &lda);
    if (s == WG_OK) s = readable(c, 0, &y, &tb, &ldb);
    if (s != WG_OK) return s;
    memset(p, 0, sizeof *p);
    p->product = wgi_matmul_dense(a.rows, b.cols, a.cols, ta, tb);
    p->product.lda = lda;
    p->product.ldb = ldb;
    p->rank = a.batch > b.batch ? a.batch : b.batch;
    memcpy(p->dim, c->y.dim, sizeof p->dim);
    plan_add(p, X, &x, a.batch);
    plan_add(p, Y, &y, b.batch);
    plan_add(p, V, &c->y, p->rank);
    plan_merge(p);
    plan_fold(p);
    return WG_OK;
}

#define KERNEL_PART "ops/matmul.c"
#include "ops/both_types.h"

/* ---- the rule ------------------------------------------------------------------------------- */

/* v with an axis of one element put in at `at`. */
static wg_var with_axis(wg_var v, int at) {
    wg_shape s = wg_shape_of(v);
    for (int i = s.rank; i > at; --i) s.dim[i] = s.dim[i - 1];
    s.dim[at] = 1;
    ++s.rank;
    return wg_reshape(v, s);
}

/* v without its axis `at`, of one element. */
static wg_var without_axis(wg_var v, int at) {
    wg_shape s = wg_shape_of(v);
    --s.rank;
    for (int i = at; i < s.rank; ++i) s.dim[i] = s.dim[i + 1];
    return wg_reshape(v, s);
}

static wg_var transposed(wg_var v) {
    wg_axes a = {wg_shape_of(v).rank, {0}};
    for (int i = 0; i < a.n; ++i) a.axis[i] = i;
    if (a.n < 2) return v; /* poison */
    a.axis[a.n - 2] = a.n - 1;
    a.axis[a.n - 1] = a.n - 2;
    return wg_permute(v, a);
}

/* (..., n, k) as one matrix. */
static wg_var flattened(wg_var v) {
    wg_shape s = wg_shape_of(v), flat = {2, {1, 0}};
    for (int i = 0; i + 1 < s.rank; ++i) flat.dim[0] *= s.dim[i];
    flat.dim[1] = s.rank > 0 ? s.dim[s.rank - 1] : 0;
    return s.rank == 2 ? v : wg_reshape(v, flat);
}

/* x^T g; where y has no batch, its sum over the batch of x is one product of tall matrices. */
static wg_var grad_right(wg_var x, wg_var g, int y_rank) {
    if (y_rank > 2) return wg_matmul(transposed(x), g);
    return wg_matmul(transposed(flattened(x)), flattened(g));
}

static void rule(wg_pull *p) {
    int rx = wg_shape_of(p->x[0]).rank, ry = wg_shape_of(p->x[1]).rank;
    int rg = wg_shape_of(p->g).rank;
    if (rx == 1 && ry == 1) { /* an inner product */
        if (p->wanted[0]) p->dx[0] = wg_mul(p->g, p->x[1]);
        if (p->wanted[1]) p->dx[1] = wg_mul(p->g, p->x[0]);
        return;
    }
    wg_var x = rx == 1 ? with_axis(p->x[0], 0) : p->x[0];
    wg_var y = ry == 1 ? with_axis(p->x[1], 1) : p->x[1];
    wg_var g = rx == 1 ? with_axis(p->g, rg - 1) : ry == 1 ? with_axis(p->g, rg) : p->g;
    if (p->wanted[0]) {
        wg_var dx = wg_matmul(g, transposed(y));
        p->dx[0] = rx == 1 ? without_axis(dx, wg_shape_of(dx).rank - 2) : dx;
    }
    if (p->wanted[1]) {
        wg_var dy = grad_right(x, g, ry);
        p->dx[1] = ry == 1 ? without_axis(dy, wg_shape_of(dy).rank - 1) : dy;
    }
}

static const wg_sample samples[] = {
    {.shapes = "2,3|3,4"},   {.shapes = "3|3"},         {.shapes = "3|3,2"},
    {.shapes = "2,3|3"},     {.shapes = "2,2,3|3,2"},   {.shapes = "2,3|2,3,2"},
    {.shapes = "2,1,2,3|3,3,2"}, {.shapes = "3|2,3,2"}, {.shapes = NULL},
};

const wg_gate wg_gate_matmul = {
    .size = sizeof(wg_gate),
    .name = "matmul",
    .formula = "v = x y, matrices in the last two axes",
    .derivative = "dx = g y^T, dy = x^T g",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_STRIDED,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
};

wg_var wg_matmul(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_matmul, 2, operands, NULL);
}
#endif
