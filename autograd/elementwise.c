/* elementwise.c: the driver of elementwise gates: broadcasting, once for all.  A gate gives loops
 * over rows, which a walk (walk.h) calls. */
#include "autograd/rows.h"
#include "autograd/tape.h"
#include "autograd/walk.h"

#include <string.h>

enum { MAX_ARRAYS = WGI_WALK_ARRAYS };

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
    wgi_walk w;
    w.n = 0;
    forward_job job = {row, attrs};
    wgi_walk_add(&w, y, y);
    for (size_t i = 0; i < n; ++i) wgi_walk_add(&w, y, x[i]);
    wgi_walk_run(&w, y, forward_row, &job);
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
    wgi_walk w;
    w.n = 0;
    pull_job job = {gate->elementwise->pull[out->dtype][k], attrs};
    wgi_walk_add(&w, out, out);
    wgi_walk_add(&w, out, g);
    wgi_walk_add(&w, out, y);
    for (size_t i = 0; i < n; ++i) wgi_walk_add(&w, out, x[i]);
    wgi_walk_run(&w, out, pull_row, &job);
}
