/* elementwise.c: the driver of elementwise gates: broadcasting, strides and threads, once for all.
 * A gate gives loops over rows; the driver merges the axes that lie in a line and calls them. */
#include "autograd/rows.h"
#include "autograd/tape.h"
#include "backend/parallel.h"

#include <string.h>

enum { MAX_ARRAYS = 6, GRAIN = WGI_GRAIN_ELEMENTS };

/* ---- shapes --------------------------------------------------------------------------------- */

/* Names q and the operand whose `extent` at this axis (from the end) q does not go with. */
static wg_status differ(const wg_call *c, int axis, int64_t extent, const wg_value *q) {
    char a[96], b[96];
    const wg_value *p = c->x[0];
    for (size_t i = 0; i < c->n; ++i) {
        const wg_value *x = c->x[i];
        if (x->rank + axis >= 0 && x->dim[x->rank + axis] == extent) p = x;
    }
    return wg_fail(c, WG_ERR_SHAPE, "shapes do not broadcast: %s and %s",
                   wgi_shape_text(a, sizeof a, p->rank, p->dim),
                   wgi_shape_text(b, sizeof b, q->rank, q->dim));
}

wg_status wgi_elementwise_infer(wg_call *c) {
    int rank = 0;
    for (size_t i = 0; i < c->n; ++i) rank = c->x[i]->rank > rank ? c->x[i]->rank : rank;
    c->y.rank = rank;
    for (int axis = 0; axis < rank; ++axis) {
        int64_t extent = 1;
        for (size_t i = 0; i < c->n; ++i) {
            int at = axis - (rank - c->x[i]->rank);
            int64_t d = at < 0 ? 1 : c->x[i]->dim[at];
            if (d == 1 || d == extent) continue;
            if (extent != 1) return differ(c, axis - rank, extent, c->x[i]);
            extent = d;
        }
        c->y.dim[axis] = extent;
    }
    return WG_OK;
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* Arrays walked together over one shape.  Axes that all arrays cross in one line are merged. */
typedef struct plan {
    int rank, n; /* n arrays */
    int64_t dim[WG_MAX_RANK];
    int64_t stride[MAX_ARRAYS][WG_MAX_RANK];
    char *data[MAX_ARRAYS];
    int64_t bytes[MAX_ARRAYS]; /* of one element */
} plan;

/* Adds v, broadcast to the shape `to`. */
static void plan_add(plan *p, const wg_value *to, const wg_value *v) {
    int64_t *s = p->stride[p->n];
    for (int axis = 0; axis < to->rank; ++axis) {
        int at = axis - (to->rank - v->rank);
        s[axis] = at < 0 || v->dim[at] == 1 ? 0 : v->stride[at];
    }
    p->data[p->n] = v->data;
    p->bytes[p->n] = (int64_t)wg_dtype_size(v->dtype);
    ++p->n;
}

/* 1 if axis + 1 continues axis in every array. */
static int in_line(const plan *p, int outer, int inner) {
    for (int k = 0; k < p->n; ++k)
        if (p->stride[k][outer] != p->stride[k][inner] * p->dim[inner]) return 0;
    return 1;
}

static void plan_merge(plan *p, const wg_value *to) {
    int rank = 0;
    for (int axis = 0; axis < to->rank; ++axis) { /* axes of one element go */
        if (to->dim[axis] == 1) continue;
        p->dim[rank] = to->dim[axis];
        for (int k = 0; k < p->n; ++k) p->stride[k][rank] = p->stride[k][axis];
        ++rank;
    }
    for (int axis = rank - 1; axis > 0; --axis) {
        if (!in_line(p, axis - 1, axis)) continue;
        p->dim[axis - 1] *= p->dim[axis];
        for (int k = 0; k < p->n; ++k) p->stride[k][axis - 1] = p->stride[k][axis];
        for (int j = axis; j + 1 < rank; ++j) {
            p->dim[j] = p->dim[j + 1];
            for (int k = 0; k < p->n; ++k) p->stride[k][j] = p->stride[k][j + 1];
        }
        --rank;
    }
    if (rank == 0) {
        p->dim[0] = 1;
        for (int k = 0; k < p->n; ++k) p->stride[k][0] = 0;
        rank = 1;
    }
    p->rank = rank;
}

typedef void row_body(int64_t n, char *const *data, const int64_t *stride, void *arg);
typedef struct walk_job {
    const plan *p;
    int64_t split; /* pieces that a row is cut into */
    row_body *body;
    void *arg;
} walk_job;

/* Where row r begins in each array. */
static void row_start(const plan *p, int64_t r, char **at) {
    for (int k = 0; k < p->n; ++k) at[k] = p->data[k];
    for (int axis = p->rank - 2; axis >= 0; --axis) {
        int64_t i = r % p->dim[axis];
        r /= p->dim[axis];
        for (int k = 0; k < p->n; ++k) at[k] += i * p->stride[k][axis] * p->bytes[k];
    }
}

/* Rows [begin, end) when the rows are the work. */
static void walk_rows(int64_t begin, int64_t end, void *arg) {
    const walk_job *j = arg;
    const plan *p = j->p;
    int64_t s[MAX_ARRAYS];
    char *at[MAX_ARRAYS] = {NULL};
    for (int k = 0; k < p->n; ++k) s[k] = p->stride[k][p->rank - 1];
    for (int64_t r = begin; r < end; ++r) {
        row_start(p, r, at);
        j->body(p->dim[p->rank - 1], at, s, j->arg);
    }
}

/* Elements [begin, end) of the one long row. */
static void walk_elements(int64_t begin, int64_t end, void *arg) {
    const walk_job *j = arg;
    const plan *p = j->p;
    int64_t s[MAX_ARRAYS];
    char *at[MAX_ARRAYS] = {NULL};
    for (int k = 0; k < p->n; ++k) {
        s[k] = p->stride[k][0];
        at[k] = p->data[k] + begin * s[k] * p->bytes[k];
    }
    j->body(end - begin, at, s, j->arg);
}

static void walk(plan *p, const wg_value *shape, row_body *body, void *arg) {
    if (wg_value_size(shape) == 0) return;
    plan_merge(p, shape);
    walk_job job = {p, 1, body, arg};
    int64_t row = p->dim[p->rank - 1], rows = 1;
    for (int axis = 0; axis + 1 < p->rank; ++axis) rows *= p->dim[axis];
    if (rows == 1) wgi_parallel_for(row, GRAIN, walk_elements, &job);
    else wgi_parallel_for(rows, 1 + GRAIN / row, walk_rows, &job);
}

/* ---- forward -------------------------------------------------------------------------------- */

typedef struct forward_job {
    wgi_row_forward *row;
    const void *attrs;
} forward_job;

/* Arrays: y, then the operands. */
static void forward_row(int64_t n, char *const *data, const int64_t *stride, void *arg) {
    const forward_job *j = arg;
    const void *x[MAX_ARRAYS - 1] = {data[1], data[2], data[3]};
    j->row(n, x, stride + 1, data[0], j->attrs);
}

void wgi_rows(wgi_row_forward *row, const wg_value *y, size_t n, const wg_value *const *x,
              const void *attrs) {
    plan p;
    memset(&p, 0, sizeof p);
    forward_job job = {row, attrs};
    plan_add(&p, y, y);
    for (size_t i = 0; i < n; ++i) plan_add(&p, y, x[i]);
    walk(&p, y, forward_row, &job);
}

wg_status wgi_elementwise_forward(wg_call *c) {
    wgi_rows(c->gate->elementwise->forward[c->dtype], &c->y, c->n, c->x, c->attrs);
    return WG_OK;
}

/* ---- pull ----------------------------------------------------------------------------------- */

typedef struct pull_job {
    wgi_row_pull *row;
    const void *attrs;
} pull_job;

/* Arrays: out, g, y, then the operands. */
static void pull_row(int64_t n, char *const *data, const int64_t *stride, void *arg) {
    const pull_job *j = arg;
    const void *x[MAX_ARRAYS - 3] = {data[3], data[4], data[5]};
    j->row(n, data[1], data[2], x, stride + 1, data[0], j->attrs);
}

void wgi_elementwise_pull(const wg_gate *gate, int k, const wg_value *g, const wg_value *y,
                          size_t n, const wg_value *const *x, const void *attrs,
                          const wg_value *out) {
    plan p;
    memset(&p, 0, sizeof p);
    pull_job job = {gate->elementwise->pull[out->dtype][k], attrs};
    plan_add(&p, out, out);
    plan_add(&p, out, g);
    plan_add(&p, out, y);
    for (size_t i = 0; i < n; ++i) plan_add(&p, out, x[i]);
    walk(&p, out, pull_row, &job);
}

/* ---- adding up ------------------------------------------------------------------------------ */

/* Arrays: sum, a, b. */
static void add_row_f32(int64_t n, char *const *data, const int64_t *s, void *arg) {
    float *sum = (float *)(void *)data[0];
    const float *a = (const float *)(void *)data[1], *b = (const float *)(void *)data[2];
    (void)arg;
    if (s[0] == 1 && s[1] == 1 && s[2] == 1)
        for (int64_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
    else
        for (int64_t i = 0; i < n; ++i) sum[i * s[0]] = a[i * s[1]] + b[i * s[2]];
}
static void add_row_f64(int64_t n, char *const *data, const int64_t *s, void *arg) {
    double *sum = (double *)(void *)data[0];
    const double *a = (const double *)(void *)data[1], *b = (const double *)(void *)data[2];
    (void)arg;
    if (s[0] == 1 && s[1] == 1 && s[2] == 1)
        for (int64_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
    else
        for (int64_t i = 0; i < n; ++i) sum[i * s[0]] = a[i * s[1]] + b[i * s[2]];
}

void wgi_value_add(const wg_value *a, const wg_value *b, const wg_value *sum) {
    plan p;
    memset(&p, 0, sizeof p);
    plan_add(&p, sum, sum);
    plan_add(&p, sum, a);
    plan_add(&p, sum, b);
    walk(&p, sum, sum->dtype == WG_F32 ? add_row_f32 : add_row_f64, NULL);
}
