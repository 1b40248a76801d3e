/* index.c: see index.h. */
#include "ops/index.h"

#include "autograd/tape.h"

#include <stdio.h>

const char *wgi_place(char *text, const wg_value *v, int64_t i) {
    int64_t at[WG_MAX_RANK];
    char list[96];
    for (int axis = v->rank - 1; axis >= 0; --axis) {
        at[axis] = i % v->dim[axis];
        i /= v->dim[axis];
    }
    if (v->rank == 0) snprintf(text, WGI_PLACE_BYTES, "the value");
    else if (v->rank == 1) snprintf(text, WGI_PLACE_BYTES, "element %lld", (long long)at[0]);
    else
        snprintf(text, WGI_PLACE_BYTES, "element %s",
                 wgi_shape_text(list, sizeof list, v->rank, at));
    return text;
}

wg_status wgi_check_indices(const wg_call *c, size_t k, int64_t extent) {
    const int64_t *index = c->x[k]->data;
    int64_t n = wg_value_size(c->x[k]);
    char place[WGI_PLACE_BYTES];
    for (int64_t i = 0; i < n; ++i)
        if (index[i] < 0 || index[i] >= extent)
            return wg_fail(c, WG_ERR_RANGE, "%s: %s is %lld, outside [0, %lld)",
                           c->gate->operands[k], wgi_place(place, c->x[k], i),
                           (long long)index[i], (long long)extent);
    return WG_OK;
}

wg_status wgi_check_along(const wg_call *c, const wg_value *x, const wg_value *index, int axis) {
    int at = wg_axis(axis, x->rank);
    char have[96], want[96];
    if (at < 0) return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", axis, x->rank);
    int fits = index->rank == x->rank;
    for (int i = 0; i < x->rank && fits; ++i) fits = i == at || index->dim[i] <= x->dim[i];
    if (fits) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "index %s does not go with x %s along axis %d",
                   wgi_shape_text(have, sizeof have, index->rank, index->dim),
                   wgi_shape_text(want, sizeof want, x->rank, x->dim), at);
}

int64_t wgi_row_along(const wg_value *x, const wg_value *index, int axis, int64_t r,
                      int64_t *step) {
    int64_t at = 0;
    for (int i = index->rank - 2; i >= 0; --i) {
        if (i != axis) at += r % index->dim[i] * x->stride[i];
        r /= index->dim[i];
    }
    *step = axis == index->rank - 1 ? 0 : 1;
    return at;
}
