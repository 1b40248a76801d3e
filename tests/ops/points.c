/* points.c: see points.h */
#include "tests/ops/points.h"
#include "tests/ops/registry_helpers.h"
#include "tests/suites.h"

static int fits(double x) { /* x in float32 is still what the test means */
    return isnan(x) || isinf(x) || x == 0 || (fabs(x) > 1e-37 && fabs(x) < 1e38);
}

static void same(const point *s, const char *path, const char *what, double got, double want,
                 double eps) {
    int ok = isnan(want) || isinf(want) ? isnan(want) == isnan(got) && (isnan(want) || got == want)
                                        : fabs(got - want) <= eps * fabs(want);
    ck_assert_msg(ok, "%s(%g, %g) %s, %s: %.17g, expected %.17g", s->name, s->x, s->y, path, what,
                  got, want);
}

static wg_var apply(const point *s, wg_var x, wg_var y) {
    return s->one ? s->one(x) : s->two(x, y);
}

/* On float64 scalars: partials in the node, and the recorded rule, for the cotangent 1.5. */
static void on_scalars(const point *s, double eps) {
    wg_tape *t = wg_tape_new();
    wg_var xs[2] = {wg_scalar(t, s->x), wg_scalar(t, s->y)}, d[2];
    wg_var v = apply(s, xs[0], xs[1]);
    same(s, "scalar", "value", wg_item(v), s->value, eps);
    ck_assert_int_eq(wg_backward(wg_scale(v, 1.5)), WG_OK);
    same(s, "scalar", "dx", wg_item(wg_grad(xs[0])), 1.5 * s->dx, eps);
    if (s->two) same(s, "scalar", "dy", wg_item(wg_grad(xs[1])), 1.5 * s->dy, eps);
    ck_assert_int_eq(wg_vjp(v, wg_number(t, 1.5), s->two ? 2 : 1, xs, d), WG_OK);
    same(s, "scalar rule", "dx", wg_item(d[0]), 1.5 * s->dx, eps);
    if (s->two) same(s, "scalar rule", "dy", wg_item(d[1]), 1.5 * s->dy, eps);
    wg_tape_free(t);
}

/* In the middle of an array of three. */
static void on_tensors(const point *s, wg_dtype dtype, double eps) {
    wg_tape *t = wg_tape_new();
    double x[3] = {0.75, s->x, 1.25}, y[3] = {1.25, s->y, 0.75}, r[3] = {0.5, 1.5, -2}, v[3];
    wg_var xs[2] = {put(t, dtype, WG_SHAPE(3), 3, x, 1), put(t, dtype, WG_SHAPE(3), 3, y, 1)};
    wg_var cot = put(t, dtype, WG_SHAPE(3), 3, r, 0), d[2];
    wg_var out = apply(s, xs[0], xs[1]);
    const char *path = wg_dtype_name(dtype);
    ck_assert(take(out, 3, v));
    same(s, path, "value", v[1], s->value, eps);
    ck_assert_int_eq(wg_backward(wg_sum_to(wg_mul(out, cot), WG_RANK0)), WG_OK);
    ck_assert_int_eq(wg_vjp(out, cot, s->two ? 2 : 1, xs, d), WG_OK);
    for (int k = 0; k < (s->two ? 2 : 1); ++k) {
        double want = 1.5 * (k ? s->dy : s->dx);
        ck_assert(take(wg_grad(xs[k]), 3, v));
        same(s, path, k ? "dy" : "dx", v[1], want, eps);
        ck_assert(take(d[k], 3, v));
        same(s, path, k ? "dy by the rule" : "dx by the rule", v[1], want, eps);
    }
    ck_assert_int_eq(wg_tape_status(t), WG_OK);
    wg_tape_free(t);
}

void hold_point(const point *p, double eps, double eps32) {
    on_scalars(p, eps);
    on_tensors(p, WG_F64, eps);
    if (fits(p->x) && fits(p->y) && fits(p->value) && fits(p->dx) && fits(p->dy))
        on_tensors(p, WG_F32, eps32);
}
