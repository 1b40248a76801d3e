/* arg_extreme.h: what argmax and argmin share; BEATS(a, b) says which of two numbers wins, and
 * KEEPS(a, b) that b neither beats a nor is NaN. */
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"
#include "ops/signature.h"

enum { GRAIN = WGI_GRAIN_ELEMENTS };

struct wgi_arg_extreme {
    int axis;
};

typedef struct job {
    const void *x;
    int64_t *y;
    int64_t n, inner;
} job;

#define KERNEL_PART "ops/arg_extreme_part.h"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_arg_extreme *a = c->attrs;
    const wg_value *x = c->x[0];
    int axis = wg_axis(a->axis, x->rank);
    if (axis < 0)
        return wg_fail(c, WG_ERR_RANGE, "axis %d of a value of rank %d", a->axis, x->rank);
    int64_t outputs = 1;
    for (int i = 0; i < x->rank; ++i)
        if (i != axis) outputs *= c->y.dim[c->y.rank++] = x->dim[i];
    if (outputs && x->dim[axis] == 0)
        return wg_fail(c, WG_ERR_VALUE, "axis %d has no elements", a->axis);
    c->y.dtype = WG_I64;
    return WG_OK;
}

/* x as (outer, n, inner); returns outer. */
static int64_t prepare(const wg_call *c, const wg_value *x, job *j) {
    int axis = wg_axis(((const struct wgi_arg_extreme *)c->attrs)->axis, x->rank);
    int64_t outer = 1;
    j->x = x->data;
    j->y = c->y.data;
    j->n = x->dim[axis];
    j->inner = 1;
    for (int i = 0; i < axis; ++i) outer *= x->dim[i];
    for (int i = axis + 1; i < x->rank; ++i) j->inner *= x->dim[i];
    return outer;
}

static wg_status forward(wg_call *c) {
    job j;
    int64_t outer = prepare(c, c->x[0], &j);
    wgi_parallel_for(outer, 1 + GRAIN / (1 + j.n * j.inner),
                     c->x[0]->dtype == WG_F32 ? rows_f32 : rows_f64, &j);
    return WG_OK;
}

static uint64_t signature(const wg_call *c) {
    wg_value x = *c->x[0];
    job j;
    x.data = wg_scratch(c, (size_t)wg_value_size(&x) * wg_dtype_size(x.dtype));
    if (!x.data) return 0;
    wg_value_set_dense(&x);
    wgi_value_copy(c->x[0], &x);
    int64_t outer = prepare(c, &x, &j);
    return x.dtype == WG_F32 ? hash_f32(&j, outer) : hash_f64(&j, outer);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_arg_extreme, axis),
     .preset = -1, .doc = "the axis to search"},
    {.name = NULL},
};
static const struct wgi_arg_extreme first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &first},
    {.shapes = "3,4", .attrs = &last},
    {.shapes = "2,4,3", .attrs = &middle},
    {.shapes = NULL},
};
