/* Without axes of extent 1: those of a list, or with an empty list all there are.  A view; dx = g,
 * reshaped back.  A listed axis of another extent is an error. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"

struct wgi_squeeze {
    wg_axes axis; /* n = 0: all of extent 1 */
};

static int dropped(const struct wgi_squeeze *a, unsigned mask, const wg_value *x, int i) {
    return a->axis.n ? (int)(mask >> i & 1) : x->dim[i] == 1;
}

static wg_status infer(wg_call *c) {
    const struct wgi_squeeze *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask;
    wg_status s = wgi_axes_check(c, &a->axis, x->rank, &mask);
    for (int i = 0; i < x->rank && s == WG_OK; ++i) {
        if (!dropped(a, mask, x, i)) c->y.dim[c->y.rank++] = x->dim[i];
        else if (x->dim[i] != 1)
            return wg_fail(c, WG_ERR_SHAPE, "axis %d has %lld elements, not 1", i,
                           (long long)x->dim[i]);
    }
    return s;
}

static int view(wg_call *c) {
    const struct wgi_squeeze *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&a->axis, x->rank);
    int k = 0;
    c->y.data = x->data;
    for (int i = 0; i < x->rank; ++i)
        if (!dropped(a, mask, x, i)) c->y.stride[k++] = x->stride[i];
    return 1;
}

static void rule(wg_pull *p) { p->dx[0] = wg_reshape(p->g, wg_shape_of(p->x[0])); }

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_squeeze, axis),
     .doc = "the axes to drop; all of extent 1 when not given"},
    {.name = NULL},
};
static const struct wgi_squeeze every = {{0, {0}}}, some = {{2, {-1, 0}}};
static const wg_sample samples[] = {
    {.shapes = "1,3,1,2", .attrs = &every}, {.shapes = "1,3,1", .attrs = &some},
    {.shapes = "1,1,2,1", .attrs = &some},  {.shapes = "", .attrs = &every},
    {.shapes = "1,0,1", .attrs = &some},    {.shapes = NULL},
};

const wg_gate wg_gate_squeeze = {
    .size = sizeof(wg_gate),
    .name = "squeeze",
    .formula = "y = x without axes of 1",
    .derivative = "dx = g with them",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_squeeze),
    .attrs = attrs,
    .infer = infer,
    .view = view,
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d... without extents of 1)",
};

wg_var wg_squeeze(wg_var x, wg_axes axes) {
    struct wgi_squeeze a = {axes};
    return wg_record(&wg_gate_squeeze, 1, &x, &a);
}
