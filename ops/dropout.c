/* Dropout (N. Srivastava et al., JMLR 15, 2014): y = x / keep where the element is kept, with
 * probability keep, else 0, so that the mean of y is x and evaluation needs no scaling (inverted
 * dropout).  With plain = 1 what is kept stays x, the paper's own form, whose evaluation multiplies
 * by keep (plain_dropout).  With spatial = 1 all places of a channel of x (N, ..., C) are kept or
 * dropped together (spatial_dropout).  What is dropped is 0, be it infinite or NaN.
 *
 * Which elements are kept is a function of (seed, stream, place) alone: threads and replay change
 * nothing, and the rule needs no mask, since dx is dropout(g) with the same numbers.  keep = 1 is
 * the identity. */
#ifdef REAL

/* Groups of elements, 32 random bits each. */
static void FN(groups)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const struct wgi_dropout *a = c->attrs;
    const uint32_t last = last_kept(a);
    const REAL scale = (REAL)(a->plain ? 1 : 1 / a->keep);
    int64_t size = wg_value_size(&c->y);
    uint32_t bits[WGI_RANDOM_GROUP];
    for (int64_t i = begin; i < end; ++i) {
        int64_t first = i * WGI_RANDOM_GROUP, n = size - first;
        const REAL *x = (const REAL *)c->x[0]->data + first;
        REAL *y = (REAL *)c->y.data + first;
        if (n > WGI_RANDOM_GROUP) n = WGI_RANDOM_GROUP;
        wgi_random_group(a->random.seed, a->random.stream, (uint64_t)i, bits);
        for (int64_t k = 0; k < n; ++k) {
            REAL kept = x[k] * scale;
            y[k] = bits[k] <= last ? kept : 0;
        }
    }
}

/* Rows, the channels of a place; counted through all n. */
static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const spatial *k = arg;
    const wg_call *c = k->call;
    const struct wgi_dropout *a = c->attrs;
    const uint32_t last = last_kept(a);
    const REAL scale = (REAL)(a->plain ? 1 : 1 / a->keep);
    for (int64_t row = begin; row < end; ++row) {
        const REAL *x = (const REAL *)c->x[0]->data + row * k->channels;
        REAL *y = (REAL *)c->y.data + row * k->channels;
        const uint32_t *bits = k->bits + row / k->places * k->channels;
        for (int64_t j = 0; j < k->channels; ++j) {
            REAL kept = x[j] * scale;
            y[j] = bits[j] <= last ? kept : 0;
        }
    }
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_dropout *a = c->attrs;
    int64_t size = wg_value_size(&c->y);
    spatial k;
    if (!a->spatial) {
        int64_t groups = (size + WGI_RANDOM_GROUP - 1) / WGI_RANDOM_GROUP;
        wgi_parallel_for(groups, 1 + WGI_GRAIN_ELEMENTS / 512, FN(groups), c);
        return WG_OK;
    }
    if (size == 0) return WG_OK;
    if (!draw_channels(c, &k)) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wgi_parallel_for(size / k.channels, 1 + WGI_GRAIN_ELEMENTS / k.channels, FN(rows), &k);
    return WG_OK;
}

#else
#include "backend/parallel.h"
#include "backend/random_group.h"
#include "ops/dropout.h"

#include <math.h>

/* Random bits of the channels (N, C) of x (N, ..., C), `places` places each. */
typedef struct spatial {
    const wg_call *call;
    int64_t channels, places;
    uint32_t *bits;
} spatial;

/* Kept are the first keep 2^32 of all 32 bit numbers. */
static uint32_t last_kept(const struct wgi_dropout *a) {
    return (uint32_t)fmax(a->keep * 4294967296.0 - 1, 0);
}

static int draw_channels(const wg_call *c, spatial *k) {
    const struct wgi_dropout *a = c->attrs;
    int64_t n = c->y.dim[0];
    k->call = c;
    k->channels = c->y.dim[c->y.rank - 1];
    k->places = wg_value_size(&c->y) / (n * k->channels);
    int64_t groups = (n * k->channels + WGI_RANDOM_GROUP - 1) / WGI_RANDOM_GROUP;
    k->bits = wg_scratch(c, (size_t)groups * WGI_RANDOM_GROUP * sizeof *k->bits);
    for (int64_t i = 0; k->bits && i < groups; ++i)
        wgi_random_group(a->random.seed, a->random.stream, (uint64_t)i,
                         k->bits + i * WGI_RANDOM_GROUP);
    return k->bits != NULL;
}

#define KERNEL_PART "ops/dropout.c"
#include "ops/both_types.h"

wg_status wgi_keep_check(const wg_call *c, double keep) {
    if (keep > 0 && keep <= 1) return WG_OK;
    return wg_fail(c, WG_ERR_RANGE,
                   "keep = %g, the probability of keeping an element; it lies in (0, 1]", keep);
}

static wg_status infer(wg_call *c) {
    const struct wgi_dropout *a = c->attrs;
    wg_status s = wgi_keep_check(c, a->keep);
    char text[96];
    if (s == WG_OK && a->spatial && c->x[0]->rank < 2)
        s = wg_fail(c, WG_ERR_SHAPE, "x has shape %s; it is (N, ..., C)",
                    wgi_shape_text(text, sizeof text, c->x[0]->rank, c->x[0]->dim));
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return s;
}

static void rule(wg_pull *p) { p->dx[0] = wg_record(&wg_gate_dropout, 1, &p->g, p->attrs); }

static const wg_attr attrs[] = {
    {.name = "keep", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_dropout, keep),
     .required = 1, .doc = "the probability of keeping an element, in (0, 1]"},
    {.name = "plain", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_dropout, plain),
     .doc = "1: what is kept is not divided by keep"},
    {.name = "spatial", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_dropout, spatial),
     .doc = "1: all places of a channel of (N, ..., C) together"},
    {.name = NULL},
};
static const struct wgi_dropout half = {.random = {3, 5}, .keep = 0.5},
                                all = {.random = {3, 6}, .keep = 1},
                                plain = {.random = {3, 7}, .keep = 0.7, .plain = 1},
                                channels = {.random = {3, 8}, .keep = 0.5, .spatial = 1};
static const wg_sample samples[] = {
    {.shapes = "3,4", .attrs = &half},
    {.shapes = "", .attrs = &half},
    {.shapes = "2,3", .attrs = &all},
    {.shapes = "3,4", .attrs = &plain},
    {.shapes = "2,3,4", .attrs = &channels},
    {.shapes = "2,0,4", .attrs = &channels},
    {.shapes = NULL},
};

const wg_gate wg_gate_dropout = {
    .size = sizeof(wg_gate),
    .name = "dropout",
    .formula = "y = x/keep with probability keep, else 0",
    .derivative = "dx = g/keep where x was kept, else 0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_RANDOM | WG_GATE_LINEAR,
    .attr_bytes = sizeof(struct wgi_dropout),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .samples = samples,
    .shape = "(d...) -> (d...)",
    .domain = "keep in (0, 1]; what is kept is drawn when recorded, and the same in replay "
              "and gradient",
    .kernel = WG_KERNEL_RANDOM,
};

wg_var wg_dropout(wg_var x, double keep) {
    struct wgi_dropout a = {.keep = keep};
    return wg_record(&wg_gate_dropout, 1, &x, &a);
}
#endif
