/* The diagonal j - i = k: of a matrix (n, m) its elements there, a view; of a vector (n) the matrix
 * (n + |k|, n + |k|) with it there, zeros elsewhere.  Each is the other's adjoint, up to the rows
 * and columns that a matrix has beyond its diagonal. */
#include "autograd/tape.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_diag {
    int64_t k;
};

enum { FARTHEST = 1 << 30 }; /* of the diagonals that may be named */

static int64_t row_of(int64_t k) { return k < 0 ? -k : 0; }
static int64_t column_of(int64_t k) { return k > 0 ? k : 0; }

/* The length of diagonal k of an (n, m) matrix. */
static int64_t length(int64_t n, int64_t m, int64_t k) {
    int64_t down = n - row_of(k), right = m - column_of(k), least = down < right ? down : right;
    return least > 0 ? least : 0;
}

static wg_status infer(wg_call *c) {
    int64_t k = ((const struct wgi_diag *)c->attrs)->k;
    const wg_value *x = c->x[0];
    char text[96];
    if (k > FARTHEST || k < -FARTHEST)
        return wg_fail(c, WG_ERR_RANGE, "k is %lld; it lies within +-%lld", (long long)k,
                       (long long)FARTHEST);
    if (x->rank != 1 && x->rank != 2)
        return wg_fail(c, WG_ERR_SHAPE, "%s is neither a vector nor a matrix",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    c->y.rank = 3 - x->rank;
    if (x->rank == 2) c->y.dim[0] = length(x->dim[0], x->dim[1], k);
    else c->y.dim[0] = c->y.dim[1] = x->dim[0] + row_of(k) + column_of(k);
    return WG_OK;
}

/* Where the diagonal of v begins. */
static void *start(const wg_value *v, int64_t k) {
    int64_t at = row_of(k) * v->stride[0] + column_of(k) * v->stride[1];
    return (char *)v->data + at * (int64_t)wg_dtype_size(v->dtype);
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    if (x->rank == 1) return 0;
    c->y.data = c->y.dim[0] ? start(x, ((const struct wgi_diag *)c->attrs)->k) : x->data;
    c->y.stride[0] = c->y.dim[0] > 1 ? x->stride[0] + x->stride[1] : 1;
    return 1;
}

static wg_status forward(wg_call *c) {
    wg_value line = *c->x[0];
    size_t bytes = (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype);
    if (bytes == 0) return WG_OK;
    memset(c->y.data, 0, bytes);
    line.data = start(&c->y, ((const struct wgi_diag *)c->attrs)->k);
    line.stride[0] = c->y.stride[0] + c->y.stride[1];
    if (line.dim[0]) wgi_value_copy(c->x[0], &line);
    return WG_OK;
}

/* v with `extent` places along the axis: cut, or zeros behind. */
static wg_var fit(wg_var v, int axis, int64_t extent) {
    wg_shape none = {2, {0, 0}}, behind = none;
    int64_t have = wg_shape_of(v).dim[axis];
    if (have >= extent) return wg_slice(v, axis, 0, extent, 1);
    behind.dim[axis] = extent - have;
    return wg_zero_pad(v, none, behind);
}

static void rule(wg_pull *p) {
    int64_t k = ((const struct wgi_diag *)p->attrs)->k;
    wg_shape x = wg_shape_of(p->x[0]);
    if (wg_shape_size(wg_shape_of(p->y)) == 0) return;
    p->dx[0] = wg_diag(p->g, k);
    if (x.rank == 2) p->dx[0] = fit(fit(p->dx[0], 0, x.dim[0]), 1, x.dim[1]);
}

static const wg_attr attrs[] = {
    {.name = "k", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_diag, k),
     .doc = "which diagonal: j - i"},
    {.name = NULL},
};
static const struct wgi_diag at_0 = {0}, above = {1}, below = {-2};
static const wg_sample samples[] = {
    {.shapes = "3", .attrs = &at_0},   {.shapes = "2", .attrs = &above},
    {.shapes = "2", .attrs = &below},  {.shapes = "3,3", .attrs = &at_0},
    {.shapes = "3,4", .attrs = &above}, {.shapes = "4,3", .attrs = &below},
    {.shapes = "2,5", .attrs = &below}, {.shapes = "4,2", .attrs = &above},
    {.shapes = "0", .attrs = &at_0},   {.shapes = NULL},
};

const wg_gate wg_gate_diag = {
    .size = sizeof(wg_gate),
    .name = "diag",
    .formula = "y[i] = x[i, i + k], or y[i, i + k] = x[i]",
    .derivative = "dx[i, i + k] = g[i], or dx[i] = g[i, i + k]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_diag),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(n) -> (n + |k|, n + |k|) or (p, q) -> (d)",
};

wg_var wg_diag(wg_var x, int64_t k) {
    struct wgi_diag a = {k};
    return wg_record(&wg_gate_diag, 1, &x, &a);
}
