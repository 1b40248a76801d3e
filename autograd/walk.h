/* walk.h: arrays of any strides walked together over one shape, row by row, on several threads. */
#ifndef WGI_WALK_H
#define WGI_WALK_H

#include "autograd/gate.h"

enum { WGI_WALK_ARRAYS = 6 }; /* at most */

/* The first array is the one written.  Axes that all arrays cross in one line are merged. */
typedef struct wgi_walk {
    int rank, n; /* n arrays */
    int64_t dim[WG_MAX_RANK];
    int64_t stride[WGI_WALK_ARRAYS][WG_MAX_RANK];
    char *data[WGI_WALK_ARRAYS];
    int64_t bytes[WGI_WALK_ARRAYS]; /* of one element */
} wgi_walk;

/* One row of n elements: where it begins in each array and how far its elements are apart.  Rows
 * are cut anywhere, and short ones come several at once, so a body may depend on nothing else. */
typedef void wgi_walk_body(int64_t n, char *const *data, const int64_t *stride, void *arg);

/* Adds v, broadcast to the shape of `to`; n counts them from 0, the rest need not be set. */
void wgi_walk_add(wgi_walk *w, const wg_value *to, const wg_value *v);
/* Drops axes of one element and merges what lies in a line; done by wgi_walk_run. */
void wgi_walk_merge(wgi_walk *w, const wg_value *shape);
void wgi_walk_run(wgi_walk *w, const wg_value *shape, wgi_walk_body *body, void *arg);

#endif
