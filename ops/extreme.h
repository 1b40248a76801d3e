/* extreme.h: the functions that max and min share; REDUCTION says which it is. */
#include "ops/signature.h"

static wg_status infer(wg_call *c) { return wgi_reduction_infer(c, 0); }

static wg_status forward(wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    unsigned mask = wgi_axes_mask(&a->axis, c->x[0]->rank);
    return wgi_reduce(c, c->x[0], mask, &REDUCTION, 1, NULL, c->y.data);
}

/* Choices of the signature: 1 for a winner, so that another winner or one more changes the hash. */
static void wins_f32(int64_t n, const void *const *x, const int64_t *s, void *out,
                     const void *attr) {
    const float *v = x[0], *y = x[1];
    (void)attr;
    for (int64_t i = 0; i < n; ++i) ((unsigned char *)out)[i] = v[i * s[0]] == y[i * s[1]];
}
static void wins_f64(int64_t n, const void *const *x, const int64_t *s, void *out,
                     const void *attr) {
    const double *v = x[0], *y = x[1];
    (void)attr;
    for (int64_t i = 0; i < n; ++i) ((unsigned char *)out)[i] = v[i * s[0]] == y[i * s[1]];
}

static uint64_t signature(const wg_call *c) {
    const struct wgi_reduction_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    wg_shape kept = wgi_axes_kept(wgi_shape(x), wgi_axes_mask(&a->axis, x->rank));
    wg_value y = wgi_value_make(c->y.dtype, kept, c->y.data);
    const wg_value *operands[2] = {x, &y};
    return wgi_rows_signature(c, x->dtype == WG_F32 ? wins_f32 : wins_f64, x, 2, operands);
}

/* dx = w g / n: w is 1 at the n winners; both are constant wherever the gate is smooth. */
static void rule(wg_pull *p) {
    const struct wgi_reduction_attrs *a = p->attrs;
    wg_var w = wg_winner(p->x[0], wgi_reduction_keep(p, p->y));
    wg_var n = wg_sum_over(w, a->axis, 1);
    p->dx[0] = wg_mul(w, wg_div(wgi_reduction_keep(p, p->g), n));
}
