/* A step of a long short-term memory (S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997,
 * with the forget gate of F. Gers et al., 2000): x (N, D), state h and memory c (N, H), wx (D, 4H),
 * wh (H, 4H), b (4H) or absent.  The columns are those of the input gate i, forget gate f,
 * candidate g and output gate o:
 *
 *     i, f, o = sigmoid,  g = tanh of their columns of x wx + h wh + b
 *     c' = f c + i g,     h' = o tanh c'.
 *
 * A gate has one output: it is h' and c' side by side, (N, 2H), with cotangents gh, gc.  With t =
 * tanh c' and e = gc + gh o (1 - t^2), the cotangent of c', those of the four sums are
 *
 *     d = [e g i (1 - i),  e c f (1 - f),  e i (1 - g^2),  gh t o (1 - o)]
 *
 * and dx = d wx^T, dwx = x^T d, dh = d wh^T, dwh = h^T d, db = the sum of d's rows, dc = e f. */
#include "backend/loops.h"
#include "backend/matmul.h"
#include "backend/norm.h"
#include "backend/parallel.h"
#include "ops/cells.h"
#include "ops/matrices.h"

#include <string.h>

enum { X, STATE, MEMORY, WX, WH, BIAS, GRAIN = WGI_GRAIN_ELEMENTS / 64 };

/* ---- matrices whose rows are contiguous ------------------------------------------------------ */

typedef struct matrix {
    int64_t rows, cols, ld;
    void *data; /* NULL: absent */
} matrix;

/* v as it lies, or packed; a vector is a row. */
static wg_status matrix_of(const wg_call *c, const wg_value *v, matrix *m) {
    const int last = v->rank - 1;
    m->rows = v->rank > 1 ? v->dim[0] : 1;
    m->cols = v->dim[last];
    m->ld = v->rank > 1 && m->rows > 1 ? v->stride[0] : m->cols;
    m->data = v->data;
    if ((m->cols <= 1 || v->stride[last] == 1) && m->ld >= m->cols) return WG_OK;
    wg_value packed = *v;
    wg_status s = wgi_pack(c, &packed);
    m->data = packed.data;
    m->ld = m->cols;
    return s;
}

/* The operands of a cell of n rows and h units. */
typedef struct cell {
    int64_t n, h;
    matrix x[6];
} cell;

static wg_status cell_of(const wg_call *c, cell *s) {
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 6; ++i) {
        wg_status status = c->x[i] ? matrix_of(c, c->x[i], &s->x[i]) : WG_OK;
        if (status != WG_OK) return status;
    }
    s->n = s->x[STATE].rows;
    s->h = s->x[STATE].cols;
    return WG_OK;
}

static int64_t at_least_1(int64_t n) { return n > 1 ? n : 1; }

static wgi_matmul product_of(const matrix *a, int transpose_a, const matrix *b, int transpose_b,
                             int64_t ldc, int beta) {
    wgi_matmul s = {.transpose_a = transpose_a, .transpose_b = transpose_b, .beta = beta};
    s.m = transpose_a ? a->cols : a->rows;
    s.k = transpose_a ? a->rows : a->cols;
    s.n = transpose_b ? b->rows : b->cols;
    s.lda = at_least_1(a->ld);
    s.ldb = at_least_1(b->ld);
    s.ldc = at_least_1(ldc);
    return s;
}

/* ---- kernels -------------------------------------------------------------------------------- */

#define REAL double
#define M(function) wgi_vm_##function##_f64
#define FN(name) name##_f64
#include "ops/lstm_part.h"
#undef REAL
#undef M
#undef FN

#define REAL float
#define M(function) wgi_vm_##function##_f32
#define FN(name) name##_f32
#include "ops/lstm_part.h"
#undef REAL
#undef M
#undef FN

static wg_status direct(const wg_call *c, const wg_value *g, const wg_into *into) {
    return c->dtype == WG_F32 ? direct_f32(c, g, into) : direct_f64(c, g, into);
}

static wg_status infer(wg_call *c) {
    wg_status s = wgi_cell_states(c);
    if (s != WG_OK) return s;
    int64_t d = c->x[0]->dim[1], h = c->x[1]->dim[1];
    s = wgi_cell_shape(c, 2, c->x[1]->dim[0], h);
    if (s == WG_OK) s = wgi_cell_shape(c, 3, d, 4 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 4, h, 4 * h);
    if (s == WG_OK) s = wgi_cell_shape(c, 5, -1, 4 * h);
    c->y.dim[1] = 2 * h;
    c->saved_count = 5 * h * c->x[1]->dim[0];
    return s;
}

/* ---- the rule ------------------------------------------------------------------------------- */

/* y (1 - y), the derivative of the sigmoid; 1 - y^2, of tanh */
static wg_var bell(wg_var y) { return wg_mul(y, wg_shift(wg_neg(y), 1)); }
static wg_var slope(wg_var y) { return wg_shift(wg_neg(wg_square(y)), 1); }

/* The cotangents of the four sums, and of c. */
static wg_var cotangent_of_sums(const wg_pull *p, int64_t n, wg_var *dc) {
    const wg_var *x = p->x;
    wg_var all = wg_add(wgi_affine(x[X], x[WX], x[BIAS]), wg_matmul(x[STATE], x[WH]));
    wg_var i = wg_sigmoid(wgi_cell_part(all, 0, n)), f = wg_sigmoid(wgi_cell_part(all, 1, n));
    wg_var g = wg_tanh(wgi_cell_part(all, 2, n)), o = wg_sigmoid(wgi_cell_part(all, 3, n));
    wg_var t = wg_tanh(wgi_cell_part(p->y, 1, n)), gh = wgi_cell_part(p->g, 0, n);
    wg_var e = wg_add(wgi_cell_part(p->g, 1, n), wg_mul(gh, wg_mul(o, slope(t))));
    wg_var d[4] = {wg_mul(e, wg_mul(g, bell(i))), wg_mul(e, wg_mul(x[MEMORY], bell(f))),
                   wg_mul(e, wg_mul(i, slope(g))), wg_mul(gh, wg_mul(t, bell(o)))};
    *dc = wg_mul(e, f);
    return wg_concat(4, d, -1);
}

static void rule(wg_pull *p) {
    wg_var dc, d = cotangent_of_sums(p, wg_shape_of(p->x[STATE]).dim[1], &dc);
    static const int weights[2] = {WX, WH}, times[2] = {X, STATE};
    for (int k = 0; k < 2; ++k) {
        int v = times[k], w = weights[k];
        if (p->wanted[v]) p->dx[v] = wg_matmul(d, wgi_matrix_transpose(p->x[w]));
        if (p->wanted[w]) p->dx[w] = wg_matmul(wgi_matrix_transpose(p->x[v]), d);
    }
    if (p->wanted[MEMORY]) p->dx[MEMORY] = dc;
    if (p->x[BIAS].tape && p->wanted[BIAS]) p->dx[BIAS] = d; /* the engine sums over the rows */
}

/* The two products; each of the four that a reverse kernel makes is one of them again. */
static double work(const wg_call *c, int k) {
    double sums = (double)(c->x[STATE]->dim[0] * 4 * c->x[STATE]->dim[1]);
    double by_x = 2 * sums * (double)c->x[X]->dim[1];
    double by_h = 2 * sums * (double)c->x[STATE]->dim[1];
    if (k == X || k == WX) return by_x;
    if (k == STATE || k == WH) return by_h;
    return k < 0 ? by_x + by_h : sums;
}

static const wg_sample samples[] = {{.shapes = "2,3|2,2|2,2|3,8|2,8|8", .lo = -1, .hi = 1},
                                    {.shapes = "1,1|1,1|1,1|1,4|1,4|-"},
                                    {.shapes = "0,2|0,2|0,2|2,8|2,8|8"},
                                    {.shapes = NULL}};

const wg_gate wg_gate_lstm_cell = {
    .size = sizeof(wg_gate),
    .name = "lstm_cell",
    .formula = "[h', c'], c' = f c + i g, h' = o tanh c', i, f, o = sigmoid, g = tanh of x wx + h "
               "wh + b",
    .derivative = "with e = gc + gh o (1 - tanh^2 c'), d = [e g i (1 - i), e c f (1 - f), e i (1 - "
                  "g^2), gh tanh c' o (1 - o)]: dx = d wx^T, dwx = x^T d, dh = d wh^T, dwh = h^T "
                  "d, db = sum d, dc = e f",
    .arity = 6,
    .operands = {"x", "h", "c", "wx", "wh", "b"},
    .optional = 32,
    .flags = WG_GATE_STRIDED,
    .infer = infer,
    .forward = {forward_f32, forward_f64},
    .rule = rule,
    .direct = direct,
    .samples = samples,
    .work = work,
    .shape = "(N, D) (N, H) (N, H) (D, 4 H) (H, 4 H) (4 H)? -> (N, 2 H)",
    .kernel = WG_KERNEL_PRODUCT,
};

wg_var wg_lstm_cell_states(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b) {
    wg_var operands[6] = {x, h, c, wx, wh, b};
    return wg_record(&wg_gate_lstm_cell, 6, operands, NULL);
}

wg_var wg_lstm_cell(wg_var x, wg_var h, wg_var c, wg_var wx, wg_var wh, wg_var b,
                    wg_var *c_next) {
    wg_var both = wg_lstm_cell_states(x, h, c, wx, wh, b);
    *c_next = wg_split(both, 2, 1, -1);
    return wg_split(both, 2, 0, -1);
}
