/* registry.h: every gate there is, for tests, the parser, dumps and docs. */
#ifndef WGI_REGISTRY_H
#define WGI_REGISTRY_H

#include "autograd/gate.h"

extern const wg_gate *const wgi_gates[]; /* by name, NULL ended; generated from ops at build time */

/* The same in the order of the manual, ops/manual: a title, then the gates under it; both NULL at
 * the end. */
typedef struct wgi_section {
    const char *title;
    const wg_gate *gate;
} wgi_section;
extern const wgi_section wgi_sections[];

/* The gate of that name (n bytes of text), NULL if there is none. */
const wg_gate *wgi_gate_find(const char *name, size_t n);
/* The same, gates added to the tape included. */
const wg_gate *wgi_gate_known(const wg_tape *t, const char *name, size_t n);

#endif
