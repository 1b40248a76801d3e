/* lstm_part.h: the kernels of lstm_cell for one type; ops/lstm_cell.c includes it.
 *
 * The saved block has a row of 5 H numbers for each of the N: i, f, g, o and tanh c'.  The sums are
 * computed in place there, one product added to the other. */

WGI_VM REAL FN(logistic)(REAL x) {
    const REAL e = M(exp)(-M(fabs)(x)); /* never overflows */
    return (x < 0 ? e : 1) / (1 + e);
}

#define SET_PART "ops/lstm_loops.h"
#include "backend/each_set.h"

static void (*const FN(rows)[WGI_ISA_COUNT])(int64_t, REAL *, const REAL *, const REAL *,
                                             REAL *) = FN(WGI_LOOPS)(row);
static void (*const FN(rows_back)[WGI_ISA_COUNT])(int64_t, const REAL *, const REAL *,
                                                  const REAL *, const REAL *, REAL *,
                                                  REAL *) = FN(WGI_LOOPS)(row_back);

/* C (m, n) (+)= op(A) op(B), rows of C ldc apart. */
static wg_status FN(product)(const wg_call *c, wgi_matmul s, const REAL *a, const REAL *b,
                             REAL *v) {
    size_t bytes = wgi_matmul_scratch(sizeof(REAL), s.m, s.n, s.k);
    void *scratch = bytes ? wg_scratch(c, bytes) : NULL;
    if (bytes && !scratch) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    FN(wgi_matmul)(&s, a, b, v, scratch);
    return WG_OK;
}

/* ---- forward -------------------------------------------------------------------------------- */

typedef struct FN(job) {
    int64_t n, ld_before; /* units; from a row of c to the next */
    REAL *a, *y;
    const REAL *bias, *before;
} FN(job);

static void FN(run_rows)(int64_t begin, int64_t end, void *arg) {
    const FN(job) *j = arg;
    for (int64_t r = begin; r < end; ++r)
        FN(rows)[wgi_isa_chosen()](j->n, j->a + r * 5 * j->n, j->bias,
                                   j->before + r * j->ld_before, j->y + r * 2 * j->n);
}

static wg_status FN(forward)(wg_call *c) {
    cell s;
    wg_status status = cell_of(c, &s);
    if (status != WG_OK || s.n * s.h == 0) return status;
    REAL *a = c->saved, *none = s.x[BIAS].data ? NULL : wg_scratch(c, (size_t)s.h * 4 * sizeof *a);
    if (!s.x[BIAS].data && !none) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    for (int64_t j = 0; none && j < 4 * s.h; ++j) none[j] = 0;
    wgi_matmul p = product_of(&s.x[X], 0, &s.x[WX], 0, 5 * s.h, 0);
    status = FN(product)(c, p, s.x[X].data, s.x[WX].data, a);
    p = product_of(&s.x[STATE], 0, &s.x[WH], 0, 5 * s.h, 1);
    if (status == WG_OK) status = FN(product)(c, p, s.x[STATE].data, s.x[WH].data, a);
    FN(job) job = {s.h, s.x[MEMORY].ld, a, c->y.data, none ? none : s.x[BIAS].data,
                   s.x[MEMORY].data};
    wgi_parallel_for(s.n, 1 + GRAIN / s.h, FN(run_rows), &job);
    return status;
}

/* ---- reverse -------------------------------------------------------------------------------- */

typedef struct FN(back_job) {
    int64_t n, ld_before, ld_g;
    const REAL *a, *before, *g;
    REAL *d, *dc;
} FN(back_job);

static void FN(run_rows_back)(int64_t begin, int64_t end, void *arg) {
    const FN(back_job) *j = arg;
    for (int64_t r = begin; r < end; ++r)
        FN(rows_back)[wgi_isa_chosen()](j->n, j->a + r * 5 * j->n, j->before + r * j->ld_before,
                                        j->g + r * j->ld_g, j->g + r * j->ld_g + j->n,
                                        j->d + r * 4 * j->n, j->dc + r * j->n);
}

/* dc (+)= v */
static void FN(back_memory)(const wg_into *into, int64_t n, const REAL *v) {
    REAL *to = into->to ? into->to->data : NULL;
    for (int64_t j = 0; to && j < n; ++j) to[j] = into->add ? to[j] + v[j] : v[j];
}

/* db (+)= the sum of the rows of d (rows, n) */
static wg_status FN(back_bias)(const wg_call *c, const wg_into *into, int64_t rows, int64_t n,
                               const REAL *d) {
    wgi_norm_pull k = {.rows = rows, .n = n, .g = d};
    if (!into->to) return WG_OK;
    double *sum = wg_scratch(c, (size_t)n * sizeof *sum);
    void *room = wg_scratch(c, wgi_norm_scratch(rows, n));
    if (!sum || !room) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    FN(wgi_norm_sums)(&k, sum, NULL, room);
    REAL *to = into->to->data;
    for (int64_t j = 0; j < n; ++j) to[j] = (REAL)(into->add ? (double)to[j] + sum[j] : sum[j]);
    return WG_OK;
}

/* Weights w (k, 4 H) and what they multiplied, v (N, k): dv (+)= d w^T, dw (+)= v^T d. */
static wg_status FN(back_products)(const wg_call *c, const cell *s, const matrix *d, int v, int w,
                                   const wg_into *into) {
    wg_status status = WG_OK;
    if (into[v].to) {
        wgi_matmul p = product_of(d, 0, &s->x[w], 1, s->x[v].cols, into[v].add);
        status = FN(product)(c, p, d->data, s->x[w].data, into[v].to->data);
    }
    if (into[w].to && status == WG_OK) {
        wgi_matmul p = product_of(&s->x[v], 1, d, 0, 4 * s->h, into[w].add);
        status = FN(product)(c, p, s->x[v].data, d->data, into[w].to->data);
    }
    return status;
}

static wg_status FN(direct)(const wg_call *c, const wg_value *g, const wg_into *into) {
    cell s;
    matrix cot;
    wg_status status = cell_of(c, &s);
    if (status == WG_OK) status = matrix_of(c, g, &cot);
    if (status != WG_OK) return status;
    REAL *d = wg_scratch(c, (size_t)(s.n * s.h * 4) * sizeof *d);
    REAL *dc = wg_scratch(c, (size_t)(s.n * s.h) * sizeof *dc);
    if (!d || !dc) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    matrix sums = {s.n, 4 * s.h, 4 * s.h, d};
    FN(back_job) job = {s.h, s.x[MEMORY].ld, cot.ld, c->saved, s.x[MEMORY].data, cot.data, d, dc};
    if (s.h) wgi_parallel_for(s.n, 1 + GRAIN / s.h, FN(run_rows_back), &job);
    status = FN(back_products)(c, &s, &sums, X, WX, into);
    if (status == WG_OK) status = FN(back_products)(c, &s, &sums, STATE, WH, into);
    if (status != WG_OK) return status;
    FN(back_memory)(&into[MEMORY], s.n * s.h, dc);
    return FN(back_bias)(c, &into[BIAS], s.n, 4 * s.h, d);
}
