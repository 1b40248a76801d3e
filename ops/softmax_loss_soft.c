/* The cross-entropy of softmax against rows of target probabilities: scores s and targets t
 * (..., C), weights w (C) or absent, all 1.  With p = softmax(s) and T = (1 - smoothing) t +
 * smoothing/C,
 *
 *     l = -sum_j w_j T_j ln p_j,
 *
 * the mean over the rows, the sum, or each.  The targets need not add up to 1.  See
 * softmax_terms.h.  With g the cotangent of l: ds_k = g (p_k sum_j w_j T_j - w_k T_k),
 * dt_k = -g (1 - smoothing) w_k ln p_k, dw_k = -g T_k ln p_k. */
#include "ops/softmax_terms.h"

static wg_status infer(wg_call *c) {
    char a[96], b[96];
    const wg_value *s = c->x[0], *t = c->x[1];
    if (s->rank == 0 || !wgi_same_shape(s, t))
        return wg_fail(c, WG_ERR_SHAPE, "scores %s and targets %s; they are both (..., C)",
                       wgi_shape_text(a, sizeof a, s->rank, s->dim),
                       wgi_shape_text(b, sizeof b, t->rank, t->dim));
    wg_shape each = wgi_shape(s);
    --each.rank;
    wg_status status = wgi_softmax_terms_infer(c);
    if (status != WG_OK) return status;
    return wgi_loss_shape(c, ((const struct wgi_softmax_terms *)c->attrs)->reduction, each);
}

static wg_status forward(wg_call *c) { return wgi_softmax_terms_forward(c, 0); }
static void rule(wg_pull *p) { wgi_softmax_terms_rule(p, 0); }

static const wg_attr attrs[] = {
    {.name = "smoothing", .kind = WG_ATTR_REAL,
     .offset = offsetof(struct wgi_softmax_terms, smoothing),
     .doc = "the part of each target that is spread over all classes, in [0, 1]"},
    WGI_REDUCTION_ROW(struct wgi_softmax_terms),
    {.name = NULL},
};
static const struct wgi_softmax_terms plain = {0, 0, WG_REDUCTION_MEAN},
                                      total = {0.3, 0, WG_REDUCTION_SUM},
                                      each = {0.1, 0, WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "3,4|3,4|-", .attrs = &plain},  {.shapes = "2,3|2,3|3", .attrs = &total},
    {.shapes = "2,2,3|2,2,3|3", .attrs = &each}, {.shapes = "3|3|-", .attrs = &plain},
    {.shapes = "0,3|0,3|-", .attrs = &each},   {.shapes = NULL},
};

const wg_gate wg_gate_softmax_loss_soft = {
    .size = sizeof(wg_gate),
    .name = "softmax_loss_soft",
    .formula = "l = -sum_j w_j T_j ln softmax(s)_j, T = (1 - smoothing) t + smoothing/C",
    .derivative = "ds_k = g (p_k sum_j w_j T_j - w_k T_k), p = softmax(s); "
                  "dt_k = -g (1 - smoothing) w_k ln p_k, dw_k = -g T_k ln p_k",
    .arity = 3,
    .operands = {"scores", "targets", "weights"},
    .optional = 4,
    .attr_bytes = sizeof(struct wgi_softmax_terms),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d..., C) (C)? -> () or (d...)",
    .domain = "smoothing in [0, 1]; the targets need not add up to 1",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_softmax_loss_soft(wg_var scores, wg_var targets, const wg_softmax_loss_options *options) {
    static const wg_softmax_loss_options presets;
    const wg_softmax_loss_options *o = options ? options : &presets;
    struct wgi_softmax_terms a = {o->smoothing, 0, (int)o->reduction};
    wg_var x[3] = {scores, targets, o->weights};
    return wg_record(&wg_gate_softmax_loss_soft, 3, x, &a);
}
