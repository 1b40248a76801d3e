/* call.c: one evaluation of a gate: operands, dtype, shape, kernel.  Recording and replay both go
 * through here, so that a value is computed in one way only. */
#include "autograd/tape.h"

#include <math.h>
#include <string.h>

int wgi_operand_is_value(const wg_gate *gate, size_t i) {
    unsigned bit = gate->arity < 0 ? 1u : i < 32 ? 1u << i : 0u;
    return !((gate->indices | gate->masks) & bit);
}

int wgi_room_new(wg_tape *t, size_t n, wgi_operand_room *room) {
    size_t k = n ? n : 1;
    if (k > SIZE_MAX / 1024) return 0;
    size_t each = sizeof *room->values + sizeof *room->x + sizeof *room->index;
    room->values = wgi_arena_alloc(&t->scratch, k * each);
    if (!room->values) {
        wgi_error(t, WG_ERR_MEMORY, "no memory for %zu operands", n);
        return 0;
    }
    room->x = (const wg_value **)(void *)(room->values + k); /* from the widest to the narrowest */
    room->index = (uint32_t *)(void *)(room->x + k);
    return 1;
}

/* The dtype that all operands but numbers, indices and masks share. */
static wg_status settle_dtype(wg_call *c, const wg_tape *t, const uint32_t *index) {
    size_t first = c->n;
    int numbers = 0;
    c->dtype = c->n && c->x[0] ? c->x[0]->dtype : WG_F64;
    for (size_t i = 0; i < c->n; ++i) {
        if (!c->x[i] || !wgi_operand_is_value(c->gate, i)) continue;
        if (wgi_node_at(t, index[i])->flags & WGI_NUMBER) {
            numbers = 1;
        } else if (first == c->n) {
            first = i;
            c->dtype = c->x[i]->dtype;
        } else if (c->x[i]->dtype != c->dtype) {
            return wg_fail(c, WG_ERR_DTYPE, "dtypes differ: %s and %s; wg_cast converts",
                           wg_dtype_name(c->dtype), wg_dtype_name(c->x[i]->dtype));
        }
    }
    if (first == c->n && numbers) c->dtype = WG_F64;
    return WG_OK;
}

/* Gives a number the dtype of the call: y's descriptor gets one element in scratch memory. */
static wg_status convert_number(wg_call *c, double number, wg_value *y) {
    void *data = wg_scratch(c, sizeof(double));
    if (!data) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    float f = (float)number;
    int64_t i = fabs(number) < 9e18 ? (int64_t)number : 0;
    if (c->dtype == WG_I64 && (double)i != number)
        return wg_fail(c, WG_ERR_DTYPE, "the number %.17g does not fit int64", number);
    if (c->dtype == WG_BOOL)
        return wg_fail(c, WG_ERR_DTYPE, "the number %.17g does not fit bool", number);
    if (c->dtype == WG_F32) memcpy(data, &f, sizeof f);
    else memcpy(data, &i, sizeof i);
    *y = wgi_value_make(c->dtype, WG_RANK0, data);
    return WG_OK;
}

wg_status wgi_call_init(wg_call *c, wg_tape *t, const wg_gate *gate, size_t n,
                        const wgi_operand_room *room, const void *attrs, wg_error *e) {
    memset(c, 0, sizeof *c);
    c->gate = gate;
    c->n = n;
    c->x = room->x;
    c->attrs = attrs;
    c->scratch = &t->scratch;
    c->error = e;
    for (size_t i = 0; i < n; ++i)
        room->x[i] = room->index[i] ? wgi_value_of(wgi_node_at(t, room->index[i]), &room->values[i])
                                    : NULL;
    wg_status s = settle_dtype(c, t, room->index);
    for (size_t i = 0; i < n && s == WG_OK && c->dtype != WG_F64; ++i) {
        if (!room->x[i] || !wgi_operand_is_value(gate, i)) continue;
        const wgi_node *node = wgi_node_at(t, room->index[i]);
        if (!(node->flags & WGI_NUMBER)) continue;
        s = convert_number(c, node->value, &room->values[i]);
        room->x[i] = &room->values[i];
    }
    return s;
}

static int has_kernel(const wg_call *c) {
    const wg_gate *g = c->gate;
    if (g->compose) return 1; /* the gates within say for which dtypes */
    if (g->elementwise && c->dtype <= WG_F64) return g->elementwise->forward[c->dtype] != NULL;
    return (size_t)c->dtype < 4 && (g->forward[c->dtype] || g->view) && !g->elementwise;
}

wg_status wgi_call_infer(wg_call *c) {
    if (!has_kernel(c))
        return wg_fail(c, WG_ERR_DTYPE, "not defined for %s", wg_dtype_name(c->dtype));
    c->y.dtype = c->dtype;
    wg_status s = c->gate->infer ? c->gate->infer(c) : wgi_elementwise_infer(c);
    if (s != WG_OK) return s;
    if (c->y.rank < 0 || c->y.rank > WG_MAX_RANK || (size_t)c->y.dtype > WG_BOOL)
        return wg_fail(c, WG_ERR_STATE, "its infer gives rank %d and dtype %d", c->y.rank,
                       (int)c->y.dtype);
    if (c->gate->backward && c->y.dtype != c->dtype)
        return wg_fail(c, WG_ERR_DTYPE, "its backward wants y in the operands' %s, infer gives %s",
                       wg_dtype_name(c->dtype), wg_dtype_name(c->y.dtype));
    int64_t size = wg_shape_size(wgi_shape(&c->y));
    char text[96];
    if (size < 0 || size > INT64_MAX / 16 || c->saved_count > INT64_MAX / 16)
        return wg_fail(c, WG_ERR_MEMORY, "the result, %s, would have too many elements",
                       wgi_shape_text(text, sizeof text, c->y.rank, c->y.dim));
    wg_value_set_dense(&c->y);
    return WG_OK;
}

size_t wgi_saved_bytes(const wg_call *c) {
    wg_dtype d = c->saved_dtype <= WG_F64 ? c->dtype : c->saved_dtype;
    return (size_t)c->saved_count * wg_dtype_size(d);
}

void *wg_scratch(const wg_call *c, size_t bytes) { return wgi_arena_alloc(c->scratch, bytes); }

wg_status wgi_pack(const wg_call *c, wg_value *v) {
    wg_value packed = *v;
    packed.data = wg_scratch(c, (size_t)wg_value_size(v) * wg_dtype_size(v->dtype));
    if (!packed.data) return wg_fail(c, WG_ERR_MEMORY, "no memory");
    wg_value_set_dense(&packed);
    wgi_value_copy(v, &packed);
    *v = packed;
    return WG_OK;
}

/* Operand i, which is not dense, by way of its descriptor in room. */
static wg_status pack_operand(const wg_call *c, const wg_value **x, wg_value *room, size_t i) {
    wg_value v = *x[i];
    wg_status s = wgi_pack(c, &v);
    room[i] = v;
    x[i] = &room[i];
    return s;
}

wg_status wgi_call_pack(wg_call *c, const wg_value **x, wg_value *room) {
    wg_status s = WG_OK;
    for (size_t i = 0; i < c->n && s == WG_OK; ++i)
        if (x[i] && !(c->gate->flags & WG_GATE_STRIDED) && !wg_value_dense(x[i]))
            s = pack_operand(c, x, room, i);
    return s;
}

wg_status wgi_call_forward(wg_call *c, const wg_value **x, wg_value *room) {
    if (c->gate->elementwise) return wgi_elementwise_forward(c);
    wg_status s = wgi_call_pack(c, x, room);
    if (s == WG_OK && !c->gate->forward[c->dtype]) /* its view returned 0 */
        s = wg_fail(c, WG_ERR_DTYPE, "not defined for %s", wg_dtype_name(c->dtype));
    return s == WG_OK ? c->gate->forward[c->dtype](c) : s;
}
