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
    wg_value v;
    memset(&v, 0, sizeof v);
    v.dtype = dtype;
    v.rank = shape.rank;
    memcpy(v.dim, shape.dim, sizeof v.dim);
    v.data = data;
    wg_value_set_dense(&v);
    return v;
}

wg_shape wgi_shape(const wg_value *v) {
    wg_shape s = {v->rank, {0}};
    memcpy(s.dim, v->dim, (size_t)v->rank * sizeof *v->dim);
    return s;
}

int wgi_same_shape(const wg_value *a, const wg_value *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

const wg_value *wgi_value_of(const wgi_node *n, wg_value *room) {
    if (n->flags & WGI_DENSE) return &n->u.dense->value;
    *room = wgi_value_make(WG_F64, WG_RANK0, (void *)(uintptr_t)&n->value);
    return room;
}

/* ---- strided loops over one or two arrays of one shape --------------------------------------- */

/* The position of a strided walk over all axes but the last. */
typedef struct walk {
    int rank; /* of the outer axes */
    const int64_t *dim;
    int64_t at[WG_MAX_RANK];
} walk;

/* Steps to the next row, moving the offsets of two arrays; 0 after the last. */
static int next_row(walk *w, const int64_t *sa, int64_t *a, const int64_t *sb, int64_t *b) {
    for (int i = w->rank - 1; i >= 0; --i) {
        *a += sa[i];
        *b += sb[i];
        if (++w->at[i] < w->dim[i]) return 1;
        *a -= sa[i] * w->dim[i];
        *b -= sb[i] * w->dim[i];
        w->at[i] = 0;
    }
    return 0;
}

static void copy_row(size_t size, int64_t n, const char *a, int64_t sa, char *b, int64_t sb) {
    int64_t bytes = (int64_t)size;
    if (sa == 1 && sb == 1) {
        memcpy(b, a, (size_t)(n * bytes));
        return;
    }
    for (int64_t i = 0; i < n; ++i) {
        if (size == 8) memcpy(b + i * sb * 8, a + i * sa * 8, 8);
        else if (size == 4) memcpy(b + i * sb * 4, a + i * sa * 4, 4);
        else b[i * sb] = a[i * sa];
    }
}

void wgi_value_copy(const wg_value *from, const wg_value *to) {
    int64_t size = wg_value_size(from), a = 0, b = 0;
    size_t bytes = wg_dtype_size(from->dtype);
    if (size == 0) return;
    if (wg_value_dense(from) && wg_value_dense(to)) {
        memmove(to->data, from->data, (size_t)size * bytes);
        return;
    }
    int last = from->rank - 1; /* rank 0 is dense: last >= 0 */
    walk w = {last, from->dim, {0}};
    do {
        copy_row(bytes, from->dim[last], (const char *)from->data + a * (int64_t)bytes,
                 from->stride[last], (char *)to->data + b * (int64_t)bytes, to->stride[last]);
    } while (next_row(&w, from->stride, &a, to->stride, &b));
}
