/* span.h: how the engine counts time for profile.h.  A span is one run of a gate; spans nest, and
 * what an inner one took is not the outer one's. */
#ifndef WGI_SPAN_H
#define WGI_SPAN_H

#include "autograd/tape.h"

typedef struct wgi_span {
    double begin, outer; /* the clock; what spans inside the surrounding one took before */
} wgi_span;

/* 1 if values that are recorded now are counted. */
static inline int wgi_profiling(const wg_tape *t) {
    return WGI_UNLIKELY(t->profile.on) && !t->no_grad;
}
void wgi_span_open(wg_tape *t, wgi_span *s);
/* Counts the span as the evaluation of c, and as the sweep through node i. */
void wgi_span_forward(wg_tape *t, const wgi_span *s, const wg_call *c);
void wgi_span_reverse(wg_tape *t, const wgi_span *s, uint32_t i);
/* The same for a sweep as a whole. */
void wgi_span_sweep(wg_tape *t, const wgi_span *s);

#endif
