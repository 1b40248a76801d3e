/* program_parts.h: what a program is made of, between its files. */
#ifndef WGI_PROGRAM_PARTS_H
#define WGI_PROGRAM_PARTS_H

#include "autograd/program.h"
#include "autograd/tape.h"

typedef struct wgi_array_step {
    wg_call call; /* call.y is the value */
    int view;
    void *anchor;  /* y at the anchor, where the gate can be nudged; NULL where it cannot */
    size_t operand; /* that shows the selected leaf */
} wgi_array_step;

/* One value: a leaf, a float64 of rank 0 with its inline mathematics, or an array. */
typedef struct wgi_step {
    const wg_gate *gate;
    uint32_t index; /* on the tape */
    int selected;
    double *scalar; /* the value of a scalar step, else NULL */
    const double *x[2];
    const void *attrs;
    wgi_array_step *array;
} wgi_step;

struct wgi_program {
    wg_tape *tape;
    int float64;
    uint32_t root, n, leaf; /* leaf: the selected one, 0: none */
    wgi_step *steps;
    uint32_t *at; /* tape index -> step + 1, 0: not below root */
    wgi_arena values, scratch, anchors;
};

/* Packing exchanges the pointers to operands: each evaluation has a copy of them, in scratch. */
typedef struct wgi_program_operands {
    const wg_value *const *kept;
    const wg_value **x;
    wg_value *room;
    wgi_arena_mark mark;
} wgi_program_operands;

wg_status wgi_operands_begin(wgi_program *p, wgi_array_step *a, wgi_program_operands *o,
                             wg_error *e);
void wgi_operands_end(wgi_program *p, wgi_array_step *a, const wgi_program_operands *o);

/* The step of a tape index, NULL where the root does not depend on it. */
wgi_step *wgi_step_of(const wgi_program *p, uint32_t index);
wg_status wgi_run_step(wgi_program *p, wgi_step *s, wg_error *e);

#endif
