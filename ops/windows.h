/* windows.h: how often a window fits along an axis, and shapes (N, H, W, C): for convolutions and
 * pools. */
#ifndef WGI_WINDOWS_H
#define WGI_WINDOWS_H

#include "autograd/tape.h"

/* Windows of `reach` elements, `stride` apart, on an axis of `in` elements with `pad` more on both
 * sides.  The count is (in - reach + 2 pad)/stride + 1, rounded down, or up with ceil where the
 * last window still begins before the far padding; exact makes a rest an error. */
typedef struct wgi_windows {
    int64_t in, reach, stride, pad;
    int ceil, exact;
} wgi_windows;
/* RANGE unless all numbers are such that the count can be computed. */
wg_status wgi_windows_check(const wg_call *c, const wgi_windows *w);
wg_status wgi_windows_count(const wg_call *c, const wgi_windows *w, int64_t *count);

/* SHAPE unless v, called `name` in the message, has rank 4. */
wg_status wgi_rank4(const wg_call *c, const char *name, const wg_value *v);
/* SHAPE unless v has the extents dim[0 .. 3]. */
wg_status wgi_expect4(const wg_call *c, const char *name, const wg_value *v, const int64_t *dim);
/* Makes (d0, d1, d2, d3) the shape of y. */
void wgi_shape4(wg_call *c, int64_t d0, int64_t d1, int64_t d2, int64_t d3);

#endif
