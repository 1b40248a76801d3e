/* The diagonal j - i = k of the last two axes: x (..., n, m), y (..., length),
 *
 *     y[..., i] = x[..., i, i + k] for k >= 0,    x[..., i - k, i] for k < 0.
 *
 * The matrix in one row, x[..., i m + j], has it at places m + 1 apart: a reshape and a slice, both
 * views where x's strides allow. */
#include "autograd/tape.h"
#include "ops/ops.h"

struct wgi_diagonal {
    int64_t k;
};

static int64_t row_of(int64_t k) { return k < 0 ? -k : 0; }
static int64_t column_of(int64_t k) { return k > 0 ? k : 0; }

/* The length of diagonal k of an (n, m) matrix. */
static int64_t length(int64_t n, int64_t m, int64_t k) {
    int64_t down = n - row_of(k), right = m - column_of(k), least = down < right ? down : right;
    return least > 0 ? least : 0;
}

static wg_status infer(wg_call *c) {
    int64_t k = ((const struct wgi_diagonal *)c->attrs)->k;
    const wg_value *x = c->x[0];
    char text[96];
    if (x->rank < 2)
        return wg_fail(c, WG_ERR_SHAPE, "%s is no matrix",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    if (k > INT32_MAX || k < -INT32_MAX)
        return wg_fail(c, WG_ERR_RANGE, "k is %lld; it lies within +-%d", (long long)k, INT32_MAX);
    c->y.rank = x->rank - 1;
    for (int i = 0; i < x->rank - 2; ++i) c->y.dim[i] = x->dim[i];
    c->y.dim[x->rank - 2] = length(x->dim[x->rank - 2], x->dim[x->rank - 1], k);
    return WG_OK;
}

static wg_var compose(size_t count, const wg_var *x, const void *attrs) {
    int64_t k = ((const struct wgi_diagonal *)attrs)->k;
    wg_shape s = wg_shape_of(x[0]);
    int64_t n = s.dim[s.rank - 2], m = s.dim[s.rank - 1];
    int64_t start = row_of(k) * m + column_of(k), places = length(n, m, k);
    (void)count;
    s.dim[--s.rank - 1] = n * m;
    wg_var line = wg_reshape(x[0], s);
    if (places == 0) return wg_slice(line, -1, 0, 0, 1);
    return wg_slice(line, -1, start, start + (places - 1) * (m + 1) + 1, m + 1);
}

static const wg_attr attrs[] = {
    {.name = "k", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_diagonal, k),
     .doc = "which diagonal: j - i"},
    {.name = NULL},
};
static const struct wgi_diagonal at_0 = {0}, above = {1}, below = {-2};
static const wg_sample samples[] = {
    {.shapes = "3,3", .attrs = &at_0},     {.shapes = "2,3,4", .attrs = &above},
    {.shapes = "2,4,2", .attrs = &below},  {.shapes = "2,1,5,2,2", .attrs = &at_0},
    {.shapes = "2,2", .attrs = &below},    {.shapes = "0,3", .attrs = &at_0},
    {.shapes = NULL},
};

const wg_gate wg_gate_diagonal = {
    .size = sizeof(wg_gate),
    .name = "diagonal",
    .formula = "y[i] = x[i, i + k]",
    .derivative = "dx[i, i + k] = g[i], 0 elsewhere",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_diagonal),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(..., n, m) -> (..., length)",
};

wg_var wg_diagonal(wg_var x, int64_t k) {
    struct wgi_diagonal a = {k};
    return wg_record(&wg_gate_diagonal, 1, &x, &a);
}
