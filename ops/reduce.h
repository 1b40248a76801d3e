/* reduce.h: the driver of reductions: any axes of a strided array, threads, the same bits for any
 * number of them.
 *
 * Numbers are accumulated in blocks of a few hundred in the array's own type, in lanes that the
 * compiler turns into vectors, and the blocks in double: a float32 sum of 16 million elements is
 * good to about one unit in its last place, and a float64 one grows its error with the number of
 * blocks, not of elements.  How elements fall into blocks follows from shape and strides alone. */
#ifndef WGI_REDUCE_H
#define WGI_REDUCE_H

#include "autograd/gate.h"
#include "backend/isa.h"

enum { WGI_REDUCE_TILE = 1024 }; /* columns that are reduced side by side */

/* `rows` rows of n <= WGI_REDUCE_TILE elements, at strides row and step, are joined into acc[n];
 * center is an array of the outputs' type, step_center apart, NULL where the reduction has none. */
typedef struct wgi_columns {
    const void *x;
    int64_t rows, n, row, step;
    const void *center;
    int64_t step_center;
    double *acc;
} wgi_columns;

/* A reduction: by float type and instruction set, one run of n elements `step` apart to a double,
 * and the columns of many rows at once. */
typedef struct wgi_reduction {
    double start; /* of no elements */
    double (*join)(double a, double b);
    double (*run[2][WGI_ISA_COUNT])(const void *x, int64_t n, int64_t step, const void *center);
    void (*columns[2][WGI_ISA_COUNT])(const wgi_columns *c);
} wgi_reduction;

extern const wgi_reduction wgi_reduction_sum, wgi_reduction_max, wgi_reduction_min;
extern const wgi_reduction wgi_reduction_sizes, wgi_reduction_largest; /* sum, maximum of |x| */
/* With the center c of each output: sums of (x - c)^2, (x/c)^2 and e^(x - c). */
extern const wgi_reduction wgi_reduction_squares, wgi_reduction_ratios, wgi_reduction_exps;

/* Reduces x (float32 or float64) over the axes in the bit mask `axes` and divides by `divisor`.
 * out has the other axes in x's order, dense; center, where given, alike. */
wg_status wgi_reduce(const wg_call *c, const wg_value *x, unsigned axes, const wgi_reduction *r,
                     double divisor, const void *center, void *out);

#endif
