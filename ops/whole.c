/* What an operand that holds indices, labels or a mask is turned into: y = x exactly, as int64 or
 * as bool.  A float that is not whole (NaN, 1.5), that int64 cannot hold, or that as a mask is
 * neither 0 nor 1, is a VALUE error which names the first such element.  Flat: an index has no
 * derivative.
 *
 * The choke point records it before a gate that wants such an operand; the message then speaks for
 * that gate: "softmax_loss: labels: element 3 is 1.5, not whole". */
#ifdef REAL

/* The first element that is not whole or outside int64, n where there is none. */
static int64_t FN(to_i64)(int64_t n, const void *from, int64_t *y) {
    const REAL *x = from;
    for (int64_t i = 0; i < n; ++i) {
        if (!(x[i] >= R(-9223372036854775808.0) && x[i] < R(9223372036854775808.0))) return i;
        y[i] = (int64_t)x[i];
        if ((REAL)y[i] != x[i]) return i;
    }
    return n;
}
/* The first element that is neither 0 nor 1, n where there is none. */
static int64_t FN(to_bool)(int64_t n, const void *from, unsigned char *y) {
    const REAL *x = from;
    for (int64_t i = 0; i < n; ++i) {
        if (x[i] != 0 && x[i] != 1) return i;
        y[i] = x[i] == 1;
    }
    return n;
}

#else

#include "autograd/tape.h"
#include "ops/index.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

#define KERNEL_PART "ops/whole.c"
#include "ops/both_types.h"

struct wgi_whole {
    int dtype;           /* WG_I64 or WG_BOOL, as an index of `words` */
    const char *gate;    /* for whom, NULL: for itself; static storage */
    const char *operand;
};

enum { TO_I64, TO_BOOL }; /* words */

static wg_status infer(wg_call *c) {
    int dtype = ((const struct wgi_whole *)c->attrs)->dtype;
    if (dtype != TO_I64 && dtype != TO_BOOL)
        return wg_fail(c, WG_ERR_DTYPE, "dtype is %d; 0 is int64 and 1 bool", dtype);
    c->y.dtype = dtype == TO_I64 ? WG_I64 : WG_BOOL;
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return WG_OK;
}

static int64_t widen(int64_t n, const unsigned char *x, int64_t *y) {
    for (int64_t i = 0; i < n; ++i) y[i] = x[i];
    return n;
}

static int64_t narrow(int64_t n, const int64_t *x, unsigned char *y) {
    for (int64_t i = 0; i < n; ++i) {
        if (x[i] != 0 && x[i] != 1) return i;
        y[i] = (unsigned char)x[i];
    }
    return n;
}

/* Converts as far as it goes: the first element that does not fit, n where all do. */
static int64_t convert(const wg_value *x, const wg_value *y) {
    int64_t n = wg_value_size(x);
    if (n && x->dtype == y->dtype) memcpy(y->data, x->data, (size_t)n * wg_dtype_size(x->dtype));
    if (x->dtype == y->dtype) return n;
    if (x->dtype == WG_BOOL) return widen(n, x->data, y->data);
    if (x->dtype == WG_I64) return narrow(n, x->data, y->data);
    if (x->dtype == WG_F32)
        return y->dtype == WG_I64 ? to_i64_f32(n, x->data, y->data)
                                  : to_bool_f32(n, x->data, y->data);
    return y->dtype == WG_I64 ? to_i64_f64(n, x->data, y->data)
                              : to_bool_f64(n, x->data, y->data);
}

static double number_at(const wg_value *x, int64_t i) {
    if (x->dtype == WG_F32) return (double)((const float *)x->data)[i];
    if (x->dtype == WG_F64) return ((const double *)x->data)[i];
    return (double)((const int64_t *)x->data)[i];
}

static wg_status forward(wg_call *c) {
    const struct wgi_whole *a = c->attrs;
    const wg_value *x = c->x[0];
    int64_t i = convert(x, &c->y);
    if (i == wg_value_size(x)) return WG_OK;
    char place[WGI_PLACE_BYTES];
    double v = number_at(x, i);
    const char *fault = c->y.dtype == WG_BOOL    ? "a mask is 0 or 1"
                        : v > -9e18 && v < 9e18 ? "not whole"
                        : v != v                ? "not a whole number"
                                                : "which int64 cannot hold";
    return wgi_error_to(c->error, WG_ERR_VALUE, "%s: %s%s%s is %.15g, %s",
                        a->gate ? a->gate : c->gate->name, a->operand ? a->operand : "",
                        a->operand ? ": " : "", wgi_place(place, x, i),
                        v != v ? (double)NAN : v, fault); /* of a NaN's sign nobody wants to know */
}

static const char *const words[] = {"i64", "bool", NULL};
static const wg_attr attrs[] = {
    {.name = "dtype", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_whole, dtype),
     .doc = "the element type of y", .words = words},
    {.name = NULL},
};
/* Of the floats drawn from an interval only the point 1 fits. */
static const struct wgi_whole to_i64 = {.dtype = TO_I64}, to_bool = {.dtype = TO_BOOL};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &to_i64, .lo = 1, .hi = 1},
    {.shapes = "", .attrs = &to_bool, .lo = 1, .hi = 1},
    {.shapes = NULL},
};

const wg_gate wg_gate_whole = {
    .size = sizeof(wg_gate),
    .name = "whole",
    .formula = "y = x as int64 or bool, exactly",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_FLAT,
    .attr_bytes = sizeof(struct wgi_whole),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "whole numbers that int64 holds, as a mask 0 and 1, else VALUE; derivative 0",
};

wg_var wgi_whole(wg_var x, wg_dtype dtype, const char *gate, const char *operand) {
    struct wgi_whole a = {dtype == WG_BOOL ? TO_BOOL : TO_I64, gate, operand};
    return wg_record(&wg_gate_whole, 1, &x, &a);
}

#endif
