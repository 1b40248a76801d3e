/* rows.h: the elementwise driver for gates that are not elementwise ones: whose result is not a
 * float (comparisons), or whose operands differ in dtype (where, cast). */
#ifndef WGI_ROWS_H
#define WGI_ROWS_H

#include "autograd/gate.h"

/* c->y's shape is what the operands broadcast to, as NumPy does: the infer of such a gate. */
wg_status wgi_elementwise_infer(wg_call *c);

/* Calls row over y and the n <= 3 operands, which broadcast to y's shape; any strides and dtypes.
 * Threads split the work, so a row may depend on nothing but its arguments. */
void wgi_rows(wgi_row_forward *row, const wg_value *y, size_t n, const wg_value *const *x,
              const void *attrs);

#endif
