/* products.h: the manual of products of matrices and vectors. */
#ifndef WG_OPS_PRODUCTS_H
#define WG_OPS_PRODUCTS_H

#include "autograd/gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- products ------------------------------------------------------------------------------- */

/* x @ y, NumPy's: (..., n, k) (..., k, m) to (..., n, m), batch axes broadcast; a vector is a row
 * on the left and a column on the right.  Transposed views are read in place.  SHAPE where the
 * inner dimensions differ. */
WG_API wg_var wg_matmul(wg_var x, wg_var y);

WG_API wg_var wg_dot(wg_var x, wg_var y);   /* sum x y of two vectors of one length */
WG_API wg_var wg_outer(wg_var x, wg_var y); /* x[i] y[j] of two vectors: (n) (m) to (n, m) */

#ifdef __cplusplus
}
#endif
#endif
