/* linalg.h: what solve, inverse, det, cholesky and their relatives share: operands that are square
 * matrices in the last two axes with a batch before them, and a kernel run for each matrix. */
#ifndef WGI_OPS_LINALG_H
#define WGI_OPS_LINALG_H

#include "backend/linalg.h"
#include "ops/matmul_plan.h"

/* ---- shapes --------------------------------------------------------------------------------- */

/* OK where operand 0 is a batch of square matrices, else SHAPE. */
wg_status wgi_check_square(const wg_call *c);
/* The infer of gates whose result has the shape of such an operand. */
wg_status wgi_square_infer(wg_call *c);
/* The infer of gates with one number for each matrix. */
wg_status wgi_square_number_infer(wg_call *c);
/* The infer of solve(a, b): a (..., n, n), b (..., n, k) to (..., n, k), batches broadcast; b of
 * rank 1 is one vector (n), and the result is (..., n). */
wg_status wgi_solve_infer(wg_call *c);

/* ---- kernels -------------------------------------------------------------------------------- */

typedef struct wgi_batch wgi_batch;

/* Memory for the matrices that one thread works on. */
typedef struct wgi_work {
    void *matrix;            /* n n elements */
    int64_t *rows, *columns; /* n each */
    void *scratch;           /* of backend/linalg.h, for (n, n) and (n, k) */
} wgi_work;

/* Matrices begin .. end - 1 of a call.  Returns -1, or, at the first matrix that will not do, its
 * pivot, with *at the matrix. */
typedef int64_t wgi_batch_body(const wgi_batch *b, int64_t begin, int64_t end, const wgi_work *work,
                               int64_t *at);

struct wgi_batch {
    const wg_call *call;
    int axes; /* of the batch: the first ones of the result */
    int64_t n, k, count;
    const void *user; /* for the body */
    /* Set by wgi_batch_run: */
    wgi_batch_body *body;
    int64_t slots, *failed; /* for each slot a pivot and its matrix, or -1 */
    char *memory;
};

/* A batch of (n, n) matrices, which is the first `axes` axes of the call's result; each is worth
 * about n^2 (n + k) multiplications. */
wgi_batch wgi_batch_of(const wg_call *c, int axes, int64_t k);
/* Runs body over the batch, on threads, the same bits for any number of them.  VALUE with "matrix
 * (1, 0) FAULT: pivot 2 is ZERO" for the first matrix that will not do. */
wg_status wgi_batch_run(wgi_batch *b, wgi_batch_body *body, const char *fault, const char *zero);

/* Where matrix i of the batch begins in operand v, in elements; v has `own` axes beside its
 * batch. */
int64_t wgi_batch_at(const wgi_batch *b, const wg_value *v, int own, int64_t i);
/* Copies the matrix (a vector is a column) that begins at element `at` of v to dense memory. */
void wgi_load_f32(const wg_value *v, int64_t at, float *to);
void wgi_load_f64(const wg_value *v, int64_t at, double *to);

/* y = f(det of operand 0), a number for each matrix; the forward of such gates. */
typedef double (*wgi_number_of)(wgi_wide det);
wg_status wgi_determinants(wg_call *c, wgi_number_of f);

/* ---- rules ---------------------------------------------------------------------------------- */

/* u v^T of two results of solve: matrices (..., n, k), or, where `vectors`, (..., n). */
wg_var wgi_solve_outer(wg_var u, wg_var v, int vectors);
/* g (...) with two axes of extent 1 behind: a number for each matrix. */
wg_var wgi_each_matrix(wg_var g);

#endif
