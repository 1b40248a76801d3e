/* Einstein's summation, NumPy's einsum: for spec = "ij,jk->ik"
 *
 *     y[i, k] = sum over j of x0[i, j] x1[j, k]
 *
 * one term of letters for each operand, one letter for each axis: the product of all operands,
 * summed over the letters that the result lacks.  A letter that a term has twice is the diagonal of
 * the two axes; "..." stands for further axes, which broadcast; without "->" the result has "..."
 * and then the letters that stand once, sorted, capitals first.  Blanks count for nothing, and an
 * axis of extent 1 is repeated where its letter has a larger extent elsewhere.
 *
 * A composition: diagonals, sums of what no other operand needs, then products of two values at a
 * time (einsum_plan.c says which), each of them one matmul with the letters of both, those that
 * stay as its batch and those that go as its inner dimension. */
#include "ops/einsum.h"

#include "autograd/tape.h"
#include "ops/matrices.h"
#include "ops/ops.h"

#include <string.h>

struct wgi_einsum_attrs {
    char spec[WG_TEXT_MAX];
};

static wg_status infer(wg_call *c) {
    wgi_einsum e;
    wg_shape shapes[WGI_TERMS];
    wg_error why = {WG_OK, ""};
    uint64_t sets[WGI_TERMS];
    wgi_product next;
    if (c->dtype > WG_F64)
        return wg_fail(c, WG_ERR_DTYPE, "not defined for %s", wg_dtype_name(c->dtype));
    for (size_t k = 0; k < c->n && k < WGI_TERMS; ++k) shapes[k] = wgi_shape(c->x[k]);
    if (wgi_einsum_read(((const struct wgi_einsum_attrs *)c->attrs)->spec, c->n, shapes, &e,
                        &why) != WG_OK)
        return wg_fail(c, why.status, "%s", why.text);
    wgi_einsum_reduced(&e, sets);
    for (size_t n = e.n; n > 1; sets[next.j] = sets[--n]) {
        if (!wgi_einsum_next(&e, n, sets, &next))
            return wg_fail(c, WG_ERR_SHAPE, "any product of two operands has more than %d axes",
                           WG_MAX_RANK);
        sets[next.i] = next.set;
    }
    c->y.rank = e.out.rank;
    for (int i = 0; i < e.out.rank; ++i) c->y.dim[i] = e.extent[e.out.label[i]];
    return WG_OK;
}

/* ---- one value ------------------------------------------------------------------------------ */

/* A value and the labels of its axes. */
typedef struct labelled {
    wg_var v;
    wgi_term t;
} labelled;

static int place_of(const wgi_term *t, int label) {
    for (int i = 0; i < t->rank; ++i)
        if (t->label[i] == label) return i;
    return -1;
}

/* Appends t's labels that lie in set, in t's order. */
static void append(wgi_term *to, const wgi_term *t, uint64_t set) {
    for (int i = 0; i < t->rank; ++i)
        if (set >> t->label[i] & 1) to->label[to->rank++] = t->label[i];
}

/* The axes in the order of `to`, a permutation of x's labels. */
static wg_var permuted(labelled x, const wgi_term *to) {
    wg_axes axes = {to->rank, {0}};
    int moved = 0;
    for (int i = 0; i < to->rank; ++i) {
        axes.axis[i] = place_of(&x.t, to->label[i]);
        moved |= axes.axis[i] != i;
    }
    return moved ? wg_permute(x.v, axes) : x.v;
}

static wg_var reshaped(wg_var v, wg_shape shape) {
    wg_shape have = wg_shape_of(v);
    int same = have.rank == shape.rank;
    for (int i = 0; i < shape.rank && same; ++i) same = have.dim[i] == shape.dim[i];
    return same ? v : wg_reshape(v, shape);
}

/* A label that stands twice becomes one axis, the diagonal. */
static labelled diagonals(labelled x) {
    for (int q = 1; q < x.t.rank; ++q) {
        int p = place_of(&x.t, x.t.label[q]);
        if (p == q) continue;
        wg_axes axes = {0, {0}};
        wgi_term t = {0, {0}};
        for (int i = 0; i < x.t.rank; ++i) {
            if (i == p || i == q) continue;
            axes.axis[axes.n++] = i;
            t.label[t.rank++] = x.t.label[i];
        }
        axes.axis[axes.n++] = p;
        axes.axis[axes.n++] = q;
        t.label[t.rank++] = x.t.label[q];
        x.v = wg_diagonal(wg_permute(x.v, axes), 0);
        x.t = t;
        q = 0; /* from the start: the axes moved */
    }
    return x;
}

/* Summed over the labels that are not in set; one of extent 1 only goes. */
static labelled summed(labelled x, uint64_t set) {
    wg_axes axes = {0, {0}};
    wgi_term t = {0, {0}};
    for (int i = 0; i < x.t.rank; ++i)
        if (!(set >> x.t.label[i] & 1)) axes.axis[axes.n++] = i;
    append(&t, &x.t, set);
    if (axes.n) x.v = wg_sum_over(x.v, axes, 0);
    x.t = t;
    return x;
}

/* ---- two values ----------------------------------------------------------------------------- */

static int64_t size_of(const wgi_einsum *e, const wgi_term *t) {
    int64_t n = 1;
    for (int i = 0; i < t->rank; ++i) n *= e->extent[t->label[i]];
    return n;
}

static wg_shape shape_of(const wgi_einsum *e, const wgi_term *t) {
    wg_shape s = {t->rank, {0}};
    for (int i = 0; i < t->rank; ++i) s.dim[i] = e->extent[t->label[i]];
    return s;
}

static wgi_term joined(const wgi_term *a, const wgi_term *b) {
    wgi_term t = *a;
    append(&t, b, ~(uint64_t)0);
    return t;
}

/* (batch..., first, second) of x, whose labels are those of the three lists: one axis for each label
 * of the batch, or where there is no room one for all, and one for each other list. */
static wg_var as_matrices(const wgi_einsum *e, labelled x, const wgi_term *batch,
                          const wgi_term *first, const wgi_term *second) {
    wgi_term matrix = joined(first, second), order = joined(batch, &matrix);
    wg_shape s = shape_of(e, batch);
    if (s.rank > WG_MAX_RANK - 2) s = WG_SHAPE(size_of(e, batch));
    s.dim[s.rank++] = size_of(e, first);
    s.dim[s.rank++] = size_of(e, second);
    return reshaped(permuted(x, &order), s);
}

/* No label is summed: elementwise, with axes of extent 1 where an operand lacks a label. */
static wg_var multiplied(const wgi_einsum *e, labelled a, labelled b, const wgi_term *out) {
    labelled x[2] = {a, b};
    for (int k = 0; k < 2; ++k) {
        wgi_term order = {0, {0}};
        wg_shape s = shape_of(e, out);
        append(&order, out, wgi_term_set(&x[k].t));
        for (int i = 0; i < s.rank; ++i)
            if (place_of(&order, out->label[i]) < 0) s.dim[i] = 1;
        x[k].v = reshaped(permuted(x[k], &order), s);
    }
    return wg_mul(x[0].v, x[1].v);
}

/* The product of a and b, of whose labels those in `stay` stay. */
static labelled contracted(const wgi_einsum *e, labelled a, labelled b, uint64_t stay) {
    uint64_t in_a = wgi_term_set(&a.t), in_b = wgi_term_set(&b.t), both = in_a & in_b;
    wgi_term batch = {0, {0}}, inner = batch, left = batch, right = batch;
    append(&batch, &a.t, both & stay);
    append(&inner, &a.t, both & ~stay);
    append(&left, &a.t, in_a & ~both);
    append(&right, &b.t, in_b & ~both);
    wgi_term outer = joined(&left, &right);
    labelled y = {WG_NONE, joined(&batch, &outer)};
    if (inner.rank == 0) {
        y.v = multiplied(e, a, b, &y.t);
        return y;
    }
    wg_var rows = as_matrices(e, a, &batch, &left, &inner);
    wg_var columns = as_matrices(e, b, &batch, &inner, &right);
    y.v = reshaped(wg_matmul(rows, columns), shape_of(e, &y.t));
    return y;
}

/* ---- the composition ------------------------------------------------------------------------ */

static wg_var compose(size_t n, const wg_var *x, const void *attrs) {
    wgi_einsum e;
    wg_shape shapes[WGI_TERMS];
    uint64_t sets[WGI_TERMS];
    labelled value[WGI_TERMS];
    wgi_product next;
    shapes[0] = WG_RANK0;
    for (size_t k = 0; k < n; ++k) shapes[k] = wg_shape_of(x[k]);
    wgi_einsum_read(((const struct wgi_einsum_attrs *)attrs)->spec, n, shapes, &e, NULL);
    wgi_einsum_reduced(&e, sets);
    for (size_t k = 0; k < n; ++k) {
        labelled whole = {x[k], e.term[k]};
        value[k] = summed(diagonals(whole), sets[k]);
    }
    while (n > 1 && wgi_einsum_next(&e, n, sets, &next)) {
        value[next.i] = contracted(&e, value[next.i], value[next.j], next.set);
        sets[next.i] = next.set;
        value[next.j] = value[--n];
        sets[next.j] = sets[n];
    }
    return permuted(value[0], &e.out);
}

static const wg_attr attrs[] = {
    {.name = "spec", .kind = WG_ATTR_TEXT, .offset = offsetof(struct wgi_einsum_attrs, spec),
     .required = 1, .doc = "the labels of the operands and of the result, as \"ij,jk->ik\""},
    {.name = NULL},
};
static const struct wgi_einsum_attrs product = {"ij,jk->ik"}, turned = {"kij, kjb -> bki"},
                                     twice = {"iji,j->i"}, many = {"ab,bc,cd,a->da"},
                                     dots = {"...i,i...->..."}, implied = {"b...a,Ca"},
                                     repeats = {"ij,jk"}, alone = {"ii->"}, numbers = {",,->"};
static const wg_sample samples[] = {
    {.shapes = "2,3|3,2", .attrs = &product},      {.shapes = "2,3,2|2,2,2", .attrs = &turned},
    {.shapes = "2,3,2|3", .attrs = &twice},        {.shapes = "2,2|2,3|3,2|2", .attrs = &many},
    {.shapes = "2,3|3,1", .attrs = &dots},         {.shapes = "2,3,2|2,2", .attrs = &implied},
    {.shapes = "2,1|3,2", .attrs = &repeats},      {.shapes = "3,3", .attrs = &alone},
    {.shapes = "||", .attrs = &numbers},           {.shapes = "2,0|0,3", .attrs = &product},
    {.shapes = NULL},
};

const wg_gate wg_gate_einsum = {
    .size = sizeof(wg_gate),
    .name = "einsum",
    .formula = "y = the sum of the products of all x over the letters that y lacks",
    .derivative = "dxk = einsum of g and the other x",
    .arity = -1,
    .operands = {"x"},
    .attr_bytes = sizeof(struct wgi_einsum_attrs),
    .attrs = attrs,
    .infer = infer,
    .compose = compose,
    .samples = samples,
    .shape = "as spec says",
};

wg_var wg_einsum(const char *spec, size_t n, const wg_var *xs) {
    struct wgi_einsum_attrs a;
    wg_tape *tape = n ? xs[0].tape : NULL;
    size_t length = spec ? strlen(spec) : WG_TEXT_MAX;
    if (length >= WG_TEXT_MAX)
        return wg_poison(tape, WG_ERR_RANGE, "einsum", "the specification is missing or too long");
    memcpy(a.spec, spec, length + 1);
    return wg_record(&wg_gate_einsum, n, xs, &a);
}
