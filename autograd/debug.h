/* debug.h: the search for the first NaN or infinity, for whoever makes values or cotangents. */
#ifndef WGI_DEBUG_H
#define WGI_DEBUG_H

#include "autograd/tape.h"

/* The words of text, parted by commas, as WG_DEBUG_ bits; 0 if one is unknown and was left out. */
int wgi_debug_words(const char *text, unsigned *what);
/* Looks at the values recorded since the last call; nothing in a sweep or within a composition. */
void wgi_debug_look_at_new(wg_tape *t);
static inline void wgi_debug_look(wg_tape *t) {
    if (WGI_UNLIKELY(t->debug.looking)) wgi_debug_look_at_new(t);
}
/* Forgets that values from `count` on were looked at. */
void wgi_debug_forget(wg_tape *t, uint32_t count);
/* Looks at cotangent v, which node `source` hands to node `target` in the sweep from root. */
void wgi_debug_cotangent(wg_tape *t, uint32_t source, uint32_t target, const wg_value *v);
/* Looks at the cotangents of the scalar nodes first .. last, which the sweep has passed. */
void wgi_debug_scalars(wg_tape *t, uint32_t first, uint32_t last);
/* What was found, for the report; 0 <= element.  source: the gate that made the cotangent of node
 * `index` (0: the sum of all did). */
void wgi_debug_tell_made(wg_tape *t, uint32_t index, int64_t element, double number);
void wgi_debug_tell_leaf(wg_tape *t, uint32_t leaf, uint32_t user, int64_t element, double number);
void wgi_debug_tell_cotangent(wg_tape *t, uint32_t source, uint32_t index, int64_t element,
                              double number);
/* Element i, in row-major order, of a float array of any strides; that of x which belongs to
 * element i of y, to whose shape x is broadcast. */
double wgi_debug_element(const wg_value *v, int64_t i);
double wgi_debug_operand(const wg_value *x, const wg_value *y, int64_t i);

#endif
