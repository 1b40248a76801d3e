/* index.h: what gates share that are given indices, labels or masks. */
#ifndef WGI_INDEX_H
#define WGI_INDEX_H

#include "autograd/gate.h"

enum { WGI_PLACE_BYTES = 128 };

/* Names element i, in row-major order, of an array of v's shape: "the value" for rank 0,
 * "element 3" for rank 1, "element (1, 2)" above; writes to text of WGI_PLACE_BYTES, returns it. */
const char *wgi_place(char *text, const wg_value *v, int64_t i);

/* OK where all int64 elements of the dense operand k lie in [0, extent); else RANGE with the first
 * that does not. */
wg_status wgi_check_indices(const wg_call *c, size_t k, int64_t extent);

/* gather and scatter_add: infer's check of an index for axis `axis` of x: x's rank, and no extent
 * above x's but at that axis. */
wg_status wgi_check_along(const wg_call *c, const wg_value *x, const wg_value *index, int axis);
/* Where row r of the index (its last axis is the row) begins in the dense x, the entry at `axis`
 * counted as 0; element j of the row, with entry i, is i x.stride[axis] + j step further. */
int64_t wgi_row_along(const wg_value *x, const wg_value *index, int axis, int64_t r, int64_t *step);

#endif
