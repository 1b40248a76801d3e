/* exact.h: random values of small integers, whose sums floats hold exactly, as views of views of
 * leaves, each with what it must hold: for gates held to naive loops, bit for bit. */
#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include "tests/ops/registry_helpers.h"

enum { LARGEST = 1500 }; /* elements of a value */

/* A value and the numbers that it must hold, row-major. */
typedef struct array {
    wg_shape shape;
    size_t n;
    double *x;
    wg_var v;
} array;

/* Forgets the values of the round before; a round of one number is always the same. */
void exact_begin(unsigned long number);
void exact_end(void);
int64_t exact_draw(int64_t n); /* 0 .. n-1 */

/* The place of an index in a row-major array; the next index, 0 behind the last. */
size_t exact_offset(wg_shape s, const int64_t *i);
int exact_step(wg_shape s, int64_t *i);
/* For each index i of the shape s. */
#define EACH(i, s)                                                                                 \
    for (int64_t i[WG_MAX_RANK] = {0}, go_ = wg_shape_size(s) > 0; go_; go_ = exact_step(s, i))

/* The array for what v holds, all zeros. */
array exact_made(wg_shape shape, wg_var v);
/* Rank least .. 4, extents 0 .. 4. */
wg_shape exact_any_shape(int least);
/* Numbers -4 .. 4, or with `signs` 1 and -1. */
array exact_new_leaf(wg_shape shape, int signs);
/* A view of a view of ... of x: axes exchanged, sliced, flipped, repeated. */
array exact_viewed(array x);
array exact_flipped(array x);
/* A view of a leaf; a value of that shape; indices below extent. */
array exact_operand(int least);
array exact_of_shape(wg_shape shape);
array exact_indices(wg_shape shape, int64_t extent);

/* How often same was called. */
unsigned long exact_compared(void);

/* y.v holds y.x; and, y being linear in the leaves of this round taken together, <y, r> is the sum
 * of <leaf, its gradient>. */
void exact_same(const char *what, array y);
void exact_hold(const char *what, array y);

#endif
