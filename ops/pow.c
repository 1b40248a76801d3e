/* The power: v = x^y, dv/dx = y x^(y-1), dv/dy = v ln x.
 *
 * For x < 0 the value and dv/dx exist where y is whole; dv/dy does not and is NaN.  At x = 0 and
 * y >= 0 dv/dy is 0, the limit for y > 0; so it is at x = inf and y < 0.  dv/dx at x = 0 is 0 for
 * y = 0 (x^0 is 1 everywhere) and for y > 1, is 1 for y = 1, and infinite below 1.  A NaN operand
 * makes dv/dx NaN, even where the value is 1 (C11, F.10.4.4), and so does an infinite y where v is 0.
 *
 * The corners are taken out of the operand of the inner power or logarithm, not out of the
 * result, so that the derivatives of the rule are right there too: x^2 has the second derivative 2
 * at 0. */
#include "ops/elementwise.h"

#define VALUE M(pow)(x, y)
#define PARTIAL_X x == 0 && y == 0 ? R(0) : y * M(pow)(x, y - 1)
#define PARTIAL_Y (x == 0 && y >= 0) || (isinf(x) && x > 0 && y < 0) ? R(0) : v * M(log)(x)
#include "ops/binary.h"

/* x, but 1 where x is zero and the exponent in the corner. */
static wg_var away_from_zero(wg_var x, wg_var corner) {
    wg_var no = wg_const(x.tape, WG_BOOL, WG_RANK0, NULL);
    wg_var at_zero = wg_equal(x, wg_number(x.tape, 0));
    return wg_where(wg_where(corner, at_zero, no), wg_number(x.tape, 1), x);
}

static void rule(wg_pull *p) {
    wg_var x = p->x[0], y = p->x[1], zero = wg_number(x.tape, 0);
    if (p->wanted[0]) {
        wg_var base = away_from_zero(x, wg_equal(y, zero));
        p->dx[0] = wg_mul(p->g, wg_mul(y, wg_pow(base, wg_shift(y, -1))));
    }
    if (p->wanted[1]) {
        wg_var base = away_from_zero(x, wg_greater_equal(y, zero)), one = wg_number(x.tape, 1);
        wg_var infinite = wg_equal(x, wg_number(x.tape, (double)INFINITY));
        base = wg_where(wg_logical_and(infinite, wg_less(y, zero)), one, base);
        p->dx[1] = wg_mul(p->g, wg_mul(p->y, wg_log(base)));
    }
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3", .lo = 0.4, .hi = 2},
    {.shapes = "2,3|3", .lo = 0.4, .hi = 2},
    {.shapes = "2,1|1,3", .lo = 0.4, .hi = 2},
    {.shapes = "|2", .lo = 0.4, .hi = 2},
    {.shapes = "|", .lo = 0.4, .hi = 2},
    {.shapes = NULL},
};

const wg_gate wg_gate_pow = {
    .size = sizeof(wg_gate),
    .name = "pow",
    .formula = "v = x^y",
    .derivative = "dx = g y x^(y-1), dy = g v ln x",
    .arity = 2,
    .operands = {"x", "y"},
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "x > 0, and x < 0 for whole y, else NaN; the derivative for y is NaN below 0 "
              "and, where y >= 0, 0 at 0; that for x is at 0: 0 for y = 0 and y > 1, 1 for y "
              "= 1, infinite for other y < 1",
};

wg_var wg_pow(wg_var x, wg_var y) { return wgi_binary(&wg_gate_pow, x, y, math); }
