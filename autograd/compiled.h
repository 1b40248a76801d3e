/* compiled.h: a compiled expression, between its files.
 *
 * A step is one operation.  Its operands and its result are slots: the inputs first, then the
 * constants, then the results, whose slots are used again when nobody needs the value any more.  A
 * slot is a place in the array of values and the same place in the array of adjoints: an adjoint
 * lives, backwards, from the last use of the value to its step, so where two values can share a
 * place their adjoints can. */
#ifndef WGI_COMPILED_H
#define WGI_COMPILED_H

#include "autograd/compile.h"
#include "autograd/tape.h"

/* What a step does: a form that the gate declares, or a call of its mathematics. */
typedef enum wgi_kind {
    WGI_KIND_SUM, WGI_KIND_DIFFERENCE, WGI_KIND_PRODUCT, WGI_KIND_TWO, /* two operands */
    WGI_KIND_NEGATIVE, WGI_KIND_SQUARE, WGI_KIND_ONE
} wgi_kind;

/* Where an operand of a step comes from, forwards and backwards. */
enum { WGI_FROM_SLOT, WGI_FROM_LAST };           /* LAST: the result of the step before */
enum { WGI_TO_NONE, WGI_TO_SLOT, WGI_TO_LAST };  /* NONE: no gradient is wanted there */
/* Where a step's own adjoint is: handed on by the step above, in its slot, or in both parts. */
enum { WGI_HANDED, WGI_IN_SLOT, WGI_IN_BOTH };

/* The numbers of the interpreters' cases; SKIP: the step has no part in the gradient. */
#define WGI_FORWARD(kind, x, y) ((kind) * 4 + (x) * 2 + (y))
#define WGI_REVERSE(kind, own, x, y) ((kind) * 27 + (own) * 9 + (x) * 3 + (y))
enum { WGI_SKIP = 250 }; /* + 0, 1, 2: the partial derivatives that it has */
enum { WGI_FIRST_X = 1, WGI_FIRST_Y = 2 }; /* the first, in the sweep, to reach that operand */

typedef struct wgi_op {
    uint8_t forward, reverse, kind, first;
    uint32_t x, y, slot; /* y: x where there is one operand */
} wgi_op;

/* The rows of a step's adjoints in a batch: inputs, then n + row.  Adjoints alone live shorter than
 * values that a partial derivative needs; a few rows, which stay in the cache, serve all. */
typedef struct wgi_rows {
    uint32_t x, y, own;
} wgi_rows;

/* The mathematics of a step that has no form, in the order of the steps. */
typedef struct wgi_math {
    const wg_elementwise *elementwise;
    const void *attrs;
} wgi_math;

struct wg_compiled {
    wgi_arena memory;          /* of all below but what batches need */
    uint32_t n, n_constants, n_slots, n_ops, n_math, n_partials, n_rows;
    wgi_op *ops;
    wgi_rows *rows;            /* of each step */
    wgi_math *math;
    double *values, *adjoints; /* n_slots; adjoints are zeros between runs */
    double *partials;          /* of steps without a form: one or two each */
    uint32_t root;             /* slot */
    unsigned char *reached;    /* n: whether a sweep brings input i a gradient */
    void *blocks;              /* of batches, see compiled_batch.c */
    size_t n_blocks, block_bytes;
};

/* One point: values of the inputs are in place. */
void wgi_compiled_forward(wg_compiled *c);
void wgi_compiled_reverse(wg_compiled *c);
/* Many points; the text of an error goes to *error. */
wg_status wgi_compiled_batch(wg_compiled *c, size_t points, const double *x, double *value,
                             double *gradients, wg_error *error);

#endif
