/* Running products along an axis: y[i] = x[0] ... x[i], or with `reverse` x[i] ... x[n-1].
 *
 * Zeros are legal, in any number.  dy[k]/dx[i] for k >= i is the product of x[0 .. k] without x[i]:
 * what stands before i, e[i] = y[i-1], times what stands between i and k.  Summed over k with g the
 * latter is the recurrence r[i] = g[i] + x[i+1] r[i+1], so dx = e r, without a division. */
#ifdef REAL

static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_lane_job *j = arg;
    for (int64_t i = begin; i < end; ++i) {
        int64_t step, at = wgi_scan_start(j, i, &step);
        const REAL *x = (const REAL *)j->call->x[0]->data + at;
        REAL *y = (REAL *)j->call->y.data + at;
        double product = 1;
        for (int64_t k = 0; k < j->lanes.n; ++k) {
            product *= (double)x[k * step];
            y[k * step] = (REAL)product;
        }
    }
}

static wg_status FN(forward)(wg_call *c) { return wgi_for_lanes(c, FN(lanes)); }

#else
#include "ops/scan_attrs.h"

#define KERNEL_PART "ops/cumprod.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    const struct wgi_scan_attrs *a = p->attrs;
    int axis = a->along.axis, by = a->reverse ? -1 : 1;
    if (wg_shape_size(wg_shape_of(p->g)) == 0) return;
    wg_var before = wgi_shift_along(p->y, axis, by, 1);
    wg_var next = wgi_shift_along(p->x[0], axis, -by, 0);
    p->dx[0] = wg_mul(before, wg_linear_scan(next, p->g, axis, !a->reverse));
}

static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &first},        {.shapes = "2,3", .attrs = &last},
    {.shapes = "3,2", .attrs = &backwards},  {.shapes = "1", .attrs = &first},
    {.shapes = "0,2", .attrs = &first},      {.shapes = NULL},
};

const wg_gate wg_gate_cumprod = {
    .size = sizeof(wg_gate),
    .name = "cumprod",
    .formula = "y[i] = x[0] ... x[i]",
    .derivative = "dx[i] = y[i-1] r[i], r[i] = g[i] + x[i+1] r[i+1]",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_scan_attrs),
    .attrs = attrs,
    .infer = wgi_lanes_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_cumprod(wg_var x, int axis) {
    struct wgi_scan_attrs a = {{axis}, 0};
    return wg_record(&wg_gate_cumprod, 1, &x, &a);
}
#endif
