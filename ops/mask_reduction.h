/* mask_reduction.h: what any and all share: a mask reduced over axes.  DECIDES is the element that
 * settles an output: true for any, false for all. */
#include "ops/reduction.h"

#include <string.h>

static wg_status infer(wg_call *c) {
    c->y.dtype = WG_BOOL;
    return wgi_reduction_infer(c, 1);
}

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0]; /* dense */
    unsigned mask = wgi_axes_mask(&a->axis, x->rank);
    const unsigned char *from = x->data;
    unsigned char *y = c->y.data;
    int64_t at[WG_MAX_RANK] = {0}, step[WG_MAX_RANK], stride = 1, to = 0, n = wg_value_size(x);
    for (int i = x->rank - 1; i >= 0; --i) {
        step[i] = mask >> i & 1 ? 0 : stride;
        if (step[i]) stride *= x->dim[i];
    }
    memset(y, !DECIDES, (size_t)wg_value_size(&c->y));
    for (int64_t k = 0; k < n; ++k) {
        if (from[k] == DECIDES) y[to] = DECIDES;
        for (int i = x->rank - 1; i >= 0; --i) { /* the next element's output */
            to += step[i];
            if (++at[i] < x->dim[i]) break;
            to -= step[i] * x->dim[i];
            at[i] = 0;
        }
    }
    return WG_OK;
}
