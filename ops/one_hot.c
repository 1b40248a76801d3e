/* Labels as rows: y[..., k] = 1 where k is the index, else 0, for k = 0 .. classes - 1, on a new
 * last axis.  Flat: a label has no derivative. */
#ifdef REAL

static void FN(fill)(const int64_t *index, int64_t n, int64_t classes, void *out) {
    REAL *y = out;
    for (int64_t i = 0; i < n; ++i, y += classes) {
        for (int64_t k = 0; k < classes; ++k) y[k] = 0;
        y[index[i]] = 1;
    }
}

#else

#include "ops/index.h"
#include "ops/ops.h"

#define KERNEL_PART "ops/one_hot.c"
#include "ops/both_types.h"

struct wgi_one_hot {
    int64_t classes;
    int dtype; /* WG_F32 or WG_F64 */
};

static wg_status infer(wg_call *c) {
    const struct wgi_one_hot *a = c->attrs;
    const wg_value *index = c->x[0];
    if (a->classes < 0)
        return wg_fail(c, WG_ERR_RANGE, "classes is %lld; it is not negative",
                       (long long)a->classes);
    if (a->dtype != WG_F32 && a->dtype != WG_F64)
        return wg_fail(c, WG_ERR_DTYPE, "dtype is %d; 0 is float32 and 1 float64", a->dtype);
    if (index->rank == WG_MAX_RANK)
        return wg_fail(c, WG_ERR_SHAPE, "the index has rank %d already", index->rank);
    c->y.dtype = (wg_dtype)a->dtype;
    for (int i = 0; i < index->rank; ++i) c->y.dim[i] = index->dim[i];
    c->y.dim[index->rank] = a->classes;
    c->y.rank = index->rank + 1;
    return WG_OK;
}

static wg_status forward(wg_call *c) {
    const struct wgi_one_hot *a = c->attrs;
    wg_status s = wgi_check_indices(c, 0, a->classes);
    int64_t n = wg_value_size(c->x[0]);
    if (s != WG_OK) return s;
    if (c->y.dtype == WG_F32) fill_f32(c->x[0]->data, n, a->classes, c->y.data);
    else fill_f64(c->x[0]->data, n, a->classes, c->y.data);
    return WG_OK;
}

static const char *const words[] = {"f32", "f64", NULL}; /* as wg_dtype */
static const wg_attr attrs[] = {
    {.name = "classes", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_one_hot, classes),
     .required = 1, .doc = "the extent of the new last axis"},
    {.name = "dtype", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_one_hot, dtype),
     .preset = WG_F64, .doc = "the element type of y", .words = words},
    {.name = NULL},
};
static const struct wgi_one_hot in_f64 = {3, WG_F64}, in_f32 = {4, WG_F32};
static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &in_f64, .limit = 3},
    {.shapes = "", .attrs = &in_f64, .limit = 3},
    {.shapes = "2,2", .attrs = &in_f32, .limit = 4},
    {.shapes = NULL},
};

const wg_gate wg_gate_one_hot = {
    .size = sizeof(wg_gate),
    .name = "one_hot",
    .formula = "y[i, k] = [k = index[i]]",
    .derivative = "0",
    .arity = 1,
    .operands = {"index"},
    .indices = 1,
    .flags = WG_GATE_FLAT,
    .attr_bytes = sizeof(struct wgi_one_hot),
    .attrs = attrs,
    .infer = infer,
    .forward = {[WG_I64] = forward},
    .samples = samples,
    .shape = "(e...) -> (e..., classes)",
    .domain = "0 <= index < classes, else RANGE; derivative 0",
};

wg_var wg_one_hot(wg_var index, int64_t classes, wg_dtype dtype) {
    struct wgi_one_hot a = {classes, (int)dtype};
    return wg_record(&wg_gate_one_hot, 1, &index, &a);
}

#endif
