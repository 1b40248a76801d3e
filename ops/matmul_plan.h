/* matmul_plan.h: how matmul reads its operands: matrices in the last two axes, a batch before. */
#ifndef WGI_MATMUL_PLAN_H
#define WGI_MATMUL_PLAN_H

#include "autograd/tape.h"
#include "backend/matmul.h"

/* The last two axes of an operand, a vector promoted; `batch` axes stand before them. */
typedef struct wgi_matrix {
    int64_t rows, cols, row_step, col_step;
    int batch;
} wgi_matrix;

/* A vector is a row, (1, k), on the left and a column, (k, 1), on the right. */
wgi_matrix wgi_matrix_of(const wg_value *v, int is_left);

enum { WGI_X, WGI_Y, WGI_V }; /* the arrays of a plan: operands and result */

/* Products of one geometry over batch axes; steps count elements, 0 where an operand repeats. */
typedef struct wgi_matmul_plan {
    wgi_matmul product;
    int rank; /* of the batch, at least 1 */
    int64_t dim[WG_MAX_RANK], step[3][WG_MAX_RANK];
    void *data[3];
} wgi_matmul_plan;

/* The plan of a call whose result has elements; operands that cannot be read in place are packed
 * into its scratch. */
wg_status wgi_matmul_plan_make(const wg_call *c, wgi_matmul_plan *p);

/* The products of a reverse step, dx (+)= g y^T and dy (+)= x^T g, every array made a matrix. */
typedef struct wgi_matmul_pull {
    wg_value g, y_t, x_t, g_flat, dx_room, dy_room;
    wg_into dx, dy;
} wgi_matmul_pull;

/* UNSUPPORTED where an operand that is wanted was repeated along a batch axis, but for one matrix y
 * against a batch of x: its dy is one product of tall matrices. */
wg_status wgi_matmul_pull_make(const wg_call *c, const wg_value *g, const wg_into *into,
                               wgi_matmul_pull *p);

#endif
