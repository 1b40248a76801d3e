/* The Gaussian error linear unit: y = x P(x), P the distribution function of the standard normal
 * distribution, written erfc(-x/sqrt 2)/2 to keep its left tail; dy/dx = P(x) + x p(x) with the
 * density p.  With approximate=tanh P(x) is (1 + tanh u)/2 = sigmoid(2u), u = sqrt(2/pi) (x +
 * 0.044715 x^3), and dy/dx = s + 2 x s (1 - s) du/dx.  Both tend to 0 at -inf.  D. Hendrycks,
 * K. Gimpel, arXiv:1606.08415. */
#include "ops/tails.h"

struct wgi_gelu {
    int approximate; /* wg_gelu_form */
};

#define SQRT_HALF 0.70710678118654752440  /* 1/sqrt 2 */
#define BELL 0.39894228040143267794       /* 1/sqrt(2 pi) */
#define TWICE 1.5957691216057307118       /* 2 sqrt(2/pi): 2u = TWICE (x + CUBIC x^3) */
#define CUBIC 0.044715

#define TWO_U(x) (R(TWICE) * (x) * (1 + R(CUBIC) * (x) * (x)))
#define TWO_DU(x) (R(TWICE) * (1 + 3 * R(CUBIC) * (x) * (x)))
#define NORMAL (R(0.5) * M(erfc)(-x * R(SQRT_HALF)))
#define DENSITY (R(BELL) * M(exp)(R(-0.5) * x * x))

#define ATTRS struct wgi_gelu
#define CHOICE approximate
#define VALUE WGI_FROM_BELOW(x) * (a->approximate ? WGI_SIGMOID(TWO_U(x)) : NORMAL)
#define PARTIAL                                                                                   \
    a->approximate ? WGI_SIGMOID(TWO_U(x)) *                                                      \
                         (1 + WGI_BOUND(x) * WGI_SIGMOID(-TWO_U(x)) * TWO_DU(WGI_BOUND(x)))       \
                   : NORMAL + WGI_BOUND(x) * DENSITY
#include "ops/unary.h"

static wg_var normal_slope(wg_var x) {
    wg_var level = wg_scale(wg_erfc(wg_scale(x, -SQRT_HALF)), 0.5);
    wg_var density = wg_scale(wg_exp(wg_scale(wg_square(x), -0.5)), BELL);
    return wg_add(level, wg_mul(x, density));
}

static wg_var tanh_slope(wg_var x) {
    wg_var square = wg_square(x);
    wg_var u2 = wg_scale(wg_mul(x, wg_shift(wg_scale(square, CUBIC), 1)), TWICE);
    wg_var du2 = wg_scale(wg_shift(wg_scale(square, 3 * CUBIC), 1), TWICE);
    wg_var s = wg_sigmoid(u2), tail = wg_sigmoid(wg_neg(u2));
    return wg_mul(s, wg_shift(wg_mul(wg_mul(x, tail), du2), 1));
}

static void rule(wg_pull *p) {
    const struct wgi_gelu *a = p->attrs;
    wg_var x = wgi_bound(p->x[0]);
    p->dx[0] = wg_mul(p->g, a->approximate ? tanh_slope(x) : normal_slope(x));
}

static int known(int form) { return form == WG_GELU_NONE || form == WG_GELU_TANH; }

static wg_status infer(wg_call *c) {
    const struct wgi_gelu *a = c->attrs;
    if (!known(a->approximate))
        return wg_fail(c, WG_ERR_RANGE, "approximate is %d; 0 is none and 1 tanh", a->approximate);
    return wgi_elementwise_infer(c);
}

static const char *const words[] = {"none", "tanh", NULL}; /* as wg_gelu_form */
static const wg_attr attrs[] = {
    {.name = "approximate", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_gelu, approximate),
     .preset = WG_GELU_NONE, .doc = "the normal distribution itself, or by tanh", .words = words},
    {.name = NULL},
};
static const struct wgi_gelu exact = {WG_GELU_NONE}, by_tanh = {WG_GELU_TANH};
static const wg_sample samples[] = {
    {.shapes = "2,3", .attrs = &exact},
    {.shapes = "", .attrs = &exact},
    {.shapes = "2,3", .attrs = &by_tanh},
    {.shapes = "", .attrs = &by_tanh},
    {.shapes = NULL},
};

const wg_gate wg_gate_gelu = {
    .size = sizeof(wg_gate),
    .name = "gelu",
    .formula = "y = x (1 + erf(x/sqrt 2))/2 or x (1 + tanh u)/2, u = sqrt(2/pi)(x + 0.044715 x^3)",
    .derivative = "dx = g (y/x + x e^(-x^2/2)/sqrt(2 pi)), or g (y/x + x u' (1 - tanh^2 u)/2)",
    .arity = 1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_gelu),
    .attrs = attrs,
    .infer = infer,
    .rule = rule,
    .elementwise = &elementwise,
    .samples = samples,
};

wg_var wg_gelu(wg_var x, wg_gelu_form approximate) {
    struct wgi_gelu a = {(int)approximate};
    if (!known(a.approximate)) return wg_record(&wg_gate_gelu, 1, &x, &a);
    return wgi_unary(&wg_gate_gelu, x, &a, math);
}
