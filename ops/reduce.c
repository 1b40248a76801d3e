/* reduce.c: see reduce.h.
 *
 * Every reduction is brought to one form: outputs (outer, column) and, for each, reduced elements
 * (repeat, row).  If the axis along which memory runs is reduced, and long, there is one column and
 * a row is an element of a run (row sums); otherwise a tile of columns goes side by side (the sums
 * of a bias gradient, (N*H*W, C) -> (C)).  What is reduced is cut into chunks of about CHUNK
 * elements; a task is one chunk of one tile, and where there are several chunks a second pass joins
 * them in order. */
#include "ops/reduce.h"

#include "backend/isa.h"
#include "backend/parallel.h"
#include "backend/vmath/vmath.h"

#include <math.h>

enum {
    CHUNK = 1 << 15, /* elements of a chunk */
    SHORT = 64,      /* runs below it are not worth a call each */
    NEAR = 1 << 12   /* elements of the nearest cache to use */
};

#define KERNEL_PART "ops/reduce_part.c"
#include "backend/each_isa.h"

static double join_sum(double a, double b) { return a + b; }
static double join_max(double a, double b) { return larger_base_f64(a, b); }
static double join_min(double a, double b) { return smaller_base_f64(a, b); }

#define LOOPS(name)                                                                                \
    {WGI_BY_ISA(name##_run, f32), WGI_BY_ISA(name##_run, f64)},                                    \
        {WGI_BY_ISA(name##_columns, f32), WGI_BY_ISA(name##_columns, f64)}
const wgi_reduction wgi_reduction_sum = {0, join_sum, LOOPS(sum)};
const wgi_reduction wgi_reduction_squares = {0, join_sum, LOOPS(squares)};
const wgi_reduction wgi_reduction_sizes = {0, join_sum, LOOPS(sizes)};
const wgi_reduction wgi_reduction_ratios = {0, join_sum, LOOPS(ratios)};
const wgi_reduction wgi_reduction_exps = {0, join_sum, LOOPS(exps)};
const wgi_reduction wgi_reduction_max = {-(double)INFINITY, join_max, LOOPS(max)};
const wgi_reduction wgi_reduction_min = {(double)INFINITY, join_min, LOOPS(min)};
const wgi_reduction wgi_reduction_largest = {0, join_max, LOOPS(largest)};

/* ---- the plan ------------------------------------------------------------------------------- */

/* Axes walked together: extents, strides in x, strides in the output. */
typedef struct axes_list {
    int n;
    int64_t size; /* the product of the extents */
    int64_t dim[WG_MAX_RANK], stride[WG_MAX_RANK], out[WG_MAX_RANK];
} axes_list;

typedef struct plan {
    const wgi_reduction *r;
    wg_dtype dtype;
    wgi_isa isa;
    const char *x, *center;
    char *y;
    int64_t bytes; /* of an element */
    double divisor, *partial;
    axes_list outer, repeat;
    int64_t columns, step, step_out, tile, tiles; /* the kept axis that is done in tiles */
    int64_t rows, row;                            /* the innermost reduced axis */
    int64_t piece, pieces, group, chunks;         /* rows in a piece, repeats in a chunk */
} plan;

static int64_t magnitude(int64_t a) { return a < 0 ? -a : a; }

static void list_add(axes_list *l, int64_t dim, int64_t stride, int64_t out) {
    int last = l->n - 1;
    l->size *= dim;
    if (dim == 1) return;
    if (last >= 0 && l->stride[last] == stride * dim && l->out[last] == out * dim) {
        l->dim[last] *= dim; /* it continues the axis before it */
        l->stride[last] = stride;
        l->out[last] = out;
        return;
    }
    l->dim[l->n] = dim;
    l->stride[l->n] = stride;
    l->out[l->n++] = out;
}

/* Parts x's axes into kept and reduced ones and merges what lies in a line. */
static void part_axes(const wg_value *x, unsigned axes, axes_list *kept, axes_list *reduced) {
    int64_t out[WG_MAX_RANK], size = 1;
    for (int i = x->rank - 1; i >= 0; --i) {
        out[i] = axes >> i & 1 ? 0 : size;
        if (out[i]) size *= x->dim[i];
    }
    kept->n = reduced->n = 0;
    kept->size = reduced->size = 1;
    for (int i = 0; i < x->rank; ++i)
        list_add(axes >> i & 1 ? reduced : kept, x->dim[i], x->stride[i], out[i]);
}

/* The axis along which memory runs, -1 for none. */
static int innermost(const axes_list *l) {
    int best = -1;
    for (int i = 0; i < l->n; ++i)
        if (best < 0 || magnitude(l->stride[i]) <= magnitude(l->stride[best])) best = i;
    return best;
}

/* Takes axis i (-1: one of extent 1) out of the list. */
static void take(axes_list *l, int i, int64_t *dim, int64_t *stride, int64_t *out) {
    *dim = 1;
    *stride = *out = 0;
    if (i < 0) return;
    *dim = l->dim[i];
    *stride = l->stride[i];
    *out = l->out[i];
    l->size /= l->dim[i];
    for (--l->n; i < l->n; ++i) {
        l->dim[i] = l->dim[i + 1];
        l->stride[i] = l->stride[i + 1];
        l->out[i] = l->out[i + 1];
    }
}

/* Columns wide apart whose rows are short runs are read again for each of their elements: few
 * enough at a time to stay in the nearest cache. */
static int64_t tile_width(const plan *p) {
    int64_t n = WGI_REDUCE_TILE;
    if (magnitude(p->row) < magnitude(p->step)) n = NEAR / (p->rows < NEAR ? p->rows : NEAR) + 1;
    if (n > WGI_REDUCE_TILE) n = WGI_REDUCE_TILE;
    return p->columns < n ? p->columns : n;
}

static void plan_make(plan *p, const wg_value *x, unsigned axes) {
    int64_t none;
    part_axes(x, axes, &p->outer, &p->repeat);
    int kept = innermost(&p->outer), reduced = innermost(&p->repeat);
    int by_rows = kept < 0 || (reduced >= 0 && p->repeat.dim[reduced] >= SHORT &&
                               magnitude(p->repeat.stride[reduced]) <=
                                   magnitude(p->outer.stride[kept]));
    take(&p->outer, by_rows ? -1 : kept, &p->columns, &p->step, &p->step_out);
    take(&p->repeat, reduced, &p->rows, &p->row, &none);
    p->tile = tile_width(p);
    p->tiles = (p->columns + p->tile - 1) / p->tile;
    p->piece = CHUNK / p->tile;
    p->pieces = (p->rows + p->piece - 1) / p->piece;
    p->group = p->pieces > 1 ? 1 : p->piece / p->rows;
    p->chunks = p->pieces > 1 ? p->repeat.size * p->pieces
                              : (p->repeat.size + p->group - 1) / p->group;
}

/* ---- the work ------------------------------------------------------------------------------- */

/* Where item i of the list lies: in x, or with its output strides. */
static int64_t place(const axes_list *l, const int64_t *stride, int64_t i) {
    int64_t at = 0;
    for (int k = l->n - 1; k > 0; --k) {
        at += i % l->dim[k] * stride[k];
        i /= l->dim[k];
    }
    return l->n ? at + i * stride[0] : 0;
}

/* Joins `rows` rows of a tile of n columns at x into acc. */
static void accumulate(const plan *p, const char *x, int64_t rows, int64_t n, const char *center,
                       double *acc) {
    if (p->columns == 1) {
        acc[0] = p->r->join(acc[0], p->r->run[p->dtype][p->isa](x, rows, p->row, center));
        return;
    }
    wgi_columns c = {x, rows, n, p->row, p->step, center, p->step_out, acc};
    p->r->columns[p->dtype][p->isa](&c);
}

/* One chunk of one tile: all repeats and rows of the chunk. */
static void run_chunk(const plan *p, int64_t chunk, const char *x, int64_t n, const char *center,
                      double *acc) {
    int64_t first = p->pieces > 1 ? chunk / p->pieces : chunk * p->group;
    int64_t begin = p->pieces > 1 ? chunk % p->pieces * p->piece : 0;
    int64_t rows = p->rows - begin < p->piece ? p->rows - begin : p->piece;
    for (int64_t j = 0; j < n; ++j) acc[j] = p->r->start;
    for (int64_t q = first; q < first + p->group && q < p->repeat.size; ++q) {
        int64_t at = place(&p->repeat, p->repeat.stride, q) + begin * p->row;
        accumulate(p, x + at * p->bytes, rows, n, center, acc);
    }
}

static void store(const plan *p, int64_t at, int64_t n, const double *acc) {
    for (int64_t j = 0; j < n; ++j) {
        double v = acc[j] / p->divisor;
        char *y = p->y + (at + j * p->step_out) * p->bytes;
        if (p->dtype == WG_F32) *(float *)(void *)y = (float)v;
        else *(double *)(void *)y = v;
    }
}

/* Tile `t` counted over all outputs: its place in x and in the output, and its width. */
static int64_t locate(const plan *p, int64_t t, int64_t *x, int64_t *y) {
    int64_t outer = p->tiles == 1 ? t : t / p->tiles; /* short rows feel each division */
    int64_t first = (t - outer * p->tiles) * p->tile;
    *x = place(&p->outer, p->outer.stride, outer) + first * p->step;
    *y = place(&p->outer, p->outer.out, outer) + first * p->step_out;
    return p->columns - first < p->tile ? p->columns - first : p->tile;
}

static void work(int64_t begin, int64_t end, void *arg) {
    const plan *p = arg;
    for (int64_t i = begin; i < end; ++i) {
        double room[WGI_REDUCE_TILE], *acc = p->partial ? p->partial + i * p->tile : room;
        int64_t x, y, tile = p->chunks == 1 ? i : i / p->chunks, n = locate(p, tile, &x, &y);
        const char *center = p->center ? p->center + y * p->bytes : NULL;
        run_chunk(p, i - tile * p->chunks, p->x + x * p->bytes, n, center, acc);
        if (!p->partial) store(p, y, n, acc);
    }
}

/* Joins the chunks of a tile, in order. */
static void join_chunks(int64_t begin, int64_t end, void *arg) {
    const plan *p = arg;
    for (int64_t t = begin; t < end; ++t) {
        int64_t x, y, n = locate(p, t, &x, &y);
        double *acc = p->partial + t * p->chunks * p->tile;
        for (int64_t k = 1; k < p->chunks; ++k)
            for (int64_t j = 0; j < n; ++j) acc[j] = p->r->join(acc[j], acc[k * p->tile + j]);
        store(p, y, n, acc);
    }
}

/* No elements to reduce: every output is the start. */
static void fill(plan *p, int64_t outputs) {
    p->step_out = 1;
    for (int64_t i = 0; i < outputs; ++i) store(p, i, 1, &p->r->start);
}

wg_status wgi_reduce(const wg_call *c, const wg_value *x, unsigned axes, const wgi_reduction *r,
                     double divisor, const void *center, void *out) {
    plan p = {.r = r, .dtype = x->dtype, .isa = wgi_isa_chosen(), .x = x->data, .center = center,
              .y = out,
              .bytes = (int64_t)wg_dtype_size(x->dtype), .divisor = divisor};
    int64_t outputs = 1;
    for (int i = 0; i < x->rank; ++i) outputs *= axes >> i & 1 ? 1 : x->dim[i];
    if (wg_value_size(x) == 0) {
        fill(&p, outputs);
        return WG_OK;
    }
    plan_make(&p, x, axes);
    int64_t tiles = p.outer.size * p.tiles, tasks = tiles * p.chunks;
    if (p.chunks > 1) {
        p.partial = wg_scratch(c, (size_t)(tasks * p.tile) * sizeof *p.partial);
        if (!p.partial) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    }
    int64_t task = wg_value_size(x) / tasks; /* elements */
    wgi_parallel_for(tasks, 1 + WGI_GRAIN_ELEMENTS / (task + 1), work, &p);
    if (p.chunks > 1) wgi_parallel_for(tiles, 1 + CHUNK / p.chunks, join_chunks, &p);
    return WG_OK;
}
