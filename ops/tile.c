/* x laid side by side: y's axis i is x's, reps[i] times over, y[i] = x[i mod d].  A list longer
 * than x's rank gives new axes in front, a shorter one leaves the first axes alone (NumPy's tile).
 * dx is the sum of g over the copies. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_tile {
    wg_shape reps; /* counts, not extents */
};

/* x's extent and the count at axis i of y. */
static int64_t extent(const wg_value *x, int rank, int i) {
    return i < rank - x->rank ? 1 : x->dim[i - rank + x->rank];
}
static int64_t count(const wg_shape *reps, int rank, int i) {
    return i < rank - reps->rank ? 1 : reps->dim[i - rank + reps->rank];
}

static wg_status infer(wg_call *c) {
    const wg_shape *reps = &((const struct wgi_tile *)c->attrs)->reps;
    const wg_value *x = c->x[0];
    if (reps->rank < 0 || reps->rank > WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "reps has %d entries; there are at most %d", reps->rank,
                       WG_MAX_RANK);
    int rank = c->y.rank = reps->rank > x->rank ? reps->rank : x->rank;
    for (int i = 0; i < rank; ++i) {
        int64_t n = count(reps, rank, i);
        if (n < 0) return wg_fail(c, WG_ERR_RANGE, "reps is %lld at axis %d; it is not negative",
                                  (long long)n, i);
        if (__builtin_mul_overflow(extent(x, rank, i), n, &c->y.dim[i]))
            return wg_fail(c, WG_ERR_MEMORY, "reps is %lld at axis %d: too many elements",
                           (long long)n, i);
    }
    return WG_OK;
}

/* Copies into the first tile, then doubles along each axis in turn: what is there is copied behind
 * itself until the axis is full. */
static wg_status forward(wg_call *c) {
    const wg_value *x = c->x[0];
    wg_value done = c->y, next; /* the part of y that is written */
    int64_t bytes = (int64_t)wg_dtype_size(c->y.dtype);
    if (wg_value_size(&c->y) == 0) return WG_OK;
    for (int i = 0; i < done.rank; ++i) done.dim[i] = extent(x, done.rank, i);
    next = done;
    next.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) {
        next.dim[i] = x->dim[i];
        next.stride[i] = done.stride[i + done.rank - x->rank];
    }
    wgi_value_copy(x, &next);
    for (int i = 0; i < done.rank; ++i)
        while (done.dim[i] < c->y.dim[i]) {
            int64_t have = done.dim[i], left = c->y.dim[i] - have, more = left < have ? left : have;
            wg_value from = done;
            next = done;
            from.dim[i] = next.dim[i] = more;
            next.data = (char *)c->y.data + have * done.stride[i] * bytes;
            wgi_value_copy(&from, &next);
            done.dim[i] = have + more;
        }
    return WG_OK;
}

/* Axis by axis: g as (outer, copies, d, inner), summed over the copies. */
static void rule(wg_pull *p) {
    const wg_shape *reps = &((const struct wgi_tile *)p->attrs)->reps;
    wg_shape x = wg_shape_of(p->x[0]), y = wg_shape_of(p->y);
    wg_axes copies = {1, {1}};
    wg_var g = p->g;
    for (int i = 0; i < y.rank; ++i) {
        int64_t n = count(reps, y.rank, i);
        int64_t d = i < y.rank - x.rank ? 1 : x.dim[i - y.rank + x.rank];
        wg_shape parts = {4, {1, n, d, 1}};
        if (n == 1) continue;
        for (int k = 0; k < i; ++k) parts.dim[0] *= y.dim[k];
        for (int k = i + 1; k < y.rank; ++k) parts.dim[3] *= y.dim[k];
        y.dim[i] = d;
        g = wg_sum_over(wg_reshape(g, parts), copies, 0);
    }
    p->dx[0] = wg_reshape(g, x);
}

static const wg_attr attrs[] = {
    {.name = "reps", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_tile, reps),
     .required = 1, .doc = "how often, an entry an axis"},
    {.name = NULL},
};
static const struct wgi_tile both = {{2, {2, 3}}}, more = {{3, {2, 1, 2}}}, last = {{1, {3}}},
                             none = {{2, {0, 2}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &both}, {.shapes = "2", .attrs = &more},
    {.shapes = "2,2", .attrs = &last}, {.shapes = "", .attrs = &last},
    {.shapes = "2,1", .attrs = &none}, {.shapes = NULL},
};

const wg_gate wg_gate_tile = {
    .size = sizeof(wg_gate),
    .name = "tile",
    .formula = "y[i] = x[i mod d]",
    .derivative = "dx = g, summed over the copies",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_tile),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... * reps)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_tile(wg_var x, wg_shape reps) {
    struct wgi_tile a = {reps};
    return wg_record(&wg_gate_tile, 1, &x, &a);
}
