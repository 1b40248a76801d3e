/* blas.c: see blas.h */
#if defined(WG_HAVE_CBLAS)
#include "backend/blas.h"

#include "backend/isa.h"
#include "backend/parallel.h"

#include <cblas.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SKINNY = 4 };                           /* fewer rows or columns: the portable kernels */
static const double SMALL_PRODUCT = 32 * 32 * 32; /* fewer multiplications: also */

/* OpenBLAS names the processor it took this one for; the first ones here have vectors of 64 bytes.
 * Of another CBLAS the best is thought. */
static int has_long_vectors(void) {
#if defined(OPENBLAS_VERSION)
    static const char *const cores[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    for (int i = 0; i < 3; ++i)
        if (strcmp(openblas_get_corename(), cores[i]) == 0) return 1;
    return 0;
#else
    return 1;
#endif
}

static int fits(int64_t n) { return n <= INT_MAX; }

static int is_worth_it(const wgi_matmul *s) {
    if (s->m < SKINNY || s->n < SKINNY) return 0;
    if ((double)s->m * (double)s->n * (double)s->k < SMALL_PRODUCT) return 0;
    if (wgi_isa_chosen() == WGI_ISA_AVX512 && !has_long_vectors()) return 0;
    return fits(s->m) && fits(s->n) && fits(s->k) && fits(s->lda) && fits(s->ldb) && fits(s->ldc);
}

static CBLAS_TRANSPOSE op(int transposed) { return transposed ? CblasTrans : CblasNoTrans; }

static double products(const wgi_matmul *s) {
    return (double)s->m * (double)s->n * (double)s->k;
}

/* OpenBLAS on threads of its own does not ask OpenMP. */
static void set_own_threads(void) {
#if defined(OPENBLAS_VERSION)
    const int threads = wgi_parallel_parts(WGI_MAX_THREADS, 1);
    if (openblas_get_parallel() == 1 && openblas_get_num_threads() != threads)
        openblas_set_num_threads(threads);
#endif
}

int wgi_blas_matmul_f32(const wgi_matmul *s, const float *a, const float *b, float *c) {
    if (!is_worth_it(s)) return 0;
    const int before = wgi_lend_threads(products(s));
    set_own_threads();
    cblas_sgemm(CblasRowMajor, op(s->transpose_a), op(s->transpose_b), (int)s->m, (int)s->n,
                (int)s->k, 1.0f, a, (int)s->lda, b, (int)s->ldb, s->beta ? 1.0f : 0.0f, c,
                (int)s->ldc);
    wgi_return_threads(before);
    return 1;
}

int wgi_blas_matmul_f64(const wgi_matmul *s, const double *a, const double *b, double *c) {
    if (!is_worth_it(s)) return 0;
    const int before = wgi_lend_threads(products(s));
    set_own_threads();
    cblas_dgemm(CblasRowMajor, op(s->transpose_a), op(s->transpose_b), (int)s->m, (int)s->n,
                (int)s->k, 1.0, a, (int)s->lda, b, (int)s->ldb, s->beta ? 1.0 : 0.0, c,
                (int)s->ldc);
    wgi_return_threads(before);
    return 1;
}

int wgi_blas_version(char *text, size_t bytes) {
#if defined(OPENBLAS_VERSION)
    const char *config = openblas_get_config(); /* "OpenBLAS 0.3.21 NO_AFFINITY ..." */
    const char *space = strchr(config, ' '), *end = space ? strchr(space + 1, ' ') : NULL;
    if (end && end - config < 24) return snprintf(text, bytes, "%.*s", (int)(end - config), config);
#endif
    return snprintf(text, bytes, "CBLAS");
}
#else
typedef int wgi_blas_is_not_in_this_build; /* a file may not be empty */
#endif
