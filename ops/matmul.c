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
static wg_status FN(products)(const wg_call *c, const wgi_matmul_plan *p) {
    const REAL *x = p->data[WGI_X], *y = p->data[WGI_Y];
    REAL *v = p->data[WGI_V];
    int last = p->rank - 1;
    wgi_matmul_batch batch = {p->dim[last], p->step[WGI_X][last], p->step[WGI_Y][last],
                              p->step[WGI_V][last]};
    size_t bytes = wgi_matmul_batch_scratch(sizeof(REAL), &p->product, batch.count);
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
        FN(wgi_matmul_batch)(&p->product, &batch, x + at[WGI_X], y + at[WGI_Y], v + at[WGI_V],
                             scratch);
    }
    return WG_OK;
}

static wg_status FN(forward)(wg_call *c) {
    wgi_matmul_plan p;
    if (wg_value_size(&c->y) == 0) return WG_OK;
    wg_status s = wgi_matmul_plan_make(c, &p);
    return s == WG_OK ? FN(products)(c, &p) : s;
}

/* v (+)= x y for matrices over one batch; v is written through `into`. */
static wg_status FN(product_into)(const wg_call *c, const wg_value *x, const wg_value *y,
                                  const wg_into *v) {
    const wg_value *operands[2] = {x, y};
    wg_call q = {.gate = c->gate, .n = 2, .x = operands, .y = *v->to, .scratch = c->scratch,
                 .error = c->error};
    wgi_matmul_plan p;
    if (wg_value_size(&q.y) == 0) return WG_OK;
    wg_status s = wgi_matmul_plan_make(&q, &p);
    p.product.beta = v->add;
    return s == WG_OK ? FN(products)(&q, &p) : s;
}

static wg_status FN(direct)(const wg_call *c, const wg_value *g, const wg_into *into) {
    wgi_matmul_pull p;
    wg_status s = wgi_matmul_pull_make(c, g, into, &p);
    if (s == WG_OK && into[0].to) s = FN(product_into)(c, &p.g, &p.y_t, &p.dx);
    if (s == WG_OK && into[1].to) s = FN(product_into)(c, &p.x_t, &p.g_flat, &p.dy);
    return s;
}

/* v[r, c] += a[r] delta for the n places of column c of v, or of its row where step is 1. */
static void FN(add_line)(int64_t n, const REAL *a, int64_t stride, REAL delta, REAL *v,
                         int64_t step) {
    for (int64_t r = 0; r < n; ++r) v[r * step] += a[r * stride] * delta;
}

#else
#include "ops/matmul_plan.h"
#include "ops/matrices.h"
#include "ops/ops.h"

/* ---- shapes --------------------------------------------------------------------------------- */

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
    wgi_matrix a = wgi_matrix_of(x, 1), b = wgi_matrix_of(y, 0);
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

#define KERNEL_PART "ops/matmul.c"
#include "ops/both_types.h"

/* ---- the rule ------------------------------------------------------------------------------- */

/* (..., n, k) as one matrix. */
static wg_var flattened(wg_var v) {
    wg_shape s = wg_shape_of(v), flat = {2, {1, 0}};
    for (int i = 0; i + 1 < s.rank; ++i) flat.dim[0] *= s.dim[i];
    flat.dim[1] = s.rank > 0 ? s.dim[s.rank - 1] : 0;
    return s.rank == 2 ? v : wg_reshape(v, flat);
}

/* x^T g; where y has no batch, its sum over the batch of x is one product of tall matrices. */
static wg_var grad_right(wg_var x, wg_var g, int y_rank) {
    if (y_rank > 2) return wg_matmul(wgi_matrix_transpose(x), g);
    return wg_matmul(wgi_matrix_transpose(flattened(x)), flattened(g));
}

static void rule(wg_pull *p) {
    int rx = wg_shape_of(p->x[0]).rank, ry = wg_shape_of(p->x[1]).rank;
    int rg = wg_shape_of(p->g).rank;
    if (rx == 1 && ry == 1) { /* an inner product */
        if (p->wanted[0]) p->dx[0] = wg_mul(p->g, p->x[1]);
        if (p->wanted[1]) p->dx[1] = wg_mul(p->g, p->x[0]);
        return;
    }
    wg_var x = rx == 1 ? wgi_with_axis(p->x[0], 0) : p->x[0];
    wg_var y = ry == 1 ? wgi_with_axis(p->x[1], 1) : p->x[1];
    wg_var g = rx == 1 ? wgi_with_axis(p->g, rg - 1) : ry == 1 ? wgi_with_axis(p->g, rg) : p->g;
    if (p->wanted[0]) {
        wg_var dx = wg_matmul(g, wgi_matrix_transpose(y));
        p->dx[0] = rx == 1 ? wgi_without_axis(dx, wg_shape_of(dx).rank - 2) : dx;
    }
    if (p->wanted[1]) {
        wg_var dy = grad_right(x, g, ry);
        p->dx[1] = ry == 1 ? wgi_without_axis(dy, wg_shape_of(dy).rank - 1) : dy;
    }
}

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return c->dtype == WG_F32 ? direct_f32(c, g, into) : direct_f64(c, g, into);
}

/* An element of a left matrix reaches one row of v, of a right one a column. */
static int nudge(wg_call *c, size_t k, const int64_t *at, double delta) {
    const wg_value *x = c->x[0], *y = c->x[1], *v = &c->y;
    if (x->rank != 2 || y->rank != 2 || v->dtype > WG_F64) return 0;
    const wg_value *other = k ? x : y;
    int64_t n = k ? x->dim[0] : y->dim[1], step = k ? v->dim[1] : 1;
    int64_t from = k ? at[0] * x->stride[1] : at[1] * y->stride[0];
    int64_t to = k ? at[1] : at[0] * v->dim[1], stride = other->stride[k ? 0 : 1];
    if (v->dtype == WG_F64)
        add_line_f64(n, (const double *)other->data + from, stride, delta, (double *)v->data + to,
                     step);
    else
        add_line_f32(n, (const float *)other->data + from, stride, (float)delta,
                     (float *)v->data + to, step);
    return 1;
}

static double work(const wg_call *c, int k) {
    const wg_value *x = c->x[0];
    (void)k; /* g y^T and x^T g are as much */
    return 2 * (double)wg_value_size(&c->y) * (double)x->dim[x->rank - 1];
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
    .nudge = nudge,
    .shape = "(..., n, k) (..., k, m) -> (..., n, m) or (k) (..., k, m) -> (..., m) or (..., "
             "n, k) (k) -> (..., n) or (k) (k) -> ()",
    .work = work,
    .kernel = WG_KERNEL_PRODUCT,
    .direct = direct,
};

wg_var wg_matmul(wg_var x, wg_var y) {
    wg_var operands[2] = {x, y};
    return wg_record(&wg_gate_matmul, 2, operands, NULL);
}
#endif
