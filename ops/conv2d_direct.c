/* The direct reverse kernel of conv2d and conv2d_relu: with h = g, or g where y > 0,
 *
 *     dx (+)= conv2d_grad_input(h, w),   dw (+)= conv2d_grad_weight(x, h),   db (+)= sum h
 *
 * straight into the gradients; h and its sum are one pass. */
#ifdef REAL

/* h, in g's own place where that is spare, and db (+)= its sum. */
static const REAL *FN(through)(const wg_call *c, const wg_value *g, const wg_into *db, int relu,
                               wg_status *failed) {
    const int64_t n = c->y.dim[3], rows = wg_value_size(&c->y) / n;
    wgi_norm_pull k = {.rows = rows, .n = n, .g = g->data, .y = relu ? c->y.data : NULL};
    if (!relu && !db->to) return g->data;
    double *sum = wg_scratch(c, (size_t)n * sizeof *sum);
    void *room = wg_scratch(c, wgi_norm_scratch(rows, n));
    if (relu) k.ds = c->spare ? g->data : wg_scratch(c, (size_t)(rows * n) * sizeof(REAL));
    if (!sum || !room || (relu && !k.ds)) *failed = wg_fail(c, WG_ERR_MEMORY, "no memory");
    if (*failed != WG_OK) return NULL;
    FN(wgi_norm_sums)(&k, sum, NULL, room);
    REAL *to = db->to ? db->to->data : NULL;
    for (int64_t j = 0; to && j < n; ++j) to[j] = (REAL)(db->add ? (double)to[j] + sum[j] : sum[j]);
    return relu ? k.ds : g->data;
}

/* Where a pass leaves its result: in place, or in scratch to be added. */
static wg_value FN(result_of)(const wg_call *c, const wg_into *into, wg_status *failed) {
    wg_value v = *into->to;
    if (!into->add) return v;
    v.data = wg_scratch(c, (size_t)wg_value_size(&v) * sizeof(REAL));
    if (!v.data) *failed = wg_fail(c, WG_ERR_MEMORY, "no memory");
    return v;
}

static wg_status FN(pass)(const wg_call *c, wgi_conv2d s, int k, const REAL *h,
                          const wg_into *into) {
    wg_status status = WG_OK;
    if (!into->to) return WG_OK;
    s.add = k == 0 && into->add && wgi_conv2d_adds(&s, sizeof(REAL));
    wg_value v = s.add ? *into->to : FN(result_of)(c, into, &status);
    void *room = wgi_conv2d_room(c, &s, k ? WGI_CONV2D_GRAD_WEIGHT : WGI_CONV2D_GRAD_INPUT,
                                 sizeof(REAL), &status);
    if (status != WG_OK) return status;
    if (k == 0) FN(wgi_conv2d_grad_input)(&s, h, c->x[1]->data, v.data, room);
    else FN(wgi_conv2d_grad_weight)(&s, c->x[0]->data, h, v.data, NULL, room);
    if (into->add && !s.add) wgi_value_add(into->to, &v, into->to);
    return WG_OK;
}

/* b has one axis, x and w have four: db shares its array with neither, and comes along with h. */
static wg_status FN(direct)(const wg_call *c, const wgi_conv2d *s, const wg_value *g,
                            const wg_into *into, int relu) {
    wg_status status = WG_OK;
    const REAL *h = FN(through)(c, g, &into[2], relu, &status);
    for (int k = 0; k < 2 && status == WG_OK; ++k) status = FN(pass)(c, *s, k, h, &into[k]);
    return status;
}

#else
#include "ops/conv2d.h"

#include "backend/norm.h"

#define KERNEL_PART "ops/conv2d_direct.c"
#include "ops/both_types.h"

/* A mirrored border and arrays without elements are left to the rule. */
wg_status wgi_conv2d_direct(const wg_call *c, const wg_value *g, const wg_into *into, int relu) {
    wgi_conv2d s;
    if (wgi_conv2d_mirrored(c->attrs) || wg_value_size(&c->y) == 0 ||
        wg_value_size(c->x[0]) == 0 || wg_value_size(c->x[1]) == 0)
        return WG_ERR_UNSUPPORTED;
    wg_status status = wgi_conv2d_geometry(c, c->x[0]->dim, c->x[1]->dim, &s);
    if (status != WG_OK) return status;
    return c->dtype == WG_F32 ? direct_f32(c, &s, g, into, relu) : direct_f64(c, &s, g, into, relu);
}
#endif
