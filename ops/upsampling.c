/* upsampling.c: see upsample.h */
#include "ops/upsample.h"

enum { LARGEST = 1 << 30 }; /* of an axis, so that products of two such stay below 2^63 */

wg_status wgi_upsample_check(const wg_call *c, const int64_t *in, const int64_t *out) {
    const struct wgi_upsample_attrs *a = c->attrs;
    if (a->mode != WG_UPSAMPLE_NEAREST && a->mode != WG_UPSAMPLE_LINEAR)
        return wg_fail(c, WG_ERR_RANGE, "there is no mode %d", a->mode);
    if (a->align_corners && a->mode == WG_UPSAMPLE_NEAREST)
        return wg_fail(c, WG_ERR_RANGE, "align_corners is not for mode nearest");
    for (int i = 0; i < 2; ++i) {
        if (in[i] < 1 || in[i] > LARGEST)
            return wg_fail(c, WG_ERR_SHAPE, "an image of %lld pixels along an axis",
                           (long long)in[i]);
        if (out[i] < 1 || out[i] > LARGEST)
            return wg_fail(c, WG_ERR_RANGE, "size %lld; it lies in [1, %d]", (long long)out[i],
                           LARGEST);
    }
    return WG_OK;
}

/* Element p of `out` elements made of `in`; the coordinate is the fraction above/below. */
static wgi_tap tap(const struct wgi_upsample_attrs *a, int64_t p, int64_t in, int64_t out) {
    int64_t above = p * in, below = out;
    if (a->mode == WG_UPSAMPLE_LINEAR && a->align_corners) {
        above = p * (in - 1);
        below = out > 1 ? out - 1 : 1;
    } else if (a->mode == WG_UPSAMPLE_LINEAR) {
        above = (2 * p + 1) * in - out;
        below = 2 * out;
        if (above < 0) above = 0;
    }
    wgi_tap t = {above / below, above / below, 0};
    if (a->mode == WG_UPSAMPLE_NEAREST || t.i == in - 1) return t;
    t.j = t.i + 1;
    t.w = (double)(above % below) / (double)below;
    return t;
}

wg_status wgi_upsample_init(const wg_call *c, const int64_t *image, const int64_t *other,
                            wgi_upsample *s) {
    *s = (wgi_upsample){image[0], image[1], image[2], other[1], other[2], image[3], NULL, NULL};
    s->rows = wg_scratch(c, (size_t)(s->oh + s->ow) * sizeof *s->rows);
    if (!s->rows) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    s->cols = s->rows + s->oh;
    for (int64_t p = 0; p < s->oh; ++p) s->rows[p] = tap(c->attrs, p, s->h, s->oh);
    for (int64_t q = 0; q < s->ow; ++q) s->cols[q] = tap(c->attrs, q, s->w, s->ow);
    return WG_OK;
}

int wgi_upsample_sources(const wgi_upsample *s, int64_t p, int64_t q, int64_t *place,
                         double *weight) {
    const wgi_tap *row = &s->rows[p], *col = &s->cols[q];
    int n = 0;
    for (int lower = 0; lower <= (row->w != 0); ++lower)
        for (int right = 0; right <= (col->w != 0); ++right, ++n) {
            place[n] = (lower ? row->j : row->i) * s->w + (right ? col->j : col->i);
            weight[n] = (lower ? row->w : 1 - row->w) * (right ? col->w : 1 - col->w);
        }
    return n;
}
