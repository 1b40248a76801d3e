/* The cosine embedding loss of pairs of rows x, y (..., D) and a mask (...) that says which are
 * alike: with c the cosine of the pair (cosine.h),
 *
 *     l = 1 - c where they are alike,  else max(0, c - margin),
 *
 * the mean over the rows, the sum, or each.  With g the cotangent of l: dc = -g for a pair that is
 * alike, else g where c > margin and 0 where not, at the margin too. */
#ifdef REAL
#include "ops/cosine_part.h"

static void FN(rows)(int64_t begin, int64_t end, void *arg) {
    const wgi_loss_work *w = arg;
    const wg_call *k = w->call;
    const struct wgi_cosine_embedding_loss *a = k->attrs;
    const int64_t n = k->x[0]->dim[k->x[0]->rank - 1];
    const REAL *x = k->x[0]->data, *y = k->x[1]->data;
    const unsigned char *alike = k->x[2]->data;
    REAL *loss = w->loss;
    for (int64_t i = begin; i < end; ++i) {
        double c = FN(cosine)(n, 1, x + i * n, y + i * n, a->eps).c, over = c - a->margin;
        loss[i] = (REAL)(alike[i] ? 1 - c : over <= 0 ? 0 : over);
    }
}

static uint64_t FN(pieces)(const wg_call *k, const struct wgi_cosine_embedding_loss *a) {
    const int64_t n = k->x[0]->dim[k->x[0]->rank - 1], rows = wgi_class_rows(k->x[0]);
    const REAL *x = k->x[0]->data, *y = k->x[1]->data;
    uint64_t hash = 0;
    for (int64_t i = 0; i < rows; ++i) {
        wgi_cosine v = FN(cosine)(n, 1, x + i * n, y + i * n, a->eps);
        double over = v.c - a->margin;
        hash = wgi_hash(hash, over > 0 ? 1 : over < 0 ? 2 : over == 0 ? 3 : 4);
        hash = wgi_hash(hash, (uint64_t)wgi_cosine_piece(v.x, a->eps));
        hash = wgi_hash(hash, (uint64_t)wgi_cosine_piece(v.y, a->eps));
    }
    return hash;
}

static wg_status FN(forward)(wg_call *c) {
    const struct wgi_cosine_embedding_loss *a = c->attrs;
    return wgi_loss_run(c, a->reduction, wgi_class_rows(c->x[0]), wgi_class_grain(c->x[0]),
                        FN(rows));
}

#else
#include "ops/choices.h"
#include "ops/class_loss.h"
#include "ops/cosine.h"

struct wgi_cosine_embedding_loss {
    double margin, eps;
    int reduction;
};

#define KERNEL_PART "ops/cosine_embedding_loss.c"
#include "ops/both_types.h"

static wg_status infer(wg_call *c) {
    const struct wgi_cosine_embedding_loss *a = c->attrs;
    const wg_value *x = c->x[0], *y = c->x[1], *m = c->x[2];
    char s[96], t[96], u[96];
    int fits = x->rank > 0 && wgi_same_shape(x, y) && m->rank == x->rank - 1;
    for (int i = 0; i < x->rank - 1 && fits; ++i) fits = m->dim[i] == x->dim[i];
    if (!fits)
        return wg_fail(c, WG_ERR_SHAPE, "x %s, y %s, alike %s; they are (..., D), (..., D), (...)",
                       wgi_shape_text(s, sizeof s, x->rank, x->dim),
                       wgi_shape_text(t, sizeof t, y->rank, y->dim),
                       wgi_shape_text(u, sizeof u, m->rank, m->dim));
    if (!(a->margin >= -1 && a->margin <= 1))
        return wg_fail(c, WG_ERR_RANGE, "margin = %g, of a cosine; it lies in [-1, 1]", a->margin);
    wg_status status = wgi_loss_check(c, "eps", a->eps, 1);
    return status == WG_OK ? wgi_loss_shape(c, a->reduction, wgi_shape(m)) : status;
}

/* The side of the margin, and which vectors are shorter than eps. */
static uint64_t signature(const wg_call *k) {
    return k->dtype == WG_F32 ? pieces_f32(k, k->attrs) : pieces_f64(k, k->attrs);
}

static void rule(wg_pull *p) {
    const struct wgi_cosine_embedding_loss *a = p->attrs;
    wg_var c = wg_cosine_similarity(p->x[0], p->x[1], -1, a->eps);
    int64_t rows = wg_shape_size(wg_shape_of(c));
    wg_var g = wgi_loss_cotangent(p, a->reduction, rows);
    wg_var slope = wg_where(p->x[2], wg_number(c.tape, -1), wg_step(wg_shift(c, -a->margin)));
    wgi_cosine_pull(p, wgi_class_column(wg_mul(slope, g), p->x[0]), -1, a->eps);
}

static const wg_attr attrs[] = {
    {.name = "margin", .kind = WG_ATTR_REAL,
     .offset = offsetof(struct wgi_cosine_embedding_loss, margin),
     .doc = "the cosine up to which a pair that is not alike costs nothing, in [-1, 1]"},
    {.name = "eps", .kind = WG_ATTR_REAL, .offset = offsetof(struct wgi_cosine_embedding_loss, eps),
     .preset = 1e-8, .doc = "the least length that is divided by"},
    WGI_REDUCTION_ROW(struct wgi_cosine_embedding_loss),
    {.name = NULL},
};
static const struct wgi_cosine_embedding_loss plain = {0, 1e-8, WG_REDUCTION_MEAN},
                                              wide = {-0.5, 0, WG_REDUCTION_SUM},
                                              each = {0.3, 1e-8, WG_REDUCTION_NONE};
static const wg_sample samples[] = {
    {.shapes = "4,3|4,3|4", .attrs = &plain}, {.shapes = "3,2|3,2|3", .attrs = &wide},
    {.shapes = "2,2,2|2,2,2|2,2", .attrs = &each}, {.shapes = "0,2|0,2|0", .attrs = &each},
    {.shapes = NULL},
};

const wg_gate wg_gate_cosine_embedding_loss = {
    .size = sizeof(wg_gate),
    .name = "cosine_embedding_loss",
    .formula = "l = 1 - c where alike, else max(0, c - margin), c = cosine_similarity(x, y)",
    .derivative = "that of the cosine with -g where alike, else g [c > margin]",
    .arity = 3,
    .operands = {"x", "y", "alike"},
    .masks = 4,
    .flags = WG_GATE_KINKED,
    .attr_bytes = sizeof(struct wgi_cosine_embedding_loss),
    .attrs = attrs,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .signature = signature,
    .rule = rule,
    .samples = samples,
    .shape = "(d..., D) (d..., D) (d...) -> () or (d...)",
    .domain = "margin in [-1, 1], eps >= 0; kinks where c = margin, derivative 0, and where a "
              "length is eps, the derivative of the shorter side",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_cosine_embedding_loss(wg_var x, wg_var y, wg_var alike, double margin, double eps,
                                wg_reduction reduction) {
    struct wgi_cosine_embedding_loss a = {margin, eps, (int)reduction};
    wg_var operands[3] = {x, y, alike};
    return wg_record(&wg_gate_cosine_embedding_loss, 3, operands, &a);
}
#endif
