/* conv2d_nudge.c: what one element of an image, a kernel or a bias changes in a convolution, for
 * the gradient check, which moves one at a time: y of conv2d.c changes by
 *
 *     delta x[n, i(p, u), j(q, v), c]   at [n, p, q, o] for w[o, u, v, c]: one channel of y,
 *     delta w[o, u, v, c]               at [n, p, q, o] for x[n, i, j, c]: where i(p, u) = i and
 *                                       j(q, v) = j, KH KW O / groups places at most,
 *     delta                             at [n, p, q, o] for b[o]. */
#include "ops/conv2d.h"

/* The place of y that the image's place i meets under the kernel's place u; -1: none. */
static int64_t output_of(const wgi_conv2d *s, int axis, int64_t i, int64_t u) {
    int64_t at = i + s->before[axis] - u * s->dilation[axis];
    int64_t p = at / s->stride[axis];
    return at < 0 || at % s->stride[axis] || p >= (axis ? s->ow : s->oh) ? -1 : p;
}

static void nudge_kernel(const wgi_conv2d *s, const double *x, const int64_t *at, double delta,
                         double *y) {
    int64_t o = at[0], per_group = s->c / s->groups;
    int64_t c = o / (s->o / s->groups) * per_group + at[3];
    for (int64_t row = 0; row < s->n * s->oh; ++row, y += s->ow * s->o) {
        int64_t i = row % s->oh * s->stride[0] + at[1] * s->dilation[0] - s->before[0];
        if (i < 0 || i >= s->h) continue;
        const double *line = x + ((row / s->oh * s->h + i) * s->w) * s->c + c;
        for (int64_t q = 0; q < s->ow; ++q) {
            int64_t j = q * s->stride[1] + at[2] * s->dilation[1] - s->before[1];
            if (j >= 0 && j < s->w) y[q * s->o + o] += delta * line[j * s->c];
        }
    }
}

static void nudge_image(const wgi_conv2d *s, const double *w, const int64_t *at, double delta,
                        double *y) {
    int64_t per_group = s->c / s->groups, outputs = s->o / s->groups;
    int64_t group = at[3] / per_group, c = at[3] % per_group;
    for (int64_t k = 0; k < s->kh * s->kw; ++k) {
        int64_t p = output_of(s, 0, at[1], k / s->kw), q = output_of(s, 1, at[2], k % s->kw);
        if (p < 0 || q < 0) continue;
        double *place = y + ((at[0] * s->oh + p) * s->ow + q) * s->o;
        for (int64_t o = group * outputs; o < (group + 1) * outputs; ++o)
            place[o] += delta * w[(o * s->kh * s->kw + k) * per_group + c];
    }
}

int wgi_conv2d_nudge(wg_call *call, size_t k, const int64_t *at, double delta) {
    const struct wgi_conv2d_attrs *a = call->attrs;
    const wg_value *x = call->x[0], *w = call->x[1];
    double *y = call->y.data;
    wgi_conv2d s;
    if (call->y.dtype != WG_F64 || a->padding == WG_PADDING_REFLECT) return 0;
    if ((k == 0 && !wg_value_dense(w)) || (k == 1 && !wg_value_dense(x))) return 0;
    if (wgi_conv2d_geometry(call, x->dim, w->dim, &s) != WG_OK) return 0;
    if (k == 0) nudge_image(&s, w->data, at, delta, y);
    if (k == 1) nudge_kernel(&s, x->data, at, delta, y);
    for (int64_t i = at[0]; k == 2 && i < wg_value_size(&call->y); i += s.o) y[i] += delta;
    return 1;
}
