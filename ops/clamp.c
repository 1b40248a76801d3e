/* x held in [lo, hi]: y = min(max(x, lo), hi), dy/dx = 1 where lo <= x <= hi, the borders
 * included, else 0. Either border may be infinite. NaN is passed on and counts as lying between.
 * */
#include "ops/pieces.h"

struct wgi_clamp {
    double lo, hi;
};

#define ATTRS struct wgi_clamp
#define LO (REAL)a->lo
#define HI (REAL)a->hi
#define VALUE x < LO ? LO : x > HI ? HI : x
#define PARTIAL x < LO || x > HI ? R(0) : R(1)
#define BRANCH wgi_range_piece(x, a->lo, a->hi)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    const struct wgi_clamp *a = p->attrs;
    wg_tape *t = p->g.tape;
    wg_var low = wg_less(p->x[0], wg_number(t, a->lo));
    wg_var high = wg_greater(p->x[0], wg_number(t, a->hi));
    p->dx[0] = wg_where(wg_logical_or(low, high), wg_number(t, 0), p->g);
}

static wg_status infer(wg_call *c) {
    const struct wgi_clamp *a = c->attrs;
    if (!(a->lo <= a->hi))
        return wg_fail(c, WG_ERR_RANGE, "lo is %g and hi is %g; lo <= hi is wanted", a->lo, a->hi);
    return wgi_elementwise_infer(c);
}

static const wg_attr attrs[] = {
    {.name = "lo", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_clamp, lo),
     .preset = -(double)INFINITY, .doc = "what y is at least"},
    {.name = "hi", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_clamp, hi),
     .preset = (double)INFINITY, .doc = "what y is at most"},
    {.name = NULL},
};
static const struct wgi_clamp both = {-0.75, 1}, from = {-0.25, (double)INFINITY};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &both},
    {.shapes = "", .attrs = &both},
    {.shapes = "2,3", .attrs = &from},
    {.shapes = "", .attrs = &from},
    {.shapes = NULL},
};

const wg_gate wg_gate_clamp = {
    .size = sizeof(wg_gate),
    .name = "clamp",
    .formula = "y = min(max(x, lo), hi)",
    .derivative = "dx = g [lo <= x <= hi]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_clamp),
    .attrs = attrs,
    .infer = infer,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "lo <= hi; kinks at lo and hi: derivative 1",
};

wg_var wg_clamp(wg_var x, double lo, double hi) {
    struct wgi_clamp a = {lo, hi};
    if (!(lo <= hi)) return wg_record(&wg_gate_clamp, 1, &x, &a);
    return wgi_unary(&wg_gate_clamp, x, &a, math);
}
