/* contraction.h: sums of products over labelled axes, by one loop over all indices: what matmul and
 * einsum are held against.  Whole numbers, so that every order of summation gives the same. */
#ifndef TESTS_CONTRACTION_H
#define TESTS_CONTRACTION_H

#include "tests/ops/probe.h"

enum { CONTRACTION_OPERANDS = 4, CONTRACTION_LABELS = 12 };

typedef struct labels {
    int rank, label[WG_MAX_RANK];
} labels;

/* y[out] = sum over all labels of the product of the operands.  An operand whose extent at a label
 * is 1 where the label's is larger repeats. */
typedef struct contraction {
    size_t n;
    labels x[CONTRACTION_OPERANDS], out;
    int64_t dim[CONTRACTION_OPERANDS][WG_MAX_RANK];
    int64_t extent[CONTRACTION_LABELS]; /* set by contraction_settle */
} contraction;

typedef wg_var contraction_gate(const wg_var *x, const void *user);

/* A number in 0 .. n - 1. */
int pick(int n);
/* Extents from the operands': the largest, but 0 where there is a 0. */
void contraction_settle(contraction *c);
/* Draws operands, as dense values or views of a random kind, and holds gate's value and its
 * gradients for a random cotangent to the loop's, exactly. */
void contraction_check(const contraction *c, wg_dtype dtype, contraction_gate *gate,
                       const void *user, const char *name);

#endif
