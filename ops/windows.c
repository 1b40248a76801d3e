/* windows.c: see windows.h */
#include "ops/windows.h"

enum { LARGEST = INT32_MAX }; /* of what is added and multiplied here, so that nothing overflows */

wg_status wgi_windows_check(const wg_call *c, const wgi_windows *w) {
    if (w->reach < 1 || w->reach > LARGEST)
        return wg_fail(c, WG_ERR_RANGE, "a window of %lld elements; it has 1 to %d",
                       (long long)w->reach, LARGEST);
    if (w->stride < 1 || w->stride > LARGEST)
        return wg_fail(c, WG_ERR_RANGE, "stride %lld; it lies in [1, %d]", (long long)w->stride,
                       LARGEST);
    if (w->pad < 0 || w->pad > LARGEST)
        return wg_fail(c, WG_ERR_RANGE, "pad %lld; it lies in [0, %d]", (long long)w->pad,
                       LARGEST);
    if (w->in > LARGEST)
        return wg_fail(c, WG_ERR_RANGE, "an image of %lld pixels along an axis", (long long)w->in);
    return WG_OK;
}

wg_status wgi_windows_count(const wg_call *c, const wgi_windows *w, int64_t *count) {
    wg_status s = wgi_windows_check(c, w);
    if (s != WG_OK) return s;
    int64_t room = w->in + 2 * w->pad - w->reach, over = room % w->stride;
    long long in = w->in, reach = w->reach, pad = w->pad, stride = w->stride;
    if (room < 0)
        return wg_fail(c, WG_ERR_SHAPE, "the window does not fit: %lld - %lld + 2*%lld = %lld", in,
                       reach, pad, (long long)room);
    if (w->exact && over)
        return wg_fail(c, WG_ERR_SHAPE,
                       "the stride does not fit: (%lld - %lld + 2*%lld)/%lld + 1 = %.2f", in, reach,
                       pad, stride, (double)room / (double)w->stride + 1);
    *count = room / w->stride + 1;
    /* One more where there is a rest and the window still begins inside the image. */
    if (w->ceil && over && *count * w->stride < w->in + w->pad) ++*count;
    return WG_OK;
}

wg_status wgi_rank4(const wg_call *c, const char *name, const wg_value *v) {
    char text[96];
    if (v->rank == 4) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it has rank 4", name,
                   wgi_shape_text(text, sizeof text, v->rank, v->dim));
}

wg_status wgi_expect4(const wg_call *c, const char *name, const wg_value *v, const int64_t *dim) {
    char have[96], want[96];
    int same = v->rank == 4;
    for (int i = 0; i < 4 && same; ++i) same = v->dim[i] == dim[i];
    if (same) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; with this geometry it is %s", name,
                   wgi_shape_text(have, sizeof have, v->rank, v->dim),
                   wgi_shape_text(want, sizeof want, 4, dim));
}

void wgi_shape4(wg_call *c, int64_t d0, int64_t d1, int64_t d2, int64_t d3) {
    c->y.rank = 4;
    c->y.dim[0] = d0;
    c->y.dim[1] = d1;
    c->y.dim[2] = d2;
    c->y.dim[3] = d3;
}
