/* reduced_loss.c: see reduced_loss.h. */
#include "ops/reduced_loss.h"

#include "ops/reduce.h"

#include <math.h>

const char *const wgi_reduction_words[] = {"mean", "sum", "none", NULL}; /* as wg_reduction */

wg_status wgi_loss_shape(wg_call *c, int reduction, wg_shape each) {
    if (reduction < WG_REDUCTION_MEAN || reduction > WG_REDUCTION_NONE)
        return wg_fail(c, WG_ERR_RANGE, "reduction %d is none of mean, sum, none", reduction);
    c->y.rank = 0;
    if (reduction != WG_REDUCTION_NONE) return WG_OK;
    c->y.rank = each.rank;
    for (int i = 0; i < each.rank; ++i) c->y.dim[i] = each.dim[i];
    return WG_OK;
}

wg_status wgi_loss_same_shape(const wg_call *c) {
    char a[96], b[96];
    for (size_t i = 1; i < c->n; ++i)
        if (!wgi_same_shape(c->x[0], c->x[i]))
            return wg_fail(c, WG_ERR_SHAPE, "%s %s and %s %s; a loss does not broadcast",
                           c->gate->operands[0],
                           wgi_shape_text(a, sizeof a, c->x[0]->rank, c->x[0]->dim),
                           c->gate->operands[i],
                           wgi_shape_text(b, sizeof b, c->x[i]->rank, c->x[i]->dim));
    return WG_OK;
}

wg_status wgi_loss_run(wg_call *c, int reduction, int64_t n, int64_t grain,
                       void (*body)(int64_t begin, int64_t end, void *work)) {
    wgi_loss_work w = {c, c->y.data};
    if (reduction != WG_REDUCTION_NONE) {
        w.loss = wg_scratch(c, (size_t)n * wg_dtype_size(c->dtype));
        if (!w.loss) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    }
    wgi_parallel_for(n, grain, body, &w);
    if (reduction == WG_REDUCTION_NONE) return WG_OK;
    wg_value losses = wgi_value_make(c->dtype, WG_SHAPE(n), w.loss);
    double divisor = reduction == WG_REDUCTION_MEAN ? (double)n : 1;
    return wgi_reduce(c, &losses, 1, &wgi_reduction_sum, divisor, NULL, c->y.data);
}

wg_var wgi_loss_cotangent(const wg_pull *p, int reduction, int64_t n) {
    return reduction == WG_REDUCTION_MEAN && n ? wg_scale(p->g, 1 / (double)n) : p->g;
}

wg_status wgi_loss_check(const wg_call *c, const char *name, double value, int zero) {
    if (isfinite(value) && (zero ? value >= 0 : value > 0)) return WG_OK;
    return wg_fail(c, WG_ERR_RANGE, "%s = %g; it is finite and %s", name, value,
                   zero ? "not negative" : "positive");
}
