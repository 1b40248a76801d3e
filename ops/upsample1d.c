/* Sequences at another length: x (N, L, C) to y (N, OL, C), the nearest element or the line between
 * neighbours.  upsample of the images (N, 1, L, C), which says what the coordinates are. */
#include "ops/floats.h"
#include "ops/upsample.h"

struct wgi_upsample1d {
    int64_t size, factor; /* one of them, the other 0 */
    int mode, align_corners;
};

static wg_status infer(wg_call *c) {
    const struct wgi_upsample1d *a = c->attrs;
    const wg_value *x = c->x[0];
    const struct wgi_upsample_attrs image = {.mode = a->mode, .align_corners = a->align_corners};
    wg_call two = *c; /* it reports to the same error */
    char text[96];
    if (wgi_floats_check(c) != WG_OK) return WG_ERR_DTYPE;
    if (x->rank != 3)
        return wg_fail(c, WG_ERR_SHAPE, "x has shape %s; it has rank 3",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim));
    if (!a->size && !a->factor)
        return wg_fail(c, WG_ERR_RANGE, "neither size nor factor is given");
    if (a->size && a->factor)
        return wg_fail(c, WG_ERR_RANGE, "size %lld and factor %lld are both given",
                       (long long)a->size, (long long)a->factor);
    if (a->factor < 0)
        return wg_fail(c, WG_ERR_RANGE, "factor %lld; it is at least 1", (long long)a->factor);
    int64_t in[2] = {1, x->dim[1]}, out[2] = {1, a->size};
    if (a->factor && __builtin_mul_overflow(a->factor, in[1], &out[1]))
        return wg_fail(c, WG_ERR_MEMORY, "factor %lld: the result would have too many elements",
                       (long long)a->factor);
    two.attrs = &image;
    c->y.rank = 3;
    c->y.dim[0] = x->dim[0];
    c->y.dim[1] = out[1];
    c->y.dim[2] = x->dim[2];
    return wgi_upsample_check(&two, in, out);
}

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    const struct wgi_upsample1d *a = attrs;
    struct wgi_upsample_attrs image = {.mode = a->mode, .align_corners = a->align_corners};
    wg_var y = wg_expand_dims(x[0], 1);
    (void)n;
    image.size[0] = a->size ? 1 : 0;
    image.size[1] = a->size;
    image.factor[0] = a->factor ? 1 : 0;
    image.factor[1] = a->factor;
    return wg_squeeze(wg_record(&wg_gate_upsample, 1, &y, &image), WG_AXES(1));
}

static const char *const words[] = {"nearest", "linear", NULL}; /* as wg_upsample_mode */
static const wg_attr attrs[] = {
    {.name = "size", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_upsample1d, size),
     .doc = "the length of the result; 0: by factor"},
    {.name = "factor", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_upsample1d, factor),
     .doc = "how much longer it is; 0: by size"},
    {.name = "mode", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_upsample1d, mode),
     .preset = WG_UPSAMPLE_NEAREST, .doc = "the nearest element, or lines between neighbours",
     .words = words},
    {.name = "align_corners", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_upsample1d, align_corners),
     .doc = "1: first and last elements stay where they are; 0: the edges of pixels do"},
    {.name = NULL},
};
static const struct wgi_upsample1d
    twice = {.factor = 2}, lines = {.size = 5, .mode = WG_UPSAMPLE_LINEAR},
    corners = {.size = 4, .mode = WG_UPSAMPLE_LINEAR, .align_corners = 1};
static const wg_sample samples[] = {
    {.shapes = "2,3,2", .attrs = &twice},   {.shapes = "1,3,2", .attrs = &lines},
    {.shapes = "2,3,1", .attrs = &corners}, {.shapes = "0,2,2", .attrs = &lines},
    {.shapes = NULL},
};

const wg_gate wg_gate_upsample1d = {
    .size = sizeof(wg_gate),
    .name = "upsample1d",
    .formula = "y = x at another length: the nearest element, or the line between neighbours",
    .derivative = "dx = g, summed by the same weights",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_upsample1d),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "(N, L, C) -> (N, OL, C)",
};

wg_var wg_upsample1d(wg_var x, int64_t length, wg_upsample_mode mode, int align_corners) {
    struct wgi_upsample1d a = {.size = length, .mode = (int)mode,
                               .align_corners = align_corners != 0};
    return wg_record(&wg_gate_upsample1d, 1, &x, &a);
}
