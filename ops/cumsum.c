/* Running sums along an axis: y[i] = x[0] + ... + x[i], or with `reverse` x[i] + ... + x[n-1],
 * added up in double.  The Jacobian is triangular and full of ones: dx is g summed up from the
 * other end. An infinity or a NaN stays in all sums behind it. */
#ifdef REAL

static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_lane_job *j = arg;
    for (int64_t i = begin; i < end; ++i) {
        int64_t step, at = wgi_scan_start(j, i, &step);
        const REAL *x = (const REAL *)j->call->x[0]->data + at;
        REAL *y = (REAL *)j->call->y.data + at;
        double sum = 0;
        for (int64_t k = 0; k < j->lanes.n; ++k) {
            sum += (double)x[k * step];
            y[k * step] = (REAL)sum;
        }
    }
}

static wg_status FN(forward)(wg_call *c) { return wgi_for_lanes(c, FN(lanes)); }

#else
#include "ops/scan_attrs.h"

#define KERNEL_PART "ops/cumsum.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    struct wgi_scan_attrs a = *(const struct wgi_scan_attrs *)p->attrs;
    a.reverse = !a.reverse;
    p->dx[0] = wg_record(&wg_gate_cumsum, 1, &p->g, &a);
}

static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &first},        {.shapes = "2,3", .attrs = &last},
    {.shapes = "3,2", .attrs = &backwards},  {.shapes = "1", .attrs = &backwards},
    {.shapes = "0,2", .attrs = &first},      {.shapes = NULL},
};

const wg_gate wg_gate_cumsum = {
    .size = sizeof(wg_gate),
    .name = "cumsum",
    .formula = "y[i] = x[0] + ... + x[i]",
    .derivative = "dx[i] = g[i] + ... + g[n-1]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_scan_attrs),
    .attrs = attrs,
    .infer = wgi_lanes_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_cumsum(wg_var x, int axis) {
    struct wgi_scan_attrs a = {{axis}, 0};
    return wg_record(&wg_gate_cumsum, 1, &x, &a);
}
#endif
