/* Where the largest element along an axis is: y = the first i with x[..., i, ...] largest, int64.
 * A NaN counts as largest.  Flat: a place has no derivative.  An axis of no elements is an error
 * unless there are no outputs either. */
#ifdef REAL

/* 1 if a beats b, as the later one of the two. */
static inline int FN(beats)(REAL a, REAL b) { return a > b || (a != a && b == b); }

static int64_t FN(of_run)(const REAL *x, int64_t n) {
    int64_t place = 0;
    REAL largest = x[0];
    if (largest != largest) return 0;
    for (int64_t i = 1; i < n; ++i) {
        if (x[i] <= largest) continue; /* one comparison, mostly true */
        if (x[i] != x[i]) return i;
        largest = x[i];
        place = i;
    }
    return place;
}

/* x (n, inner), y (inner) */
static void FN(of_columns)(const REAL *x, int64_t n, int64_t inner, int64_t *y) {
    for (int64_t k = 0; k < inner; ++k) y[k] = 0;
    for (int64_t i = 1; i < n; ++i)
        for (int64_t k = 0; k < inner; ++k)
            if (FN(beats)(x[i * inner + k], x[y[k] * inner + k])) y[k] = i;
}

/* Rows [begin, end) of x (outer, n, inner). */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    for (int64_t r = begin; r < end; ++r) {
        const REAL *x = (const REAL *)j->x + r * j->n * j->inner;
        if (j->inner == 1) j->y[r] = FN(of_run)(x, j->n);
        else FN(of_columns)(x, j->n, j->inner, j->y + r * j->inner);
    }
}

/* Every place that is as large as the first, so that a tie is a choice of its own. */
static uint64_t FN(hash)(const job *j, int64_t outer) {
    uint64_t hash = 0;
    for (int64_t r = 0; r < outer; ++r)
        for (int64_t k = 0; k < j->inner; ++k) {
            const REAL *x = (const REAL *)j->x + r * j->n * j->inner + k;
            REAL largest = x[j->y[r * j->inner + k] * j->inner];
            for (int64_t i = 0; i < j->n; ++i)
                if (!(x[i * j->inner] < largest)) hash = wgi_hash(hash, (uint64_t)i);
            hash = wgi_hash(hash, (uint64_t)j->n);
        }
    return hash;
}

#else

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/ops.h"
#include "ops/signature.h"

enum { GRAIN = WGI_GRAIN_ELEMENTS };

struct wgi_argmax {
    int axis;
};

typedef struct job {
    const void *x;
    int64_t *y;
    int64_t n, inner;
} job;

#define KERNEL_PART "ops/argmax.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_argmax *a = c->attrs;
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
    int axis = wg_axis(((const struct wgi_argmax *)c->attrs)->axis, x->rank);
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
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_argmax, axis),
     .preset = -1, .doc = "the axis to search"},
    {.name = NULL},
};
static const struct wgi_argmax first = {0}, middle = {1}, last = {-1};
static const wg_sample samples[] = {
    {.shapes = "4", .attrs = &first},
    {.shapes = "3,4", .attrs = &last},
    {.shapes = "2,4,3", .attrs = &middle},
    {.shapes = NULL},
};

const wg_gate wg_gate_argmax = {
    .size = sizeof(wg_gate),
    .name = "argmax",
    .formula = "y = the place of the largest x",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT | WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_argmax),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .signature = signature,
    .samples = samples,
};

wg_var wg_argmax(wg_var x, int axis) {
    struct wgi_argmax a = {axis};
    return wg_record(&wg_gate_argmax, 1, &x, &a);
}

#endif
