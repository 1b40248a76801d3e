/* Images at another size, channels last: x (N, H, W, C) to y (N, OH, OW, C), by a size or by whole
 * factors.  Rows and columns alike, with n elements in and P out, element p comes from
 *
 *     nearest                      x[floor(p n/P)]: each element P/n times for a whole factor
 *     bilinear                     coordinate u = (p + 1/2) n/P - 1/2, or 0 below it
 *     bilinear, align_corners      coordinate u = p (n - 1)/(P - 1), or 0 for P = 1
 *
 * with the line between neighbours, (1 - w) x[i] + w x[i+1], i = floor u, w = u - i, and x[n-1]
 * beyond it; for images the product of both directions.  u is a fraction of whole numbers, and i
 * and w are exact.  A neighbour of weight 0 is not read: an infinity there makes no NaN.
 *
 * Linear; its adjoint is upsample_grad. */
#ifdef REAL

/* Output rows, counted through all images. */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const job *k = arg;
    const wgi_upsample *s = &k->s;
    const int64_t c = s->c;
    int64_t place[4];
    double weight[4];
    for (int64_t i = begin * s->ow; i < end * s->ow; ++i) {
        const int64_t row = i / s->ow;
        const REAL *x = (const REAL *)k->x + row / s->oh * s->h * s->w * c;
        REAL *y = (REAL *)k->y + i * c;
        int n = wgi_upsample_sources(s, row % s->oh, i % s->ow, place, weight);
        if (n == 1) {
            memcpy(y, x + place[0] * c, (size_t)c * sizeof *y);
            continue;
        }
        const REAL *x0 = x + place[0] * c, *x1 = x + place[1] * c;
        const REAL w0 = (REAL)weight[0], w1 = (REAL)weight[1];
        for (int64_t j = 0; j < c; ++j) y[j] = w0 * x0[j] + w1 * x1[j];
        if (n == 2) continue;
        const REAL *x2 = x + place[2] * c, *x3 = x + place[3] * c;
        const REAL w2 = (REAL)weight[2], w3 = (REAL)weight[3];
        for (int64_t j = 0; j < c; ++j) y[j] += w2 * x2[j] + w3 * x3[j];
    }
}

static wg_status FN(forward)(wg_call *c) {
    job k = {.x = c->x[0]->data, .y = c->y.data};
    if (wg_value_size(&c->y) == 0) return WG_OK;
    wg_status status = wgi_upsample_init(c, c->x[0]->dim, c->y.dim, &k.s);
    if (status != WG_OK) return status;
    wgi_parallel_for(k.s.n * k.s.oh, 1 + WGI_GRAIN_ELEMENTS / (4 * k.s.ow * (k.s.c + 1)), FN(rows),
                     &k);
    return WG_OK;
}

#else
#include "backend/parallel.h"
#include "ops/upsample.h"
#include "ops/windows.h"

#include <string.h>

typedef struct job {
    const void *x;
    void *y;
    wgi_upsample s;
} job;

#define KERNEL_PART "ops/upsample.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_upsample_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    int sized = a->size[0] || a->size[1], by_factor = a->factor[0] || a->factor[1];
    int64_t out[2];
    wg_status status = wgi_rank4(c, "x", x);
    if (status != WG_OK) return status;
    if (!sized && !by_factor)
        return wg_fail(c, WG_ERR_RANGE, "neither size nor factor is given");
    if (sized && by_factor)
        return wg_fail(c, WG_ERR_RANGE, "size (%lld, %lld) and factor (%lld, %lld) are both given",
                       (long long)a->size[0], (long long)a->size[1], (long long)a->factor[0],
                       (long long)a->factor[1]);
    for (int i = 0; i < 2; ++i) {
        if (by_factor && a->factor[i] < 1)
            return wg_fail(c, WG_ERR_RANGE, "factor %lld; it is at least 1",
                           (long long)a->factor[i]);
        if (__builtin_mul_overflow(by_factor ? a->factor[i] : 1,
                                   by_factor ? x->dim[1 + i] : a->size[i], &out[i]))
            return wg_fail(c, WG_ERR_MEMORY, "factor %lld: too many elements",
                           (long long)a->factor[i]);
    }
    status = wgi_upsample_check(c, x->dim + 1, out);
    if (status == WG_OK) wgi_shape4(c, x->dim[0], out[0], out[1], x->dim[3]);
    return status;
}

static void rule(wg_pull *p) {
    struct wgi_upsample_attrs a = *(const struct wgi_upsample_attrs *)p->attrs;
    wg_shape x = wg_shape_of(p->x[0]);
    memset(a.size, 0, sizeof a.size);
    memset(a.factor, 0, sizeof a.factor);
    memcpy(a.image, x.dim + 1, sizeof a.image);
    p->dx[0] = wg_record(&wg_gate_upsample_grad, 1, &p->g, &a);
}

static const char *const words[] = {"nearest", "bilinear", NULL}; /* as wg_upsample_mode */
static const wg_attr attrs[] = {
    {.name = "size", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_upsample_attrs, size),
     .doc = "height and width of the result; 0: by factor"},
    {.name = "factor", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_upsample_attrs, factor),
     .doc = "how much larger it is; 0: by size"},
    {.name = "mode", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_upsample_attrs, mode),
     .preset = WG_UPSAMPLE_NEAREST, .doc = "the nearest element, or lines between neighbours",
     .words = words},
    WGI_UPSAMPLE_ALIGN,
    {.name = NULL},
};
static const struct wgi_upsample_attrs
    twice = {.factor = {2, 3}}, odd = {.size = {5, 2}},
    halves = {.factor = {2, 2}, .mode = WG_UPSAMPLE_LINEAR},
    sized = {.size = {5, 2}, .mode = WG_UPSAMPLE_LINEAR},
    corners = {.size = {5, 4}, .mode = WG_UPSAMPLE_LINEAR, .align_corners = 1},
    one = {.size = {1, 1}, .mode = WG_UPSAMPLE_LINEAR, .align_corners = 1};
static const wg_sample samples[] = {
    {.shapes = "2,2,2,2", .attrs = &twice},   {.shapes = "1,3,4,1", .attrs = &odd},
    {.shapes = "1,2,3,2", .attrs = &halves},  {.shapes = "2,2,4,1", .attrs = &sized},
    {.shapes = "1,3,2,2", .attrs = &corners}, {.shapes = "1,3,1,2", .attrs = &one},
    {.shapes = "0,2,2,1", .attrs = &halves},  {.shapes = NULL},
};

const wg_gate wg_gate_upsample = {
    .size = sizeof(wg_gate),
    .name = "upsample",
    .formula = "y = x at another size: the nearest element, or the lines between neighbours",
    .derivative = "dx = upsample_grad(g)",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_upsample_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, H, W, C) -> (N, OH, OW, C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_upsample(wg_var x, int64_t height, int64_t width, wg_upsample_mode mode,
                   int align_corners) {
    struct wgi_upsample_attrs a = {.size = {height, width}, .mode = (int)mode,
                                   .align_corners = align_corners != 0};
    return wg_record(&wg_gate_upsample, 1, &x, &a);
}
wg_var wg_upsample_by(wg_var x, int64_t tall, int64_t wide, wg_upsample_mode mode,
                      int align_corners) {
    struct wgi_upsample_attrs a = {.factor = {tall, wide}, .mode = (int)mode,
                                   .align_corners = align_corners != 0};
    return wg_record(&wg_gate_upsample, 1, &x, &a);
}
#endif
