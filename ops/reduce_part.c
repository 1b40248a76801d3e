/* reduce_part.c: the inner loops of the reductions, included by reduce.c for each float type and
 * instruction set; the order in which numbers are joined is the same for all sets.
 *
 * Two forms each.  A run: n elements to one number.  Columns: rows of n elements are joined into n
 * accumulators; narrow rows that follow each other in memory are taken several abreast, which fills
 * the vectors. */
#ifndef WGI_REDUCE_PART
#define WGI_REDUCE_PART
enum {
    LANES = 16,  /* of a run */
    BLOCK = 256, /* elements that are added up in their own type, of a run */
    ROWS = 32,   /* and of a column */
    WIDTH = 64   /* that narrow rows are brought to */
};

/* The number of rows to take abreast, 1 where they are wide enough or do not follow each other. */
static int64_t rows_abreast(const wgi_columns *c) {
    int64_t k = WIDTH / c->n;
    return c->step == 1 && c->row == c->n && k > 1 && c->rows >= k ? k : 1;
}
#endif

/* ---- sums ----------------------------------------------------------------------------------- */

/* acc[j] += t[i n + j]: k rows that were taken abreast become one. */
static void IN(fold)(double *acc, const REAL *t, int64_t n, int64_t k) {
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j) acc[j] += (double)t[i * n + j];
}

#define TERM(x, c) (x)
#define PLAIN 1 /* a term is the element itself */
#define ABREAST 8
#define RUN IN(sum_run)
#define COLUMNS IN(sum_columns)
#include "ops/sum_part.h"
#undef PLAIN
#define PLAIN 0

#define TERM(x, c) (((x) - (c)) * ((x) - (c)))
#define ABREAST 8
#define RUN IN(squares_run)
#define COLUMNS IN(squares_columns)
#include "ops/sum_part.h"

#define TERM(x, c) M(fabs)(x)
#define ABREAST 8
#define RUN IN(sizes_run)
#define COLUMNS IN(sizes_columns)
#include "ops/sum_part.h"

#define TERM(x, c) (((x) / (c)) * ((x) / (c)))
#define ABREAST 1
#define RUN IN(ratios_run)
#define COLUMNS IN(ratios_columns)
#include "ops/sum_part.h"

#define TERM(x, c) M(exp)((x) - (c))
#define ABREAST 1
#define RUN IN(exps_run)
#define COLUMNS IN(exps_columns)
#include "ops/sum_part.h"

#undef PLAIN

/* ---- extremes ------------------------------------------------------------------------------- */

/* The larger, smaller one, the larger size; a NaN beats everything and stays.  Written without
 * short cuts: a vector takes both sides. */
WGI_VM REAL IN(larger)(REAL m, REAL x) { return ((x <= m) | (m != m)) ? m : x; }
WGI_VM REAL IN(smaller)(REAL m, REAL x) { return ((x >= m) | (m != m)) ? m : x; }

/* Joins rows of n elements into t[n]. */
#define JOIN_ROWS(join, x)                                                                         \
    for (int64_t r = 0; r < rows; ++r, from += row)                                                \
        if (step == 1)                                                                             \
            for (int64_t j = 0; j < n; ++j) t[j] = join(t[j], x(from[j]));                         \
        else                                                                                       \
            for (int64_t j = 0; j < n; ++j) t[j] = join(t[j], x(from[j * step]));
static void IN(max_rows)(REAL *restrict t, const REAL *restrict from, int64_t rows, int64_t n,
                         int64_t row, int64_t step) {
    JOIN_ROWS(IN(larger), )
}
static void IN(min_rows)(REAL *restrict t, const REAL *restrict from, int64_t rows, int64_t n,
                         int64_t row, int64_t step) {
    JOIN_ROWS(IN(smaller), )
}
static void IN(size_rows)(REAL *restrict t, const REAL *restrict from, int64_t rows, int64_t n,
                          int64_t row, int64_t step) {
    JOIN_ROWS(IN(larger), M(fabs))
}
#undef JOIN_ROWS
typedef void IN(extreme_rows)(REAL *restrict t, const REAL *restrict x, int64_t rows, int64_t n,
                              int64_t row, int64_t step);

/* A run is as many columns as fill the vectors, and the columns of that a run of their own. */
static double IN(extreme_run)(IN(extreme_rows) *join, const REAL *x, int64_t n, int64_t step,
                              REAL start) {
    REAL t[WIDTH + 1];
    int64_t wide = step == 1 ? n / WIDTH : 0;
    for (int k = 0; k <= WIDTH; ++k) t[k] = start;
    if (wide) {
        join(t, x, wide, WIDTH, WIDTH, 1);
        for (int half = WIDTH / 2; half > 0; half /= 2) join(t, t + half, 1, half, half, 1);
    }
    join(t + WIDTH, t, 1, 1, 1, 1);
    join(t + WIDTH, x + wide * WIDTH * step, n - wide * WIDTH, 1, step, 1);
    return (double)t[WIDTH];
}

static void IN(extreme_columns)(IN(extreme_rows) *join, const wgi_columns *c) {
    const REAL *x = c->x;
    int64_t k = rows_abreast(c), n = c->n, wide = c->rows / k;
    REAL t[WGI_REDUCE_TILE];
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j) t[i * n + j] = (REAL)c->acc[j];
    join(t, x, wide, k * n, k * c->row, c->step);
    join(t, x + wide * k * c->row, c->rows - wide * k, n, c->row, c->step);
    if (k > 1) join(t, t + n, k - 1, n, n, 1);
    for (int64_t j = 0; j < n; ++j) c->acc[j] = (double)t[j];
}

static double IN(max_run)(const void *x, int64_t n, int64_t step, const void *center) {
    (void)center;
    return IN(extreme_run)(IN(max_rows), x, n, step, -R(INFINITY));
}
static double IN(min_run)(const void *x, int64_t n, int64_t step, const void *center) {
    (void)center;
    return IN(extreme_run)(IN(min_rows), x, n, step, R(INFINITY));
}
static double IN(largest_run)(const void *x, int64_t n, int64_t step, const void *center) {
    (void)center;
    return IN(extreme_run)(IN(size_rows), x, n, step, 0);
}
static void IN(max_columns)(const wgi_columns *c) { IN(extreme_columns)(IN(max_rows), c); }
static void IN(min_columns)(const wgi_columns *c) { IN(extreme_columns)(IN(min_rows), c); }
static void IN(largest_columns)(const wgi_columns *c) { IN(extreme_columns)(IN(size_rows), c); }
