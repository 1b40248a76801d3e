/* linalg.c: see linalg.h */
#ifdef REAL

void FN(wgi_load)(const wg_value *v, int64_t at, REAL *to) {
    const REAL *x = (const REAL *)v->data + at;
    const wgi_matrix m = wgi_matrix_of(v, 0);
    for (int64_t i = 0; i < m.rows; ++i, x += m.row_step)
        for (int64_t j = 0; j < m.cols; ++j) *to++ = x[j * m.col_step];
}

#else
#include "ops/linalg.h"

#include "backend/linalg.h"
#include "backend/parallel.h"
#include "ops/matrices.h"
#include "ops/ops.h"

/* ---- shapes --------------------------------------------------------------------------------- */

wg_status wgi_check_square(const wg_call *c) {
    const wg_value *a = c->x[0];
    char text[96];
    wgi_shape_text(text, sizeof text, a->rank, a->dim);
    if (a->rank < 2) return wg_fail(c, WG_ERR_SHAPE, "%s is no matrix", text);
    if (a->dim[a->rank - 1] != a->dim[a->rank - 2])
        return wg_fail(c, WG_ERR_SHAPE, "%s is not square", text);
    return WG_OK;
}

wg_status wgi_square_infer(wg_call *c) {
    wg_status s = wgi_check_square(c);
    if (s != WG_OK) return s;
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return WG_OK;
}

wg_status wgi_square_number_infer(wg_call *c) {
    wg_status s = wgi_square_infer(c);
    c->y.rank -= 2;
    return s;
}

static wg_status mismatch(const wg_call *c, const char *what) {
    char a[96], b[96];
    return wg_fail(c, WG_ERR_SHAPE, "%s: a %s, b %s", what,
                   wgi_shape_text(a, sizeof a, c->x[0]->rank, c->x[0]->dim),
                   wgi_shape_text(b, sizeof b, c->x[1]->rank, c->x[1]->dim));
}

wg_status wgi_solve_infer(wg_call *c) {
    const wg_value *a = c->x[0], *b = c->x[1];
    wg_status s = wgi_check_square(c);
    if (s != WG_OK) return s;
    if (b->rank == 0) return mismatch(c, "b is a number");
    int own = b->rank == 1 ? 1 : 2, batch_a = a->rank - 2, batch_b = b->rank - own;
    int batch = batch_a > batch_b ? batch_a : batch_b;
    if (b->dim[batch_b] != a->dim[a->rank - 1]) return mismatch(c, "numbers of rows differ");
    for (int i = 0; i < batch; ++i) {
        int64_t p = i < batch - batch_a ? 1 : a->dim[i - (batch - batch_a)];
        int64_t q = i < batch - batch_b ? 1 : b->dim[i - (batch - batch_b)];
        if (p != q && p != 1 && q != 1) return mismatch(c, "batch axes do not broadcast");
        c->y.dim[i] = p == 1 ? q : p;
    }
    c->y.rank = batch + own;
    for (int i = 0; i < own; ++i) c->y.dim[batch + i] = b->dim[batch_b + i];
    return WG_OK;
}

/* ---- kernels -------------------------------------------------------------------------------- */

enum { SLOTS = 16 }; /* that a batch is dealt out to at most, each with its own memory */

wgi_batch wgi_batch_of(const wg_call *c, int axes, int64_t k) {
    const wg_value *a = c->x[0];
    wgi_batch b = {.call = c, .axes = axes, .n = a->dim[a->rank - 1], .k = k, .count = 1};
    for (int i = 0; i < axes; ++i) b.count *= c->y.dim[i];
    return b;
}

static double products(const wgi_batch *b) {
    return (double)b->n * (double)b->n * (double)(b->n + b->k);
}

/* Large matrices take as many slots as there are threads; where they are too few for that, one after
 * the other, their products being divided. */
static int64_t slots_of(const wgi_batch *b) {
    int64_t most = SLOTS, threads = wg_threads();
    if (products(b) >= WGI_GRAIN_PRODUCTS) most = b->count < threads ? 1 : threads;
    if (most > SLOTS) most = SLOTS;
    return b->count < most ? b->count : most;
}

static size_t rounded(size_t bytes) { return (bytes + WGI_ALIGN - 1) / WGI_ALIGN * WGI_ALIGN; }

/* The parts of a slot's memory, one behind the other; returns the bytes of all. */
static size_t lay_out(const wgi_batch *b, char *memory, wgi_work *work) {
    size_t element = wg_dtype_size(b->call->dtype), n = (size_t)b->n;
    size_t matrix = rounded(n * n * element), list = rounded(n * sizeof *work->rows);
    if (work) {
        work->matrix = memory;
        work->rows = (int64_t *)(void *)(memory + matrix);
        work->columns = (int64_t *)(void *)(memory + matrix + list);
        work->scratch = memory + matrix + 2 * list;
    }
    return matrix + 2 * list + rounded(wgi_linalg_scratch(element, b->n, b->k));
}

/* Slot i has the matrices from count i / slots to count (i + 1) / slots. */
static void run_slots(int64_t begin, int64_t end, void *arg) {
    const wgi_batch *b = arg;
    for (int64_t slot = begin; slot < end; ++slot) {
        wgi_work work;
        int64_t *failed = b->failed + 2 * slot;
        lay_out(b, b->memory + (size_t)slot * lay_out(b, NULL, NULL), &work);
        failed[0] = b->body(b, b->count * slot / b->slots, b->count * (slot + 1) / b->slots, &work,
                            &failed[1]);
    }
}

static wg_status report(const wgi_batch *b, int64_t matrix, int64_t pivot, const char *fault,
                        const char *zero) {
    int64_t index[WG_MAX_RANK] = {0};
    char text[96];
    for (int i = b->axes - 1; i >= 0; --i) {
        index[i] = matrix % b->call->y.dim[i];
        matrix /= b->call->y.dim[i];
    }
    wgi_shape_text(text, sizeof text, b->axes, index);
    return wg_fail(b->call, WG_ERR_VALUE, "%s%s %s: pivot %lld is %s",
                   b->axes ? "matrix " : "the matrix", b->axes ? text : "", fault,
                   (long long)pivot, zero);
}

wg_status wgi_batch_run(wgi_batch *b, wgi_batch_body *body, const char *fault, const char *zero) {
    if (b->count == 0) return WG_OK;
    b->body = body;
    b->slots = slots_of(b);
    size_t slots = (size_t)b->slots;
    b->failed = wg_scratch(b->call, 2 * slots * sizeof *b->failed);
    b->memory = wg_scratch(b->call, slots * lay_out(b, NULL, NULL));
    if (!b->failed || !b->memory) return wg_fail(b->call, WG_ERR_MEMORY, "no memory");
    double work = products(b) * (double)b->count / (double)b->slots;
    wgi_parallel_for(b->slots, 1 + (int64_t)(WGI_GRAIN_PRODUCTS / (work + 1)), run_slots, b);
    for (size_t i = 0; i < slots; ++i)
        if (b->failed[2 * i] >= 0)
            return report(b, b->failed[2 * i + 1], b->failed[2 * i], fault, zero);
    return WG_OK;
}

int64_t wgi_batch_at(const wgi_batch *b, const wg_value *v, int own, int64_t i) {
    int axes = v->rank - own;
    int64_t at = 0;
    for (int k = b->axes - 1, j = axes - 1; j >= 0; --k, --j) {
        int64_t extent = b->call->y.dim[k];
        if (v->dim[j] != 1) at += i % extent * v->stride[j];
        i /= extent;
    }
    return at;
}

#define KERNEL_PART "ops/linalg.c"
#include "ops/both_types.h"

/* ---- rules ---------------------------------------------------------------------------------- */

wg_var wgi_solve_outer(wg_var u, wg_var v, int vectors) {
    if (vectors) {
        u = wgi_with_axis(u, wg_shape_of(u).rank);
        v = wgi_with_axis(v, wg_shape_of(v).rank);
    }
    return wg_matmul(u, wgi_matrix_transpose(v));
}

wg_var wgi_each_matrix(wg_var g) {
    int rank = wg_shape_of(g).rank;
    return wgi_with_axis(wgi_with_axis(g, rank), rank + 1);
}
#endif
