/* spread.c: see spread.h.  A length is m sqrt(sum (x/m)^2), m the largest |x|. */
#ifdef REAL

/* What to divide by: the largest, 1 where that is 0, infinite or NaN. */
static void FN(tame)(void *center, int64_t n) {
    REAL *m = center;
    for (int64_t i = 0; i < n; ++i)
        if (!(m[i] > 0 && m[i] < R(INFINITY))) m[i] = 1;
}

static void FN(finish)(const void *center, void *out, int64_t n) {
    const REAL *m = center;
    REAL *y = out;
    for (int64_t i = 0; i < n; ++i) y[i] = m[i] * M(sqrt)(y[i]);
}

static void FN(difference)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                           const void *attrs) {
    const REAL *x = operands[0], *m = operands[1];
    REAL *y = out;
    (void)attrs;
    for (int64_t i = 0; i < n; ++i) y[i] = x[i * s[0]] - m[i * s[1]];
}

/* 1 if a mean square overflowed or came near where squares lose digits. */
static int FN(extreme)(const void *squares, int64_t n, double eps) {
    const REAL *v = squares;
    double least = sizeof(REAL) == 4 ? 1e-28 : 1e-280, most = 1 / least;
    int found = 0;
    for (int64_t i = 0; i < n; ++i)
        found |= (double)v[i] > most || ((double)v[i] < least && eps < least);
    return found;
}

static void FN(root)(const void *squares, void *out, int64_t n) {
    const REAL *v = squares;
    REAL *y = out;
    for (int64_t i = 0; i < n; ++i) y[i] = M(sqrt)(v[i]);
}

static void FN(divide)(void *lengths, int64_t n, double divisor) {
    REAL *y = lengths;
    for (int64_t i = 0; i < n; ++i) y[i] = (REAL)((double)y[i] / divisor);
}

#else
#include "ops/spread.h"

#include "autograd/rows.h"
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/reduce.h"

#include <math.h>

#define KERNEL_PART "ops/spread.c"
#include "ops/both_types.h"

static int64_t outputs(const wg_value *x, unsigned axes) {
    return wg_shape_size(wgi_axes_kept(wgi_shape(x), axes));
}

wg_status wgi_length(const wg_call *c, const wg_value *x, unsigned axes, void *out) {
    int64_t n = outputs(x, axes);
    void *m = wg_scratch(c, (size_t)n * wg_dtype_size(x->dtype) + 1);
    if (!m) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wg_status s = wgi_reduce(c, x, axes, &wgi_reduction_largest, 1, NULL, m);
    if (s != WG_OK) return s;
    if (x->dtype == WG_F32) tame_f32(m, n);
    else tame_f64(m, n);
    s = wgi_reduce(c, x, axes, &wgi_reduction_ratios, 1, m, out);
    if (s != WG_OK) return s;
    if (x->dtype == WG_F32) finish_f32(m, out, n);
    else finish_f64(m, out, n);
    return WG_OK;
}

/* The length of x - center. */
static wg_status distance(const wg_call *c, const wg_value *x, unsigned axes, const void *center,
                          void *out) {
    wg_value m = wgi_value_make(x->dtype, wgi_axes_kept(wgi_shape(x), axes),
                                (void *)(uintptr_t)center);
    wg_value d = wgi_value_make(x->dtype, wgi_shape(x), NULL);
    const wg_value *operands[2] = {x, &m};
    d.data = wg_scratch(c, (size_t)wg_value_size(x) * wg_dtype_size(x->dtype) + 1);
    if (!d.data) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wgi_rows(x->dtype == WG_F32 ? difference_f32 : difference_f64, &d, 2, operands, NULL);
    return wgi_length(c, &d, axes, out);
}

wg_status wgi_spread_of(const wg_call *c, const wg_value *x, unsigned axes, double divisor,
                        const void *center, double eps, const void *squares, void *out) {
    int64_t n = outputs(x, axes);
    int f32 = x->dtype == WG_F32;
    if (!(f32 ? extreme_f32(squares, n, eps) : extreme_f64(squares, n, eps))) {
        if (f32) root_f32(squares, out, n);
        else root_f64(squares, out, n);
        return WG_OK;
    }
    wg_status s = distance(c, x, axes, center, out);
    if (f32) divide_f32(out, n, sqrt(divisor));
    else divide_f64(out, n, sqrt(divisor));
    return s;
}

wg_status wgi_spread(const wg_call *c, const wg_value *x, unsigned axes, double divisor,
                     const void *center, double eps, void *out) {
    wg_status s = wgi_reduce(c, x, axes, &wgi_reduction_squares, divisor, center, out);
    return s == WG_OK ? wgi_spread_of(c, x, axes, divisor, center, eps, out, out) : s;
}
#endif
