/* matmul.c: which kernel a matrix product goes to. */
#include "backend/matmul.h"

#include "backend/blas.h"
#include "backend/dnnl.h"
#include "backend/isa.h"
#include "backend/parallel.h"

enum {
    BATCH_SLOTS = 16, /* that a batch is dealt out to at most, each with its own scratch, */
    LARGE_PRODUCT = WGI_GRAIN_PRODUCTS, /* unless one product has work enough for the threads */
    SMALL_PRODUCT = 24 * 24 * 24,
    FEW_TERMS = 8,
    LONG_ROW = 256
};

wgi_matmul wgi_matmul_dense(int64_t m, int64_t n, int64_t k, int transpose_a, int transpose_b) {
    wgi_matmul s = {.m = m, .n = n, .k = k, .transpose_a = transpose_a, .transpose_b = transpose_b};
    s.lda = transpose_a ? m : k;
    s.ldb = transpose_b ? k : n;
    s.ldc = n;
    return s;
}

/* ---- the choice ----------------------------------------------------------------------------- */

/* A library may decline, so there is always room for the portable kernel. */
size_t wgi_matmul_scratch(size_t element, int64_t m, int64_t n, int64_t k) {
    return wgi_matmul_portable_scratch(element, m, n, k);
}

static int is_empty(const wgi_matmul *s) { return s->m <= 0 || s->n <= 0 || s->k <= 0; }

#if defined(WG_HAVE_DNNL)
/* Where the portable kernels have vectors of the processor's length, oneDNN is not asked for what
 * is over before it has looked at it, sums of so few terms that C is all there is to read and
 * write, and a transposed B of few columns, which it copies: it was up to three times as slow
 * there. */
static int suits_dnnl(const wgi_matmul *s) {
    if (wgi_isa_chosen() == WGI_ISA_BASE) return 1;
    if (s->transpose_b && s->n < LONG_ROW) return 0;
    return s->k >= FEW_TERMS && (double)s->m * (double)s->n * (double)s->k >= SMALL_PRODUCT;
}
#endif

void wgi_matmul_f32(const wgi_matmul *s, const float *a, const float *b, float *c, void *scratch) {
    if (!is_empty(s)) {
#if defined(WG_HAVE_DNNL)
        if (suits_dnnl(s) && wgi_dnnl_matmul(s, a, b, c)) return;
#elif defined(WG_HAVE_CBLAS)
        if (wgi_blas_matmul_f32(s, a, b, c)) return;
#endif
    }
    wgi_matmul_portable_f32(s, a, b, c, scratch);
}

void wgi_matmul_f64(const wgi_matmul *s, const double *a, const double *b, double *c,
                    void *scratch) {
#if defined(WG_HAVE_CBLAS)
    if (!is_empty(s) && wgi_blas_matmul_f64(s, a, b, c)) return;
#endif
    wgi_matmul_portable_f64(s, a, b, c, scratch);
}

/* ---- batches -------------------------------------------------------------------------------- */

static int is_large(const wgi_matmul *s) {
    return (double)s->m * (double)s->n * (double)s->k >= LARGE_PRODUCT;
}

static size_t slot_bytes(size_t element, const wgi_matmul *s) {
    return (wgi_matmul_scratch(element, s->m, s->n, s->k) + 63) / 64 * 64;
}

static int64_t slots_of(const wgi_matmul *s, int64_t count) {
    if (is_large(s)) return 1;
    return count < BATCH_SLOTS ? count : BATCH_SLOTS;
}

size_t wgi_matmul_batch_scratch(size_t element, const wgi_matmul *s, int64_t count) {
    return count <= 0 ? 0 : (size_t)slots_of(s, count) * slot_bytes(element, s);
}

#define REAL float
#define OF(name) name##_f32
#include "backend/matmul_batch_part.c"
#undef REAL
#undef OF

#define REAL double
#define OF(name) name##_f64
#include "backend/matmul_batch_part.c"
#undef REAL
#undef OF
