/* hook.c: the caller's function on the way of a cotangent.
 *
 * The gate is the identity, y = x, and its rule hands the cotangent of y to the function.  Since a
 * sweep meets a node after all of its uses, the function sees the whole sum, once.  Arrays are
 * views; a float64 of rank 0 is copied, so that it lies in its node and scalars above it keep the
 * short way of recording. */
#include "autograd/tape.h"

#include <string.h>

struct hook {
    wg_grad_hook *call;
    void *user;
};

static wg_status infer(wg_call *c) {
    const struct hook *a = c->attrs;
    if (!a->call) return wg_fail(c, WG_ERR_VALUE, "the function is NULL");
    if (c->dtype > WG_F64)
        return wg_fail(c, WG_ERR_DTYPE, "%s has no gradient", wg_dtype_name(c->dtype));
    c->y.rank = c->x[0]->rank;
    memcpy(c->y.dim, c->x[0]->dim, sizeof c->y.dim);
    return WG_OK;
}

static int view(wg_call *c) {
    if (c->y.rank == 0 && c->y.dtype == WG_F64) return 0;
    c->y.data = c->x[0]->data;
    memcpy(c->y.stride, c->x[0]->stride, sizeof c->y.stride);
    return 1;
}

static wg_status forward(wg_call *c) {
    memcpy(c->y.data, c->x[0]->data, sizeof(double));
    return WG_OK;
}

/* dx if it may stand for the cotangent g, else poison. */
static wg_var checked(const wg_pull *p, wg_var dx) {
    wg_tape *t = p->g.tape;
    wg_value room[2];
    char name[32], text[2][96];
    if (dx.tape != t) return wg_poison(t, WG_ERR_TAPE, "hook", "it returned another tape's value");
    if (!wgi_usable(dx, "hook")) return wgi_poison(t);
    const wg_value *v = wgi_value_of(wgi_node_at(t, dx.index), &room[0]);
    const wg_value *g = wgi_value_of(wgi_node_at(t, p->g.index), &room[1]);
    if (wgi_same_shape(v, g) && v->dtype == g->dtype) return dx;
    wgi_error(t, v->dtype == g->dtype ? WG_ERR_SHAPE : WG_ERR_DTYPE,
              "hook of %s: it returned %s %s for a cotangent %s %s",
              wgi_call_it(t, p->x[0].index, name, sizeof name),
              wgi_shape_text(text[0], sizeof text[0], v->rank, v->dim), wg_dtype_name(v->dtype),
              wgi_shape_text(text[1], sizeof text[1], g->rank, g->dim), wg_dtype_name(g->dtype));
    return wgi_poison(t);
}

static void rule(wg_pull *p) {
    const struct hook *a = p->attrs;
    wg_tape *t = p->g.tape;
    ++t->hooked;
    wg_var dx = a->call(p->g, a->user);
    --t->hooked;
    if (dx.tape) p->dx[0] = checked(p, dx); /* WG_NONE: zero */
}

/* The derivative of the values is that of the identity, whatever is done to cotangents. */
static wg_var tangent(const wg_push *p) { return p->dx[0]; }

static const wg_gate hook_gate = {
    .size = sizeof(wg_gate),
    .name = "hook",
    .formula = "y = x",
    .derivative = "dx = what the function makes of g",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED,
    .attr_bytes = sizeof(struct hook),
    .infer = infer,
    .view = view,
    .forward = {[WG_F64] = forward},
    .rule = rule,
    .tangent = tangent,
};

wg_var wg_hook(wg_var x, wg_grad_hook *call, void *user) {
    struct hook a = {call, user};
    if (x.tape && x.index && wgi_live(x.tape, x) && call &&
        wgi_node_at(x.tape, x.index)->flags & WGI_NUMBER)
        return x; /* a number has no gradient, and stays one */
    return wg_record(&hook_gate, 1, &x, &a);
}

int wgi_hooked(wg_tape *t, const char *who) {
    if (!t->hooked) return 0;
    wgi_error(t, WG_ERR_STATE, "%s: called by a hook, whose sweep is under way", who);
    return 1;
}
