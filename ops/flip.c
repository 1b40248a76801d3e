/* The order along some axes reversed, or along all: y[i] = x[n - 1 - i].  A view: the strides are
 * negated.  Its own adjoint: dx = g, flipped. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"

struct wgi_flip {
    wg_axes axis; /* n = 0: all */
};

static wg_status infer(wg_call *c) {
    const struct wgi_flip *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask;
    c->y.rank = x->rank;
    for (int i = 0; i < x->rank; ++i) c->y.dim[i] = x->dim[i];
    return wgi_axes_check(c, &a->axis, x->rank, &mask);
}

static int view(wg_call *c) {
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&((const struct wgi_flip *)c->attrs)->axis, x->rank);
    int64_t last = 0, empty = wg_value_size(x) == 0;
    for (int i = 0; i < x->rank; ++i) {
        int turned = mask >> i & 1 && x->dim[i] > 1 && !empty;
        c->y.stride[i] = turned ? -x->stride[i] : x->stride[i];
        if (turned) last += (x->dim[i] - 1) * x->stride[i];
    }
    c->y.data = (char *)x->data + last * (int64_t)wg_dtype_size(x->dtype);
    return 1;
}

static void rule(wg_pull *p) {
    p->dx[0] = wg_flip(p->g, ((const struct wgi_flip *)p->attrs)->axis);
}

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_flip, axis),
     .doc = "the axes to reverse; all when not given"},
    {.name = NULL},
};
static const struct wgi_flip every = {{0, {0}}}, last = {{1, {-1}}}, two = {{2, {2, 0}}};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &every}, {.shapes = "2,3", .attrs = &last},
    {.shapes = "2,3,2", .attrs = &two}, {.shapes = "", .attrs = &every},
    {.shapes = "2,0", .attrs = &every}, {.shapes = NULL},
};

const wg_gate wg_gate_flip = {
    .size = sizeof(wg_gate),
    .name = "flip",
    .formula = "y[i] = x[n - 1 - i]",
    .derivative = "dx[i] = g[n - 1 - i]",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_flip),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
};

wg_var wg_flip(wg_var x, wg_axes axes) {
    struct wgi_flip a = {axes};
    return wg_record(&wg_gate_flip, 1, &x, &a);
}
