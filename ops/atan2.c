/* The angle of the point (x, y) from the x axis, in [-pi, pi]; as everywhere the ordinate y is
 * the first operand. dv/dy = x/r^2, dv/dx = -y/r^2 with r = hypot(x, y), divided twice by r, since
 * r^2 overflows and underflows early; both are 0 where r is infinite. Along the negative x axis
 * the value jumps by the sign of y (the zero's sign counts), while the derivatives agree on both
 * sides and are used. At the origin the value is that of C11, F.10.1.4, and the derivatives are
 * NaN. */
#include "ops/elementwise.h"

/* In what follows the first operand is called x, as elementwise.h has it: the ordinate. */
#define TURN(u) isinf(M(hypot)(x, y)) ? R(0) : (u) / M(hypot)(x, y) / M(hypot)(x, y)
#define VALUE M(atan2)(x, y)
#define PARTIAL_X TURN(y)
#define PARTIAL_Y TURN(-x)
#define BRANCH y <= 0 ? wgi_sign_branch(x) : y > 0 ? 3 : 4
#include "ops/binary.h"

static wg_var turn(wg_var u, wg_var r) {
    wg_var inf = wg_equal(r, wg_number(r.tape, (double)INFINITY));
    return wg_where(inf, wg_number(r.tape, 0), wg_div(wg_div(u, r), r));
}

static void rule(wg_pull *p) {
    wg_var r = wg_hypot(p->x[0], p->x[1]);
    if (p->wanted[0]) p->dx[0] = wg_mul(p->g, turn(p->x[1], r));
    if (p->wanted[1]) p->dx[1] = wg_mul(p->g, turn(wg_neg(p->x[0]), r));
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};

const wg_gate wg_gate_atan2 = {
    .size = sizeof(wg_gate),
    .name = "atan2",
    .formula = "v = the angle of (x, y)",
    .derivative = "dy = g x/(x^2 + y^2), dx = -g y/(x^2 + y^2)",
    .arity = 2,
    .operands = {"y", "x"},
    .flags = WG_GATE_KINKED,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
    .domain = "the value jumps by 2 pi across the negative x axis, where the derivatives of "
              "both sides agree and are taken; at the origin it is that of C, the derivatives "
              "are NaN",
};

wg_var wg_atan2(wg_var y, wg_var x) { return wgi_binary(&wg_gate_atan2, y, x, math); }
