/* variance.h: what var and std share: the attributes and the kernel of
 *
 *     v = (1/(n - ddof)) sum (x - m)^2        m the mean over the n reduced elements
 *
 * in two passes, so that nothing is lost where m is much larger than the deviation. */
#include "autograd/tape.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/spread.h"

#include <math.h>

struct wgi_variance_attrs {
    struct wgi_reduction_attrs over;
    int64_t ddof;
};

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXES, .offset = offsetof(struct wgi_variance_attrs, over.axis),
     .doc = "the axes to reduce; all when not given"},
    {.name = "keepdims", .kind = WG_ATTR_BOOL,
     .offset = offsetof(struct wgi_variance_attrs, over.keepdims),
     .doc = "1 leaves reduced axes with extent 1"},
    {.name = "ddof", .kind = WG_ATTR_INT, .offset = offsetof(struct wgi_variance_attrs, ddof),
     .doc = "what is taken off n in the divisor: 1 for the unbiased variance"},
    {.name = NULL},
};

static const struct wgi_variance_attrs over_all = {{{0, {0}}, 0}, 0},
                                       unbiased = {{{1, {-1}}, 0}, 1},
                                       over_two = {{{2, {2, 0}}, 1}, 1};

static wg_status infer(wg_call *c) {
    const struct wgi_variance_attrs *a = c->attrs;
    if (a->ddof < 0)
        return wg_fail(c, WG_ERR_RANGE, "ddof is %lld; it is not negative", (long long)a->ddof);
    return wgi_reduction_infer(c, 1);
}

/* n - ddof; NaN where it is not positive, since the value is not defined there. */
static double divisor(const struct wgi_variance_attrs *a, wg_shape x) {
    int64_t n = wgi_axes_count(x, wgi_axes_mask(&a->over.axis, x.rank)) - a->ddof;
    return n > 0 ? (double)n : (double)NAN;
}

/* v into the output; `root`: its square root, right where the squares overflow or vanish. */
static wg_status variance(wg_call *c, int root) {
    const struct wgi_variance_attrs *a = c->attrs;
    const wg_value *x = c->x[0];
    unsigned mask = wgi_axes_mask(&a->over.axis, x->rank);
    double n = (double)wgi_axes_count(wgi_shape(x), mask);
    void *mean = wg_scratch(c, (size_t)wg_value_size(&c->y) * wg_dtype_size(x->dtype) + 1);
    if (!mean) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wg_status s = wgi_reduce(c, x, mask, &wgi_reduction_sum, n, NULL, mean);
    if (s != WG_OK) return s;
    if (root) return wgi_spread(c, x, mask, divisor(a, wgi_shape(x)), mean, 0, c->y.data);
    return wgi_reduce(c, x, mask, &wgi_reduction_squares, divisor(a, wgi_shape(x)), mean,
                      c->y.data);
}

/* (x - mean)/(n - ddof), in x's shape. */
static wg_var deviation(const wg_pull *p) {
    const struct wgi_variance_attrs *a = p->attrs;
    wg_var mean = wg_mean_over(p->x[0], a->over.axis, 1);
    return wg_scale(wg_sub(p->x[0], mean), 1 / divisor(a, wg_shape_of(p->x[0])));
}
