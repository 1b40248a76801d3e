/* scalar.h: the inline path of elementwise gates on float64 values of rank 0.
 *
 * It is the choke point's fast door: the same checks as wg_record, and on any doubt (another
 * dtype, a tensor, poison, a stale handle, a no-gradient section, a full chunk) wg_record itself.
 * math is inlined: it returns the value and sets the local partial derivatives. */
#ifndef WGI_SCALAR_H
#define WGI_SCALAR_H

#include "autograd/tape.h"

/* Records y = math(a, b), one cache line. */
#define WGI_INLINE static inline __attribute__((always_inline))

/* What the two operands' flags make of the result: a number only if both are, wanted if one is and
 * the gate is not flat (a constant here: the descriptor stands in the same file). */
WGI_INLINE uint32_t wgi_scalar_flags(const wg_gate *gate, uint32_t a, uint32_t b) {
    uint32_t wants = gate->flags & WG_GATE_FLAT ? 0 : WGI_WANTS;
    return (a & b & (WGI_SCALAR | WGI_NUMBER)) | ((a | b) & wants) | WGI_PARTIALS;
}

WGI_INLINE wg_var wgi_binary(const wg_gate *gate, wg_var x, wg_var y,
                             double (*math)(double, double, double *, double *)) {
    wg_tape *t = x.tape;
    if (WGI_LIKELY(t && t == y.tape && x.index < t->head.count && y.index < t->head.count)) {
        const wgi_node *a = wgi_node_at(t, x.index), *b = wgi_node_at(t, y.index);
        wgi_node *n = wgi_next(t);
        if (WGI_LIKELY(a->serial == x.serial && b->serial == y.serial &&
                       (a->flags & b->flags & t->fast) && n != t->end)) {
            n->value = math(a->value, b->value, &n->u.partial[0], &n->u.partial[1]);
            n->gate = gate;
            n->site = NULL;
            n->x[0] = x.index;
            n->x[1] = y.index;
            n->serial = t->serial;
            n->flags = wgi_scalar_flags(gate, a->flags, b->flags);
            n->cotangent = 0;
            t->head.next = (struct wgi_node_head *)(void *)(n + 1);
            wg_var v = {t, t->head.count++, n->serial};
            return v;
        }
    }
    wg_var operands[2] = {x, y};
    return wg_record(gate, 2, operands, NULL);
}

/* attrs, of gates that have any, is copied for replay, the rule and dumps. */
WGI_INLINE wg_var wgi_unary(const wg_gate *gate, wg_var x, const void *attrs,
                            double (*math)(double, const void *, double *)) {
    wg_tape *t = x.tape;
    if (WGI_LIKELY(t && x.index < t->head.count)) {
        const wgi_node *a = wgi_node_at(t, x.index);
        wgi_node *n = wgi_next(t);
        if (WGI_LIKELY(a->serial == x.serial && (a->flags & t->fast) && n != t->end)) {
            n->value = math(a->value, attrs, &n->u.partial[0]);
            n->gate = gate;
            n->site = NULL;
            n->x[0] = x.index;
            n->x[1] = 0;
            n->serial = t->serial;
            n->flags = wgi_scalar_flags(gate, a->flags, a->flags);
            n->cotangent = 0;
            if (attrs && !wgi_keep_attrs(t, n, attrs)) return wgi_poison(t);
            t->head.next = (struct wgi_node_head *)(void *)(n + 1);
            wg_var v = {t, t->head.count++, n->serial};
            return v;
        }
    }
    return wg_record(gate, 1, &x, attrs);
}

#endif
