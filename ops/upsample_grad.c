/* The adjoint of upsample: g (N, OH, OW, C), dx (N, H, W, C), where each pixel has the sum over the
 * pixels of g that upsample makes from it, by its weight there.  Linear; with h the cotangent of
 * dx, dg = upsample(h) to the size of g. */
#ifdef REAL

/* Whole images, so that no two threads add to one pixel. */
static void FN(images)(int64_t begin, int64_t end, void *arg) {
    const job *k = arg;
    const wgi_upsample *s = &k->s;
    const int64_t c = s->c, size = s->h * s->w * c, area = s->oh * s->ow;
    int64_t place[4];
    double weight[4];
    memset((REAL *)k->dx + begin * size, 0, (size_t)((end - begin) * size) * sizeof(REAL));
    for (int64_t i = begin * area; i < end * area; ++i) {
        const REAL *g = (const REAL *)k->g + i * c;
        REAL *dx = (REAL *)k->dx + i / area * size;
        int n = wgi_upsample_sources(s, i / s->ow % s->oh, i % s->ow, place, weight);
        for (int at = 0; at < n; ++at) {
            REAL *to = dx + place[at] * c;
            const REAL w = (REAL)weight[at];
            for (int64_t j = 0; j < c; ++j) to[j] += w * g[j];
        }
    }
}

static wg_status FN(forward)(wg_call *c) {
    job k = {.g = c->x[0]->data, .dx = c->y.data};
    if (wg_value_size(&c->y) == 0) return WG_OK;
    wg_status status = wgi_upsample_init(c, c->y.dim, c->x[0]->dim, &k.s);
    if (status != WG_OK) return status;
    wgi_parallel_for(k.s.n, 1 + WGI_GRAIN_ELEMENTS / (4 * k.s.oh * k.s.ow * (k.s.c + 1)),
                     FN(images), &k);
    return WG_OK;
}

#else
#include "backend/parallel.h"
#include "ops/upsample.h"
#include "ops/windows.h"

#include <string.h>

typedef struct job {
    const void *g;
    void *dx;
    wgi_upsample s;
} job;

#define KERNEL_PART "ops/upsample_grad.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_upsample_attrs *a = c->attrs;
    const wg_value *g = c->x[0];
    wg_status status = wgi_rank4(c, "g", g);
    if (status == WG_OK) status = wgi_upsample_check(c, a->image, g->dim + 1);
    if (status == WG_OK) wgi_shape4(c, g->dim[0], a->image[0], a->image[1], g->dim[3]);
    return status;
}

static void rule(wg_pull *p) {
    struct wgi_upsample_attrs a = *(const struct wgi_upsample_attrs *)p->attrs;
    wg_shape g = wg_shape_of(p->x[0]);
    memset(a.image, 0, sizeof a.image);
    memcpy(a.size, g.dim + 1, sizeof a.size);
    p->dx[0] = wg_record(&wg_gate_upsample, 1, &p->g, &a);
}

static const char *const words[] = {"nearest", "bilinear", NULL}; /* as wg_upsample_mode */
static const wg_attr attrs[] = {
    {.name = "image", .kind = WG_ATTR_PAIR, .offset = offsetof(struct wgi_upsample_attrs, image),
     .required = 1, .doc = "height and width of the result"},
    {.name = "mode", .kind = WG_ATTR_WORD, .offset = offsetof(struct wgi_upsample_attrs, mode),
     .preset = WG_UPSAMPLE_NEAREST, .doc = "as of upsample", .words = words},
    WGI_UPSAMPLE_ALIGN,
    {.name = NULL},
};
static const struct wgi_upsample_attrs
    nearest = {.image = {2, 3}},
    lines = {.image = {2, 3}, .mode = WG_UPSAMPLE_LINEAR},
    corners = {.image = {3, 4}, .mode = WG_UPSAMPLE_LINEAR, .align_corners = 1};
static const wg_sample samples[] = {
    {.shapes = "2,4,3,2", .attrs = &nearest},
    {.shapes = "1,4,5,2", .attrs = &lines},
    {.shapes = "1,5,2,1", .attrs = &corners},
    {.shapes = "2,1,1,1", .attrs = &corners},
    {.shapes = NULL},
};

const wg_gate wg_gate_upsample_grad = {
    .size = sizeof(wg_gate),
    .name = "upsample_grad",
    .formula = "dx = g, summed by the weights of upsample",
    .derivative = "dg = upsample(h)",
    .arity = 1,
    .operands = {"g"},
    .flags = WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_upsample_attrs),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(N, OH, OW, C) -> (N, image[0], image[1], C)",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_upsample_grad(wg_var g, int64_t height, int64_t width, wg_upsample_mode mode,
                        int align_corners) {
    struct wgi_upsample_attrs a = {.image = {height, width}, .mode = (int)mode,
                                   .align_corners = align_corners != 0};
    return wg_record(&wg_gate_upsample_grad, 1, &g, &a);
}
#endif
