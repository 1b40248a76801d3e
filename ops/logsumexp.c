/* ln sum e^x over some axes, or all: y = m + ln sum e^(x - m) with m the largest x, so that nothing
 * overflows: right at +-1e4.  Of no elements, and of nothing but -inf, it is -inf; +inf gives +inf.
 *
 * dx = g e^(x - y), the softmax, divided by its own sum: that is 1 but for the rounding of y, which
 * for |y| = 1e6 costs ten digits and cancels so.  Where y is -inf the derivative is 0; where it is
 * +inf each +inf has the derivative 1, its one-sided one, and the finite elements 0. */
#ifdef REAL

/* What to subtract: the maximum, 0 where it is infinite or NaN. */
static void FN(tame)(void *center, int64_t n) {
    REAL *m = center;
    for (int64_t i = 0; i < n; ++i)
        if (!(M(fabs)(m[i]) < R(INFINITY))) m[i] = 0;
}

static void FN(finish)(const void *center, void *out, int64_t n) {
    const REAL *m = center;
    REAL *y = out;
    for (int64_t i = 0; i < n; ++i) y[i] = m[i] + M(log)(y[i]);
}

#else
#include "ops/reduction.h"

#include <math.h>

#define KERNEL_PART "ops/logsumexp.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) { return wgi_reduction_infer(c, 1); }

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&a->axis, x->rank);
    int64_t n = wg_value_size(&c->y);
    void *m = wg_scratch(c, (size_t)n * wg_dtype_size(x->dtype) + 1);
    if (!m) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wg_status s = wgi_reduce(c, x, mask, &wgi_reduction_max, 1, NULL, m);
    if (s != WG_OK) return s;
    if (x->dtype == WG_F32) tame_f32(m, n);
    else tame_f64(m, n);
    s = wgi_reduce(c, x, mask, &wgi_reduction_exps, 1, m, c->y.data);
    if (s != WG_OK) return s;
    if (x->dtype == WG_F32) finish_f32(m, c->y.data, n);
    else finish_f64(m, c->y.data, n);
    return WG_OK;
}

static void rule(wg_pull *p) {
    wg_var y = wgi_reduction_keep(p, p->y), x = p->x[0];
    wg_var zero = wg_number(p->g.tape, 0), lowest = wg_number(p->g.tape, -(double)INFINITY);
    y = wg_where(wg_not_equal(y, lowest), y, zero);
    wg_var below = wg_where(wg_not_equal(x, y), wg_sub(x, y), zero); /* inf - inf is 0 here */
    wg_var e = wg_exp(below), finite = wg_less(wg_abs(wgi_reduction_keep(p, p->y)),
                                               wg_number(p->g.tape, (double)INFINITY));
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_var sum = wg_where(finite, wg_sum_over(e, a->axis, 1), wg_number(p->g.tape, 1));
    p->dx[0] = wg_mul(e, wg_div(wgi_reduction_keep(p, p->g), sum));
}

const wg_gate wg_gate_logsumexp = {
    .size = sizeof(wg_gate),
    .name = "logsumexp",
    .formula = "y = ln sum e^x",
    .derivative = "dx = g e^(x - y)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct wgi_reduction_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "of nothing but -inf, or of nothing, it is -inf, the derivative 0; where it is "
              "inf each inf has derivative 1, the others 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_logsumexp_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_logsumexp, 1, &x, &a);
}
wg_var wg_logsumexp(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_logsumexp_over(x, all, 0);
}
#endif
