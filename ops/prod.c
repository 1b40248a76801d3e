/* The product over some axes, or all; of no elements 1.
 *
 * Zeros are legal, in any number: dx[i] = g times the product of all the others, and that is the
 * product of those before i times that of those behind, two running products (cumprod); nothing is
 * divided by x[i].  They are gates, so second derivatives are right at zeros too. */
#ifdef REAL

static double IN(product_run)(const void *from, int64_t n, int64_t step, const void *center) {
    const REAL *x = from;
    double total = 1;
    (void)center;
    for (int64_t i = 0; i < n; ++i) total *= (double)x[i * step];
    return total;
}

static void IN(product_columns)(const wgi_columns *k) {
    for (int64_t r = 0; r < k->rows; ++r) {
        const REAL *x = (const REAL *)k->x + r * k->row;
        for (int64_t i = 0; i < k->n; ++i) k->acc[i] *= (double)x[i * k->step];
    }
}

#else
#include "ops/reduction.h"
#include "ops/scan.h"

#define KERNEL_PART "ops/prod.c"
#include "backend/each_isa.h"

static double join(double a, double b) { return a * b; }
static const wgi_reduction product = {
    1, join, {WGI_BY_ISA(product_run, f32), WGI_BY_ISA(product_run, f64)},
    {WGI_BY_ISA(product_columns, f32), WGI_BY_ISA(product_columns, f64)}};

static wg_status infer(wg_call *c) { return wgi_reduction_infer(c, 1); }

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    unsigned mask = wgi_axes_mask(&a->axis, c->x[0]->rank);
    return wgi_reduce(c, c->x[0], mask, &product, 1, NULL, c->y.data);
}

/* The products of the other elements of each row: v (outputs, n). */
static wg_var others(wg_var v) {
    struct wgi_scan_attrs back = {{1}, 1};
    wg_var before = wgi_shift_along(wg_cumprod(v, 1), 1, 1, 1);
    wg_var behind = wgi_shift_along(wg_record(&wg_gate_cumprod, 1, &v, &back), 1, -1, 1);
    return wg_mul(before, behind);
}

static void rule(wg_pull *p) {
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    unsigned mask = wgi_axes_mask(&a->axis, x.rank);
    int64_t n = wgi_axes_count(x, mask), size = wg_shape_size(x);
    wg_axes order = {0, {0}}, back = {x.rank, {0}}; /* the reduced axes last, and as before */
    if (size == 0) return;
    for (int reduced = 0; reduced < 2; ++reduced)
        for (int i = 0; i < x.rank; ++i)
            if ((int)(mask >> i & 1) == reduced) {
                back.axis[i] = order.n;
                order.axis[order.n++] = i;
            }
    wg_shape rows = {2, {size / n, n}};
    wg_var turned = x.rank ? wg_permute(p->x[0], order) : p->x[0];
    wg_var rest = wg_reshape(others(wg_reshape(turned, rows)), wg_shape_of(turned));
    if (x.rank) rest = wg_permute(rest, back);
    p->dx[0] = wg_mul(wgi_reduction_keep(p, p->g), rest);
}

const wg_gate wg_gate_prod = {
    .size = sizeof(wg_gate),
    .name = "prod",
    .formula = "y = product of x",
    .derivative = "dx[i] = g times the product of x[k], k != i",
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
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_prod_over(wg_var x, wg_axes axes, int keepdims) {
    struct wgi_reduction_attrs a = {axes, keepdims};
    return wg_record(&wg_gate_prod, 1, &x, &a);
}
wg_var wg_prod(wg_var x) {
    wg_axes all = {0, {0}};
    return wg_prod_over(x, all, 0);
}
#endif
