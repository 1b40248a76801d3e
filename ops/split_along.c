/* split_along.c: a value cut into parts along an axis.  No gate: a gate has one output, and each
 * part is a slice. */
#include "autograd/tape.h"
#include "ops/ops.h"

/* 1 if n sizes, or with NULL n equal parts, make up `extent`. */
static int adds_up(int64_t extent, size_t n, const int64_t *sizes) {
    int64_t sum = 0;
    if (!sizes) return extent % (int64_t)n == 0;
    for (size_t k = 0; k < n; ++k)
        if (sizes[k] < 0 || sizes[k] > extent - sum) return 0;
        else sum += sizes[k];
    return sum == extent;
}

wg_status wg_split_along(wg_var x, int axis, size_t n, const int64_t *sizes, wg_var *out) {
    wg_shape shape = wg_shape_of(x);
    wg_var bad = x;
    int at = wg_axis(axis, shape.rank);
    int64_t from = 0;
    if (!wgi_usable(x, "split")) {
        bad = x.tape ? wgi_poison(x.tape) : x;
        for (size_t k = 0; k < n; ++k) out[k] = bad;
        return wgi_why_not(x);
    }
    int fits = n > 0 && n <= INT32_MAX && at >= 0 && adds_up(shape.dim[at], n, sizes);
    if (at < 0) bad = wg_poison(x.tape, WG_ERR_RANGE, "split", "there is no such axis");
    else if (!fits) bad = wg_poison(x.tape, WG_ERR_SHAPE, "split", "the parts do not add up");
    for (size_t k = 0; k < n; ++k) {
        int64_t size = fits ? sizes ? sizes[k] : shape.dim[at] / (int64_t)n : 0;
        out[k] = fits ? wg_slice(x, at, from, from + size, 1) : bad;
        from += size;
    }
    return wg_tape_status(x.tape);
}
