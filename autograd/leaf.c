/* leaf.c: values that no gate made: inputs, constants, numbers, parameters, and views that the
 * engine puts on the tape for rules to read. */
#include "autograd/scalar.h"
#include "autograd/store.h"

#include <string.h>

#define LEAF(label, meaning)                                                                       \
    { .size = sizeof(wg_gate), .name = label, .formula = meaning, .flags = WG_GATE_LEAF }
const wg_gate wgi_gate_poison = LEAF("poison", "what a failed call returns");
const wg_gate wgi_gate_scalar = LEAF("scalar", "a float64 leaf of rank 0");
const wg_gate wgi_gate_number = LEAF("number", "a constant that takes its partner's dtype");
const wg_gate wgi_gate_input = LEAF("input", "a leaf whose gradient is wanted");
const wg_gate wgi_gate_const = LEAF("const", "a leaf without gradient");
const wg_gate wgi_gate_param = LEAF("param", "a parameter of a store");
const wg_gate wgi_gate_shown = LEAF("shown", "an array that another value owns");

static wg_var scalar_leaf(wg_tape *t, const wg_gate *gate, double value, uint32_t flags) {
    if (!t) return WG_NONE;
    uint32_t count = t->head.count;
    wgi_node *n = wgi_next(t);
    if (WGI_UNLIKELY(n == t->end)) n = wgi_node_new(t, gate);
    if (WGI_UNLIKELY(!n)) return wgi_poison(t);
    n->value = value;
    n->u.partial[0] = n->u.partial[1] = 0;
    flags |= WGI_SCALAR | WGI_LEAF | WGI_PARTIALS;
    return wgi_scalar_node(t, n, gate, count, 0, flags);
}

wg_var wg_scalar(wg_tape *t, double value) {
    return scalar_leaf(t, &wgi_gate_scalar, value, WGI_WANTS);
}

wg_var wg_number(wg_tape *t, double value) {
    return scalar_leaf(t, &wgi_gate_number, value, WGI_NUMBER);
}

int64_t wgi_checked_size(wg_tape *t, const char *who, wg_dtype dtype, wg_shape shape) {
    if ((size_t)dtype > WG_BOOL) {
        wgi_error(t, WG_ERR_DTYPE, "%s: %d is no dtype", who, (int)dtype);
        return -1;
    }
    if (shape.rank < 0 || shape.rank > WG_MAX_RANK) {
        wgi_error(t, WG_ERR_SHAPE, "%s: rank %d; it is 0 to %d", who, shape.rank, WG_MAX_RANK);
        return -1;
    }
    int64_t size = wg_shape_size(shape);
    char text[128];
    if (size < 0) {
        wgi_error(t, WG_ERR_SHAPE, "%s: %s is no shape", who,
                  wgi_shape_text(text, sizeof text, shape.rank, shape.dim));
    } else if (size > INT64_MAX / 16) {
        wgi_error(t, WG_ERR_MEMORY, "%s: no memory for the shape %s", who,
                  wgi_shape_text(text, sizeof text, shape.rank, shape.dim));
        size = -1;
    }
    return size;
}

/* Appends a node with a wgi_dense whose array is v; NULL without memory. */
static wgi_node *dense_node(wg_tape *t, const wg_gate *gate, const wg_value *v, uint32_t flags) {
    wgi_dense *d = wgi_tape_alloc(t, sizeof *d);
    wgi_node *n = d ? wgi_node_new(t, gate) : NULL;
    if (!n) return NULL;
    memset(d, 0, sizeof *d);
    d->value = *v;
    d->owner = t->head.count - 1;
    n->u.dense = d;
    n->flags = flags | WGI_DENSE | WGI_LEAF;
    return n;
}

wg_var wgi_leaf(wg_tape *t, const wg_gate *gate, wg_dtype dtype, wg_shape shape, const void *data,
                uint32_t flags) {
    int64_t size = wgi_checked_size(t, gate->name, dtype, shape);
    if (size < 0) return wgi_poison(t);
    if (dtype == WG_F64 && shape.rank == 0) {
        double value = 0;
        if (data) memcpy(&value, data, sizeof value);
        return scalar_leaf(t, gate, value, flags);
    }
    size_t bytes = (size_t)size * wg_dtype_size(dtype);
    wgi_arena_mark mark = wgi_arena_position(&t->values);
    wg_value v = wgi_value_make(dtype, shape, wgi_value_alloc(t, bytes));
    wgi_node *n = v.data ? dense_node(t, gate, &v, flags) : NULL;
    if (!n) {
        wgi_arena_release(&t->values, mark);
        wgi_error(t, WG_ERR_MEMORY, "%s: no memory for %zu bytes", gate->name, bytes);
        return wgi_poison(t);
    }
    n->u.dense->bytes = bytes;
    if (data) memcpy(v.data, data, bytes);
    else memset(v.data, 0, bytes);
    return wgi_var(t, t->head.count - 1);
}

wg_var wg_input(wg_tape *t, wg_dtype dtype, wg_shape shape, const void *data) {
    if (!t) return WG_NONE;
    if (dtype != WG_F32 && dtype != WG_F64) {
        wgi_error(t, WG_ERR_DTYPE, "input: %s has no gradient; use wg_const",
                  wg_dtype_name(dtype));
        return wgi_poison(t);
    }
    return wgi_leaf(t, &wgi_gate_input, dtype, shape, data, WGI_WANTS);
}

wg_status wgi_check_bools(wg_tape *t, const char *who, int64_t n, const void *data) {
    for (int64_t i = 0; i < n; ++i) {
        unsigned char b = ((const unsigned char *)data)[i];
        if (b > 1)
            return wgi_error(t, WG_ERR_VALUE, "%s: element %lld of a bool is %d, not 0 or 1", who,
                             (long long)i, b);
    }
    return WG_OK;
}

wg_var wg_const(wg_tape *t, wg_dtype dtype, wg_shape shape, const void *data) {
    if (!t) return WG_NONE;
    int64_t size = dtype == WG_BOOL && data ? wg_shape_size(shape) : 0;
    if (wgi_check_bools(t, "const", size, data) != WG_OK) return wgi_poison(t);
    return wgi_leaf(t, &wgi_gate_const, dtype, shape, data, 0);
}

wg_var wgi_show(wg_tape *t, const wg_value *v, uint32_t owner) {
    wgi_node *n = dense_node(t, &wgi_gate_shown, v, 0);
    if (!n) return wgi_poison(t);
    if (owner) n->u.dense->owner = owner;
    return wgi_var(t, t->head.count - 1);
}

wg_var wg_detach(wg_var x) {
    if (!wgi_usable(x, "detach")) return x.tape ? wgi_poison(x.tape) : WG_NONE;
    wg_tape *t = x.tape;
    const wgi_node *n = wgi_node_at(t, x.index);
    if (n->flags & WGI_NUMBER) return wg_number(t, n->value);
    wg_value room, v = *wgi_value_of(n, &room);
    wg_var copy = wgi_leaf(t, &wgi_gate_const, v.dtype, wgi_shape(&v), NULL, 0);
    if (copy.index) wgi_value_copy(&v, wgi_value_of(wgi_node_at(t, copy.index), &room));
    return copy;
}

/* Notes that the tape reads the store of p as it is now. */
static wg_status note_use(wg_tape *t, wg_params *store) {
    uint64_t version = wgi_params_version(store);
    for (size_t i = t->n_uses; i-- > 0;)
        if (t->uses[i].params == store && t->uses[i].version == version) return WG_OK;
    if (t->n_uses == t->max_uses) {
        size_t more = t->max_uses ? 2 * t->max_uses : 4;
        wgi_store_use *uses = wgi_grow(t->uses, t->n_uses * sizeof *uses, more * sizeof *uses);
        if (!uses) return wgi_error(t, WG_ERR_MEMORY, "use: no memory");
        t->uses = uses;
        t->max_uses = more;
    }
    wgi_store_use use = {store, version, t->head.count};
    t->uses[t->n_uses++] = use;
    return WG_OK;
}

wg_var wg_use(wg_tape *t, wg_param *p) {
    if (!t) return WG_NONE;
    if (!p) return wg_poison(t, WG_ERR_STATE, "use", "the parameter is NULL");
    wg_params *store = wgi_param_store(p);
    if (wgi_params_layout(store) != WG_OK)
        return wg_poison(t, WG_ERR_MEMORY, "use", "no memory for the parameters");
    if (note_use(t, store) != WG_OK) return wgi_poison(t);
    wg_value v = wgi_value_make(wg_param_dtype(p), wg_param_shape(p), wg_param_data(p));
    int wants = wg_param_trainable(p) && !wg_param_frozen(p);
    wgi_node *n = dense_node(t, &wgi_gate_param, &v, wants ? WGI_WANTS : 0);
    if (!n) return wgi_poison(t);
    n->u.dense->param = p;
    wgi_param_seen(t, n->u.dense);
    return wg_name(wgi_var(t, t->head.count - 1), wg_param_name(p));
}
