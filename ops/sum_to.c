/* The adjoint of broadcast_to: y of a given shape (d1, ..., dk) from x (..., e1, ..., ek), where
 * each di is ei or 1: the sum over the leading axes of x and over those where di = 1 and ei is
 * not.  dx = g repeated to x's shape. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"

struct wgi_sum_to {
    wg_shape shape;
};

static wg_status infer(wg_call *c) {
    const wg_shape *to = &((const struct wgi_sum_to *)c->attrs)->shape;
    const wg_value *x = c->x[0];
    char have[96], want[96];
    wg_status s = wgi_shape_check(c, to);
    if (s != WG_OK) return s;
    int fits = to->rank <= x->rank;
    for (int i = 0; i < to->rank && fits; ++i)
        fits = to->dim[i] == 1 || to->dim[i] == x->dim[i + x->rank - to->rank];
    if (!fits)
        return wg_fail(c, WG_ERR_SHAPE, "%s is not what %s is repeated to",
                       wgi_shape_text(have, sizeof have, x->rank, x->dim),
                       wgi_shape_text(want, sizeof want, to->rank, to->dim));
    c->y.rank = to->rank;
    for (int i = 0; i < to->rank; ++i) c->y.dim[i] = to->dim[i];
    return WG_OK;
}

/* The axes of x that are summed to give y's shape. */
static unsigned summed(const wg_value *x, const wg_value *y) {
    int added = x->rank - y->rank;
    unsigned axes = 0;
    for (int i = 0; i < x->rank; ++i)
        if (i < added || y->dim[i - added] != x->dim[i]) axes |= 1u << i;
    return axes;
}

static wg_status forward(wg_call *c) {
    return wgi_reduce(c, c->x[0], summed(c->x[0], &c->y), &wgi_reduction_sum, 1, NULL, c->y.data);
}

static void rule(wg_pull *p) { p->dx[0] = wg_broadcast_to(p->g, wg_shape_of(p->x[0])); }

static const wg_attr attrs[] = {
    {.name = "shape", .kind = WG_ATTR_SHAPE, .offset = offsetof(struct wgi_sum_to, shape),
     .required = 1, .doc = "the shape of y"},
    {.name = NULL},
};
static const struct wgi_sum_to to_23 = {{2, {2, 3}}}, to_13 = {{2, {1, 3}}}, to_rank0 = {{0, {0}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &to_23},   {.shapes = "4,2,3", .attrs = &to_23},
    {.shapes = "2,2,3", .attrs = &to_13}, {.shapes = "2,3", .attrs = &to_rank0},
    {.shapes = NULL},
};

const wg_gate wg_gate_sum_to = {
    .size = sizeof(wg_gate),
    .name = "sum_to",
    .formula = "y = x, summed to a shape",
    .derivative = "dx = g, repeated",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_sum_to),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (shape...)",
    .kernel = WG_KERNEL_THREADS,
};

wg_status wgi_sum_into(wg_tape *t, const wg_value *x, const wg_into *into) {
    wg_error e = {WG_OK, ""};
    wg_call c = {.gate = &wg_gate_sum_to, .scratch = &t->scratch, .error = &e};
    wg_value sum = *into->to;
    if (into->add) sum.data = wg_scratch(&c, wgi_grad_bytes(&sum));
    if (!sum.data) return wgi_error(t, WG_ERR_MEMORY, "backward: no memory");
    wg_status s = wgi_reduce(&c, x, summed(x, &sum), &wgi_reduction_sum, 1, NULL, sum.data);
    if (s != WG_OK) return wgi_error(t, s, "%s", e.text);
    if (into->add) wgi_value_add(into->to, &sum, into->to);
    return WG_OK;
}

wg_var wg_sum_to(wg_var x, wg_shape shape) {
    struct wgi_sum_to a = {shape};
    return wg_record(&wg_gate_sum_to, 1, &x, &a);
}
