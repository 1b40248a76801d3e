/* The largest element of each window, channels last: x (N, H, W, C), y (N, OH, OW, C),
 *
 *     y[n, p, q, c] = max over the window of x[n, ., ., c],
 *     OH = floor((H - size + 2 pad)/stride) + 1, OW alike,
 *
 * or, where `out` gives OH and OW, windows that cut the image evenly: window p over H elements is
 * [floor(p H/OH), ceil((p + 1) H/OH)).
 *
 * A router: the cotangent of a window goes to its winner, at a tie to the first in row-major order.
 * Padding holds no elements.  A NaN wins.  The winners are kept (places h W + w of the image), so
 * that dx is max_pool2d_grad(g, winners), which is linear: where the winners change the value has a
 * kink, and second derivatives are zero. */
#ifdef REAL

static wg_status FN(forward)(wg_call *c) {
    wgi_pool2d s;
    wg_status status = wgi_pool2d_geometry(c, c->x[0]->dim, &s);
    if (status == WG_OK) FN(wgi_max_pool2d)(&s, c->x[0]->data, c->y.data, c->saved);
    return status;
}

#else
#include "ops/choices.h"
#include "ops/pool2d.h"

#define KERNEL_PART "ops/max_pool2d.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    wg_status s = wgi_pool2d_infer(c);
    c->saved_dtype = WG_I64;
    if (s != WG_OK) return s;
    c->saved_count = 1;
    for (int i = 0; i < 4; ++i)
        if (__builtin_mul_overflow(c->saved_count, c->y.dim[i], &c->saved_count))
            return wg_fail(c, WG_ERR_MEMORY, "the result would have too many elements");
    return WG_OK;
}

/* ---- signature ------------------------------------------------------------------------------ */

/* The winner of one window, and of equals the number. */
static uint64_t window_choice(uint64_t hash, const wg_value *x, const wgi_pool2d *s,
                              const int64_t at[4]) {
    int64_t h0, h1, w0, w1, winner = -1, ties = 0;
    double best = 0;
    wgi_pool2d_span(s, 0, at[1], 0, &h0, &h1);
    wgi_pool2d_span(s, 1, at[2], 0, &w0, &w1);
    for (int64_t h = h0; h < h1; ++h)
        for (int64_t w = w0; w < w1; ++w) {
            double v = wgi_float_at(x, at[0] * x->stride[0] + h * x->stride[1] + w * x->stride[2] +
                                           at[3] * x->stride[3]);
            int wins = winner < 0 || v > best || (v != v && best == best);
            ties = wins ? 0 : ties + (v == best);
            if (wins) best = v, winner = h * s->w + w;
        }
    return wgi_hash(wgi_hash(hash, (uint64_t)winner), (uint64_t)ties);
}

/* The same for up to MANY channels of one window of float64, from what forward left: the first
 * winner, and how many are as large. */
enum { MANY = 64 };
static uint64_t winners_choice(uint64_t hash, const double *x, const wgi_pool2d *s,
                               const int64_t span[4], const double *best, const int64_t *winner,
                               int64_t n) {
    int64_t ties[MANY] = {0};
    for (int64_t h = span[0]; h < span[1]; ++h)
        for (int64_t w = span[2]; w < span[3]; ++w)
            for (int64_t k = 0; k < n; ++k) ties[k] += x[(h * s->w + w) * s->c + k] == best[k];
    for (int64_t k = 0; k < n; ++k)
        hash = wgi_hash(hash, (uint64_t)winner[k] * 0x10001 + (uint64_t)ties[k]);
    return hash;
}

static uint64_t quick_signature(const wg_call *c, const wgi_pool2d *s) {
    const double *x = c->x[0]->data, *y = c->y.data;
    const int64_t *winner = c->saved;
    uint64_t hash = 0;
    int64_t span[4];
    for (int64_t place = 0; place < s->n * s->oh * s->ow; ++place, y += s->c, winner += s->c) {
        wgi_pool2d_span(s, 0, place / s->ow % s->oh, 0, &span[0], &span[1]);
        wgi_pool2d_span(s, 1, place % s->ow, 0, &span[2], &span[3]);
        const double *image = x + place / (s->oh * s->ow) * s->h * s->w * s->c;
        for (int64_t k = 0; k < s->c; k += MANY)
            hash = winners_choice(hash, image + k, s, span, y + k, winner + k,
                                  s->c - k < MANY ? s->c - k : MANY);
    }
    return hash;
}

static uint64_t signature(const wg_call *c) {
    uint64_t hash = 0;
    wgi_pool2d s;
    int64_t at[4];
    if (wgi_pool2d_geometry(c, c->x[0]->dim, &s) != WG_OK) return 0;
    if (c->saved && c->x[0]->dtype == WG_F64 && wg_value_dense(c->x[0]))
        return quick_signature(c, &s);
    for (at[0] = 0; at[0] < s.n; ++at[0])
        for (at[1] = 0; at[1] < s.oh; ++at[1])
            for (at[2] = 0; at[2] < s.ow; ++at[2])
                for (at[3] = 0; at[3] < s.c; ++at[3]) hash = window_choice(hash, c->x[0], &s, at);
    return hash;
}

/* ---- the gate ------------------------------------------------------------------------------- */

static void rule(wg_pull *p) {
    struct wgi_pool2d_attrs a = wgi_pool2d_of(p, p->x[0]);
    wg_var x[2] = {p->g, wg_pull_saved(p, wg_shape_of(p->y), 0)};
    p->dx[0] = wg_record(&wg_gate_max_pool2d_grad, 2, x, &a);
}

static const wg_attr attrs[] = {
    WGI_POOL2D_ROWS,
    WGI_POOL2D_EXACT,
    WGI_POOL2D_OUT,
    {.name = NULL},
};
static const struct wgi_pool2d_attrs
    plain = {.size = {2, 2}, .stride = {2, 2}},
    overlapping = {.size = {3, 2}, .stride = {2, 1}, .pad = {1, 1}, .ceil = 1},
    adaptive = {.out = {3, 2}};
static const wg_sample samples[] = {
    {.shapes = "2,4,4,2", .attrs = &plain},
    {.shapes = "1,4,3,2", .attrs = &overlapping},
    {.shapes = "2,4,3,1", .attrs = &adaptive},
    {.shapes = NULL},
};

const wg_gate wg_gate_max_pool2d = {
    .size = sizeof(wg_gate),
    .name = "max_pool2d",
    .formula = "y = the largest x of each window",
    .derivative = "dx = g at the first winner of each window",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_pool2d_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, OH, OW, C)",
    .domain = "kinks at ties: the first winner in row-major order gets the cotangent; a NaN "
              "wins; padding never does",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_max_pool2d(wg_var x, const wg_pool2d_options *options) {
    struct wgi_pool2d_attrs a = wgi_pool2d_resolve(options);
    return wg_record(&wg_gate_max_pool2d, 1, &x, &a);
}
#endif
