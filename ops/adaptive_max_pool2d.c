/* The largest element of each of (OH, OW) windows that cut images x (N, H, W, C) evenly, to
 * (N, OH, OW, C): window p over H elements is [floor(p H/OH), ceil((p + 1) H/OH)), over W alike.
 * Neighbours share elements where OH does not divide H.  max_pool2d with out, which says what holds
 * at ties and of NaN. */
#include "ops/floats.h"
#include "ops/pool2d.h"

static wg_status infer(wg_call *c) {
    const struct wgi_pool2d_attrs *a = c->attrs;
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    if (a->out[0] < 1 || a->out[1] < 1)
        return wg_fail(c, WG_ERR_RANGE, "out %lld x %lld; both are at least 1",
                       (long long)a->out[0], (long long)a->out[1]);
    return wgi_pool2d_infer(c);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    (void)n;
    return wg_record(&wg_gate_max_pool2d, 1, x, attrs);
}

static const wg_attr attrs[] = {
    {.name = "out", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_pool2d_attrs, out),
     .required = 1, .doc = "height and width of the result"},
    {.name = NULL},
};
static const struct wgi_pool2d_attrs three = {.out = {3, 2}}, one = {.out = {1, 1}};
static const wg_sample samples[] = {{.shapes = "2,4,3,1", .attrs = &three},
                                    {.shapes = "1,2,5,2", .attrs = &three},
                                    {.shapes = "2,3,2,1", .attrs = &one},
                                    {.shapes = "0,4,4,2", .attrs = &three},
                                    {.shapes = NULL}};

const wg_gate wg_gate_adaptive_max_pool2d = {
    .size = sizeof(wg_gate),
    .name = "adaptive_max_pool2d",
    .formula = "y = the largest x of each of `out` even windows",
    .derivative = "dx = g at the first winner of each window",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, out[0], out[1], C)",
    .domain = "kinks where two elements are the largest: the first wins; NaN wins",
};

wg_var wg_adaptive_max_pool2d(wg_var x, int64_t height, int64_t width) {
    struct wgi_pool2d_attrs a = {.out = {height, width}};
    return wg_record(&wg_gate_adaptive_max_pool2d, 1, &x, &a);
}
