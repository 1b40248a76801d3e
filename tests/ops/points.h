/* points.h: an elementwise gate at one point, met on every path. */
#ifndef TESTS_POINTS_H
#define TESTS_POINTS_H

#include "ops/ops.h"

#include <math.h>

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

typedef wg_var unary(wg_var x);
typedef wg_var binary(wg_var x, wg_var y);

typedef struct point {
    const char *name;
    unary *one;
    binary *two;
    double x, y; /* operands; y of binary gates only */
    double value, dx, dy;
} point;

#define ONE(f, x, value, dx) {#f, f, NULL, x, 0, value, dx, 0}
#define TWO(f, x, y, value, dx, dy) {#f, NULL, f, x, y, value, dx, dy}

/* Holds value and derivatives to the point's, relative to eps and eps32 (0 only to 0): on float64
 * scalars by the inline partials and by the recorded rule, and so in the middle of tensors of both
 * float types; float32 where it can hold all the numbers. */
void hold_point(const point *p, double eps, double eps32);

#endif
