/* value.c: dtypes, shapes and strided arrays. */
#include "autograd/tape.h"

#include <string.h>

const char *wg_dtype_name(wg_dtype dtype) {
    static const char *const names[] = {"float32", "float64", "int64", "bool"};
    return (size_t)dtype < 4 ? names[dtype] : "unknown";
}

size_t wg_dtype_size(wg_dtype dtype) {
    static const size_t sizes[] = {4, 8, 8, 1};
    return (size_t)dtype < 4 ? sizes[dtype] : 0;
}

int64_t wg_shape_size(wg_shape shape) {
    if (shape.rank < 0 || shape.rank > WG_MAX_RANK) return -1;
    int64_t size = 1; /* without the extents of 0, so that the strides fit too */
    int empty = 0;
    for (int i = 0; i < shape.rank; ++i) {
        if (shape.dim[i] < 0) return -1;
        empty |= shape.dim[i] == 0;
        if (shape.dim[i] && __builtin_mul_overflow(size, shape.dim[i], &size)) return -1;
    }
    return empty ? 0 : size;
}

int wg_axis(int axis, int rank) {
    if (axis < -rank || axis >= rank) return -1;
    return axis < 0 ? axis + rank : axis;
}

int64_t wg_value_size(const wg_value *v) {
    int64_t size = 1;
    for (int i = 0; i < v->rank; ++i) size *= v->dim[i];
    return size;
}

void wg_value_set_dense(wg_value *v) {
    int64_t stride = 1;
    for (int i = v->rank - 1; i >= 0; --i) {
        v->stride[i] = stride;
        stride *= v->dim[i];
    }
}

/* Axes of one element may have any stride; an empty array is dense. */
int wg_value_dense(const wg_value *v) {
    int64_t stride = 1;
    if (wg_value_size(v) == 0) return 1;
    for (int i = v->rank - 1; i >= 0; --i) {
        if (v->dim[i] != 1 && v->stride[i] != stride) return 0;
        stride *= v->dim[i];
    }
    return 1;
}

wg_value wgi_value_make(wg_dtype dtype, wg_shape shape, void *data) {
    wg_value v; /* extents and strides beyond the rank stay unset */
    v.dtype = dtype;
    v.rank = shape.rank;
    for (int i = 0; i < shape.rank; ++i) v.dim[i] = shape.dim[i];
    v.data = data;
    v.saved = NULL;
    wg_value_set_dense(&v);
    return v;
}
