/* A change of element type.  Between floats: rounding to nearest.  From a float to int64: the
 * fraction is cut off towards zero, as in C; NaN, infinities and what int64 cannot hold are VALUE
 * errors.  To bool: 1 where x is not 0 (NaN is not 0).  From int64 and bool: the number itself.  To
 * its own type: a view.
 *
 * Between floats dx = g, cast back; elsewhere there is no derivative, and none is asked for, since
 * int64 and bool values carry no gradient. */
#ifdef REAL

static void FN(to_f32)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((float *)y)[i] = (float)((const REAL *)x)[i];
}
static void FN(to_f64)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((double *)y)[i] = (double)((const REAL *)x)[i];
}
static void FN(to_i64)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((int64_t *)y)[i] = (int64_t)((const REAL *)x)[i];
}
static void FN(to_bool)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((unsigned char *)y)[i] = ((const REAL *)x)[i] != 0;
}
static void FN(from_i64)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((REAL *)y)[i] = (REAL)((const int64_t *)x)[i];
}
static void FN(from_bool)(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((REAL *)y)[i] = (REAL)((const unsigned char *)x)[i];
}
/* The first element that int64 cannot hold, n where there is none. */
static int64_t FN(first_outside)(int64_t n, const void *x) {
    const REAL *v = x;
    for (int64_t i = 0; i < n; ++i)
        if (!(v[i] >= R(-9223372036854775808.0) && v[i] < R(9223372036854775808.0))) return i;
    return n;
}

#else

#include "autograd/tape.h"
#include "backend/parallel.h"
#include "ops/index.h"
#include "ops/ops.h"

#include <math.h>

#define KERNEL_PART "ops/cast.c"
#include "ops/both_types.h"

enum { GRAIN = WGI_GRAIN_ELEMENTS };

struct wgi_cast {
    int dtype;
};

static void bool_to_i64(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((int64_t *)y)[i] = ((const unsigned char *)x)[i];
}
static void i64_to_bool(int64_t n, const void *x, void *y) {
    for (int64_t i = 0; i < n; ++i) ((unsigned char *)y)[i] = ((const int64_t *)x)[i] != 0;
}

typedef void convert_row(int64_t n, const void *x, void *y);
static convert_row *const convert[4][4] = {
    /* to    float32        float64        int64        bool                from */
    {to_f32_f32, to_f64_f32, to_i64_f32, to_bool_f32},  /* float32 */
    {to_f32_f64, to_f64_f64, to_i64_f64, to_bool_f64},  /* float64 */
    {from_i64_f32, from_i64_f64, NULL, i64_to_bool},    /* int64 */
    {from_bool_f32, from_bool_f64, bool_to_i64, NULL},  /* bool */
};

static wg_status infer(wg_call *c) {
    int dtype = ((const struct wgi_cast *)c->attrs)->dtype;
    if (dtype < WG_F32 || dtype > WG_BOOL)
        return wg_fail(c, WG_ERR_DTYPE, "dtype is %d; it is 0 to %d", dtype, WG_BOOL);
    c->y.dtype = (wg_dtype)dtype;
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return WG_OK;
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    if (c->y.dtype != x->dtype) return 0;
    c->y.data = x->data;
    for (int i = 0; i < x->rank; ++i) c->y.stride[i] = x->stride[i];
    return 1;
}

static wg_status check_fits(const wg_call *c) {
    const wg_value *x = c->x[0];
    int64_t n = wg_value_size(x);
    int64_t i = x->dtype == WG_F32 ? first_outside_f32(n, x->data) : first_outside_f64(n, x->data);
    char place[WGI_PLACE_BYTES];
    if (i == n) return WG_OK;
    double v = x->dtype == WG_F32 ? (double)((const float *)x->data)[i]
                                  : ((const double *)x->data)[i];
    return wg_fail(c, WG_ERR_VALUE, "%s is %.17g, which int64 cannot hold",
                   wgi_place(place, x, i), v != v ? (double)NAN : v);
}

typedef struct job {
    convert_row *row;
    const char *x;
    char *y;
    int64_t x_bytes, y_bytes;
} job;

static void convert_part(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    j->row(end - begin, j->x + begin * j->x_bytes, j->y + begin * j->y_bytes);
}

static wg_status forward(wg_call *c) {
    const wg_value *x = c->x[0];
    if (c->y.dtype == WG_I64 && x->dtype <= WG_F64) {
        wg_status s = check_fits(c);
        if (s != WG_OK) return s;
    }
    job j = {convert[x->dtype][c->y.dtype], x->data, c->y.data,
             (int64_t)wg_dtype_size(x->dtype), (int64_t)wg_dtype_size(c->y.dtype)};
    if (!j.row) { /* the same type where a view was not possible */
        wgi_value_copy(x, &c->y);
        return WG_OK;
    }
    wgi_parallel_for(wg_value_size(x), GRAIN, convert_part, &j);
    return WG_OK;
}

static void rule(wg_pull *p) { p->dx[0] = wg_cast(p->g, wg_dtype_of(p->x[0])); }

static const char *const words[] = {"f32", "f64", "i64", "bool", NULL}; /* as wg_dtype */
static const wg_attr attrs[] = {
    {.name = "dtype", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_cast, dtype),
     .required = 1, .doc = "the element type of y", .words = words},
    {.name = NULL},
};
static const struct wgi_cast to_f64 = {WG_F64};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &to_f64}, {.shapes = "", .attrs = &to_f64}, {.shapes = NULL}};

const wg_gate wg_gate_cast = {
    .size = sizeof(wg_gate),
    .name = "cast",
    .formula = "y = x in another element type",
    .derivative = "dx = g, cast back",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_cast),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "to int64 what is finite and fits, else VALUE; gradients pass between floats alone",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_cast(wg_var x, wg_dtype dtype) {
    struct wgi_cast a = {(int)dtype};
    return wg_record(&wg_gate_cast, 1, &x, &a);
}

#endif
