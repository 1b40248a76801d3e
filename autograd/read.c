/* read.c: numbers out of a tape. */
#include "autograd/debug.h"

#include <math.h>
#include <string.h>

/* The array of x, or NULL for poison, a stale handle or none (the error is set). */
static const wg_value *readable(wg_var x, const char *who, wg_value *room) {
    if (!wgi_usable(x, who)) return NULL;
    return wgi_value_of(wgi_node_at(x.tape, x.index), room);
}

double wg_item(wg_var x) {
    wg_value room;
    if (x.tape) wgi_debug_look(x.tape);
    const wg_value *v = readable(x, "item", &room);
    if (!v || wg_value_size(v) != 1) return (double)NAN;
    switch (v->dtype) {
    case WG_F32: return (double)*(const float *)v->data;
    case WG_F64: return *(const double *)v->data;
    case WG_I64: return (double)*(const int64_t *)v->data;
    case WG_BOOL: return (double)*(const unsigned char *)v->data;
    }
    return (double)NAN;
}

wg_status wg_read(wg_var x, void *dst, size_t bytes) {
    wg_value room;
    if (x.tape) wgi_debug_look(x.tape);
    const wg_value *v = readable(x, "read", &room);
    if (!v) return wgi_why_not(x);
    wg_value to = *v;
    size_t size = (size_t)wg_value_size(v) * wg_dtype_size(v->dtype);
    if (bytes != size)
        return wgi_error(x.tape, WG_ERR_SHAPE, "read: %zu bytes asked for, the value has %zu",
                         bytes, size);
    to.data = dst;
    wg_value_set_dense(&to);
    if (size) wgi_value_copy(v, &to);
    return WG_OK;
}

const void *wg_data(wg_var x) {
    wg_value room;
    if (x.tape) wgi_debug_look(x.tape);
    const wg_value *v = readable(x, "data", &room);
    if (!v || wg_value_dense(v)) return v ? v->data : NULL;
    wg_value copy = *v;
    copy.data =
        wgi_tape_alloc(x.tape, (size_t)wg_value_size(v) * wg_dtype_size(v->dtype));
    if (!copy.data) return NULL;
    wg_value_set_dense(&copy);
    wgi_value_copy(v, &copy);
    return copy.data;
}

wg_shape wg_shape_of(wg_var x) {
    wg_value room;
    wg_shape poison = {-1, {0}};
    const wg_value *v = readable(x, "shape_of", &room);
    return v ? wgi_shape(v) : poison;
}

wg_dtype wg_dtype_of(wg_var x) {
    wg_value room;
    const wg_value *v = readable(x, "dtype_of", &room);
    return v ? v->dtype : WG_F64;
}
