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

/* NumPy's einsum of n operands: spec "ij,jk->ik" is the matrix product, "ii->i" a diagonal,
 * "...ij->...ji" transposes; at most 127 characters.  SYNTAX where it cannot be read. */
WG_API wg_var wg_einsum(const char *spec, size_t n, const wg_var *xs);

/* ---- linear algebra ---------------------------------------------------------------------------
 *
 * Of square matrices (..., n, n) in the last two axes, those before them a batch.  A matrix that
 * has no inverse is a VALUE error which names its place in the batch and the pivot that is 0. */

/* y with a y = b: a (..., n, n), b (..., n, k), batches broadcast; b of rank 1 is one vector (n),
 * and y is (..., n). */
WG_API wg_var wg_solve(wg_var a, wg_var b);
/* y with op(a) y = b, shapes as for solve: only one triangle of a is read, the upper one or the
 * lower; transposed = 1: op(a) = a^T; unit_diagonal = 1: the diagonal counts as 1. */
WG_API wg_var wg_triangular_solve(wg_var a, wg_var b, int upper, int transposed,
                                  int unit_diagonal);
WG_API wg_var wg_inverse(wg_var a); /* a^-1 */
/* l lower triangular with l l^T = (a + a^T)/2; VALUE unless that is positive definite.  The
 * gradient is symmetric (arXiv:1602.07527). */
WG_API wg_var wg_cholesky(wg_var a);
WG_API wg_var wg_det(wg_var a);       /* the determinant, (..., n, n) to (...) */
WG_API wg_var wg_logdet(wg_var a);    /* ln det a; NaN where det a < 0, -inf where it is 0 */
WG_API wg_var wg_logabsdet(wg_var a); /* ln |det a|; -inf where det a = 0 */
/* d det a / da, det(a) a^-T where there is an inverse; (..., n, n), also of singular matrices. */
WG_API wg_var wg_cofactor(wg_var a);
/* The diagonal j - i = k of the last two axes: (..., n, m) to (..., length); wg_diag also makes the
 * matrix of a vector. */
WG_API wg_var wg_diagonal(wg_var x, int64_t k);
WG_API wg_var wg_trace(wg_var x); /* the sum of x[..., i, i]: (..., n, m) to (...) */

#ifdef __cplusplus
}
#endif
#endif
