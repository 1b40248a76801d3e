/* Norms over some axes, or all, by `ord`:
 *
 *     1    sum |x|                       dx = g sign(x), 0 at 0
 *     2    sqrt(sum x^2)                 dx = g x / y, 0 at the zero vector
 *     inf  max |x|                       dx = g sign(x) / number of winners, at the winners
 *
 * Of no elements 0.  ord = 2 is scaled by the largest element, so that squares neither overflow nor
 * vanish: 1e300 and 1e-300 are legal.  Where y is infinite the derivative of an infinite element is
 * NaN for ord = 2, of a finite one 0. */
#ifdef REAL

/* The choices: signs for ord 1; signs and winners for inf. */
static void FN(choices)(int64_t n, const void *const *x, const int64_t *s, void *out,
                        const void *attr) {
    const REAL *v = x[0], *y = x[1];
    int winners = isinf(((const struct wgi_norm *)attr)->ord);
    for (int64_t i = 0; i < n; ++i) {
        REAL e = v[i * s[0]];
        int sign = e > 0 ? 2 : e < 0 ? 1 : 0, wins = M(fabs)(e) == y[i * s[1]];
        ((unsigned char *)out)[i] = (unsigned char)(winners ? (wins ? 4 + sign : 0) : sign);
    }
}
/* For ord 2 whether y is 0. */
static void FN(zeros)(int64_t n, const void *const *x, const int64_t *s, void *out,
                      const void *attr) {
    const REAL *y = x[0];
    (void)attr;
    for (int64_t i = 0; i < n; ++i) ((unsigned char *)out)[i] = y[i * s[0]] == 0;
}

#else
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/signature.h"
#include "ops/spread.h"

#include <math.h>

struct wgi_norm {
    struct wgi_reduction_attrs over;
    double ord;
};

#define KERNEL_PART "ops/norm.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_norm *a = c->attrs;
    if (a->ord != 1 && a->ord != 2 && a->ord != (double)INFINITY)
        return wg_fail(c, WG_ERR_RANGE, "ord is %g; it is 1, 2 or inf", a->ord);
    return wgi_reduction_infer(c, 1);
}

static wg_status forward(wg_call *c) {
    const struct wgi_norm *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&a->over.axis, x->rank);
    if (a->ord == 2) return wgi_length(c, x, mask, c->y.data);
    return wgi_reduce(c, x, mask, a->ord == 1 ? &wgi_reduction_sizes : &wgi_reduction_largest, 1,
                      NULL, c->y.data);
}

static uint64_t signature(const wg_call *c) {
    const struct wgi_norm *a = c->attrs;
    const wg_value *x = c->x[0];
    wg_shape kept = wgi_axes_kept(wgi_shape(x), wgi_axes_mask(&a->over.axis, x->rank));
    wg_value y = wgi_value_make(c->y.dtype, kept, c->y.data);
    const wg_value *operands[2] = {x, &y}, *outputs[1] = {&y};
    int f32 = x->dtype == WG_F32;
    if (a->ord == 2) return wgi_rows_signature(c, f32 ? zeros_f32 : zeros_f64, &y, 1, outputs);
    return wgi_rows_signature(c, f32 ? choices_f32 : choices_f64, x, 2, operands);
}

static void rule(wg_pull *p) {
    const struct wgi_norm *a = p->attrs;
    wg_var g = wgi_reduction_keep(p, p->g), y = wgi_reduction_keep(p, p->y), x = p->x[0];
    if (wg_shape_size(wg_shape_of(x)) == 0) return; /* no winners to divide by */
    if (a->ord == 1) {
        p->dx[0] = wg_mul(wg_sign(x), g);
    } else if (a->ord == 2) {
        wg_var zero = wg_number(g.tape, 0), one = wg_number(g.tape, 1);
        wg_var safe = wg_where(wg_not_equal(y, zero), y, one);
        p->dx[0] = wg_mul(wg_div(x, safe), g);
    } else {
        wg_var w = wg_winner(wg_abs(x), y), n = wg_sum_over(w, a->over.axis, 1);
        p->dx[0] = wg_mul(wg_mul(w, wg_sign(x)), wg_div(g, n));
    }
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_norm, over.axis),
     .doc = "the axes to reduce; all when not given"},
    {.name = "keepdims", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_norm, over.keepdims),
     .doc = "1 leaves reduced axes with extent 1"},
    {.name = "ord", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_norm, ord), .preset = 2,
     .doc = "1, 2 or inf"},
    {.name = NULL},
};
static const struct wgi_norm one_of_all = {{{0, {0}}, 0}, 1}, two_of_all = {{{0, {0}}, 0}, 2},
                             two_of_rows = {{{1, {-1}}, 1}, 2},
                             largest_of_columns = {{{1, {0}}, 0}, (double)INFINITY};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &two_of_all},   {.shapes = "2,3", .attrs = &one_of_all},
    {.shapes = "2,3", .attrs = &two_of_rows},  {.shapes = "3,2", .attrs = &largest_of_columns},
    {.shapes = "", .attrs = &two_of_all},      {.shapes = "0,2", .attrs = &largest_of_columns},
    {.shapes = NULL},
};

const wg_gate wg_gate_norm = {
    .size = sizeof(wg_gate),
    .name = "norm",
    .formula = "y = (sum |x|^ord)^(1/ord)",
    .derivative = "dx = g x / y for ord 2, 0 where y = 0; g sign(x) for 1, at the winners for inf",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_norm),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... - axis)",
    .domain = "ord 1, 2 or inf; kinks: for 1 at an element 0, for 2 at the zero vector, "
              "derivative 0; for inf at ties, where winners share the cotangent alike",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_norm_over(wg_var x, double ord, wg_axes axes, int keepdims) {
    struct wgi_norm a = {{axes, keepdims}, ord};
    return wg_record(&wg_gate_norm, 1, &x, &a);
}
#endif
