/* contraction.c: see contraction.h */
#include "tests/ops/contraction.h"

#include "tests/suites.h"

#include <string.h>

enum { SIZE = 20000 }; /* elements of an operand or a result */

int pick(int n) { return (int)(probe_random() * n); }

void contraction_settle(contraction *c) {
    int seen[CONTRACTION_LABELS] = {0};
    for (int l = 0; l < CONTRACTION_LABELS; ++l) c->extent[l] = 1;
    for (size_t k = 0; k < c->n; ++k)
        for (int i = 0; i < c->x[k].rank; ++i) {
            int l = c->x[k].label[i];
            if (!seen[l] || c->extent[l] == 1) c->extent[l] = c->dim[k][i];
            seen[l] = 1;
        }
}

/* ---- the loop ------------------------------------------------------------------------------- */

static int64_t size_of(const contraction *c, const labels *l, const int64_t *dim) {
    int64_t n = 1;
    for (int i = 0; i < l->rank; ++i) n *= dim ? dim[i] : c->extent[l->label[i]];
    return n;
}

/* The element of an array with these labels at the index of each label. */
static int64_t place(const contraction *c, const labels *l, const int64_t *dim,
                     const int64_t *index) {
    int64_t at = 0;
    for (int i = 0; i < l->rank; ++i) {
        int64_t extent = dim ? dim[i] : c->extent[l->label[i]];
        at = at * extent + (extent == 1 ? 0 : index[l->label[i]]);
    }
    return at;
}

/* Adds each product to y, and each product but for one factor, times g, to that one's gradient. */
static void loop(const contraction *c, double (*x)[SIZE], const double *g, double *y,
                 double (*dx)[SIZE]) {
    int64_t index[CONTRACTION_LABELS] = {0};
    for (int l = 0; l < CONTRACTION_LABELS; ++l)
        if (c->extent[l] == 0) return;
    for (int l = 0; l >= 0;) {
        int64_t at[CONTRACTION_OPERANDS], to = place(c, &c->out, NULL, index);
        double all = 1;
        for (size_t k = 0; k < c->n; ++k) {
            at[k] = place(c, &c->x[k], c->dim[k], index);
            all *= x[k][at[k]];
        }
        y[to] += all;
        for (size_t k = 0; k < c->n; ++k) {
            double others = g[to];
            for (size_t j = 0; j < c->n; ++j)
                if (j != k) others *= x[j][at[j]];
            dx[k][at[k]] += others;
        }
        for (l = CONTRACTION_LABELS - 1; l >= 0 && ++index[l] == c->extent[l]; --l) index[l] = 0;
    }
}

/* ---- operands ------------------------------------------------------------------------------- */

static wg_var leaf(wg_tape *t, wg_dtype dtype, wg_shape s, const double *x) {
    static float f[2 * SIZE];
    int64_t n = wg_shape_size(s);
    ck_assert_int_le(n, 2 * SIZE);
    for (int64_t i = 0; i < n; ++i) f[i] = (float)x[i];
    return wg_input(t, dtype, s, dtype == WG_F32 ? (const void *)f : (const void *)x);
}

/* The value x of that shape as a permutation of an array with permuted axes. */
static wg_var as_permuted(wg_tape *t, wg_dtype dtype, wg_shape s, const double *x) {
    static double turned[SIZE];
    wg_axes order = {s.rank, {0}}, back = order;
    wg_shape stored = s;
    for (int i = 0; i < s.rank; ++i) {
        int j = pick(i + 1);
        order.axis[i] = order.axis[j];
        order.axis[j] = i;
    }
    for (int i = 0; i < s.rank; ++i) {
        stored.dim[i] = s.dim[order.axis[i]];
        back.axis[order.axis[i]] = i;
    }
    for (int64_t at = 0; at < wg_shape_size(s); ++at) {
        int64_t index[WG_MAX_RANK], to = 0, rest = at;
        for (int i = s.rank - 1; i >= 0; --i) {
            index[i] = rest % s.dim[i];
            rest /= s.dim[i];
        }
        for (int i = 0; i < s.rank; ++i) to = to * stored.dim[i] + index[order.axis[i]];
        turned[to] = x[at];
    }
    wg_var v = leaf(t, dtype, stored, turned);
    return s.rank ? wg_permute(v, back) : v;
}

/* The value x as every second element of a row twice as long, or backwards. */
static wg_var as_strided(wg_tape *t, wg_dtype dtype, wg_shape s, const double *x, int backwards) {
    static double spread[2 * SIZE];
    int64_t n = wg_shape_size(s), last = s.rank ? s.dim[s.rank - 1] : 1;
    wg_shape stored = s;
    if (s.rank == 0) return leaf(t, dtype, s, x);
    if (!backwards) stored.dim[s.rank - 1] = 2 * last;
    for (int64_t i = 0; i < n; ++i) {
        spread[backwards ? n - 1 - i : 2 * i] = x[i];
        if (!backwards) spread[2 * i + 1] = 7;
    }
    wg_var v = leaf(t, dtype, stored, spread);
    wg_axes all = {0, {0}};
    return backwards ? wg_flip(v, all) : wg_slice(v, s.rank - 1, 0, 2 * last, 2);
}

static wg_var operand(wg_tape *t, wg_dtype dtype, wg_shape s, const double *x) {
    switch (pick(5)) {
    case 0: return as_permuted(t, dtype, s, x);
    case 1: return as_strided(t, dtype, s, x, 0);
    case 2: return as_strided(t, dtype, s, x, 1);
    default: return leaf(t, dtype, s, x);
    }
}

/* ---- the check ------------------------------------------------------------------------------ */

static void draw(int64_t n, double *x) {
    for (int64_t i = 0; i < n; ++i) x[i] = pick(7) - 3;
}

static void same(wg_var v, int64_t n, const double *want, const char *name, const char *what) {
    static double have[SIZE];
    probe_read(v, n, have);
    for (int64_t i = 0; i < n; ++i)
        ck_assert_msg(have[i] == want[i], "%s: %s, element %lld: %.17g, the loop has %.17g", name,
                      what, (long long)i, have[i], want[i]);
}

void contraction_check(const contraction *c, wg_dtype dtype, contraction_gate *gate,
                       const void *user, const char *name) {
    static double x[CONTRACTION_OPERANDS][SIZE], dx[CONTRACTION_OPERANDS][SIZE], y[SIZE], g[SIZE];
    static const char *const whats[] = {"gradient 0", "gradient 1", "gradient 2", "gradient 3"};
    int64_t n = size_of(c, &c->out, NULL), size[CONTRACTION_OPERANDS];
    wg_shape shape = {c->out.rank, {0}};
    wg_var v[CONTRACTION_OPERANDS];
    wg_tape *t = wg_tape_new();
    ck_assert_int_le(n, SIZE);
    draw(n, g);
    memset(y, 0, (size_t)n * sizeof *y);
    for (size_t k = 0; k < c->n; ++k) {
        wg_shape s = {c->x[k].rank, {0}};
        memcpy(s.dim, c->dim[k], (size_t)s.rank * sizeof *s.dim);
        size[k] = size_of(c, &c->x[k], c->dim[k]);
        ck_assert_int_le(size[k], SIZE);
        draw(size[k], x[k]);
        memset(dx[k], 0, (size_t)size[k] * sizeof **dx);
        v[k] = operand(t, dtype, s, x[k]);
    }
    loop(c, x, g, y, dx);
    for (int i = 0; i < shape.rank; ++i) shape.dim[i] = c->extent[c->out.label[i]];
    wg_var result = gate(v, user);
    ck_assert_msg(result.index != 0, "%s: %s", name, wg_tape_message(t));
    probe_shape(result, shape);
    same(result, n, y, name, "value");
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(result, leaf(t, dtype, shape, g)))), WG_OK);
    for (size_t k = 0; k < c->n; ++k) same(wg_grad(v[k]), size[k], dx[k], name, whats[k]);
    wg_tape_free(t);
}
