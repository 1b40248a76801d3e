/* Dropout without scaling in training (N. Srivastava et al., JMLR 15, 2014): there y = x with
 * probability keep, else 0; in evaluation, training = 0, y = keep x, the mean of what training
 * gives.  (Inverted dropout, the gate dropout, divides by keep in training instead.) */
#include "ops/dropout.h"

struct wgi_plain_dropout {
    wg_random random; /* stream 0: to be drawn */
    double keep;
    int training;
};

static wg_status infer(wg_call *c) {
    const struct wgi_plain_dropout *a = c->attrs;
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return wgi_keep_check(c, a->keep);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_plain_dropout *a = attrs;
    struct wgi_dropout masked = {.random = a->random, .keep = a->keep, .plain = 1};
    (void)n;
    if (!a->training) return wg_scale(x[0], a->keep);
    return wg_record(&wg_gate_dropout, 1, x, &masked);
}

static const wg_attr attrs[] = {
    {.name = "keep", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_plain_dropout, keep),
     .required = 1, .doc = "the probability of keeping an element, in (0, 1]"},
    {.name = "training", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_plain_dropout, training), .preset = 1,
     .doc = "1: elements are dropped; 0: all are scaled by keep"},
    {.name = NULL},
};
static const struct wgi_plain_dropout dropping = {{3, 5}, 0.5, 1}, scaling = {{0, 0}, 0.7, 0};
static const wg_sample samples[] = {{.shapes = "3,4", .attrs = &dropping},
                                    {.shapes = "3,4", .attrs = &scaling},
                                    {.shapes = "", .attrs = &dropping},
                                    {.shapes = "0,2", .attrs = &dropping},
                                    {.shapes = NULL}};

const wg_gate wg_gate_plain_dropout = {
    .size = sizeof(wg_gate),
    .name = "plain_dropout",
    .formula = "y = x with probability keep, else 0; keep x where not training",
    .derivative = "dx = g where x was kept, else 0; keep g where not training",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_RANDOM | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_plain_dropout),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "keep in (0, 1]",
};

wg_var wg_plain_dropout(wg_var x, double keep, int training) {
    struct wgi_plain_dropout a = {{0, 0}, keep, training != 0};
    return wg_record(&wg_gate_plain_dropout, 1, &x, &a);
}
