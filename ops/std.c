/* The standard deviation over some axes, or all: the square root of var; NaN unless n > ddof.
 * dx = g (x - m) / ((n - ddof) y); where all elements are equal, y = 0, the derivative is 0.  The
 * sum is scaled where squares would overflow or vanish: deviations of 1e300 and 1e-300 are
 * legal. */
#include "ops/signature.h"
#include "ops/variance.h"

static wg_status forward(wg_call *c) { return variance(c, 1); }

/* Which outputs are 0: the points of the cone. */
static uint64_t signature(const wg_call *c) {
    uint64_t hash = 0;
    for (int64_t i = 0; i < wg_value_size(&c->y); ++i) {
        double y = c->y.dtype == WG_F32 ? (double)((const float *)c->y.data)[i]
                                        : ((const double *)c->y.data)[i];
        hash = wgi_hash(hash, y == 0);
    }
    return hash;
}

static void rule(wg_pull *p) {
    wg_var zero = wg_number(p->g.tape, 0), one = wg_number(p->g.tape, 1);
    wg_var y = wgi_reduction_keep(p, p->y);
    y = wg_where(wg_not_equal(y, zero), y, one);
    p->dx[0] = wg_mul(wg_div(wgi_reduction_keep(p, p->g), y), deviation(p));
}

static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &over_all},
    {.shapes = "2,3", .attrs = &unbiased},
    {.shapes = "2,3,2", .attrs = &over_two},
    {.shapes = "0,3", .attrs = &unbiased},
    {.shapes = NULL},
};

const wg_gate wg_gate_std = {
    .size = sizeof(wg_gate),
    .name = "std",
    .formula = "y = sqrt(sum (x - mean)^2 / (n - ddof))",
    .derivative = "dx = g (x - mean) / ((n - ddof) y); 0 where y = 0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_variance_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "ddof >= 0; NaN unless n > ddof; kink where all elements are equal: derivative 0",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_std_over(wg_var x, wg_axes axes, int keepdims, int64_t ddof) {
    struct wgi_variance_attrs a = {{axes, keepdims}, ddof};
    return wg_record(&wg_gate_std, 1, &x, &a);
}
