/* registry_helpers.h: what holds for every gate, as functions that say whether it does.
 *
 * A trial is one gate with operands drawn for one of its samples.  A check records it on tapes of
 * its own, in whichever ways it compares, and returns 1, or 0 with the reason in the report.  The
 * registry test asserts the checks; the mutation test asserts that they fail for wrong gates. */
#ifndef TESTS_REGISTRY_HELPERS_H
#define TESTS_REGISTRY_HELPERS_H

#include "ops/ops.h"
#include "ops/registry.h"

enum { MAX_OPERANDS = 8 };
typedef enum { ABSENT, VALUE, INDEX, MASK } operand_kind;

typedef struct trial_leaf {
    operand_kind kind;
    wg_shape shape;
    size_t n;
    double *x; /* n numbers, each exact in float32 too */
} trial_leaf;

typedef struct trial {
    const wg_gate *gate;
    const wg_sample *sample;
    size_t number;             /* of the sample, in messages */
    const char *variant;       /* in messages; "" for the sample itself */
    size_t n;                  /* operands */
    int leaf_of[MAX_OPERANDS]; /* of operand i, -1 where it is absent; the same one for tied ones */
    size_t n_leaves;
    trial_leaf leaf[MAX_OPERANDS];
    uint64_t random; /* state of the generator */
    void *rooms;     /* what trial_room gave */
    char why[600];   /* of the check that failed last */
} trial;

/* One recording of a trial. */
typedef struct trial_run {
    wg_tape *tape;
    wg_dtype dtype;
    wg_var leaf[MAX_OPERANDS], y;
} trial_run;

/* ---- registry_helpers.c --------------------------------------------------------------------- */

/* Draws the operands of a sample; free with trial_clear.  0 if the sample cannot be read. */
int trial_init(trial *t, const wg_gate *gate, const wg_sample *sample, size_t number);
void trial_clear(trial *t);
/* Gives back the rooms made since t->rooms was `mark`. */
void trial_release(trial *t, void *mark);
/* Gives all value operands of one shape the same leaf; 0 if no two have one shape. */
int trial_tie(trial *t);
/* Draws new numbers for the value operands. */
void trial_redraw(trial *t);
/* n doubles, owned by the trial. */
double *trial_room(trial *t, size_t n);
/* n numbers in [-1, 1], none near 0. */
double *trial_draw(trial *t, size_t n);
/* Sets t->why to "GATE, sample N (SHAPES) VARIANT: ..." and returns 0. */
int trial_fail(trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A leaf of any dtype from doubles. */
wg_var put(wg_tape *tape, wg_dtype dtype, wg_shape shape, size_t n, const double *x, int wanted);
/* Any value as doubles: n numbers into x; 0 if it cannot be read. */
int take(wg_var v, size_t n, double *x);
wg_status put_again(wg_var leaf, size_t n, const double *x); /* wg_set from doubles */

typedef enum { PLAIN, TURNED, AS_FLOATS, NO_GRAD } feeding;
/* Records the gate with its value operands in dtype.  TURNED gives each operand as a view with
 * reversed axes and negative strides; AS_FLOATS gives indices and masks as floats; NO_GRAD records
 * in a no-gradient section.  0 with t->why on an error; trial_stop in any case. */
int trial_start(trial *t, trial_run *run, wg_dtype dtype, feeding how);
void trial_stop(trial_run *run);
/* The number of gates in the registry; 1 if gate has kernels for dtype. */
int gate_count(void);
int gate_takes(const wg_gate *gate, wg_dtype dtype);
/* x of that shape with all axes reversed and flipped: its own inverse, and its own transpose. */
wg_var turn(wg_var x);
void turn_numbers(wg_shape shape, const double *from, double *to);

/* ---- registry_checks.c: parts of checks ----------------------------------------------------- */

enum { TRIAL_ROOT = -1 }; /* where a message speaks of the output, not of an operand */
int value_is_float(wg_var v);
size_t value_size(wg_var v);
double trial_largest(size_t n, const double *x); /* the largest |x|, 0 of none */
/* n numbers of a leaf (TRIAL_ROOT: of the output) made in two ways agree to tol, relative where
 * they are large, NaN with NaN alone; else 0 with the reason. */
int trial_compare(trial *t, int leaf, size_t n, const char *what_a, const double *a,
                  const char *what_b, const double *b, double tol);
/* The tape has no error; else 0 with the reason. */
int trial_healthy(trial *t, const trial_run *run, const char *doing);
wg_var trial_contract(wg_var x, wg_var r); /* sum of x r over all elements */
/* A constant like y with random numbers. */
wg_var trial_cotangent(trial *t, wg_var y, double **numbers);
/* The leaves that have a gradient: their places in t->leaf, and they themselves; how many. */
size_t trial_values(const trial *t, const trial_run *run, int *place, wg_var *xs);
/* The step and tolerance of difference quotients of y. */
double trial_step(wg_var y);
double trial_tolerance(wg_var y);

/* ---- registry_checks.c ---------------------------------------------------------------------- */

typedef int trial_check(trial *t);
/* wg_backward, wg_gradients and wg_vjp with random cotangents against central differences, and
 * against each other; zeros for a flat gate. */
trial_check check_first_order;
/* The recorded gradient, contracted with random numbers and differentiated again by wg_gradients
 * and wg_backward, with respect to the operands and to the cotangent, against central
 * differences. */
trial_check check_second_order;
/* Value and gradient in float32 against float64. */
trial_check check_float32;
/* Replay at new numbers against a recording at them, bit for bit, value and gradient. */
trial_check check_replay;
/* The same value within a no-gradient section. */
trial_check check_no_grad;
/* A use of the operands that the root does not depend on changes no gradient. */
trial_check check_unused;
/* One element moved by wgi_program_move against all of it computed again. */
trial_check check_moved;
/* Operands that are views with reversed axes and negative strides. */
trial_check check_turned;
/* Indices and masks given as floats. */
trial_check check_as_floats;

/* ---- piled_checks.c ------------------------------------------------------------------------- */

/* The gate recorded twice on the same operands, and two sweeps from the sum: the gradients of the
 * first must be added to, four times those of one. */
trial_check check_piled;

/* ---- forward_checks.c ----------------------------------------------------------------------- */

/* wg_jvp in random directions against central differences and, by the inner product, against
 * wg_vjp: <r, J v> = <J^T r, v>. */
trial_check check_forward;
/* Forward over reverse against reverse over forward: d<r, J v>/dx = jvp of J^T r in direction v,
 * and forward over forward against central differences. */
trial_check check_mixed;
/* Of a smooth gate that, differentiated once more, against central differences. */
trial_check check_third_order;

typedef struct named_check {
    const char *name;
    trial_check *run;
} named_check;
extern const named_check trial_checks[]; /* NULL ended */

#endif
