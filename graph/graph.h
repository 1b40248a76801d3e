/* graph.h: computations as text and pictures: expressions in, dumps out. */
#ifndef WG_GRAPH_H
#define WG_GRAPH_H

#include "autograd/autograd.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- expressions ---------------------------------------------------------------------------- */

/* Records the expression `text` on the tape and returns its root, the value of the last statement.
 * names[i] stands for vars[i], i < n.
 *
 *     wg_var xs[] = {wg_scalar(t, -2), wg_scalar(t, 5)};
 *     const char *const names[] = {"x", "y"};
 *     wg_var v = wg_parse(t, "q = x + y; exp(-q^2)", 2, names, xs);
 *
 * Operators, tightest first: ^ (from the right), unary -, then * / @ and + - (from the left); so
 * -x^2 is -(x^2), and 2^-1 is one half.  Every gate is called by its name: operands by position,
 * attributes by name, as in sum(x, axis=[0, 2], keepdims=1); optional operands may be left out at
 * the end; max(a, b) and min(a, b) of two values are maximum and minimum.  Numbers, pi, nan and inf
 * take the dtype of their partner; a list [[1, 2], [3, 4]] is a constant, float32 where some given
 * value is float32 and none is float64, else float64.  `q = EXPR;` names a value; a name of the
 * text's own may be given anew, one of `names` may not.
 *
 * Errors are poison with the tape's error set: SYNTAX, NAME, or the status of the gate that failed,
 * the text naming the column with the place below it:
 *
 *     column 6: unknown name "w3"; did you mean "w2"?
 *       w0 + w3
 *            ^
 *
 * What was recorded before the error stays on the tape. */
WG_API wg_var wg_parse(wg_tape *tape, const char *text, size_t n, const char *const *names,
                       const wg_var *vars);

/* ---- dumps ---------------------------------------------------------------------------------- */

typedef enum { /* formats are only appended */
    WG_DUMP_DOT, /* for Graphviz: dot -Tsvg; values green above a gate, gradients red below */
    WG_DUMP_JSON /* docs/dump-schema.md */
} wg_dump_format;

typedef enum {       /* what is said of the source line of each gate */
    WG_SITES_SHORT,  /* "model.c:41", without folders: the same on every machine */
    WG_SITES_FULL,   /* as the compiler was given it */
    WG_SITES_NONE
} wg_dump_sites;

/* Zero fields are the defaults. */
typedef struct wg_dump_options {
    size_t size;           /* sizeof(wg_dump_options); 0: the first version */
    wg_dump_format format;
    int64_t elements;      /* shown of each value, at most: 0 means 8, -1 all */
    const char *title;     /* NULL: none */
    wg_dump_sites sites;
} wg_dump_options;

/* Writes root and everything below it, operands first, to `file` and flushes it; the tape stays as
 * it is.  The same tape gives the same bytes: values are known by their index, never by address.
 * Gradients are those of the last wg_backward that reached root; where none did, the dump says so
 * and shows none.
 *
 * Returns WG_OK; FILE where writing fails (a full disk); TAPE, STALE or STATE where root is absent,
 * gone or poison; RANGE for options that are none; MEMORY.  The text goes to *error (may be
 * NULL). */
WG_API wg_status wg_dump(wg_var root, const wg_dump_options *options, FILE *file, wg_error *error);

#ifdef __cplusplus
}
#endif

#ifndef WG_NO_SITES
#define wg_parse(...) wg_site(wg_parse(__VA_ARGS__), WG_HERE)
#endif

#endif
