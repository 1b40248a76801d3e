/* The choice by a mask: v = x where the mask is true, else y; the three broadcast together.  A
 * router: the cotangent goes to the operand taken, and zero, not a product with zero, to the
 * other, so that an infinity or NaN in a branch not taken stays there. */
#ifdef REAL

#define SET_PART "ops/where_loops.h"
#include "backend/each_set.h"

static void FN(row)(int64_t n, const void *const *operands, const int64_t *s, void *out,
                    const void *attrs) {
    static const wgi_loops loops = {
        3, {sizeof(REAL), 1, sizeof(REAL), sizeof(REAL)}, FN(WGI_LOOPS)(choose)};
    wgi_loop_row(&loops, n, operands, s, out, attrs);
}

static wg_status FN(forward)(wg_call *c) {
    wgi_rows(FN(row), &c->y, c->n, c->x, NULL);
    return WG_OK;
}

#else
#include "autograd/rows.h"
#include "backend/loops.h"
#include "ops/ops.h"
#include "ops/signature.h"

#define KERNEL_PART "ops/where.c"
#include "ops/both_types.h"

#define REAL int64_t
#define FN(name) name##_i64
#include "ops/where.c"
#undef REAL
#undef FN

#define REAL unsigned char
#define FN(name) name##_bool
#include "ops/where.c"
#undef REAL
#undef FN

static void copy_mask(int64_t n, const void *const *operands, const int64_t *s, void *out,
                      const void *attrs) {
    const unsigned char *mask = operands[0];
    unsigned char *choice = out;
    (void)attrs;
    for (int64_t i = 0; i < n; ++i) choice[i] = mask[i * s[0]];
}

static uint64_t signature(const wg_call *c) {
    return wgi_rows_signature(c, copy_mask, c->x[0], 1, c->x);
}

static void rule(wg_pull *p) {
    wg_var zero = wg_number(p->g.tape, 0);
    if (p->wanted[1]) p->dx[1] = wg_where(p->x[0], p->g, zero);
    if (p->wanted[2]) p->dx[2] = wg_where(p->x[0], zero, p->g);
}

static const wg_sample samples[] = {
    {.shapes = "2,3|2,3|2,3"},
    {.shapes = "3|2,1|2,3"},
    {.shapes = "2,1|3|"},
    {.shapes = "||2"},
    {.shapes = "||"},
    {.shapes = NULL},
};

const wg_gate wg_gate_where = {
    .size = sizeof(wg_gate),
    .name = "where",
    .formula = "v = x where mask, else y",
    .derivative = "dx = g where mask, else 0; dy = 0 where mask, else g",
    .arity = 3,
    .operands = {"mask", "x", "y"},
    .masks = 1,
    .flags = WG_GATE_STRIDED | WG_GATE_KINKED | WG_GATE_LINEAR,
    .infer = wgi_elementwise_infer,
    .forward = {forward_f32, forward_f64, forward_i64, forward_bool},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .domain = "kinks where the mask changes; the branch not taken gets the cotangent 0, "
              "whatever it holds",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_where(wg_var mask, wg_var x, wg_var y) {
    wg_var operands[3] = {mask, x, y};
    return wg_record(&wg_gate_where, 3, operands, NULL);
}
#endif
