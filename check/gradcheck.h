/* gradcheck.h: the two sides of the gradient check, between the files of check/. */
#ifndef WGI_GRADCHECK_H
#define WGI_GRADCHECK_H

#include "autograd/program.h"
#include "backend/memory.h"
#include "check/check.h"

/* ---- analytic.c ----------------------------------------------------------------------------- */

/* The analytic gradient at one leaf: n numbers by wg_backward and by wg_gradients. */
typedef struct wgi_leaf_grad {
    uint32_t index; /* on the caller's tape */
    int64_t n;
    double *swept;
    double *recorded; /* NULL where some gate has no rule for recorded gradients */
} wgi_leaf_grad;

typedef struct wgi_analytic {
    size_t n;
    wgi_leaf_grad *leaf;
    int float32; /* some float32 value is below the root */
} wgi_analytic;

/* Differentiates root on a tape of its own; the arrays lie in `room`. */
wg_status wgi_analytic_gradient(wg_var root, wgi_arena *room, wgi_analytic *out, wg_error *error);

/* ---- quotient.c ----------------------------------------------------------------------------- */

typedef enum { WGI_SMOOTH, WGI_BRANCHED, WGI_NOT_FINITE } wgi_outcome;

/* A difference quotient, or why there is none. */
typedef struct wgi_quotient {
    wgi_outcome outcome;
    double slope, step;
    double rounding; /* room for the rounding of f in the quotient, 2^-44 |f| / step */
    double error;    /* an estimate of all of the slope's error; at least rounding */
    double size;     /* |f|, the larger of the two */
} wgi_quotient;

/* Moves the coordinates of one leaf of a program. */
typedef struct wgi_prober {
    wgi_program *program;
    const double *root;
    double *x;         /* the leaf's numbers in the program */
    uint64_t choices;  /* signature at the unchanged point */
    double factor;     /* on the step */
    wg_error *error;
} wgi_prober;

/* Turns the prober to a leaf, a float value below the root with this index. */
wg_status wgi_prober_turn(wgi_prober *p, uint32_t leaf);
/* One central difference at coordinate j with the default step times 8^scale.  The leaf's number
 * is put back; the values above it are not until the next run. */
wg_status wgi_quotient_at(const wgi_prober *p, int64_t j, int scale, wgi_quotient *q);
/* The estimate of least error from a ladder of steps. */
wg_status wgi_quotient_best(const wgi_prober *p, int64_t j, wgi_quotient *q);

#endif
