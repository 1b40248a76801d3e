/* matmul_plan.c: see matmul_plan.h */
#include "ops/matmul_plan.h"

#include <string.h>

wgi_matrix wgi_matrix_of(const wg_value *v, int is_left) {
    int r = v->rank;
    wgi_matrix row = {1, v->dim[0], v->dim[0], v->stride[0], 0};
    wgi_matrix column = {v->dim[0], 1, v->stride[0], 1, 0};
    if (r == 1) return is_left ? row : column;
    wgi_matrix m = {v->dim[r - 2], v->dim[r - 1], v->stride[r - 2], v->stride[r - 1], r - 2};
    return m;
}

/* Whether rows follow each other `ld` apart with their elements side by side. */
static int is_rows(int64_t rows, int64_t cols, int64_t row_step, int64_t col_step, int64_t *ld) {
    if ((col_step != 1 && cols > 1) || (row_step < cols && rows > 1)) return 0;
    *ld = rows > 1 ? row_step : cols;
    if (*ld < 1) *ld = 1;
    return 1;
}

/* How the kernel can read m: as it is or transposed; 0 where it must be packed. */
static int layout(const wgi_matrix *m, int *transpose, int64_t *ld) {
    *transpose = 0;
    if (is_rows(m->rows, m->cols, m->row_step, m->col_step, ld)) return 1;
    *transpose = 1;
    return is_rows(m->cols, m->rows, m->col_step, m->row_step, ld);
}

/* v itself, or packed, an axis that only repeats once. */
static wg_status readable(const wg_call *c, int is_left, wg_value *v, int *transpose, int64_t *ld) {
    wgi_matrix m = wgi_matrix_of(v, is_left);
    for (int i = 0; i < m.batch; ++i)
        if (v->stride[i] == 0) v->dim[i] = 1;
    if (layout(&m, transpose, ld)) return WG_OK;
    *transpose = 0;
    *ld = m.cols > 1 ? m.cols : 1;
    return wgi_pack(c, v);
}

/* Adds operand k's steps along the batch axes of the result. */
static void plan_add(wgi_matmul_plan *p, int k, const wg_value *v, int batch) {
    for (int i = 0; i < p->rank; ++i) {
        int at = i - (p->rank - batch);
        p->step[k][i] = at < 0 || v->dim[at] == 1 ? 0 : v->stride[at];
    }
    p->data[k] = v->data;
}

/* Joins batch axes that every array crosses in one line; those of one element go. */
static void plan_merge(wgi_matmul_plan *p) {
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
static void plan_fold(wgi_matmul_plan *p) {
    wgi_matmul *s = &p->product;
    if (p->rank != 1 || p->step[WGI_Y][0] != 0 || s->transpose_a) return;
    if (s->m > 1 ? p->step[WGI_X][0] != s->m * s->lda : p->step[WGI_X][0] < s->k) return;
    if (s->m == 1 && p->dim[0] > 1) s->lda = p->step[WGI_X][0] > 0 ? p->step[WGI_X][0] : 1;
    s->m *= p->dim[0];
    p->dim[0] = 1;
}

wg_status wgi_matmul_plan_make(const wg_call *c, wgi_matmul_plan *p) {
    wg_value x = *c->x[0], y = *c->x[1];
    wgi_matrix a = wgi_matrix_of(&x, 1), b = wgi_matrix_of(&y, 0);
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
    plan_add(p, WGI_X, &x, a.batch);
    plan_add(p, WGI_Y, &y, b.batch);
    plan_add(p, WGI_V, &c->y, p->rank);
    plan_merge(p);
    plan_fold(p);
    return WG_OK;
}
