/* An image put together from windows, where they overlap their sum (col2im): x (N, OH OW, KH KW C)
 * gives y (N, H, W, C),
 *
 *     y[n, i, j, c] = sum of x[n, p OW + q, (u KW + v) C + c] over the p, q, u, v for which
 *                     i = p s0 + u d0 - p0,  j = q s1 + v d1 - p1,
 *
 * in the order of u, then v.  What lies outside the image is dropped, a place that no window has
 * is 0.  The transpose of unfold, so dx = unfold(g). */
#ifdef REAL

/* Adds to a line of y what the windows of row p of places hold in row u of the kernel. */
static void FN(add_row)(const wgi_conv2d *s, const REAL *x, int64_t u, REAL *y) {
    for (int64_t v = 0; v < s->kw; ++v) {
        int64_t at = v * s->dilation[1] - s->before[1], q = first_place(at, s->stride[1]);
        for (at += q * s->stride[1]; q < s->ow && at < s->w; ++q, at += s->stride[1]) {
            const REAL *from = x + ((q * s->kh + u) * s->kw + v) * s->c;
            for (int64_t c = 0; c < s->c; ++c) y[at * s->c + c] += from[c];
        }
    }
}

/* Lines [begin, end), counted over all images. */
static void FN(lines)(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    const wgi_conv2d *s = &j->s;
    const int64_t places = s->ow * s->kh * s->kw * s->c; /* elements of x in a row of places */
    for (int64_t line = begin; line < end; ++line) {
        REAL *y = (REAL *)j->y + line * s->w * s->c;
        for (int64_t i = 0; i < s->w * s->c; ++i) y[i] = 0;
        for (int64_t u = 0; u < s->kh; ++u) {
            int64_t steps = line % s->h + s->before[0] - u * s->dilation[0];
            int64_t p = steps / s->stride[0];
            if (steps < 0 || steps % s->stride[0] || p >= s->oh) continue;
            FN(add_row)(s, (const REAL *)j->x + (line / s->h * s->oh + p) * places, u, y);
        }
    }
}

static wg_status FN(forward)(wg_call *c) {
    job j = {.x = c->x[0]->data, .y = c->y.data};
    wg_status status = wgi_unfold_geometry(c, c->y.dim, &j.s);
    if (status != WG_OK || wg_value_size(&c->y) == 0) return status;
    wgi_parallel_for(j.s.n * j.s.h, 1 + WGI_GRAIN_ELEMENTS / (j.s.w * j.s.c * j.s.kh * j.s.kw),
                     FN(lines), &j);
    return WG_OK;
}

#else
#include "ops/unfold.h"

#include "backend/parallel.h"

#include <string.h>

typedef struct job {
    wgi_conv2d s;
    const void *x;
    void *y;
} job;

/* The least q >= 0 for which at + q stride lies in the image. */
static int64_t first_place(int64_t at, int64_t stride) {
    return at >= 0 ? 0 : (stride - 1 - at) / stride;
}

#define KERNEL_PART "ops/fold.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_unfold *a = c->attrs;
    const wg_value *x = c->x[0];
    const int64_t image[4] = {x->dim[0], a->image[0], a->image[1], 0};
    wgi_conv2d s;
    int64_t taps = 0, windows = 0;
    char text[96];
    wg_status status = wgi_conv_rank(c, "x", x, 3);
    for (int i = 0; i < 2 && status == WG_OK; ++i)
        if (a->image[i] < 0)
            status = wg_fail(c, WG_ERR_RANGE, "an image of (%lld, %lld) pixels", (long long)a->image[0],
                             (long long)a->image[1]);
    if (status == WG_OK) status = wgi_unfold_geometry(c, image, &s);
    if (status != WG_OK) return status;
    if (__builtin_mul_overflow(s.kh, s.kw, &taps) || __builtin_mul_overflow(s.oh, s.ow, &windows) ||
        x->dim[1] != windows || x->dim[2] % taps)
        return wg_fail(c, WG_ERR_SHAPE,
                       "x has shape %s; with this geometry it is (N, %lld * %lld, %lld * %lld * C)",
                       wgi_shape_text(text, sizeof text, x->rank, x->dim), (long long)s.oh,
                       (long long)s.ow, (long long)s.kh, (long long)s.kw);
    c->y.rank = 4;
    memcpy(c->y.dim, image, 3 * sizeof *image);
    c->y.dim[3] = x->dim[2] / taps;
    return WG_OK;
}

static void rule(wg_pull *p) { p->dx[0] = wg_record(&wg_gate_unfold, 1, &p->g, p->attrs); }

static const wg_attr attrs[] = {
    {.name = "image", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_unfold, image),
     .required = 1, .doc = "height and width of the image"},
    WGI_UNFOLD_ROWS,
    {.name = NULL},
};
static const struct wgi_unfold plain = {{2, 3}, {1, 1}, {0, 0}, {1, 1}, {3, 4}},
                               padded = {{3, 2}, {2, 1}, {1, 2}, {1, 1}, {4, 3}},
                               gaps = {{1, 2}, {3, 3}, {0, 1}, {1, 2}, {5, 4}};
static const wg_sample samples[] = {
    {.shapes = "2,4,12", .attrs = &plain}, {.shapes = "1,12,6", .attrs = &padded},
    {.shapes = "1,4,4", .attrs = &gaps},   {.shapes = "0,4,6", .attrs = &plain},
    {.shapes = "1,4,0", .attrs = &plain},  {.shapes = NULL},
};

const wg_gate wg_gate_fold = {
    .size = sizeof(wg_gate),
    .name = "fold",
    .formula = "y = the sum of the windows x, each put to its place (col2im)",
    .derivative = "dx = unfold(g)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_unfold),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH OW, kernel[0] kernel[1] C) -> (N, image[0], image[1], C); OH and OW as of "
             "unfold",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_fold(wg_var x, int64_t height, int64_t width, const wg_unfold_options *options) {
    struct wgi_unfold a = wgi_unfold_resolve(options);
    a.image[0] = height;
    a.image[1] = width;
    return wg_record(&wg_gate_fold, 1, &x, &a);
}
#endif
