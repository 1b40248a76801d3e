/* compiled_batch.c: a compiled expression at many points: a step is a loop over a block of points,
 * a value a row.  The rows of inputs and of their gradients are the caller's own arrays. */
#include "autograd/compiled.h"
#include "backend/isa.h"
#include "backend/parallel.h"

#include <stdatomic.h>
#include <string.h>

/* Points of a block: enough vectors that one need not wait for another, few enough that the rows of
 * long programs, which keep one for each factor of a product, do not leave the cache too soon. */
enum { BLOCK = 32 };

/* One block: where the rows lie.  Slot or row i < n is row i of x or gradients, at `stride` from
 * the next; the others follow in values and adjoints, BLOCK apart. */
typedef struct block {
    const wg_compiled *c;
    const double *x;
    double *gradients; /* NULL: only values */
    size_t stride;
    double *values, *adjoints, *partials;
} block;

static inline const double *value_row(const block *b, uint32_t slot) {
    uint32_t n = b->c->n;
    return slot < n ? b->x + slot * b->stride : b->values + (size_t)(slot - n) * BLOCK;
}
static inline double *adjoint_row(const block *b, uint32_t row) {
    uint32_t n = b->c->n;
    return row < n ? b->gradients + row * b->stride : b->adjoints + (size_t)(row - n) * BLOCK;
}
static inline int way_x(const wgi_op *p) { return p->reverse >= WGI_SKIP ? 0 : p->reverse / 3 % 3; }
static inline int way_y(const wgi_op *p) { return p->reverse >= WGI_SKIP ? 0 : p->reverse % 3; }

/* A gate's row kernel, and its partial derivatives: what a cotangent of 1 becomes. */
static double *call_rows(const block *b, const wgi_op *p, const wgi_math *m, int64_t n, double *z,
                         double *q) {
    static const double one = 1;
    static const int64_t straight[2] = {1, 1}, strides[4] = {0, 1, 1, 1};
    const void *x[2] = {value_row(b, p->x), value_row(b, p->y)};
    int ways[2] = {way_x(p), way_y(p)}, count = p->kind == WGI_KIND_TWO ? 2 : 1;
    m->elementwise->forward[WG_F64](n, x, straight, z, m->attrs);
    for (int k = 0; k < count; ++k, q += BLOCK)
        if (ways[k] && b->gradients)
            m->elementwise->pull[WG_F64][k](n, &one, z, x, strides, q, m->attrs);
    return q;
}

/* A sweep over many steps comes backwards upon rows that the cache has lost, and which the
 * processor does not see coming: those of a step some time before it. */
enum { AHEAD = 24, PARTIALS_AHEAD = 6 };
static inline void fetch_row(const double *row, int64_t offset) {
    uintptr_t at = (uintptr_t)row + (uintptr_t)(offset * (int64_t)sizeof *row);
    for (int j = 0; j < BLOCK; j += 8) __builtin_prefetch((const void *)(at + 8 * (uintptr_t)j), 1);
}
static inline void fetch(const block *b, const wgi_op *p, const wgi_rows *rows) {
    if (p->kind == WGI_KIND_PRODUCT || p->kind == WGI_KIND_SQUARE) {
        fetch_row(value_row(b, p->x), 0);
        if (p->x != p->y) fetch_row(value_row(b, p->y), 0);
    }
    if (way_x(p) && rows->x < b->c->n) fetch_row(adjoint_row(b, rows->x), 0);
    if (way_y(p) && rows->y < b->c->n) fetch_row(adjoint_row(b, rows->y), 0);
}

typedef void block_steps(const block *b, int n);

#define IN(name) name##_base
#include "autograd/compiled_batch_part.h"
#undef IN
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define IN(name) name##_avx2
#include "autograd/compiled_batch_part.h"
#undef IN
WGI_TARGET_END
WGI_TARGET_AVX512
#define IN(name) name##_avx512
#include "autograd/compiled_batch_part.h"
#undef IN
WGI_TARGET_END
#endif

static void steps(const block *b, int n) {
#if WGI_ISA_X86
    static block_steps *const f[] = {forward_base, forward_avx2, forward_avx512};
    static block_steps *const r[] = {reverse_base, reverse_avx2, reverse_avx512};
#else
    static block_steps *const f[] = {forward_base, forward_base, forward_base};
    static block_steps *const r[] = {reverse_base, reverse_base, reverse_base};
#endif
    wgi_isa isa = wgi_isa_chosen();
    f[isa](b, n);
    if (b->gradients) r[isa](b, n);
}

/* ---- blocks --------------------------------------------------------------------------------- */

typedef struct job {
    wg_compiled *c;
    size_t points;
    const double *x;
    double *value, *gradients;
    atomic_size_t next; /* the next room that no part has taken */
} job;

/* Doubles that a block needs: rows of constants and results, of partials, of adjoints. */
static size_t room_of(const wg_compiled *c) {
    return ((size_t)(c->n_slots - c->n) + c->n_partials + c->n_rows) * BLOCK;
}

static void fill(double *row, double number) {
    for (int j = 0; j < BLOCK; ++j) row[j] = number;
}

static void lay_out(const job *j, block *b, double *room) {
    const wg_compiled *c = j->c;
    b->c = c;
    b->stride = j->points;
    b->values = room;
    b->partials = b->values + (size_t)(c->n_slots - c->n) * BLOCK;
    b->adjoints = b->partials + (size_t)c->n_partials * BLOCK;
    for (uint32_t k = 0; k < c->n_constants; ++k)
        fill(b->values + (size_t)k * BLOCK, c->values[c->n + k]);
}

/* What a sweep begins with, and rows of gradients that it does not reach. */
static void start(const block *b, int n) {
    const wg_compiled *c = b->c;
    for (uint32_t i = 0; i < c->n; ++i)
        if (!c->reached[i]) memset(b->gradients + i * b->stride, 0, (size_t)n * sizeof(double));
    uint32_t root = c->root < c->n ? c->root : c->n_ops ? c->rows[c->n_ops - 1].own : 0;
    int reached = c->root < c->n ? c->reached[root]
                                 : c->n_ops && c->ops[c->n_ops - 1].reverse < WGI_SKIP;
    if (!reached) return;
    double *g = adjoint_row(b, root);
    for (int k = 0; k < n; ++k) g[k] = 1;
}

static void run_blocks(int64_t begin, int64_t end, void *arg) {
    job *j = arg;
    block b;
    size_t part = atomic_fetch_add(&j->next, 1);
    lay_out(j, &b, (double *)j->c->blocks + part * room_of(j->c));
    for (int64_t k = begin; k < end; ++k) {
        size_t at = (size_t)k * BLOCK, left = j->points - at, n = left < BLOCK ? left : BLOCK;
        b.x = j->x ? j->x + at : NULL;
        b.gradients = j->gradients ? j->gradients + at : NULL;
        if (b.gradients) start(&b, (int)n);
        steps(&b, (int)n);
        if (j->value) memcpy(j->value + at, value_row(&b, j->c->root), n * sizeof(double));
    }
}

wg_status wgi_compiled_batch(wg_compiled *c, size_t points, const double *x, double *value,
                             double *gradients, wg_error *error) {
    int64_t n = (int64_t)((points + BLOCK - 1) / BLOCK);
    int64_t grain = 1 + WGI_GRAIN_ELEMENTS / (((int64_t)c->n_ops + 1) * BLOCK);
    size_t parts = (size_t)wgi_parallel_parts(n, grain), bytes = room_of(c) * sizeof(double);
    if (c->n_blocks < parts) {
        void *blocks = wgi_alloc(parts * bytes);
        if (!blocks) return wgi_error_to(error, WG_ERR_MEMORY, "compiled_run: no memory");
        wgi_free(c->blocks);
        c->blocks = blocks;
        c->n_blocks = parts;
    }
    job j = {c, points, x, value, gradients, 0};
    wgi_parallel_for(n, grain, run_blocks, &j);
    return WG_OK;
}
