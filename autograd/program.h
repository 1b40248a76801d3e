/* program.h: a recorded computation lifted off its tape, to be evaluated at other points.
 *
 * A program has values of its own for a root and all below it, so running it leaves the tape as it
 * is, and a tape recorded in float32 can be run in float64.  It reads the tape's descriptors and
 * attributes: the values must not be rewound or released while it lives.  Two programs can run on
 * two threads.  The gradient check and the node-wise tests stand on this. */
#ifndef WGI_PROGRAM_H
#define WGI_PROGRAM_H

#include "autograd/gate.h"

typedef struct wgi_program wgi_program;

/* float64 != 0: float32 values become float64.  Values recorded in a no-gradient section count as
 * constants.  NULL and *error on failure. */
wgi_program *wgi_program_new(wg_var root, int float64, wg_error *error);
void wgi_program_free(wgi_program *p);

/* The array of the value that has this index on the tape, dense but for views, owned by p; to be
 * written at leaves only.  data is NULL where the root does not depend on it. */
wg_value wgi_program_value(const wgi_program *p, uint32_t index);
/* From now on run only what depends on the leaf of this index (0: everything). */
wg_status wgi_program_select(wgi_program *p, uint32_t leaf, wg_error *error);
/* Computes the selected part again. */
wg_status wgi_program_run(wgi_program *p, wg_error *error);
/* The same, and makes this the point from which wgi_program_move moves the selected leaf. */
wg_status wgi_program_anchor(wgi_program *p, wg_error *error);
/* Computes the selected part with element j of the selected leaf, float64, at x, the others as at
 * the anchor; *hash (NULL: none) becomes the signature there.  The leaf is put back, the values
 * above it are not until the next run.  A gate that can nudge its result is not computed anew: the
 * result is that of a run up to rounding. */
wg_status wgi_program_move(wgi_program *p, int64_t j, double x, uint64_t *hash, wg_error *error);
/* Computes every gate once more from the same operands: *index becomes the tape index of the first
 * whose value comes out with other bits, 0 where there is none. */
wg_status wgi_program_repeat(wgi_program *p, uint32_t *index, wg_error *error);
/* *hash becomes a hash of the choices that the kinked gates of the selected part made in the last
 * run: the same choices, the same hash. */
wg_status wgi_program_signature(wgi_program *p, uint64_t *hash, wg_error *error);

#endif
