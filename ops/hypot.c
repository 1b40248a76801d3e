/* The length of (x, y): v = sqrt(x^2 + y^2) without overflow or underflow on the way, dv/dx =
 * x/v, dv/dy = y/v. At (0, 0), its only kink, both derivatives are 0, which lies in the
 * subdifferential. Where v is infinite, an infinite operand has the derivative -1 or 1 by its sign
 * and a finite one 0. An infinite operand makes v infinite even beside NaN (C11, F.10.4.3). */
#include "ops/elementwise.h"

#define SHARE(x) v == 0 || isinf(v) ? (isinf(x) ? M(copysign)(R(1), x) : R(0)) : x / v
#define VALUE M(hypot)(x, y)
#define PARTIAL_X SHARE(x)
#define PARTIAL_Y SHARE(y)
#define BRANCH v_is_zero(x, y)
static inline int v_is_zero(double x, double y) { return x == 0 && y == 0; }
#include "ops/binary.h"

/* SHARE in gates.  Where v is 0 the quotient is taken of 1 instead, so that no derivative of it is
 * infinite behind the choice. */
static wg_var share(wg_var x, wg_var v) {
    wg_tape *t = x.tape;
    wg_var zero = wg_number(t, 0), inf = wg_number(t, (double)INFINITY);
    wg_var none = wg_equal(v, zero);
    wg_var edge = wg_where(wg_equal(wg_abs(x), inf), wg_sign(x), zero);
    wg_var inside = wg_div(x, wg_where(none, wg_number(t, 1), v));
    return wg_where(wg_logical_or(none, wg_equal(v, inf)), edge, inside);
}

static void rule(wg_pull *p) {
    for (int i = 0; i < 2; ++i)
        if (p->wanted[i]) p->dx[i] = wg_mul(p->g, share(p->x[i], p->y));
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_hypot = {
    .size = sizeof(wg_gate),
    .name = "hypot",
    .formula = "v = sqrt(x^2 + y^2)",
    .derivative = "dx = g x/v, dy = g y/v, 0 at (0, 0)",
    .arity = 2,
    .operands = {"x", "y"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "kink at (0, 0): both derivatives 0",
};

wg_var wg_hypot(wg_var x, wg_var y) { return wgi_binary(&wg_gate_hypot, x, y, math); }
