/* Rows of a table by number: table (V, D), an index of any shape (...), y (..., D).  dtable is g
 * added up at the rows used: index_add. */
#include "ops/select.h"

static wg_status infer(wg_call *c) {
    wg_shape y = {0, {0}};
    char text[96];
    const wg_value *table = c->x[0];
    if (table->rank != 2)
        return wg_fail(c, WG_ERR_SHAPE, "the table is %s, not (rows, width)",
                       wgi_shape_text(text, sizeof text, table->rank, table->dim));
    wg_status s = wgi_select_shape(c, 0, &y);
    c->y.rank = y.rank;
    for (int i = 0; i < y.rank; ++i) c->y.dim[i] = y.dim[i];
    return s;
}

static wg_status forward(wg_call *c) { return wgi_select(c, 0); }

static void rule(wg_pull *p) { wgi_select_pull(p, 0); }

static const wg_sample samples[] = {
    {.shapes = "3,2|4", .limit = 3}, {.shapes = "4,3|2,2", .limit = 4},
    {.shapes = "3,2|", .limit = 3},  {.shapes = "3,2|0", .limit = 3},
    {.shapes = NULL},
};

const wg_gate wg_gate_embedding = {
    .size = sizeof(wg_gate),
    .name = "embedding",
    .formula = "y[k] = table[index[k]]",
    .derivative = "dtable[index[k]] += g[k]",
    .arity = 2,
    .operands = {"table", "index"},
    .indices = 2,
    .flags = WG_GATE_LINEAR,
    .infer = infer,
    .forward = {forward, forward, forward, forward},
    .rule = rule,
    .samples = samples,
    .shape = "(V, D) (e...) -> (e..., D)",
    .domain = "0 <= index < V, else RANGE; a row used twice adds both cotangents up",
    .kernel = WG_KERNEL_THREADS,
};

wg_var wg_embedding(wg_var table, wg_var index) {
    wg_var operands[2] = {table, index};
    return wg_record(&wg_gate_embedding, 2, operands, NULL);
}
