/* scan.c: see scan.h. */
#include "ops/scan.h"

wg_var wgi_shift_along(wg_var v, int axis, int by, double fill) {
    wg_shape edge = wg_shape_of(v);
    int at = wg_axis(axis, edge.rank);
    if (at < 0) return v; /* poison, for want of memory */
    int64_t n = edge.dim[at];
    edge.dim[at] = 1;
    wg_var value = wg_shift(wg_const(v.tape, wg_dtype_of(v), WG_RANK0, NULL), fill);
    wg_var ends[2] = {wg_broadcast_to(value, edge), wg_slice(v, at, 0, n - 1, 1)};
    if (by > 0) return wg_concat(2, ends, at);
    ends[1] = ends[0];
    ends[0] = wg_slice(v, at, 1, n, 1);
    return wg_concat(2, ends, at);
}
