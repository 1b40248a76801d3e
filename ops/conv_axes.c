/* conv_axes.c: see conv_axes.h */
#include "ops/conv_axes.h"

#include "ops/windows.h"

const char *const wgi_paddings[] = {"zero", "same", "reflect", NULL}; /* as WG_PADDING_* */

/* ---- places --------------------------------------------------------------------------------- */

/* The zeros that `same` puts around the axis. */
static void surround(const wgi_conv_axis *a, int64_t reach, wgi_conv_places *p) {
    p->out = (a->in + a->stride - 1) / a->stride;
    int64_t lack = (p->out - 1) * a->stride + reach - a->in;
    if (lack < 0 || a->in == 0) lack = 0;
    p->before = lack / 2;
    p->after = lack - p->before;
}

static wg_status check_padding(const wg_call *c, const wgi_conv_axis *a) {
    if (a->padding < WG_PADDING_ZERO || a->padding > WG_PADDING_REFLECT)
        return wg_fail(c, WG_ERR_RANGE, "there is no padding %d", a->padding);
    if (a->padding == WG_PADDING_SAME && a->pad)
        return wg_fail(c, WG_ERR_RANGE, "pad %lld; padding \"same\" says itself how much",
                       (long long)a->pad);
    if (a->padding == WG_PADDING_REFLECT && a->pad && a->pad >= a->in)
        return wg_fail(c, WG_ERR_SHAPE, "pad %lld of an axis of %lld; a mirror needs more than pad",
                       (long long)a->pad, (long long)a->in);
    return WG_OK;
}

static int64_t reach_of(const wgi_conv_axis *a) { return a->dilation * (a->k - 1) + 1; }

/* What holds for any padding. */
static wg_status check_axis(const wg_call *c, const wgi_conv_axis *a) {
    if (a->dilation < 1 || a->dilation > INT32_MAX)
        return wg_fail(c, WG_ERR_RANGE, "dilation %lld; it is at least 1", (long long)a->dilation);
    if (a->k < 1 || a->k > INT32_MAX)
        return wg_fail(c, WG_ERR_SHAPE, "the kernel has %lld elements along an axis",
                       (long long)a->k);
    wgi_windows w = {a->in, reach_of(a), a->stride, a->pad, 0, 0};
    return wgi_windows_check(c, &w);
}

wg_status wgi_conv_count(const wg_call *c, const wgi_conv_axis *a, wgi_conv_places *p) {
    wg_status s = check_axis(c, a);
    if (s == WG_OK) s = check_padding(c, a);
    if (s != WG_OK) return s;
    wgi_windows w = {a->in, reach_of(a), a->stride, a->pad, 0, a->exact};
    if (a->padding == WG_PADDING_SAME) {
        surround(a, w.reach, p);
        return WG_OK;
    }
    p->before = p->after = a->pad;
    return wgi_windows_count(c, &w, &p->out);
}

wg_status wgi_transpose_count(const wg_call *c, const wgi_transpose_axis *a, int64_t *out) {
    wgi_conv_axis plain = {a->in, a->k, a->stride, a->pad, a->dilation, WG_PADDING_ZERO, 0};
    int64_t most = a->stride > a->dilation ? a->stride : a->dilation;
    wg_status s = check_axis(c, &plain);
    if (s != WG_OK) return s;
    if (a->output_pad < 0 || a->output_pad >= most)
        return wg_fail(c, WG_ERR_RANGE,
                       "output_pad %lld; it is at least 0 and less than stride %lld or dilation "
                       "%lld",
                       (long long)a->output_pad, (long long)a->stride, (long long)a->dilation);
    if (a->in < 1) return wg_fail(c, WG_ERR_SHAPE, "an axis of 0 places has no transpose");
    /* each product below 2^62 */
    *out = (a->in - 1) * a->stride - 2 * a->pad + a->dilation * (a->k - 1) + a->output_pad + 1;
    if (*out < 0 || *out > INT32_MAX)
        return wg_fail(c, WG_ERR_SHAPE,
                       "the result would have (%lld - 1)*%lld - 2*%lld + %lld*(%lld - 1) + %lld + 1"
                       " = %lld places",
                       (long long)a->in, (long long)a->stride, (long long)a->pad,
                       (long long)a->dilation, (long long)a->k, (long long)a->output_pad,
                       (long long)*out);
    return WG_OK;
}

/* ---- channels ------------------------------------------------------------------------------- */

static const char *const kernels[] = {"K", "KH, KW", "KD, KH, KW"}; /* by rank less 3 */

static wg_status check_groups(const wg_call *c, int64_t groups) {
    if (groups >= 1 && groups <= INT32_MAX) return WG_OK;
    return wg_fail(c, WG_ERR_RANGE, "groups %lld; it lies in [1, %d]", (long long)groups,
                   INT32_MAX);
}

wg_status wgi_conv_channels(const wg_call *c, int64_t channels, int64_t groups, int rank,
                            const int64_t *w) {
    char text[96];
    if (check_groups(c, groups) != WG_OK) return WG_ERR_RANGE;
    if (channels % groups || w[0] % groups || channels / groups != w[rank - 1])
        return wg_fail(c, WG_ERR_SHAPE,
                       "%lld channels in %lld groups with a kernel %s; it is (O, %s, C/groups), "
                       "groups divides O",
                       (long long)channels, (long long)groups,
                       wgi_shape_text(text, sizeof text, rank, w), kernels[rank - 3]);
    return WG_OK;
}

wg_status wgi_transpose_channels(const wg_call *c, int64_t channels, int64_t groups, int rank,
                                 const int64_t *w, int64_t *o) {
    char text[96];
    if (check_groups(c, groups) != WG_OK) return WG_ERR_RANGE;
    if (channels % groups || channels != w[0] || __builtin_mul_overflow(w[rank - 1], groups, o))
        return wg_fail(c, WG_ERR_SHAPE,
                       "%lld channels in %lld groups with a kernel %s; it is (C, %s, O/groups), "
                       "groups divides C",
                       (long long)channels, (long long)groups,
                       wgi_shape_text(text, sizeof text, rank, w), kernels[rank - 3]);
    return WG_OK;
}

wg_status wgi_conv_bias(const wg_call *c, const wg_value *b, int64_t o) {
    char text[96];
    if (!b || (b->rank == 1 && b->dim[0] == o)) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "b has shape %s; it is (%lld), one an output channel",
                   wgi_shape_text(text, sizeof text, b->rank, b->dim), (long long)o);
}

wg_status wgi_conv_rank(const wg_call *c, const char *name, const wg_value *v, int rank) {
    char text[96];
    if (v->rank == rank) return WG_OK;
    return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it has rank %d", name,
                   wgi_shape_text(text, sizeof text, v->rank, v->dim), rank);
}
