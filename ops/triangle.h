/* triangle.h: what tril and triu share.  KEPT says of d = j - i whether element (i, j) of the last
 * two axes stays; the others become zero, whatever they hold. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_triangle {
    int64_t k;
};

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0];
    char text[96];
    if (x->rank < 2)
        return wg_fail(c, WG_ERR_SHAPE, "%s is no matrix",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return WG_OK;
}

/* Rows [begin, end) of all matrices. */
static void rows(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    int64_t k = ((const struct wgi_triangle *)c->attrs)->k;
    int64_t n = c->y.dim[c->y.rank - 2], m = c->y.dim[c->y.rank - 1];
    size_t bytes = wg_dtype_size(c->y.dtype);
    for (int64_t r = begin; r < end; ++r) {
        const char *x = (const char *)c->x[0]->data + (size_t)(r * m) * bytes;
        char *y = (char *)c->y.data + (size_t)(r * m) * bytes;
        for (int64_t j = 0; j < m; ++j) {
            int64_t d = j - r % n;
            if (KEPT) memcpy(y + (size_t)j * bytes, x + (size_t)j * bytes, bytes);
            else memset(y + (size_t)j * bytes, 0, bytes);
        }
    }
}

static wg_status forward(wg_call *c) {
    int64_t size = wg_value_size(&c->y);
    if (size == 0) return WG_OK;
    int64_t m = c->y.dim[c->y.rank - 1];
    wgi_parallel_for(size / m, 1 + WGI_GRAIN_ELEMENTS / m, rows, c);
    return WG_OK;
}

static const wg_attr attrs[] = {
    {.name = "k", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_triangle, k),
     .doc = "the diagonal j - i up to which elements stay"},
    {.name = NULL},
};
static const struct wgi_triangle at_0 = {0}, above = {1}, below = {-1};
static const wg_sample samples[] = {
    {.shapes = "3,3", .attrs = &at_0},    {.shapes = "2,3", .attrs = &above},
    {.shapes = "2,3,2", .attrs = &below}, {.shapes = "0,2", .attrs = &at_0},
    {.shapes = "1,1", .attrs = &at_0},    {.shapes = NULL},
};
