/* cells.h: what the recurrent cells, compositions all, check of their operands.
 *
 * x (N, D), a state (N, H), weights (D, k H) and (H, k H), a bias (k H): the k gates of a cell lie
 * side by side. */
#ifndef WGI_OPS_CELLS_H
#define WGI_OPS_CELLS_H

#include "autograd/tape.h"
#include "ops/ops.h"

#include <stdio.h>

/* Operand i has the shape (rows, columns), or (columns) where rows is -1; absent is fine. */
static inline wg_status wgi_cell_shape(wg_call *c, size_t i, int64_t rows, int64_t columns) {
    const wg_value *x = c->x[i];
    char have[96], want[64];
    if (!x) return WG_OK;
    int vector = rows < 0;
    if (x->rank == 2 - vector && x->dim[x->rank - 1] == columns && (vector || x->dim[0] == rows))
        return WG_OK;
    if (vector) snprintf(want, sizeof want, "(%lld)", (long long)columns);
    else snprintf(want, sizeof want, "(%lld, %lld)", (long long)rows, (long long)columns);
    return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it is %s", c->gate->operands[i],
                   wgi_shape_text(have, sizeof have, x->rank, x->dim), want);
}

/* x and h, operands 0 and 1, are matrices of as many rows; y has h's shape. */
static inline wg_status wgi_cell_states(wg_call *c) {
    const wg_value *x = c->x[0], *h = c->x[1];
    char text[96];
    for (size_t i = 0; i < 2; ++i)
        if (c->x[i]->rank != 2)
            return wg_fail(c, WG_ERR_SHAPE, "%s has shape %s; it has rank 2", c->gate->operands[i],
                           wgi_shape_text(text, sizeof text, c->x[i]->rank, c->x[i]->dim));
    if (x->dim[0] != h->dim[0])
        return wg_fail(c, WG_ERR_SHAPE, "x has %lld rows, h %lld", (long long)x->dim[0],
                       (long long)h->dim[0]);
    c->y.rank = 2;
    c->y.dim[0] = h->dim[0];
    c->y.dim[1] = h->dim[1];
    return WG_OK;
}

/* x w + b, b or WG_NONE. */
static inline wg_var wgi_affine(wg_var x, wg_var w, wg_var b) {
    wg_var y = wg_matmul(x, w);
    return b.tape ? wg_add(y, b) : y;
}

/* Columns k H .. (k + 1) H of v (N, n H). */
static inline wg_var wgi_cell_part(wg_var v, int64_t k, int64_t h) {
    return wg_slice(v, -1, k * h, (k + 1) * h, 1);
}

#endif
