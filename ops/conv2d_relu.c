/* Convolution with a rectifier behind it: with z = conv2d(x, w, b) (conv2d.c has the mathematics)
 *
 *     y = max(z, 0),    h = g [y > 0],    dx, dw and db as conv2d has them from h.
 *
 * It keeps one array where conv2d and relu keep two, rectifies in place, and finds h and db in one
 * pass.  y > 0 exactly where z > 0, so the rule needs nothing but y. */
#include "ops/conv2d.h"

#include "backend/norm.h"
#include "ops/choices.h"
#include "ops/elementwise.h"

static wg_status forward(wg_call *c) {
    wg_status s = wgi_conv2d_forward(c);
    const int64_t n = c->y.dim[3] ? c->y.dim[3] : 1;
    wgi_norm_affine k = {.rows = wg_value_size(&c->y) / n, .n = n, .x = c->y.data, .relu = 1,
                         .y = c->y.data};
    if (s == WG_OK && c->dtype == WG_F32) wgi_norm_affine_f32(&k);
    if (s == WG_OK && c->dtype == WG_F64) wgi_norm_affine_f64(&k);
    return s;
}

static void rule(wg_pull *p) { wgi_conv2d_rule(p, wg_mul(p->g, wg_step(p->y))); }

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return wgi_conv2d_direct(c, g, into, 1);
}

/* The pieces that the z lie in, computed once more without the rectifier. */
static uint64_t signature(const wg_call *c) {
    wg_call again = *c;
    again.y.data = wg_scratch(c, (size_t)wg_value_size(&c->y) * wg_dtype_size(c->y.dtype));
    if (!again.y.data || wgi_conv2d_forward(&again) != WG_OK) return 0;
    return wgi_signs_hash(&again.y);
}

static const struct wgi_conv2d_attrs
    plain = {{1, 1}, {0, 0}, {1, 1}, 1, 0, {0, 0}, WG_PADDING_ZERO},
    dilated = {{1, 2}, {2, 0}, {2, 1}, 2, 0, {0, 0}, WG_PADDING_ZERO},
    mirrored = {{2, 1}, {1, 2}, {1, 1}, 2, 0, {0, 0}, WG_PADDING_REFLECT};
static const wg_sample samples[] = {
    {.shapes = "2,4,5,2|3,2,3,2|3", .attrs = &plain},
    {.shapes = "2,3,4,4|2,2,2,2|-", .attrs = &dilated},
    {.shapes = "1,2,3,2|2,2,3,1|2", .attrs = &mirrored},
    {.shapes = NULL},
};

const wg_gate wg_gate_conv2d_relu = {
    .size = sizeof(wg_gate),
    .name = "conv2d_relu",
    .formula = "y = max(x * w + b, 0), channels last",
    .derivative = "with h = g [y > 0]: dx = conv2d_grad_input(h, w), "
                  "dw = conv2d_grad_weight(x, h), db = sum(h)",
    .arity = 3,
    .operands = {"x", "w", "b"},
    .optional = 4,
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_conv2d_attrs),
    .attrs = wgi_conv2d_all_attrs,
    .infer = wgi_conv2d_infer,
    .forward = {forward, forward},
    .signature = signature,
    .rule = rule,
    .direct = direct,
    .samples = samples,
    .work = wgi_conv2d_work_of,
    .kernel = WG_KERNEL_CONVOLUTION,
    .shape = "(N, H, W, C) (O, KH, KW, C/groups) (O)? -> (N, OH, OW, O); OH = floor((H + 2 "
             "pad[0] - dilation[0] (KH - 1) - 1)/stride[0]) + 1 or ceil(H/stride[0]) with "
             "padding same, OW alike",
    .domain = "kink where the convolution is 0: derivative 0",
};

wg_var wg_conv2d_relu(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options) {
    wg_var operands[3] = {x, w, b};
    struct wgi_conv2d_attrs a = wgi_conv2d_resolve(options);
    return wg_record(&wg_gate_conv2d_relu, 3, operands, &a);
}
