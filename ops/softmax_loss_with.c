/* The cross-entropy of softmax with class weights, label smoothing (C. Szegedy et al.,
 * arXiv:1512.00567), labels to ignore, and a reduction: scores s (..., C), labels (...), weights
 * w (C) or absent, all 1.  With p = softmax(s) and T = (1 - smoothing) onehot(label) + smoothing/C,
 *
 *     l = -sum_j w_j T_j ln p_j,   0 where the label is `ignore`;
 *
 * the mean is sum l / sum w_label over the rows that are not ignored, NaN where there are none.
 * softmax_loss is the mean of this without any of it.  See softmax_terms.h.  With g the cotangent
 * of l: ds_k = g (p_k sum_j w_j T_j - w_k T_k), dw_k = -g T_k ln p_k, and for the mean the
 * quotient's second term. */
#include "ops/softmax_terms.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_class_infer(c, ((const struct wgi_softmax_terms *)c->attrs)->reduction);
    return s == WG_OK ? wgi_softmax_terms_infer(c) : s;
}

static wg_status forward(wg_call *c) { return wgi_softmax_terms_forward(c, 1); }
static void rule(wg_pull *p) { wgi_softmax_terms_rule(p, 1); }

static const wg_attr attrs[] = {
    {.name = "smoothing", .kind = WG_ATTR_REAL,
     .offset = offsetof(struct wgi_softmax_terms, smoothing),
     .doc = "the part of each label that is spread over all classes, in [0, 1]"},
    {.name = "ignore", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_softmax_terms, ignore),
     .preset = WG_IGNORE_LABEL, .doc = "the label of rows that do not count"},
    WGI_REDUCTION_ROW(struct wgi_softmax_terms),
    {.name = NULL},
};
static const struct wgi_softmax_terms plain = {0, WG_IGNORE_LABEL, WG_REDUCTION_MEAN},
                                      ignoring = {0.1, 1, WG_REDUCTION_MEAN},
                                      total = {0.3, 0, WG_REDUCTION_SUM},
                                      each = {0, 2, WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "3,4|3|-", .attrs = &plain, .limit = 4},
    {.shapes = "4,3|4|3", .attrs = &ignoring, .lo = 0.25, .hi = 2, .limit = 3},
    {.shapes = "4,2|4|2", .attrs = &total, .limit = 2},
    {.shapes = "2,2,3|2,2|3", .attrs = &each, .limit = 3},
    {.shapes = "3||-", .attrs = &plain, .limit = 3},
    {.shapes = "0,3|0|-", .attrs = &each, .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_softmax_loss_with = {
    .size = sizeof(wg_gate),
    .name = "softmax_loss_with",
    .formula = "l = -sum_j w_j T_j ln softmax(s)_j, "
               "T = (1 - smoothing) onehot(label) + smoothing/C",
    .derivative = "ds_k = g (p_k sum_j w_j T_j - w_k T_k), p = softmax(s); dw_k = -g T_k ln p_k",
    .arity = 3,
    .operands = {"scores", "labels", "weights"},
    .optional = 4,
    .indices = 2,
    .attr_bytes = sizeof(struct wgi_softmax_terms),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(d..., C) (d...) (C)? -> () or (d...)",
    .domain = "labels 0 to C - 1 or the one ignored, else RANGE; smoothing in [0, 1]; the "
              "mean of no rows is NaN",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_softmax_loss_with(wg_var scores, wg_var labels, const wg_softmax_loss_options *options) {
    static const wg_softmax_loss_options presets;
    const wg_softmax_loss_options *o = options ? options : &presets;
    struct wgi_softmax_terms a = {o->smoothing, o->ignores ? o->ignore : WG_IGNORE_LABEL,
                                  (int)o->reduction};
    wg_var x[3] = {scores, labels, o->weights};
    return wg_record(&wg_gate_softmax_loss_with, 3, x, &a);
}
