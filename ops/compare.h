/* compare.h: a gate that compares two operands elementwise, made from COMPARE, an expression in x
 * and y.  The result is a mask (bool); its derivative is zero.  Defined for every dtype, and
 * broadcast as NumPy does. */
#include "autograd/rows.h"
#include "backend/loops.h"
#include "ops/ops.h"
#include "ops/signature.h"

#define REAL double
#define FN(name) name##_f64
#include "ops/compare_part.h"
#undef REAL
#undef FN

#define REAL float
#define FN(name) name##_f32
#include "ops/compare_part.h"
#undef REAL
#undef FN

#define REAL int64_t
#define FN(name) name##_i64
#include "ops/compare_part.h"
#undef REAL
#undef FN

#define REAL unsigned char
#define FN(name) name##_bool
#include "ops/compare_part.h"
#undef REAL
#undef FN

static wg_status infer(wg_call *c) {
    c->y.dtype = WG_BOOL;
    return wgi_elementwise_infer(c);
}

/* Which of x < y, x = y, x > y holds at each element, for the float types: a tie is a choice of its
 * own.  Whole numbers do not move with the leaves' step. */
static uint64_t signature(const wg_call *c) {
    if (c->dtype > WG_F64) return 0;
    return wgi_rows_signature(c, c->dtype == WG_F32 ? order_f32 : order_f64, &c->y, c->n, c->x);
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3"},
    {.shapes = "2,3|3"},
    {.shapes = "2,1|1,3"},
    {.shapes = "|2"},
    {.shapes = "|"},
    {.shapes = NULL},
};
