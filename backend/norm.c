/* norm.c: see norm.h; the loops are in norm_part.c, once for every type and instruction set. */
#include "backend/norm.h"

#include "backend/isa.h"
#include "backend/parallel.h"

#include <string.h>

enum {
    BLOCK = 4096, /* elements of a block: several arrays of them lie in the nearest cache, */
    FEWEST = 32   /* but no fewer rows, so that the sums of blocks are small beside the array */
};

/* One pass; arrays are of the type of the call. */
typedef struct pass pass;
typedef void pass_body(const pass *k, int64_t row, int64_t end, int64_t j0, int64_t j1,
                       double *out);
typedef enum { MOMENTS, AFFINE, SUMS, PULL, PASSES } pass_kind;
typedef struct pass_set {
    int64_t lanes;
    pass_body *body[PASSES];
} pass_set;
struct pass {
    int64_t rows, n;
    const void *x, *g, *gate, *s, *m, *a, *b, *c;
    void *y, *ds;
    int relu, add, add_ds;
    const pass_set *const *sets; /* for columns in vectors, and ever shorter ones for the last */
    pass_kind kind;
    double *out;               /* (blocks, 2, n) of a pass that sums */
};

/* Macros, since a function may not pass vectors that are longer than the processor's. */
#define PUT_SUMS(to, v)                                                                            \
    do {                                                                                           \
        const IN(wide) sums = (v);                                                                 \
        memcpy(to, &sums, sizeof sums);                                                            \
    } while (0)

#define REAL float
#define PLACE int32_t
#define LANES 1
#define IN(name) name##_one_f32
#include "backend/norm_part.c"
#undef IN
#undef LANES
#define LANES 2
#define IN(name) name##_base_f32
#include "backend/norm_part.c"
#undef IN
#undef LANES
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define LANES 4
#define IN(name) name##_avx2_f32
#include "backend/norm_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
WGI_TARGET_AVX512
#define LANES 8
#define IN(name) name##_avx512_f32
#include "backend/norm_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
#endif
#undef REAL
#undef PLACE

#define REAL double
#define PLACE int64_t
#define LANES 1
#define IN(name) name##_one_f64
#include "backend/norm_part.c"
#undef IN
#undef LANES
#define LANES 2
#define IN(name) name##_base_f64
#include "backend/norm_part.c"
#undef IN
#undef LANES
#if WGI_ISA_X86
WGI_TARGET_AVX2
#define LANES 4
#define IN(name) name##_avx2_f64
#include "backend/norm_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
WGI_TARGET_AVX512
#define LANES 8
#define IN(name) name##_avx512_f64
#include "backend/norm_part.c"
#undef IN
#undef LANES
WGI_TARGET_END
#endif
#undef REAL
#undef PLACE

/* ---- the choice ----------------------------------------------------------------------------- */

/* From the longest vectors to single columns; those that the processor has not are skipped. */
#if WGI_ISA_X86
#define SETS(type) {&set_avx512_##type, &set_avx2_##type, &set_base_##type, &set_one_##type}
#else
#define SETS(type) {&set_base_##type, &set_one_##type}
#endif
static const pass_set *const all_f32[] = SETS(f32), *const all_f64[] = SETS(f64);

static const pass_set *const *sets_of(const pass_set *const *all) {
    const int base = (int)(sizeof all_f32 / sizeof *all_f32) - 2;
    return all + base - (int)wgi_isa_chosen();
}

/* ---- blocks --------------------------------------------------------------------------------- */

static int64_t rows_of_block(int64_t n) {
    const int64_t rows = BLOCK / (n + 1);
    return rows < FEWEST ? FEWEST : rows;
}

static int64_t blocks_of(int64_t rows, int64_t n) {
    const int64_t each = rows_of_block(n);
    return (rows + each - 1) / each;
}

size_t wgi_norm_scratch(int64_t rows, int64_t n) {
    return (size_t)(blocks_of(rows, n) * 2 * n) * sizeof(double);
}

static void run_blocks(int64_t begin, int64_t end, void *arg) {
    const pass *k = arg;
    const int64_t each = rows_of_block(k->n);
    for (int64_t b = begin; b < end; ++b) {
        const int64_t row = b * each, last = row + each < k->rows ? row + each : k->rows;
        double *out = k->out ? k->out + b * 2 * k->n : NULL;
        const pass_set *const *set = k->sets;
        for (int64_t j = 0, end_j; j < k->n; j = end_j, ++set) {
            end_j = j + (k->n - j) / (*set)->lanes * (*set)->lanes;
            if (end_j > j) (*set)->body[k->kind](k, row, last, j, end_j, out);
        }
    }
}

static void run(pass *k, const pass_set *const *all, pass_kind kind) {
    const int64_t elements = rows_of_block(k->n) * (k->n + 1);
    k->sets = sets_of(all);
    k->kind = kind;
    wgi_parallel_for(blocks_of(k->rows, k->n), 1 + WGI_GRAIN_ELEMENTS / elements, run_blocks, k);
}

/* Puts the blocks' means and squares together, into those of the first. */
static void gather_moments(const pass *k, double *mean, double *squares) {
    const int64_t n = k->n, each = rows_of_block(n), blocks = blocks_of(k->rows, n);
    memcpy(mean, k->out, (size_t)n * sizeof *mean);
    memcpy(squares, k->out + n, (size_t)n * sizeof *squares);
    for (int64_t b = 1; b < blocks; ++b) {
        const double before = (double)(b * each);
        const double here = (double)(b + 1 < blocks ? each : k->rows - b * each);
        const double *at = k->out + b * 2 * n;
        for (int64_t j = 0; j < n; ++j) {
            const double d = at[j] - mean[j];
            mean[j] += d * (here / (before + here));
            squares[j] += at[n + j] + d * d * (before * here / (before + here));
        }
    }
}

static void gather_sums(const pass *k, double *sum, double *dot) {
    const int64_t n = k->n, blocks = blocks_of(k->rows, n);
    for (int64_t j = 0; j < n; ++j) sum[j] = 0;
    for (int64_t j = 0; dot && j < n; ++j) dot[j] = 0;
    for (int64_t b = 0; b < blocks; ++b) {
        const double *at = k->out + b * 2 * n;
        for (int64_t j = 0; j < n; ++j) sum[j] += at[j];
        for (int64_t j = 0; dot && j < n; ++j) dot[j] += at[n + j];
    }
}

/* ---- the calls ------------------------------------------------------------------------------ */

static pass affine_pass(const wgi_norm_affine *k) {
    pass p = {.rows = k->rows, .n = k->n, .x = k->x, .s = k->s, .m = k->m, .a = k->a, .b = k->b,
              .relu = k->relu, .y = k->y};
    return p;
}

static pass pull_pass(const wgi_norm_pull *k) {
    pass p = {.rows = k->rows, .n = k->n, .x = k->x, .g = k->g, .gate = k->y, .m = k->m,
              .a = k->a, .b = k->b, .c = k->c, .y = k->dx, .ds = k->ds, .add = k->add_dx,
              .add_ds = k->add_ds};
    return p;
}

void wgi_norm_moments_f32(int64_t rows, int64_t n, const float *x, double *mean, double *squares,
                          void *scratch) {
    pass k = {.rows = rows, .n = n, .x = x, .out = scratch};
    run(&k, all_f32, MOMENTS);
    gather_moments(&k, mean, squares);
}

void wgi_norm_moments_f64(int64_t rows, int64_t n, const double *x, double *mean, double *squares,
                          void *scratch) {
    pass k = {.rows = rows, .n = n, .x = x, .out = scratch};
    run(&k, all_f64, MOMENTS);
    gather_moments(&k, mean, squares);
}

void wgi_norm_affine_f32(const wgi_norm_affine *k) {
    pass p = affine_pass(k);
    run(&p, all_f32, AFFINE);
}

void wgi_norm_affine_f64(const wgi_norm_affine *k) {
    pass p = affine_pass(k);
    run(&p, all_f64, AFFINE);
}

void wgi_norm_sums_f32(const wgi_norm_pull *k, double *sum, double *dot, void *scratch) {
    pass p = pull_pass(k);
    p.out = scratch;
    run(&p, all_f32, SUMS);
    gather_sums(&p, sum, dot);
}

void wgi_norm_sums_f64(const wgi_norm_pull *k, double *sum, double *dot, void *scratch) {
    pass p = pull_pass(k);
    p.out = scratch;
    run(&p, all_f64, SUMS);
    gather_sums(&p, sum, dot);
}

void wgi_norm_pull_f32(const wgi_norm_pull *k) {
    pass p = pull_pass(k);
    run(&p, all_f32, PULL);
}

void wgi_norm_pull_f64(const wgi_norm_pull *k) {
    pass p = pull_pass(k);
    run(&p, all_f64, PULL);
}
