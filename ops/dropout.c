/* Inverted dropout (N. Srivastava et al., JMLR 15, 2014): y = x / keep where the element is kept,
 * with probability keep, else 0, so that the mean of y is x and evaluation needs no scaling.
 *
 * Which elements are kept is a function of (seed, stream, place) alone: threads and replay change
 * nothing, and the rule needs no mask, since dx is dropout(g) with the same numbers.  keep = 1 is
 * the identity. */
#ifdef REAL

/* Groups of elements, 32 random bits each: kept if among the first keep 2^32 values. */
static void FN(groups)(int64_t begin, int64_t end, void *arg) {
    const wg_call *c = arg;
    const struct wgi_dropout *a = c->attrs;
    const uint32_t last = (uint32_t)fmax(a->keep * 4294967296.0 - 1, 0);
    const REAL scale = (REAL)(1 / a->keep);
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

static wg_status FN(forward)(wg_call *c) {
    int64_t groups = (wg_value_size(&c->y) + WGI_RANDOM_GROUP - 1) / WGI_RANDOM_GROUP;
    wgi_parallel_for(groups, 1 + WGI_GRAIN_ELEMENTS / 512, FN(groups), c);
    return WG_OK;
}

#else
#include "autograd/tape.h"
#include "backend/parallel.h"
#include "backend/random_group.h"
#include "ops/ops.h"

#include <math.h>

struct wgi_dropout {
    wg_random random; /* stream 0: to be drawn by wg_record */
    double keep;
};
extern const wg_gate wg_gate_dropout;

#define KERNEL_PART "ops/dropout.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    double keep = ((const struct wgi_dropout *)c->attrs)->keep;
    if (!(keep > 0 && keep <= 1))
        return wg_fail(c, WG_ERR_RANGE,
                       "keep = %g, the probability of keeping an element; it lies in (0, 1]", keep);
    c->y.rank = c->x[0]->rank;
    for (int i = 0; i < c->y.rank; ++i) c->y.dim[i] = c->x[0]->dim[i];
    return WG_OK;
}

static void rule(wg_pull *p) { p->dx[0] = wg_record(&wg_gate_dropout, 1, &p->g, p->attrs); }

static const wg_attr attrs[] = {
    {.name = "keep", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_dropout, keep),
     .required = 1, .doc = "the probability of keeping an element, in (0, 1]"},
    {.name = NULL},
};
static const struct wgi_dropout half = {{3, 5}, 0.5}, all = {{3, 6}, 1};
static const wg_sample samples[] = {
    {.shapes = "3,4", .attrs = &half},
    {.shapes = "", .attrs = &half},
    {.shapes = "2,3", .attrs = &all},
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
    struct wgi_dropout a = {{0, 0}, keep};
    return wg_record(&wg_gate_dropout, 1, &x, &a);
}
#endif
