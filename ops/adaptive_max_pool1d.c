/* The largest element of each of `out` windows that cut sequences x (N, L, C) evenly, to
 * (N, out, C): window p is [floor(p L/out), ceil((p + 1) L/out)).  Neighbours share an element
 * where out does not divide L.  max_pool2d with out, of the images (N, 1, L, C). */
#include "ops/pool1d.h"

static wg_status infer(wg_call *c) {
    const struct wgi_pool1d_attrs *a = c->attrs;
    if (a->out < 1)
        return wg_fail(c, WG_ERR_RANGE, "out %lld; it is at least 1", (long long)a->out);
    return wgi_pool1d_infer(c);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    return wgi_pool1d_compose(&wg_gate_max_pool2d, x[0], attrs);
}

static const wg_attr attrs[] = {
    {.name = "out", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_pool1d_attrs, out),
     .required = 1, .doc = "the length of the result"},
    {.name = NULL},
};
static const struct wgi_pool1d_attrs three = {.out = 3}, one = {.out = 1};
static const wg_sample samples[] = {{.shapes = "2,4,2", .attrs = &three},
                                    {.shapes = "1,2,2", .attrs = &three},
                                    {.shapes = "2,3,1", .attrs = &one},
                                    {.shapes = "0,4,2", .attrs = &three},
                                    {.shapes = NULL}};

const wg_gate wg_gate_adaptive_max_pool1d = {
    .size = sizeof(wg_gate),
    .name = "adaptive_max_pool1d",
    .formula = "y = the largest x of each of `out` even windows",
    .derivative = "dx = g at the first winner of each window",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_pool1d_attrs),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) -> (N, out, C)",
    .domain = "kinks where two elements are the largest: the first wins; NaN wins",
};

wg_var wg_adaptive_max_pool1d(wg_var x, int64_t length) {
    struct wgi_pool1d_attrs a = {.out = length};
    return wg_record(&wg_gate_adaptive_max_pool1d, 1, &x, &a);
}
