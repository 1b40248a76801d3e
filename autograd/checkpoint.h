/* checkpoint.h: a section of a computation whose values are computed again in the sweep instead of
 * being kept.  (A. Griewank, A. Walther, "Algorithm 799: Revolve", ACM TOMS 26(1), 2000; T. Chen et
 * al., "Training deep nets with sublinear memory cost", arXiv:1604.06174, 2016.) */
#ifndef WG_CHECKPOINT_H
#define WG_CHECKPOINT_H

#include "autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a section computes from its n operands: one value, made with gates on the tape.  It is
 * called again in each sweep and must then record the same: it draws no random numbers but those of
 * gates, and writes nothing. */
typedef wg_var wg_section(wg_tape *tape, size_t n, const wg_var *x, void *user);

/* y = section(tape, n, x, user), of which the tape keeps y alone: what lies between is dropped at
 * once and recorded again when a sweep arrives at y, with the same random numbers and so bit for
 * bit.  A network cut into k sections of equal size keeps k values and one section instead of all,
 * for one more forward pass.
 *
 * The section uses what it is given, x, parameters (wg_use) and values that it makes; any other
 * value is an error (STATE).  user must outlive the last sweep.  y has the gradient of the plain
 * computation, of any order: where a gradient is recorded, so is the section.  Sections nest.  A
 * replay, a gradient check or a picture cannot look into a section: a replay is an error
 * (UNSUPPORTED), and wg_gradcheck_fn checks it.  A sweep whose section gives other bits than the
 * recording, because something that it reads was changed, is an error (STATE).  In a no-gradient
 * section, within a sweep, and where the section returns what it was given, this is the plain call.
 * Poison with the tape's error where the section gives that. */
WG_API wg_var wg_checkpoint(wg_tape *tape, wg_section *section, size_t n, const wg_var *x,
                            void *user);
/* 0 outside of sections; 1 while wg_checkpoint runs one for its value; 2 while a sweep runs it
 * again: what happens once a training step, such as running means, must not happen then. */
WG_API int wg_in_section(const wg_tape *tape);

#ifdef __cplusplus
}
#endif

#ifndef WG_NO_SITES
#define wg_checkpoint(...) wg_site(wg_checkpoint(__VA_ARGS__), WG_HERE)
#endif
#endif
