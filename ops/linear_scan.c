/* The linear recurrence along an axis, a and b of one shape:
 *
 *     y[0] = b[0],  y[i] = a[i] y[i-1] + b[i]        (with `reverse` from the end to the front)
 *
 * a[0] has no part in it.  Its adjoint is a recurrence of the same kind from the other end,
 * s[i] = g[i] + a[i+1] s[i+1]; db = s, da[i] = s[i] y[i-1].  So the gate is closed under
 * differentiation, and with it cumprod and prod, zeros and all: nothing is ever divided. */
#ifdef REAL

static void FN(lanes)(int64_t begin, int64_t end, void *arg) {
    const struct wgi_lane_job *j = arg;
    for (int64_t i = begin; i < end; ++i) {
        int64_t step, at = wgi_scan_start(j, i, &step);
        const REAL *a = (const REAL *)j->call->x[0]->data + at;
        const REAL *b = (const REAL *)j->call->x[1]->data + at;
        REAL *y = (REAL *)j->call->y.data + at;
        for (int64_t k = 0; k < j->lanes.n; ++k)
            y[k * step] = k ? a[k * step] * y[(k - 1) * step] + b[k * step] : b[0];
    }
}

static wg_status FN(forward)(wg_call *c) { return wgi_for_lanes(c, FN(lanes)); }

#else
#include "ops/scan_attrs.h"

#define KERNEL_PART "ops/linear_scan.c"
#include "ops/both_types.h"

static void rule(wg_pull *p) {
    const struct wgi_scan_attrs *a = p->attrs;
    int axis = a->along.axis, by = a->reverse ? -1 : 1;
    if (wg_shape_size(wg_shape_of(p->g)) == 0) return;
    wg_var s = wg_linear_scan(wgi_shift_along(p->x[0], axis, -by, 0), p->g, axis, !a->reverse);
    if (p->wanted[0]) p->dx[0] = wg_mul(s, wgi_shift_along(p->y, axis, by, 0));
    if (p->wanted[1]) p->dx[1] = s;
}

static const wg_sample samples[] = {
    {.shapes = "4|4", .attrs = &first},         {.shapes = "2,3|2,3", .attrs = &last},
    {.shapes = "3,2|3,2", .attrs = &backwards}, {.shapes = "1|1", .attrs = &first},
    {.shapes = "0,2|0,2", .attrs = &first},     {.shapes = NULL},
};

const wg_gate wg_gate_linear_scan = {
    .size = sizeof(wg_gate),
    .name = "linear_scan",
    .formula = "y[i] = a[i] y[i-1] + b[i]",
    .derivative = "s[i] = g[i] + a[i+1] s[i+1]; da[i] = s[i] y[i-1], db = s",
    .arity = 2,
    .operands = {"a", "b"},
    .attr_bytes = sizeof(struct wgi_scan_attrs),
    .attrs = attrs,
    .infer = wgi_lanes_infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) (d...) -> (d...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_linear_scan(wg_var a, wg_var b, int axis, int reverse) {
    struct wgi_scan_attrs attributes = {{axis}, reverse};
    wg_var operands[2] = {a, b};
    return wg_record(&wg_gate_linear_scan, 2, operands, &attributes);
}
#endif
