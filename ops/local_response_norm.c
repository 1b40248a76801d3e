/* Local response normalisation (A. Krizhevsky, I. Sutskever, G. E. Hinton, NIPS 2012), channels
 * last: x (..., C), for channel i
 *
 *     y_i = x_i / s_i^beta,  s_i = k + alpha sum_j x_j^2,  j = i - floor(n/2) .. i + floor((n-1)/2)
 *
 * as far as there are channels, n being `size`; alpha is not divided by n.  Where s_i = 0 (k = 0
 * and zeros) y is NaN.  With g the cotangent of y:
 *
 *     dx_i = g_i s_i^-beta - 2 alpha beta x_i sum of g_j x_j s_j^(-beta-1) over the j whose windows
 *     hold i. */
#ifdef REAL

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const struct wgi_local_response_norm *a = c->attrs;
    const int64_t n = wgi_channels(&c->y), below = a->size / 2, above = (a->size - 1) / 2;
    for (int64_t r = begin; r < end; ++r) {
        const REAL *x = (const REAL *)c->x[0]->data + r * n;
        REAL *y = (REAL *)c->y.data + r * n;
        for (int64_t i = 0; i < n; ++i) {
            int64_t first = i < below ? 0 : i - below, last = above < n - 1 - i ? i + above : n - 1;
            REAL sum = 0;
            for (int64_t j = first; j <= last; ++j) sum += x[j] * x[j];
            y[i] = x[i] * M(pow)((REAL)a->k + (REAL)a->alpha * sum, -(REAL)a->beta);
        }
    }
}

static wg_status FN(forward)(wg_call *c) {
    wgi_parallel_for(wgi_channel_rows(&c->y), wgi_channel_grain(8 * wgi_channels(&c->y)), FN(rows),
                     c);
    return WG_OK;
}

#else
#include "ops/channels.h"

#include <math.h>

struct wgi_local_response_norm {
    int64_t size;
    double alpha, beta, k;
};

#define KERNEL_PART "ops/local_response_norm.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_local_response_norm *a = c->attrs;
    const wg_value *x = c->x[0];
    if (x->rank == 0) return wg_fail(c, WG_ERR_SHAPE, "x has rank 0; its last axis is channels");
    if (a->size < 1)
        return wg_fail(c, WG_ERR_RANGE, "size = %lld channels; it is positive", (long long)a->size);
    if (!(isfinite(a->alpha) && a->alpha >= 0))
        return wg_fail(c, WG_ERR_RANGE, "alpha = %g; it is finite and not negative", a->alpha);
    if (!isfinite(a->beta)) return wg_fail(c, WG_ERR_RANGE, "beta = %g; it is finite", a->beta);
    if (!(isfinite(a->k) && a->k >= 0))
        return wg_fail(c, WG_ERR_RANGE, "k = %g; it is finite and not negative", a->k);
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

/* The sums of v over `before` channels below each, itself, and `after` above. */
static wg_var windows(wg_var v, int64_t before, int64_t after) {
    wg_shape s = wg_shape_of(v), front = {s.rank, {0}}, back = {s.rank, {0}};
    int64_t n = s.rank > 0 ? s.dim[s.rank - 1] : 0;
    if (n == 0) return v; /* poison too, for want of memory */
    if (before > n - 1) before = n - 1; /* further away there are no channels */
    if (after > n - 1) after = n - 1;
    front.dim[s.rank - 1] = before;
    back.dim[s.rank - 1] = after;
    wg_var padded = wg_zero_pad(v, front, back), sum = WG_NONE;
    for (int64_t i = 0; i <= before + after; ++i) {
        wg_var part = wg_slice(padded, -1, i, i + n, 1);
        sum = i ? wg_add(sum, part) : part;
    }
    return sum;
}

static void rule(wg_pull *p) {
    const struct wgi_local_response_norm *a = p->attrs;
    const int64_t below = a->size / 2, above = (a->size - 1) / 2;
    wg_var x = p->x[0], power = wg_number(x.tape, -a->beta);
    wg_var s = wg_shift(wg_scale(windows(wg_square(x), below, above), a->alpha), a->k);
    wg_var direct = wg_mul(p->g, wg_pow(s, power));
    wg_var shared = windows(wg_div(wg_mul(direct, x), s), above, below);
    p->dx[0] = wg_sub(direct, wg_scale(wg_mul(x, shared), 2 * a->alpha * a->beta));
}

static const wg_attr attrs[] = {
    {.name = "size", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_local_response_norm, size),
     .preset = 5, .doc = "channels that are summed"},
    {.name = "alpha", .kind = WG_ATTR_REAL,
     .offset = offsetof(struct wgi_local_response_norm, alpha), .preset = 1e-4,
     .doc = "the factor of the sum of squares"},
    {.name = "beta", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_local_response_norm, beta),
     .preset = 0.75, .doc = "the exponent"},
    {.name = "k", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_local_response_norm, k),
     .preset = 2, .doc = "added to the sum"},
    {.name = NULL},
};
static const struct wgi_local_response_norm alexnet = {5, 1e-4, 0.75, 2},
                                            strong = {3, 0.5, 0.75, 1},
                                            even = {2, 1, 0.5, 0.5}, wide = {9, 0.3, 1, 1};
static const wg_sample samples[] = {
    {.shapes = "2,6", .attrs = &alexnet}, {.shapes = "2,2,1,3", .attrs = &strong},
    {.shapes = "4", .attrs = &even},      {.shapes = "2,3", .attrs = &wide},
    {.shapes = "2,0", .attrs = &strong},  {.shapes = "0,2", .attrs = &strong},
    {.shapes = NULL},
};

const wg_gate wg_gate_local_response_norm = {
    .size = sizeof(wg_gate),
    .name = "local_response_norm",
    .formula = "y_i = x_i/s_i^beta, s_i = k + alpha sum of x_j^2 over `size` channels around i",
    .derivative = "dx_i = g_i s_i^-beta - 2 alpha beta x_i sum g_j x_j s_j^(-beta - 1)",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_local_response_norm),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) -> (d..., C)",
    .domain = "s > 0, NaN where k = 0 and all x of a window are 0; alpha, k >= 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_local_response_norm(wg_var x, int64_t size, double alpha, double beta, double k) {
    struct wgi_local_response_norm a = {size, alpha, beta, k};
    return wg_record(&wg_gate_local_response_norm, 1, &x, &a);
}
#endif
