/* The derivatives of digamma: y = (d/dx)^n digamma(x), n = 0 to 100, so that lgamma and digamma
 * can be differentiated as often as anyone asks. dy/dx is the next one; the last has NaN for it.
 * At the poles 0, -1, -2, ... the value is inf for odd n; for even n the limits on the two sides
 * differ: at 0 it is the infinity opposite to the zero's sign, at the others NaN. */
#include "ops/polygamma.h"
#include "ops/elementwise.h"

struct wgi_polygamma {
    int64_t n;
};

#define ATTRS struct wgi_polygamma
#define VALUE (REAL)wgi_polygamma(a->n, (double)x)
#define PARTIAL (REAL)wgi_polygamma(a->n + 1, (double)x)
#include "ops/unary.h"

static void rule(wg_pull *p) {
    int64_t n = ((const struct wgi_polygamma *)p->attrs)->n;
    p->dx[0] = wg_mul(p->g, n < WGI_POLYGAMMA_MAX ? wg_polygamma(p->x[0], n + 1)
                                                  : wg_number(p->g.tape, (double)NAN));
}

static int known(int64_t n) { return n >= 0 && n <= WGI_POLYGAMMA_MAX; }

static wg_status infer(wg_call *c) {
    int64_t n = ((const struct wgi_polygamma *)c->attrs)->n;
    if (!known(n))
        return wg_fail(c, WG_ERR_RANGE, "n is %lld; it may be 0 to %d", (long long)n,
                       WGI_POLYGAMMA_MAX);
    return wgi_elementwise_infer(c);
}

static const wg_attr attrs[] = {
    {.name = "n", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_polygamma, n),
     .preset = 1, .doc = "which derivative of digamma"},
    {.name = NULL},
};
static const struct wgi_polygamma zeroth = {0}, first = {1}, second = {2};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &first, .lo = 0.8, .hi = 4},
    {.shapes = "", .attrs = &first, .lo = 0.8, .hi = 4},
    {.shapes = "2,3", .attrs = &second, .lo = 1, .hi = 4},
    {.shapes = "", .attrs = &zeroth, .lo = 0.8, .hi = 4},
    {.shapes = NULL},
};

const wg_gate wg_gate_polygamma = {
    .size = sizeof(wg_gate),
    .name = "polygamma",
    .formula = "y = (d/dx)^n digamma(x)",
    .derivative = "dx = g polygamma(x, n + 1)",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_polygamma),
    .attrs = attrs,
    .infer = infer,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "n = 0 to 100; poles at 0, -1, -2, ...: inf for odd n; for even n -inf at 0, "
              "inf at -0, NaN at the others; the derivative of n = 100 is NaN",
};

wg_var wg_polygamma(wg_var x, int64_t n) {
    struct wgi_polygamma a = {n};
    if (!known(n)) return wg_record(&wg_gate_polygamma, 1, &x, &a);
    return wgi_unary(&wg_gate_polygamma, x, &a, math);
}
