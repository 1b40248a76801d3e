/* gates.h: what the program tells of a gate, in words: shared by `wengert gates NAME` and by the
 * page of the documents. */
#ifndef WGI_CLI_GATES_H
#define WGI_CLI_GATES_H

#include "autograd/gate.h"

/* A column of the page, a line of the description. */
typedef struct wgi_gate_fact {
    const char *name;                     /* "second order" */
    const char *(*text)(const wg_gate *); /* static storage, never empty */
} wgi_gate_fact;

/* How the engine runs the gate: dtypes, forward, reverse, ... NULL ended. */
extern const wgi_gate_fact wgi_gate_facts[];

/* The shapes as text, "broadcast" for a gate that states none. */
const char *wgi_gate_shapes(const wg_gate *g);
/* Prints the gate as a call: "conv2d(x, w, b?, stride=1, ...)". */
void wgi_gate_call(const wg_gate *g);
/* Prints docs/gates.md. */
void wgi_gates_page(void);

#endif
