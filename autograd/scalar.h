/* scalar.h: the inline path of elementwise gates on float64 values of rank 0.
 *
 * It is the choke point's fast door: the same checks as wg_record, and on any doubt (another
 * dtype, a tensor, poison, a stale handle, a no-gradient section, a full chunk) wg_record itself.
 * math is inlined: it returns the value and sets the local partial derivatives. */
#ifndef WGI_SCALAR_H
#define WGI_SCALAR_H

#include "autograd/tape.h"

#include <string.h>

/* wg_record of one or two operands, which are passed on as they came, so that the inline path needs
 * no stack. */
wg_var wgi_record_one(wg_var x, const wg_gate *gate, const void *attrs);
wg_var wgi_record_two(wg_var x, wg_var y, const wg_gate *gate);

#define WGI_INLINE static inline __attribute__((always_inline))

/* Two 32-bit words of a node or a handle as one, the first being the one at the lower address: what
 * lies side by side is read and written at once, and stays in general registers on the way. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WGI_FIRST(pair) ((uint32_t)((pair) >> 32))
#define WGI_SECOND(pair) ((uint32_t)(pair))
#else
#define WGI_FIRST(pair) ((uint32_t)(pair))
#define WGI_SECOND(pair) ((uint32_t)((pair) >> 32))
#endif
WGI_INLINE uint64_t wgi_pair(uint32_t first, uint32_t second) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (uint64_t)first << 32 | second;
#else
    return first | (uint64_t)second << 32;
#endif
}
/* index and serial of a handle */
WGI_INLINE uint64_t wgi_handle(wg_var v) {
    uint64_t pair;
    memcpy(&pair, &v.index, sizeof pair);
    return pair;
}

/* What the two operands' flags make of the result: a number only if both are, wanted if one is and
 * the gate is not flat (a constant here: the descriptor stands in the same file). */
WGI_INLINE uint32_t wgi_scalar_flags(const wg_gate *gate, uint32_t a, uint32_t b) {
    uint32_t wants = gate->flags & WG_GATE_FLAT ? 0 : WGI_WANTS;
    return (a & b & (WGI_SCALAR | WGI_NUMBER)) | ((a | b) & wants) | WGI_PARTIALS;
}

/* Writes what every scalar node has but value and partials, and makes it the newest. */
WGI_INLINE wg_var wgi_scalar_node(wg_tape *t, wgi_node *n, const wg_gate *gate, uint32_t count,
                                  uint64_t operands, uint32_t flags) {
    uint32_t serial = t->serial;
    uint64_t identity = wgi_pair(serial, flags), handle = wgi_pair(count, serial);
    wg_var v;
    n->gate = gate;
    n->site = NULL;
    memcpy(n->x, &operands, sizeof operands);
    memcpy(&n->serial, &identity, sizeof identity);
    n->cotangent = 0;
    t->head.next = (struct wgi_node_head *)(void *)(n + 1);
    t->head.count = count + 1;
    v.tape = t;
    memcpy(&v.index, &handle, sizeof handle);
    return v;
}

/* Records y = math(a, b), one cache line. */
WGI_INLINE wg_var wgi_binary(const wg_gate *gate, wg_var x, wg_var y,
                             double (*math)(double, double, double *, double *)) {
    wg_tape *t = x.tape;
    uint64_t p = wgi_handle(x), q = wgi_handle(y);
    if (WGI_UNLIKELY(!t || t != y.tape)) return wgi_record_two(x, y, gate);
    uint32_t i = WGI_FIRST(p), j = WGI_FIRST(q), count = t->head.count;
    if (WGI_UNLIKELY(i >= count || j >= count)) return wgi_record_two(x, y, gate);
    const wgi_node *a = wgi_node_at(t, i), *b = wgi_node_at(t, j);
    wgi_node *n = wgi_next(t);
    if (WGI_UNLIKELY(a->serial != WGI_SECOND(p) || b->serial != WGI_SECOND(q) ||
                     !(a->flags & b->flags & t->fast) || n == t->end))
        return wgi_record_two(x, y, gate);
    n->value = math(a->value, b->value, &n->u.partial[0], &n->u.partial[1]);
    uint32_t flags = wgi_scalar_flags(gate, a->flags, b->flags);
    return wgi_scalar_node(t, n, gate, count, wgi_pair(i, j), flags);
}

/* attrs, of gates that have any, is copied for replay, the rule and dumps. */
WGI_INLINE wg_var wgi_unary(const wg_gate *gate, wg_var x, const void *attrs,
                            double (*math)(double, const void *, double *)) {
    wg_tape *t = x.tape;
    uint64_t p = wgi_handle(x);
    if (WGI_UNLIKELY(!t || WGI_FIRST(p) >= t->head.count)) return wgi_record_one(x, gate, attrs);
    const wgi_node *a = wgi_node_at(t, WGI_FIRST(p));
    wgi_node *n = wgi_next(t);
    if (WGI_UNLIKELY(a->serial != WGI_SECOND(p) || !(a->flags & t->fast) || n == t->end))
        return wgi_record_one(x, gate, attrs);
    uint32_t flags = wgi_scalar_flags(gate, a->flags, a->flags);
    n->value = math(a->value, attrs, &n->u.partial[0]);
    if (attrs) {
        void *copy = wgi_tape_alloc(t, gate->attr_bytes);
        if (!copy) return wgi_poison(t);
        n->u.unary.attrs = memcpy(copy, attrs, gate->attr_bytes);
        flags |= WGI_ATTRS;
    }
    return wgi_scalar_node(t, n, gate, t->head.count, wgi_pair(WGI_FIRST(p), 0), flags);
}

#endif
