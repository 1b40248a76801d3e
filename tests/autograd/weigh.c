/* weigh.c: see weigh.h */
#include "tests/autograd/weigh.h"

#include <check.h>
#include <stddef.h>
#include <string.h>

int weigh_calls;

static wg_status weigh_infer(wg_call *c) {
    const wg_value *x = c->x[0], *w = c->x[1];
    if (w && wg_value_size(w) != wg_value_size(x))
        return wg_fail(c, WG_ERR_SHAPE, "%lld weights for %lld numbers",
                       (long long)wg_value_size(w), (long long)wg_value_size(x));
    c->y.rank = x->rank;
    memcpy(c->y.dim, x->dim, sizeof c->y.dim);
    c->saved_count = wg_value_size(x);
    return WG_OK;
}

static wg_status weigh_forward(wg_call *c) {
    const double *x = c->x[0]->data, *w = c->x[1] ? c->x[1]->data : NULL;
    double *y = c->y.data, *square = c->saved, scale = ((const struct weigh *)c->attrs)->scale;
    for (int64_t i = 0; i < wg_value_size(c->x[0]); ++i) {
        square[i] = x[i] * x[i];
        y[i] = square[i] * (w ? w[i] : 1) * scale;
    }
    return WG_OK;
}

static wg_status weigh_backward(const wg_call *c, const wg_value *dy, wg_value *const *dx) {
    const double *x = c->x[0]->data, *w = c->x[1] ? c->x[1]->data : NULL, *g = dy->data;
    const double *square = c->saved, scale = ((const struct weigh *)c->attrs)->scale;
    double *to_x = dx[0] ? dx[0]->data : NULL, *to_w = dx[1] ? dx[1]->data : NULL;
    ck_assert_str_eq(c->gate->name, "weigh");
    ck_assert_int_eq(c->saved_count, wg_value_size(c->x[0]));
    ck_assert(c->gate->user == &weigh_calls);
    ck_assert(wg_value_dense(dy) && wg_value_dense(c->x[0]));
    ++*(int *)(uintptr_t)c->gate->user;
    for (int64_t i = 0; i < wg_value_size(&c->y); ++i) {
        ck_assert(((const double *)c->y.data)[i] == square[i] * (w ? w[i] : 1) * scale);
        if (to_x) to_x[i] += 2 * x[i] * (w ? w[i] : 1) * scale * g[i];
        if (to_w) to_w[i] += square[i] * scale * g[i];
    }
    return WG_OK;
}

static const wg_attr weigh_rows[] = {
    {.name = "scale", .kind = WG_ATTR_REAL, .offset = offsetof(struct weigh, scale), .preset = 1},
    {.name = NULL}};
const wg_gate weigh = {.size = sizeof weigh,
                              .name = "weigh",
                              .formula = "y = scale w x^2",
                              .derivative = "dx = 2 g scale w x, dw = g scale x^2",
                              .arity = 2,
                              .operands = {"x", "w"},
                              .optional = 2,
                              .attr_bytes = sizeof(struct weigh),
                              .attrs = weigh_rows,
                              .infer = weigh_infer,
                              .forward = {[WG_F64] = weigh_forward},
                              .backward = weigh_backward,
                              .user = &weigh_calls};
