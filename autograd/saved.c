/* saved.c: the saved block of a gate as a value that rules can read.
 *
 * It is a gate of its own, a view of the block of its operand: the operand keeps the block alive,
 * and a replay that rewrites the block needs to do nothing here.  The view carries no derivative,
 * so a rule that is being recorded may only see what has none: integers and masks. */
#include "autograd/tape.h"

#include <string.h>

struct saved {
    wg_dtype dtype;
    wg_shape shape;
    int64_t offset, count; /* of the block, in elements */
};

static wg_status infer(wg_call *c) {
    const struct saved *a = c->attrs;
    int64_t size = wg_shape_size(a->shape);
    if (size < 0 || a->offset < 0 || a->offset > a->count || size > a->count - a->offset)
        return wg_fail(c, WG_ERR_RANGE, "%lld elements from %lld on; the block has %lld",
                       (long long)size, (long long)a->offset, (long long)a->count);
    c->y.dtype = a->dtype;
    c->y.rank = a->shape.rank;
    memcpy(c->y.dim, a->shape.dim, sizeof c->y.dim);
    return WG_OK;
}

static int view(wg_call *c) {
    const struct saved *a = c->attrs;
    char *block = c->x[0]->saved;
    if (block) block += (size_t)a->offset * wg_dtype_size(a->dtype);
    c->y.data = block;
    return 1;
}

const wg_gate wgi_gate_saved = {
    .size = sizeof(wg_gate),
    .name = "saved",
    .formula = "what the gate of x kept for its rule",
    .derivative = "0",
    .arity = 1,
    .operands = {"x"},
    .flags = WG_GATE_STRIDED | WG_GATE_FLAT,
    .attr_bytes = sizeof(struct saved),
    .infer = infer,
    .view = view,
};

wg_var wg_pull_saved(const wg_pull *p, wg_shape shape, int64_t offset) {
    if (!wgi_usable(p->y, "saved")) return p->y.tape ? wgi_poison(p->y.tape) : WG_NONE;
    wg_tape *t = p->y.tape;
    const wgi_node *n = wgi_node_at(t, p->y.index);
    struct saved a = {WG_I64, shape, offset, 0};
    if (n->flags & WGI_DENSE) {
        const wgi_dense *d = n->u.dense;
        a.count = d->saved_count;
        a.dtype = d->saved_dtype <= WG_F64 ? d->value.dtype : d->saved_dtype;
    }
    if (p->recording && a.dtype <= WG_F64)
        return wg_poison(t, WG_ERR_STATE, p->gate->name,
                         "its rule reads saved floats while it is recorded");
    return wg_record(&wgi_gate_saved, 1, &p->y, &a);
}
