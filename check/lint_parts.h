/* lint_parts.h: what the lints share.  One file a matter: lint.c keeps the list and asks the store,
 * lint_params.c where gradients come, lint_graph.c the gates below the loss. */
#ifndef WGI_LINT_PARTS_H
#define WGI_LINT_PARTS_H

#include "autograd/store.h"
#include "autograd/tape.h"
#include "check/lint.h"

typedef struct wgi_linting {
    wg_tape *t;
    uint32_t root;
    wg_params *params; /* NULL: left out */
    wg_lint_options o; /* filled up */
    wg_lints *list;
    unsigned char *below;   /* [i]: node i is the root or an ancestor of it */
    unsigned char *reached; /* [i]: a gradient of the root comes to node i */
    wg_status status;       /* MEMORY once a finding could not be kept */
} wgi_linting;

/* Appends a finding unless its kind is left out. */
void wgi_lint_add(wgi_linting *l, wg_lint_kind kind, const char *subject, const char *site,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Marks node `from` and all below it; 0 without memory.  by_gradient: only along operands that
 * receive a cotangent.  Free the result. */
unsigned char *wgi_lint_mark(const wg_tape *t, uint32_t from, int by_gradient);
/* 1 if node i is of the library's gate of that name. */
int wgi_lint_is(const wg_tape *t, uint32_t i, const char *gate);

void wgi_lint_unreached(wgi_linting *l);
void wgi_lint_zero_gradient(wgi_linting *l);
void wgi_lint_regulariser(wgi_linting *l);
void wgi_lint_dead_units(wgi_linting *l);
void wgi_lint_broadcast(wgi_linting *l);
void wgi_lint_double_softmax(wgi_linting *l);

#endif
