/* determinants.c: a function of the determinant of each matrix of a batch, see linalg.h: what det,
 * logdet and logabsdet compute, by elimination with partial pivoting. */
#ifdef REAL

static int64_t FN(determinants)(const wgi_batch *b, int64_t begin, int64_t end,
                                const wgi_work *work, int64_t *at) {
    const wg_value *a = b->call->x[0];
    REAL *y = b->call->y.data, *lu = work->matrix;
    const wgi_number_of *f = b->user;
    (void)at;
    for (int64_t i = begin; i < end; ++i) {
        FN(wgi_load)(a, wgi_batch_at(b, a, 2, i), lu);
        FN(wgi_lu)(b->n, lu, b->n, work->rows, work->scratch);
        y[i] = (REAL)(*f)(FN(wgi_lu_determinant)(b->n, lu, b->n, work->rows));
    }
    return -1;
}

#else
#include "backend/linalg.h"
#include "ops/linalg.h"

#define KERNEL_PART "ops/determinants.c"
#include "ops/both_types.h"

wg_status wgi_determinants(wg_call *c, wgi_number_of f) {
    wgi_batch b = wgi_batch_of(c, c->y.rank, 0);
    b.user = &f;
    return wgi_batch_run(&b, c->dtype == WG_F32 ? determinants_f32 : determinants_f64, "", "");
}
#endif
