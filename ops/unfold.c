/* The windows of an image, laid out as rows (im2col): x (N, H, W, C) gives y (N, OH OW, KH KW C),
 *
 *     y[n, p OW + q, (u KW + v) C + c] = x[n, p s0 + u d0 - p0, q s1 + v d1 - p1, c],
 *
 * 0 outside the image, with the stride s, the dilation d, the padding p and OH, OW of conv2d.  So
 * conv2d(x, w) is the product of y with w (O, KH KW C) transposed.  Linear; dx adds up what the
 * windows give back: fold. */
#include "ops/unfold.h"

#include "backend/parallel.h"

#include <string.h>

/* ---- geometry ------------------------------------------------------------------------------- */

wg_status wgi_unfold_geometry(const wg_call *c, const int64_t *image, wgi_conv2d *s) {
    const struct wgi_unfold *a = c->attrs;
    wgi_conv_places places[2] = {{0, 0, 0}, {0, 0, 0}};
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 2; ++i) {
        wgi_conv_axis axis = {image[1 + i],   a->kernel[i],    a->stride[i], a->pad[i],
                              a->dilation[i], WG_PADDING_ZERO, 0};
        wg_status status = wgi_conv_count(c, &axis, &places[i]);
        if (status != WG_OK) return status;
        s->stride[i] = a->stride[i];
        s->dilation[i] = a->dilation[i];
        s->before[i] = s->after[i] = a->pad[i];
    }
    s->n = image[0], s->h = image[1], s->w = image[2], s->c = image[3];
    s->kh = a->kernel[0], s->kw = a->kernel[1];
    s->oh = places[0].out, s->ow = places[1].out;
    return WG_OK;
}

static wg_status infer(wg_call *c) {
    const wg_value *x = c->x[0];
    wgi_conv2d s;
    wg_status status = wgi_conv_rank(c, "x", x, 4);
    if (status == WG_OK) status = wgi_unfold_geometry(c, x->dim, &s);
    if (status != WG_OK) return status;
    c->y.rank = 3;
    c->y.dim[0] = s.n;
    if (__builtin_mul_overflow(s.oh, s.ow, &c->y.dim[1]) ||
        __builtin_mul_overflow(s.kh, s.kw, &c->y.dim[2]) ||
        __builtin_mul_overflow(c->y.dim[2], s.c, &c->y.dim[2]))
        return wg_fail(c, WG_ERR_MEMORY, "the result would have too many elements");
    return WG_OK;
}

/* ---- copying -------------------------------------------------------------------------------- */

typedef struct job {
    wgi_conv2d s;
    const char *x;
    char *y;
    int64_t bytes; /* of a pixel */
} job;

/* A row of one window's kernel, as it lies at y: kw pixels of the image's row, or zeros. */
static void copy_row(const job *j, const char *row, int64_t col, char *y) {
    const wgi_conv2d *s = &j->s;
    if (row && s->dilation[1] == 1 && col >= 0 && col + s->kw <= s->w) {
        memcpy(y, row + col * j->bytes, (size_t)(s->kw * j->bytes));
        return;
    }
    for (int64_t v = 0; v < s->kw; ++v, col += s->dilation[1], y += j->bytes) {
        if (row && col >= 0 && col < s->w) memcpy(y, row + col * j->bytes, (size_t)j->bytes);
        else memset(y, 0, (size_t)j->bytes);
    }
}

/* Windows [begin, end), counted over all images. */
static void windows(int64_t begin, int64_t end, void *arg) {
    const job *j = arg;
    const wgi_conv2d *s = &j->s;
    char *y = j->y + begin * s->kh * s->kw * j->bytes;
    for (int64_t i = begin; i < end; ++i) {
        int64_t q = i % s->ow, line = i / s->ow, p = line % s->oh;
        const char *image = j->x + line / s->oh * s->h * s->w * j->bytes;
        for (int64_t u = 0; u < s->kh; ++u, y += s->kw * j->bytes) {
            int64_t row = p * s->stride[0] + u * s->dilation[0] - s->before[0];
            int inside = row >= 0 && row < s->h;
            copy_row(j, inside ? image + row * s->w * j->bytes : NULL,
                     q * s->stride[1] - s->before[1], y);
        }
    }
}

static wg_status forward(wg_call *c) {
    job j = {.x = c->x[0]->data, .y = c->y.data};
    wg_status status = wgi_unfold_geometry(c, c->x[0]->dim, &j.s);
    if (status != WG_OK || wg_value_size(&c->y) == 0) return status;
    j.bytes = j.s.c * (int64_t)wg_dtype_size(c->y.dtype);
    wgi_parallel_for(j.s.n * j.s.oh * j.s.ow, 1 + WGI_GRAIN_ELEMENTS / c->y.dim[2], windows, &j);
    return WG_OK;
}

/* ---- the gate ------------------------------------------------------------------------------- */

static void rule(wg_pull *p) {
    struct wgi_unfold a = *(const struct wgi_unfold *)p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    memcpy(a.image, x.dim + 1, sizeof a.image);
    p->dx[0] = wg_record(&wg_gate_fold, 1, &p->g, &a);
}

static const wg_attr attrs[] = {WGI_UNFOLD_ROWS, {.name = NULL}};
static const struct wgi_unfold plain = {{2, 3}, {1, 1}, {0, 0}, {1, 1}, {0, 0}},
                               padded = {{3, 2}, {2, 1}, {1, 2}, {1, 1}, {0, 0}},
                               dilated = {{2, 2}, {1, 3}, {1, 0}, {3, 2}, {0, 0}};
static const wg_sample samples[] = {
    {.shapes = "2,3,4,2", .attrs = &plain}, {.shapes = "1,4,3,2", .attrs = &padded},
    {.shapes = "1,4,6,1", .attrs = &dilated}, {.shapes = "0,3,4,2", .attrs = &plain},
    {.shapes = "1,1,1,1", .attrs = &padded}, {.shapes = NULL},
};

const wg_gate wg_gate_unfold = {
    .size = sizeof(wg_gate),
    .name = "unfold",
    .formula = "y[n, place] = the window of x there, as a row (im2col)",
    .derivative = "dx = fold(g)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_unfold),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, OH OW, kernel[0] kernel[1] C); OH = floor((H + 2 pad[0] - "
             "dilation[0] (kernel[0] - 1) - 1)/stride[0]) + 1, OW alike",
    .kernel = WG_KERNEL_THREADS,
};

struct wgi_unfold wgi_unfold_resolve(const wg_unfold_options *given) {
    wg_unfold_options o;
    struct wgi_unfold a;
    wgi_read_options(&o, sizeof o, given);
    memset(&a, 0, sizeof a);
    for (int i = 0; i < 2; ++i) {
        a.kernel[i] = o.kernel[i] ? o.kernel[i] : a.kernel[0];
        a.stride[i] = o.stride[i] ? o.stride[i] : i ? a.stride[0] : 1;
        a.dilation[i] = o.dilation[i] ? o.dilation[i] : i ? a.dilation[0] : 1;
        a.pad[i] = o.pad[i];
    }
    return a;
}

wg_var wg_unfold(wg_var x, const wg_unfold_options *options) {
    struct wgi_unfold a = wgi_unfold_resolve(options);
    return wg_record(&wg_gate_unfold, 1, &x, &a);
}
